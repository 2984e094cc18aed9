"""What the analysis costs over what decoding alone costs: processor seconds of both, taken in one process.

Processor seconds count all threads of the process, so neither side gains by using more of them.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import av

from smolvlm_core.video.container import open_video

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds for one file."""

    decode_s: float
    analysis_s: float

    @property
    def ratio(self) -> float:
        return self.analysis_s / max(self.decode_s, 1e-6)


def picture_stream(video: Path) -> int:
    """Index of the stream that the analysis looks at."""
    with open_video(video) as opened:
        return opened.video.index


def decode(video: Path, index: int) -> int:
    """Decode every picture of one stream, and nothing else; how many there were.

    Plain PyAV with its own choice of threads: no scaling, no sound, nothing skipped.
    """
    pictures = 0
    with av.open(str(video)) as box:
        stream = box.streams[index]
        assert isinstance(stream, av.VideoStream)
        stream.thread_type = "AUTO"
        for packet in box.demux(stream):
            try:
                pictures += len(stream.decode(packet))
            except av.FFmpegError:  # damage; the analysis goes on after it as well
                continue
    return pictures


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What ``work`` gives, and its processor seconds over all threads of this process."""
    started_s = time.process_time()
    result = work()
    return result, time.process_time() - started_s


def total_ratio(costs: Sequence[Cost]) -> float | None:
    """All analyses over all decodings: long videos weigh as much as they take. None without files."""
    if not costs:
        return None
    return Cost(sum(cost.decode_s for cost in costs), sum(cost.analysis_s for cost in costs)).ratio


def median_ratio(costs: Sequence[Cost]) -> float | None:
    """The middle of the files' own ratios. None without files."""
    return statistics.median(cost.ratio for cost in costs) if costs else None
