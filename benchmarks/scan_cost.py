"""What finding the interesting places costs, against decoding alone.

    python -m benchmarks.scan_cost FOLDER_OR_FILES... [--rounds 3]

For each video, in seconds of processor time (all threads) a minute of video: decoding every picture with bare
PyAV, the scan (pictures at low resolution, sound), the scan with features and curves; the ratio is the last
over the first. The three take turns, and the least of all rounds counts. Files that do not decode are left out and
named. Exit 1 when all files together take more than 1.5 times as long.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av

from smolvlm_core.domain import Frame
from smolvlm_core.errors import SmolVLMError
from smolvlm_core.signals.curves import build_curves
from smolvlm_core.signals.features import FeatureMeter
from smolvlm_core.video.scan import ScanEnd, scan
from smolvlm_core.video.sound import AudioBlock

TARGET = 1.5  # of the last column over the first, all files together
NAME_WIDTH = 44


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of processor time, for one video or the sum of many."""

    video_s: float
    bare_s: float
    scan_s: float
    all_s: float

    @property
    def ratio(self) -> float:
        return self.all_s / self.bare_s

    def row(self, name: str) -> str:
        minutes = max(self.video_s, 1e-3) / 60
        costs = " ".join(f"{cost_s / minutes:9.2f}" for cost_s in (self.bare_s, self.scan_s, self.all_s))
        return f"{name[:NAME_WIDTH]:{NAME_WIDTH}} {self.video_s:7.1f} {costs} {self.ratio:7.2f}"


def bare(path: Path) -> None:
    """Decode every picture of the video and do nothing with it."""
    with av.open(str(path)) as box:
        video = box.streams.video[0]
        video.thread_type = "AUTO"
        for _ in box.decode(video):
            pass


def scan_only(path: Path) -> None:
    for _ in scan(path):
        pass


def everything(path: Path) -> float:
    """The length of the video in seconds, as found."""
    meter = FeatureMeter()
    for item in scan(path):
        if isinstance(item, ScanEnd):
            build_curves(meter.features(item.duration_s))
            return item.duration_s
        if isinstance(item, Frame):
            meter.add_frame(item.time_s, item.rgb)
        elif isinstance(item, AudioBlock):
            meter.add_audio(item.time_s, item.pcm)
    return 0.0


def processor_s(work: Callable[[Path], object], path: Path) -> float:
    """Processor time of all threads."""
    started_s = time.process_time()
    work(path)
    return time.process_time() - started_s


def cost_of(path: Path, rounds: int) -> Cost:
    """Raises: SmolVLMError, av.FFmpegError: it does not decode."""
    video_s = everything(path)  # also brings the file into memory and the libraries up to speed
    works = (bare, scan_only, everything)
    times_s = [[processor_s(work, path) for work in works] for _ in range(rounds)]
    bare_s, scan_s, all_s = (min(column) for column in zip(*times_s, strict=True))
    return Cost(video_s, bare_s, scan_s, all_s)


def files_of(places: Sequence[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_dir():
            yield from sorted(path for path in place.iterdir() if path.is_file())
        elif place.is_file():
            yield place
        else:
            print(f"skipped: {place} is not there")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="+", type=Path, metavar="FOLDER_OR_FILE")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    costs = []
    print(f"{'processor seconds a minute of video':{NAME_WIDTH}} seconds    bare      scan  features   ratio")
    for path in files_of(arguments.places):
        try:
            costs.append(cost_of(path, arguments.rounds))
        except (SmolVLMError, av.FFmpegError) as error:
            print(f"skipped: {path.name}: {error}")
        else:
            print(costs[-1].row(path.name), flush=True)
    if not costs:
        print("skipped: no video to measure")
        return 0
    total = Cost(*(sum(getattr(cost, field) for cost in costs) for field in Cost.__dataclass_fields__))
    print(total.row(f"all {len(costs)}"))
    return 0 if total.ratio <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
