"""Single pictures of a video as JPEG files, for a page to show. Bounded in number, size and time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from smolvlm_core.domain import FrameRGB
from smolvlm_core.errors import Cancelled, InputError
from smolvlm_core.video.frames import FrameReader

LONGEST_SIDE_PX = 480  # half of a phone's width, at two dots for a unit
QUALITY = 80  # of 100; such a picture takes 10 to 40 KB
THUMBNAILS_MOST = 40
BUDGET_S = 20.0  # to find them all; a video without an index is decoded from its start


@dataclass(frozen=True, slots=True)
class _Deadline:
    """A ``CheckCancelled`` that ends the work when its time is up."""

    end_s: float

    def __call__(self) -> None:
        if time.monotonic() > self.end_s:
            raise Cancelled("There was no time for more pictures.")


def thumbnails(path: Path, times_s: Sequence[float], budget_s: float = BUDGET_S) -> tuple[bytes | None, ...]:
    """The pictures shown at these times, in their order, as JPEG.

    None for what is damaged, for what comes after the first ``THUMBNAILS_MOST``, and for what took too long.
    """
    wanted_s = sorted(set(times_s[:THUMBNAILS_MOST]))
    found: dict[float, bytes | None] = {}
    deadline = _Deadline(time.monotonic() + budget_s)
    try:
        with FrameReader(path, LONGEST_SIDE_PX) as reader:
            for time_s in wanted_s:
                found[time_s] = _thumbnail(reader, time_s, deadline)
    except (InputError, OSError, Cancelled):
        pass  # damaged, deleted meanwhile, or out of time: those found so far are good
    return tuple(found.get(time_s) for time_s in times_s)


def _thumbnail(reader: FrameReader, time_s: float, deadline: _Deadline) -> bytes | None:
    try:
        (frame,) = reader.at([time_s], deadline)
    except InputError:
        return None
    return _jpeg(frame.rgb)


def _jpeg(rgb: FrameRGB) -> bytes | None:
    fine, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes() if fine else None
