"""What a version for browsers costs: seconds on the clock, and of processor time, for each second of the video.

    python -m benchmarks.previews [FILES...] [--seconds 10] [--rounds 3]

Without files over a generated video as in ``benchmarks.clips``, 1080p at 30 pictures a second with sound, fine
detail and much movement: once as HEVC, which is encoded, once as H.264 in MKV, which is decoded and copied. The
least of all rounds counts. At full priority; the app gives it what an analysis leaves.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.clips import cost_of, full_hd
from smolvlm_core.domain import Limits
from smolvlm_core.video.probe import probe
from smolvlm_core.video.proxy import make_proxy
from tests.clips import write_clip


def made_videos(folder: Path, duration_s: float) -> list[Path]:
    spec = full_hd(duration_s)
    return [
        write_clip(folder / "hevc.mp4", replace(spec, codec="libx265")),
        write_clip(folder / "h264.mkv", spec),
    ]


def report(path: Path, rounds: int, target: Path) -> None:
    info = probe(path, path.name, Limits())
    costs = [cost_of(lambda: make_proxy(path, target, info.duration_s)) for _ in range(rounds)]
    wall_s, processor_s = min(cost.wall_s for cost in costs), min(cost.processor_s for cost in costs)
    sizes = f"{info.size_bytes / 1e6:.1f} MB become {target.stat().st_size / 1e6:.1f}"
    print(
        f"{path.name:28} {info.codec:6} {info.resolution:>9}: {wall_s:6.3f} s a second, "
        f"{processor_s:6.3f} s of processor, {costs[0].note}, {sizes}",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in arguments.files or made_videos(folder, arguments.seconds):
            report(path, arguments.rounds, folder / "preview.mp4")
    return 0


if __name__ == "__main__":
    sys.exit(main())
