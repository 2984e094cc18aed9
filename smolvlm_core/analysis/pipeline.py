"""The part both analyses share: one scan of the video, of which the curves are kept.

Knows neither what is looked for nor what becomes of it.
"""

import dataclasses
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from smolvlm_core.analysis.clock import clock
from smolvlm_core.analysis.looking import MOST_FRAMES_PER_S
from smolvlm_core.analysis.run import Run, Source
from smolvlm_core.analysis.so_far import SoFar
from smolvlm_core.domain import Evidence, Frame, Progress, Skipped, Span
from smolvlm_core.errors import ModelError, Undecodable
from smolvlm_core.models.base import VideoModel
from smolvlm_core.signals.curves import Curves, build_curves, evidence_of
from smolvlm_core.signals.features import FeatureMeter, Features
from smolvlm_core.video.scan import ScanEnd, ScanOptions, Still, scan
from smolvlm_core.video.stills import StillWriter

TICKS_PER_S = MOST_FRAMES_PER_S  # frames are taken at these times, so that looks which overlap share them
SCAN_SHARE_WITH_MODEL = 0.15  # of the progress bar; measured: the model takes most of the time
SCAN_SHARE_ALONE = 0.85
STAMP_ERROR_S = 1e-3  # a stamp rounded to a millisecond still counts as reached
MOST_STILLS = 1200  # kept from the scan, some 50 MB: all of ten minutes, a selection of more
REPORT_EVERY_S = 0.5  # seconds of video between two progress reports of the scan
FIRST_FINDS_S = 20.0  # of video, after which there is something to tell ...
FINDS_GROWTH = 1.4  # ... and again when there is so many times as much: looking at hours each minute would add up

TellSoFar = Callable[[Features], SoFar]
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
    source: Source, run: Run, share: float, so_far: TellSoFar | None = None, stills: bool = False
) -> Measured:
    """Scan the video, or take what an earlier scan of the same file stored.

    Args: share: of the progress bar, 0..1, that this fills; so_far: reported now and then while a long video
    is scanned; stills: whether pictures for a model are kept.
    Raises: Undecodable: not one frame decodes; Cancelled.
    """
    stored = _load(source.curves_path)
    if stored is None:
        stored = _scan(source, run, share, so_far, stills)
        _save(source.curves_path, *stored)
        run.log("scanned", duration_s=stored[1].duration_s, frames=stored[1].frames)
    features, end = stored
    return Measured(build_curves(features), end.duration_s, end.warnings)


def _scan(
    source: Source, run: Run, share: float, so_far: TellSoFar | None, stills: bool
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
                    seen_s = min(item.time_s, duration_s)
                    found = None
                    if so_far is not None and item.time_s >= tell_from_s:
                        tell_from_s = FINDS_GROWTH * item.time_s
                        found = so_far(meter.features(item.time_s))
                    run.report(_scanned(seen_s, duration_s, share, found))
            else:
                meter.add_audio(item.time_s, item.pcm)
    raise Undecodable("The video holds no picture that can be decoded.")


def _scanned(seen_s: float, duration_s: float, share: float, found: SoFar | None) -> Progress:
    """Where a model does most of the work, the pace of the scan tells nothing of what is left."""
    best, parts = (None, None) if found is None else (found.best, found.parts)
    step = f"Watching the video: {clock(seen_s)} of {clock(duration_s)}"
    steady = share > SCAN_SHARE_WITH_MODEL
    return Progress(100 * share * seen_s / duration_s, step, best=best, parts=parts, steady=steady)


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


def require_an_answer(replies: Iterable[object]) -> None:
    """Raises: ModelError: there are replies and the model had no answer in any."""
    listed = list(replies)
    reasons = [reply.reason for reply in listed if isinstance(reply, Skipped)]
    if listed and len(reasons) == len(listed):
        raise ModelError(f"The model could not judge any part of the video: {reasons[0]}")
