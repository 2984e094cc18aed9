"""The part both analyses share: one scan of the video, then a look at one segment after the other.

Knows neither what is looked for nor what becomes of the answers.
"""

import dataclasses
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from smolvlm_core.analysis.looking import LEAST_FRAMES, MOST_FRAMES_PER_S
from smolvlm_core.analysis.run import Run, Source
from smolvlm_core.domain import Evidence, Frame, JSONValue, Progress, ScoredMoment, SegmentView, Skipped, Span
from smolvlm_core.errors import ModelError, Undecodable
from smolvlm_core.models.base import VideoModel
from smolvlm_core.signals.alike import distinct
from smolvlm_core.signals.curves import Curves, build_curves, evidence_of
from smolvlm_core.signals.features import FeatureMeter, Features
from smolvlm_core.video.frames import FrameReader
from smolvlm_core.video.scan import ScanEnd, ScanOptions, Still, scan
from smolvlm_core.video.stills import Stills, StillWriter

TICKS_PER_S = MOST_FRAMES_PER_S  # frames are taken at these times, so that looks which overlap share them
SCAN_SHARE_WITH_MODEL = 0.15  # of the progress bar; measured: the model takes most of the time
SCAN_SHARE_ALONE = 0.85
STAMP_ERROR_S = 1e-3  # a stamp rounded to a millisecond still counts as reached
MOST_STILLS = 1200  # kept from the scan, some 50 MB: all of ten minutes, a selection of more
REPORT_EVERY_S = 0.5  # seconds of video between two progress reports of the scan
FIRST_FINDS_S = 60.0  # of video, after which there is something to tell ...
FINDS_GROWTH = 1.4  # ... and again when there is so many times as much: looking at hours each minute would add up

BestSoFar = Callable[[Features], tuple[ScoredMoment, ...]]
"""What can be told of a video from its first part."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one scan gave: the curves, the true length, and where decoding broke off, if it did."""

    curves: Curves
    duration_s: float
    warnings: tuple[str, ...]

    def evidence(self, span: Span) -> Evidence:
        return evidence_of(self.curves, span)


def scan_share(model: VideoModel) -> float:
    """How much of the progress bar the scan fills, 0..1."""
    return SCAN_SHARE_WITH_MODEL if model.frames_wanted else SCAN_SHARE_ALONE


def measure(
    source: Source, run: Run, share: float, best_so_far: BestSoFar | None = None, stills: bool = False
) -> Measured:
    """Scan the video, or take what an earlier scan of the same file stored.

    Args: share: of the progress bar, 0..1, that this fills; best_so_far: reported now and then while a long video
    is scanned; stills: whether pictures for a model are kept.
    Raises: Undecodable: not one frame decodes; Cancelled.
    """
    stored = _load(source.curves_path)
    if stored is None:
        stored = _scan(source, run, share, best_so_far, stills)
        _save(source.curves_path, *stored)
        run.log("scanned", duration_s=stored[1].duration_s, frames=stored[1].frames)
    features, end = stored
    return Measured(build_curves(features), end.duration_s, end.warnings)


def _scan(
    source: Source, run: Run, share: float, best_so_far: BestSoFar | None, stills: bool
) -> tuple[Features, ScanEnd]:
    meter = FeatureMeter()
    duration_s = max(source.info.duration_s, 1e-3)
    still_hz = min(TICKS_PER_S, MOST_STILLS / duration_s) if stills else 0.0
    reported_s, tell_from_s = -REPORT_EVERY_S, FIRST_FINDS_S
    with StillWriter(source.stills_path) as writer:
        for item in scan(source.video_path, ScanOptions(still_hz=still_hz), run.check):
            if isinstance(item, ScanEnd):
                writer.finish()
                return meter.features(item.duration_s, item.key_frames_s), item
            if isinstance(item, Still):
                writer.add(item.time_s, item.rgb)
            elif isinstance(item, Frame):
                meter.add_frame(item.time_s, item.rgb)
                if item.time_s - reported_s >= REPORT_EVERY_S:
                    reported_s = item.time_s
                    done = min(1.0, item.time_s / duration_s)
                    best = None
                    if best_so_far is not None and item.time_s >= tell_from_s:
                        tell_from_s = FINDS_GROWTH * item.time_s
                        best = best_so_far(meter.features(item.time_s))
                    run.report(Progress(100 * share * done, f"Watching the video: {done:.0%}", best=best))
            else:
                meter.add_audio(item.time_s, item.pcm)
    raise Undecodable("The video holds no picture that can be decoded.")


