"""Makes videos with a known event out of a folder of clips, to evaluate on what no constant was chosen on.

    python -m benchmarks.compose FOLDER OUT [--count 12] [--seed 1]

``FOLDER/manifest.json`` says which clips are calm and where things happen in the others (``benchmarks/truth.py``).
Each video is calm footage, one event of 3 to 8 s, and calm footage again; some flicker, some shake, some have a
crowd's noise at the event and some elsewhere. ``OUT`` gets the videos and a manifest of its own, so that
``python -m benchmarks.highlights OUT`` evaluates them. They are as free to use as the clips they come from.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.truth import Truth, read_manifest
from smolvlm_core.domain import FrameRGB, Span
from smolvlm_core.video.frames import FrameReader

FPS = 25
SIZE_PX = (640, 360)
SOUND_HZ = 16_000
CALM_S = (20, 50)  # of calm footage before and after
EVENT_S = (3.0, 8.0)  # shown of an event, at least and at most
LOOPS = ("calm", "calm_handheld", "static")
EFFECTS = ("", "", "", "flicker", "shake")
SOUNDS = ("silent", "silent", "at the event", "elsewhere")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One video to make."""

    calm: Path
    event: Path
    shown: Span
    before_s: int
    after_s: int
    effect: str
    sound: str

    @property
    def needle(self) -> Span:
        return Span(self.before_s, self.before_s + self.shown.duration_s)

    @property
    def duration_s(self) -> float:
        return self.needle.end_s + self.after_s


def recipes(folder: Path, count: int, seed: int) -> Iterator[Recipe]:
    """Every event comes once before any comes twice. Raises: ValueError: the folder lacks calm clips or events."""
    random = np.random.default_rng(seed)
    entries = [entry for entry in read_manifest(folder) if isinstance(entry, Truth) and entry.group == "good"]
    calm = [entry for entry in entries if entry.label in LOOPS]
    lively = [(entry, event) for entry in entries if not entry.negative for event in entry.wanted]
    if not calm or not lively:
        raise ValueError("the manifest names no calm clip, or no event")
    order = [lively[index] for index in random.permutation(len(lively))]
    for number in range(count):
        entry, event = order[number % len(order)]
        length_s = float(np.clip(event.duration_s, *EVENT_S))
        start_s = max(0.0, event.middle_s - length_s / 2)
        yield Recipe(
            calm=folder / calm[random.integers(len(calm))].file,
            event=folder / entry.file,
            shown=Span(start_s, start_s + length_s),
            before_s=int(random.integers(*CALM_S)),
            after_s=int(random.integers(*CALM_S)),
            effect=EFFECTS[random.integers(len(EFFECTS))],
            sound=SOUNDS[random.integers(len(SOUNDS))],
        )


def pictures(recipe: Recipe) -> Iterator[FrameRGB]:
    """All pictures of the video; the calm clip runs forth and back."""
    with FrameReader(recipe.calm, max(SIZE_PX)) as reader:
        seconds = min(20.0, _length_s(recipe.calm))
        loop = [fitted(frame.rgb) for frame in reader.at(_times(Span(0.0, seconds)))]
    with FrameReader(recipe.event, max(SIZE_PX)) as reader:
        event = [fitted(frame.rgb) for frame in reader.at(_times(recipe.shown))]
    there_and_back = [*loop, *loop[::-1]]
    turn = 0
    for seconds_calm, part in ((recipe.before_s, None), (0, event), (recipe.after_s, None)):
        if part is not None:
            yield from part
        for _ in range(seconds_calm * FPS):
            yield with_effect(there_and_back[turn % len(there_and_back)], recipe.effect, turn)
            turn += 1


def _length_s(video: Path) -> float:
    with av.open(str(video)) as box:
        return float((box.duration or av.time_base) / av.time_base)


def _times(span: Span) -> list[float]:
    return [span.start_s + index / FPS for index in range(round(span.duration_s * FPS))]


