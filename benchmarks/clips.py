"""What making a clip costs: seconds on the clock, and of processor time, for each second of the clip.

    python -m benchmarks.clips [FILES...] [--seconds 8] [--rounds 3]

Without files over a generated video, 1080p at 30 pictures a second with sound: lively, and with fine detail, as
encoders find hard. Each way to make a clip takes its turn, and the least of all rounds counts. Files whose clips
cannot be copied show that line as encoded.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from smolvlm_core.domain import FrameRGB, Span
from smolvlm_core.video.clips import cut_clip
from smolvlm_core.video.framing import Aspect, Framing
from smolvlm_core.video.reel import Piece, Rendered, render
from tests.clips import ClipSpec, tone, wild_balls, write_clip

GOP_FRAMES = 60
OFF_KEY_S = 0.5
WORDS = "Balls of three colours fly about in front of a wall, and none of them ever hits another one."


@dataclass(frozen=True, slots=True)
class Cost:
    """For each second of the clip."""

    wall_s: float
    processor_s: float
    note: str


def detailed(time_s: float, width: int, height: int) -> FrameRGB:
    """Balls before a wall with grain that stays, and a shade that moves."""
    rgb = wild_balls()(time_s, width, height)
    grain = np.random.default_rng(5).integers(0, 24, (height, width, 1), np.uint8)
    shade = ((np.arange(width) * 32 // width + int(time_s * 30)) % 32).astype(np.uint8)
    bright: FrameRGB = np.minimum(rgb, np.uint8(200)) + grain + shade[None, :, None]
    return bright


def full_hd(duration_s: float) -> ClipSpec:
    """1080p at 30 pictures a second with sound, fine detail and much movement."""
    return ClipSpec(
        duration_s=duration_s,
        fps=Fraction(30),
        width=1920,
        height=1080,
        picture=detailed,
        sound=tone(),
        gop_frames=GOP_FRAMES,
    )


def cost_of(make: Callable[[], Rendered]) -> Cost:
    wall_s, processor_s = time.perf_counter(), time.process_time()
    done = make()
    wall_s, processor_s = time.perf_counter() - wall_s, time.process_time() - processor_s
    note = f"{done.width}x{done.height} {'copied' if done.copied else 'encoded'}"
    return Cost(wall_s / done.duration_s, processor_s / done.duration_s, note)


def ways(path: Path, seconds: float, target: Path) -> dict[str, Callable[[], Rendered]]:
    """Each way to make a clip of ``seconds`` of the video."""
    on_key, off_key = Piece(path, Span(0.0, seconds)), Piece(path, Span(OFF_KEY_S, OFF_KEY_S + seconds))
    with_words = Piece(path, off_key.span, WORDS)
    halves = [Piece(path, Span(start_s, start_s + seconds / 2)) for start_s in (0.2, seconds / 2 + 0.4)]
    return {
        "from a key frame on": lambda: cut_clip(on_key, target),
        "from elsewhere": lambda: cut_clip(off_key, target),
        "9:16": lambda: cut_clip(off_key, target, Framing(Aspect.PORTRAIT)),
        "with captions": lambda: cut_clip(with_words, target),
        "640 pixels": lambda: cut_clip(off_key, target, Framing(longest_side_px=640)),
        "reel of two": lambda: render(halves, target),
    }


def report(path: Path, seconds: float, rounds: int, folder: Path) -> None:
    print(f"{path.name}: for each second of a clip of {seconds:g} s")
    for name, make in ways(path, seconds, folder / "clip.mp4").items():
        costs = [cost_of(make) for _ in range(rounds)]
        wall_s, processor_s = min(cost.wall_s for cost in costs), min(cost.processor_s for cost in costs)
        print(
            f"  {name:20} {wall_s:7.3f} s a second, {processor_s:7.3f} s of processor, {costs[0].note}", flush=True
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in arguments.files or [write_clip(folder / "made.mp4", full_hd(arguments.seconds + 2.0))]:
            report(path, arguments.seconds, arguments.rounds, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