def _save(path: Path, features: Features, end: ScanEnd) -> None:
    """Write both as one ``.npz``, whole or not at all."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(
            file,
            **{field.name: getattr(features, field.name) for field in dataclasses.fields(features)},
            scan_duration_s=end.duration_s,
            scan_frames=end.frames,
            scan_warnings=np.array(end.warnings, dtype=np.str_),
        )
    partial.replace(path)


def _load(path: Path) -> tuple[Features, ScanEnd] | None:
    """What ``_save`` wrote, or None when there is nothing usable (the scan is simply done again)."""
    if not path.exists():
        return None
    names = [field.name for field in dataclasses.fields(Features)]
    try:
        with np.load(path, allow_pickle=False) as stored:
            values: dict[str, Any] = {
                name: stored[name] if stored[name].ndim else float(stored[name]) for name in names
            }
            warnings = tuple(str(warning) for warning in stored["scan_warnings"])
            end = ScanEnd(float(stored["scan_duration_s"]), int(stored["scan_frames"]), warnings)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        path.unlink()
        return None
    return Features(**values), end


Where = Span | tuple[float, ...]
"""Where frames are taken: evenly over a span, or at these times in seconds, rising."""


@dataclass(frozen=True, slots=True)
class Looker:
    """Shows a model the segments of one video. Decodes forward, so ask in time order where possible."""

    measured: Measured
    model: VideoModel
    run: Run
    reader: FrameReader | None
    stills: Stills
    frames_per_s: float = TICKS_PER_S

    def view(self, span: Span, seen: Where | None = None, most: int | None = None) -> SegmentView:
        """The segment with its evidence and its frames (none for a model that wants none).

        ``seen``: where the frames are taken, evenly over the segment itself unless given; ``most``: so many of
        them, as many as the model wants unless given. Of neighbours that look the same, the first one is shown.
        """
        if isinstance(seen, tuple):
            return SegmentView(span, self._decoded(seen), self.measured.evidence(span))
        seen = seen or span
        most = min(self.model.frames_wanted, most or self.model.frames_wanted)
        enough = max(LEAST_FRAMES, ceil(seen.duration_s * self.frames_per_s))
        count = min(most, enough, max(1, ceil(seen.duration_s * TICKS_PER_S)))
        return SegmentView(seen, distinct(self._spread(seen, count)), self.measured.evidence(span))

    def _spread(self, seen: Span, count: int) -> tuple[Frame, ...]:
        """Evenly over ``seen``: of what the scan kept if that is enough, else decoded."""
        if self.reader is None:
            return ()
        kept = self.stills.between(seen.start_s, seen.end_s)
        if len(kept) >= count:
            try:
                return self.stills.read(evenly(kept, count))
            except OSError:
                self.run.log("stills_unreadable")
        ticks = range(ceil(seen.start_s * TICKS_PER_S), ceil(seen.end_s * TICKS_PER_S))
        if len(ticks) >= count:  # looks that overlap then share frames, which the model remembers
            return self._decoded([tick / TICKS_PER_S + STAMP_ERROR_S for tick in evenly(ticks, count)])
        return self._decoded([seen.start_s + (index + 0.5) * seen.duration_s / count for index in range(count)])

    def _decoded(self, times_s: Sequence[float]) -> tuple[Frame, ...]:
        return () if self.reader is None else self.reader.at(times_s, self.run.check)

    def ask(
        self,
        step: str,
        span: Span,
        question: Callable[[SegmentView], JSONValue],
        seen: Where | None = None,
        most: int | None = None,
    ) -> JSONValue | Skipped:
        """One durable question about one segment; where the model has no answer, the reason.

        ``question`` gives a JSON value; ``seen`` and ``most`` as for ``view``. Raises: Cancelled.
        """

        def work() -> JSONValue:
            try:
                view = self.view(span, seen, most)
                if self.reader is not None and not view.frames:
                    return {"skipped": "no picture could be decoded here"}
                return {"answer": question(view)}
            except ModelError as error:
                self.run.log("segment_skipped", step=step, reason=error.message)
                return {"skipped": error.message}

        self.run.check()
        reply = self.run.step(step, work)
        return Skipped(reply["skipped"]) if "skipped" in reply else reply["answer"]


def evenly(of: range, count: int) -> list[int]:
    """``count`` of them, spread evenly; there must be as many."""
    return [of[int((index + 0.5) * len(of) / count)] for index in range(count)]


@contextmanager
def looker(
    source: Source, measured: Measured, model: VideoModel, run: Run, frames_per_s: float = TICKS_PER_S
) -> Iterator[Looker]:
    """A ``Looker`` whose decoder is closed at the end; none is opened for a model that looks at nothing.

    Args: frames_per_s: no more are shown, but always ``LEAST_FRAMES`` where ``TICKS_PER_S`` allow it.
    """
    stills = Stills(source.stills_path)
    if not model.frames_wanted:
        yield Looker(measured, model, run, None, stills, frames_per_s)
        return
    with FrameReader(source.video_path) as reader:
        yield Looker(measured, model, run, reader, stills, frames_per_s)


def require_an_answer(replies: Iterable[object]) -> None:
    """Raises: ModelError: there are replies and the model had no answer in any."""
    listed = list(replies)
    reasons = [reply.reason for reply in listed if isinstance(reply, Skipped)]
    if listed and len(reasons) == len(listed):
        raise ModelError(f"The model could not judge any part of the video: {reasons[0]}")
