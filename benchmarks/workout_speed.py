"""What the analysis of a workout costs: seconds of it a second of 1080p video, over bare decoding. Counts nothing.

The video is made of one clip of the folder with a person in it, enlarged, over and over for some minutes.
"""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from benchmarks.cost import decode, picture_stream
from benchmarks.footage import write_repeated
from benchmarks.in_process import source_of, workout_of
from benchmarks.workout_footage import film, info_of, letterboxed, pictures_at, times_in
from benchmarks.workout_truth import Truth
from smolvlm_core.domain import Span
from smolvlm_core.errors import SmolVLMError
from smolvlm_core.models.base import PoseSource, VideoModel

SIZE_PX = (1920, 1080)
FPS = Fraction(30)
MINUTE_S = 60
PIECES_S = (20, 15, 12, 10, 6, 5, 4, 3, 2, 1)  # encoded once, then repeated; each goes into a minute
MIB = 1024**2


@dataclass(frozen=True, slots=True)
class Elapsed:
    """Of a clock on the wall, and of the processor over all threads."""

    wall_s: float
    processor_s: float

    def text(self, video_s: float) -> str:
        return f"{self.wall_s / video_s:.3f} (processor {self.processor_s / video_s:.3f})"


@dataclass(frozen=True, slots=True)
class Speed:
    """One video analyzed and decoded. ``peak_mib`` is all memory of this process at its most, None if not told."""

    clip: str
    video_s: float
    decoding: Elapsed
    analysis: Elapsed
    peak_mib: float | None

    @property
    def realtime_factor(self) -> float:
        return self.analysis.wall_s / self.video_s

    def text(self) -> str:
        peak = "unknown" if self.peak_mib is None else f"{self.peak_mib:.0f} MiB"
        ratio = self.analysis.processor_s / max(self.decoding.processor_s, 1e-6)
        return (
            f"speed: {self.video_s:.0f} s of {SIZE_PX[0]}x{SIZE_PX[1]} at {FPS} fps ({self.clip}), "
            f"{os.cpu_count()} cores; seconds a second of video:\n"
            f"  analysis {self.analysis.text(self.video_s)}, bare decoding {self.decoding.text(self.video_s)}; "
            f"{ratio:.2f} times the processor time; peak memory {peak}"
        )


def measure_speed(truths: Sequence[Truth], model: VideoModel, poses: PoseSource, minutes: int = 1) -> Speed:
    """Decoding first, so that the file is in memory for both. Raises: ValueError: no clip has a person in it."""
    truth = liveliest(truths)
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "video.mp4"
        enlarge(truth.path, video, minutes)
        stream = picture_stream(video)
        decoding = elapsed(lambda: decode(video, stream))
        forget_peak()
        source = source_of(video, Path(folder) / "curves.npz")
        analysis = elapsed(lambda: workout_of(source, model, poses))
        return Speed(truth.file, source.info.duration_s, decoding, analysis, peak_mib())


def liveliest(truths: Sequence[Truth]) -> Truth:
    """The clip with something to count that has most pixels, and of those the longest."""
    known = []
    for truth in truths:
        if truth.counted and not truth.composite:
            try:
                info = info_of(truth.path)
            except SmolVLMError:
                continue
            known.append((info.width * info.height, info.duration_s, truth.file, truth))
    if not known:
        raise ValueError("no clip of the folder has something to count")
    return max(known, key=lambda item: item[:3])[3]


def enlarge(clip: Path, video: Path, minutes: int) -> None:
    """Writes so many minutes of the clip, again and again from its start."""
    length_s = info_of(clip).duration_s
    piece_s = next((piece_s for piece_s in PIECES_S if piece_s <= length_s), PIECES_S[-1])
    piece = video.with_name("piece.mp4")
    with film(piece, SIZE_PX, FPS) as add:
        for rgb in pictures_at(clip, times_in(Span(0.0, piece_s), FPS), max(SIZE_PX)):
            add(letterboxed(rgb, SIZE_PX))
    write_repeated(video, piece, minutes * MINUTE_S // piece_s, piece_s)


def elapsed(work: Callable[[], object]) -> Elapsed:
    wall_s, processor_s = time.perf_counter(), time.process_time()
    work()
    return Elapsed(time.perf_counter() - wall_s, time.process_time() - processor_s)


def forget_peak() -> None:
    """Linux then starts its high-water mark anew; elsewhere none is told."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def peak_mib() -> float | None:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    marks = [line.split() for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(marks[0][1]) * 1024 / MIB if marks else None