def fitted(rgb: FrameRGB) -> FrameRGB:
    """The middle of a picture, filling ``SIZE_PX``."""
    height, width = rgb.shape[:2]
    scale = max(SIZE_PX[0] / width, SIZE_PX[1] / height)
    size = max(SIZE_PX[0], round(width * scale)), max(SIZE_PX[1], round(height * scale))
    larger = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    top, left = (size[1] - SIZE_PX[1]) // 2, (size[0] - SIZE_PX[0]) // 2
    return np.ascontiguousarray(larger[top : top + SIZE_PX[1], left : left + SIZE_PX[0]])


def with_effect(rgb: FrameRGB, effect: str, index: int) -> FrameRGB:
    """A lamp that flickers, or a hand that shakes."""
    if effect == "flicker":
        return np.asarray(np.clip(rgb * (1 + 0.25 * np.sin(2.1 * index)), 0, 255), np.uint8)
    if effect == "shake":
        right, down = 8 * np.sin(0.9 * index), 5 * np.sin(1.3 * index + 1)
        matrix = np.array([[1.06, 0, right - 19], [0, 1.06, down - 11]], np.float32)
        return np.asarray(cv2.warpAffine(rgb, matrix, SIZE_PX), np.uint8)
    return rgb


def sound_of(recipe: Recipe, seed: int) -> NDArray[np.float32]:
    """Quiet noise with a crowd in it; float32 (samples,)."""
    random = np.random.default_rng(seed)
    samples = random.normal(0, 0.01, round(recipe.duration_s * SOUND_HZ))
    where = recipe.needle
    if recipe.sound == "elsewhere":
        where = Span(0.3 * recipe.before_s, 0.3 * recipe.before_s + 4)
    first, last = round(where.start_s * SOUND_HZ), round(where.end_s * SOUND_HZ)
    samples[first:last] += random.normal(0, 0.15, last - first) * np.hanning(last - first) ** 0.3
    return np.clip(samples, -1, 1).astype(np.float32)


def write(recipe: Recipe, path: Path, seed: int) -> None:
    """Encodes H.264 and, unless it is silent, AAC."""
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "27"})
        video.width, video.height, video.pix_fmt = *SIZE_PX, "yuv420p"
        silent = recipe.sound == "silent"
        audio = None if silent else output.add_stream("aac", rate=SOUND_HZ, layout="mono")
        for rgb in pictures(recipe):
            output.mux(video.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        output.mux(video.encode(None))
        if audio is not None:
            samples = sound_of(recipe, seed)
            for start in range(0, len(samples) - 1023, 1024):
                block = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], "fltp", "mono")
                block.sample_rate, block.pts, block.time_base = SOUND_HZ, start, Fraction(1, SOUND_HZ)
                output.mux(audio.encode(block))
            output.mux(audio.encode(None))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(argv)
    if not (arguments.folder / "manifest.json").exists():
        print(f"skipped: {arguments.folder} holds no manifest.json")
        return 0
    arguments.out.mkdir(parents=True, exist_ok=True)
    entries = []
    for number, recipe in enumerate(recipes(arguments.folder, arguments.count, arguments.seed), start=1):
        name = f"made{number:02}_{recipe.event.stem}_in_{recipe.calm.stem}.mp4".replace(" ", "_")
        write(recipe, arguments.out / name, arguments.seed + number)
        needle = {"t0": recipe.needle.start_s, "t1": recipe.needle.end_s, "what": recipe.event.stem}
        entries.append({"file": name, "ground_truth": {"needles": [needle]}})
        print(
            f"{name}: {recipe.needle.start_s:.1f}-{recipe.needle.end_s:.1f} s, {recipe.effect or 'plain'}, sound "
            f"{recipe.sound}",
            flush=True,
        )
    (arguments.out / "manifest.json").write_text(json.dumps({"composite": entries}, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
