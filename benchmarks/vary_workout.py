"""Varies single clips of any folder of workouts: as many repetitions, in pictures no constant was chosen on.

    python -m benchmarks.vary_workout FOLDER OUT [--each 1] [--seed 1] [--also FOLDER]

``FOLDER`` is as ``benchmarks/workout_truth.py`` describes. Of each clip that somebody counted ``OUT`` gets
``--each`` variations, all kinds about equally often: mirrored, 1.3 times as fast, .75 times as fast, backwards,
small with little left of it, dimmed. ``OUT`` has the shape of ``FOLDER``, so that ``python -m benchmarks.workout
OUT`` evaluates them. They are as free to use as the clips they come from. The same seed makes the same ones.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmarks.workout_footage import even_size, film, info_of, letterboxed, pictures_at, times_in
from benchmarks.workout_truth import Left, TrueSet, Truth, read_folder
from smolvlm_core.domain import FrameRGB, JSONValue, Span, VideoInfo
from smolvlm_core.errors import SmolVLMError

FULL_SIDE_PX = 960  # larger clips shrink to this: they are for counting, not for watching
FPS_MOST = 60
GRAIN = 4.0  # grey levels, standard deviation, of a camera in the dark

Change = Callable[[FrameRGB, np.random.Generator], FrameRGB]


def unchanged(rgb: FrameRGB, random: np.random.Generator) -> FrameRGB:
    return rgb


def mirrored(rgb: FrameRGB, random: np.random.Generator) -> FrameRGB:
    return np.ascontiguousarray(rgb[:, ::-1])


def dimmed(rgb: FrameRGB, random: np.random.Generator) -> FrameRGB:
    """A third of the light, and grain."""
    grain = random.standard_normal(rgb.shape[:2], np.float32)[..., None] * GRAIN
    return np.asarray(np.clip(rgb * np.float32(0.33) + grain, 0, 255), np.uint8)


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to vary a clip. ``crf`` is x264's: larger is coarser."""

    name: str
    speed: float = 1.0
    backwards: bool = False
    longest_side_px: int = FULL_SIDE_PX
    crf: int = 25
    change: Change = unchanged

    def time_s(self, time_s: float, length_s: float) -> float:
        """Where a moment of a clip of this length comes to be."""
        return (length_s - time_s if self.backwards else time_s) / self.speed

    def set_of(self, one: TrueSet, length_s: float) -> TrueSet:
        inside = max(0.0, one.span.start_s), min(length_s, one.span.end_s)
        first_s, last_s = sorted(self.time_s(time_s, length_s) for time_s in inside)
        return TrueSet(Span(first_s, last_s), one.repetitions, one.exercise)


KINDS = (
    Kind("mirrored", change=mirrored),
    Kind("faster", speed=1.3),
    Kind("slower", speed=0.75),
    Kind("backwards", backwards=True),
    Kind("small", longest_side_px=240, crf=32),
    Kind("dimmed", change=dimmed),
)


def variations(truths: Sequence[Truth], each: int, seed: int) -> Iterator[tuple[Truth, Kind]]:
    """``each`` different kinds a clip, dealt from a shuffled pack."""
    random = np.random.default_rng(seed)
    pack: list[Kind] = []
    for truth in truths:
        dealt: list[Kind] = []
        while len(dealt) < min(each, len(KINDS)):
            if not any(kind not in dealt for kind in pack):
                pack += [KINDS[index] for index in random.permutation(len(KINDS))]
            dealt.append(pack.pop(next(index for index, kind in enumerate(pack) if kind not in dealt)))
        yield from ((truth, kind) for kind in dealt)


def write(truth: Truth, info: VideoInfo, kind: Kind, path: Path, seed: int) -> float:
    """The length of the video written, in seconds."""
    fps = min(info.fps, Fraction(FPS_MOST)).limit_denominator(1001)
    size = even_size(info.width, info.height, kind.longest_side_px)
    times_s = times_in(Span(0.0, info.duration_s), fps, kind.speed)
    if kind.backwards:
        times_s.reverse()
    random = np.random.default_rng(seed)
    with film(path, size, fps, kind.crf) as add:
        for rgb in pictures_at(truth.path, times_s, max(size)):
            add(kind.change(letterboxed(rgb, size), random))
    return float(len(times_s) / fps)


def entry_of(truth: Truth, kind: Kind, file: str, length_s: float, duration_s: float) -> dict[str, JSONValue]:
    """What ``read_folder`` reads. ``length_s`` is that of the clip, ``duration_s`` that of the variation."""
    sets = None if truth.sets is None else [kind.set_of(one, length_s) for one in truth.sets]
    times: JSONValue = None
    if sets is not None:
        times = [[round(one.span.start_s, 3), round(one.span.end_s, 3), one.repetitions] for one in sets]
    return {
        "file": file,
        "split": f"varied {truth.split}".strip(),
        "exercise": truth.exercise,
        "true_reps": truth.repetitions,
        "sets": times,
        "made_of": truth.file,
        "kind": kind.name,
        "duration_s": duration_s,
    }


def counted_clips(folder: Path, also: Path | None) -> Iterator[Truth]:
    """Says which entries cannot be varied."""
    for entry in read_folder(folder, also):
        if isinstance(entry, Left):
            print(f"skipped: {entry.file}: {entry.reason}")
        elif entry.repetitions is not None and not entry.composite:
            yield entry


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--each", type=int, default=1, help=f"variations of a clip, {len(KINDS)} at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--also", type=Path, metavar="FOLDER", help="where clips missing in FOLDER may be")
    arguments = parser.parse_args(argv)
    if not (arguments.folder / "manifest.json").exists():
        print(f"skipped: {arguments.folder} holds no manifest.json")
        return 0
    if arguments.out.resolve() == arguments.folder.resolve():
        parser.error("OUT would lose its manifest: name another folder")
    (arguments.out / "clips").mkdir(parents=True, exist_ok=True)
    entries = []
    truths = list(counted_clips(arguments.folder, arguments.also))
    for number, (truth, kind) in enumerate(variations(truths, arguments.each, arguments.seed), start=1):
        file = f"clips/v{number:03}_{truth.path.stem}_{kind.name}.mp4"
        try:
            info = info_of(truth.path)
            duration_s = write(truth, info, kind, arguments.out / file, arguments.seed + number)
        except SmolVLMError as error:
            print(f"skipped: {truth.file}: {error.message}")
            continue
        entries.append(entry_of(truth, kind, file, info.duration_s, duration_s))
        print(f"{file}: {duration_s:.1f} s", flush=True)
    (arguments.out / "manifest.json").write_text(json.dumps({"clips": entries}, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
