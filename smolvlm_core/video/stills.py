"""Pictures large enough for a model, kept from the scan: it need not decode the video a second time to look.

They are JPEGs in one zip file beside their times. Knows no model.
"""

import io
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import Frame, FrameRGB

QUALITY = 92  # of 100: an error of about one grey level, measured on a photograph
TIMES = "times.npy"
CHROMA = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]


class StillWriter:
    """Collects pictures by rising time. What was not finished leaves nothing behind.

    On a full disk it gives up without a word: whoever wants the pictures then decodes them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_suffix(".partial")
        self._times_s: list[float] = []
        self._zip: zipfile.ZipFile | None = zipfile.ZipFile(self._partial, "w", zipfile.ZIP_STORED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_up()

    def add(self, time_s: float, rgb: FrameRGB) -> None:
        """One picture and when it appeared."""
        if self._zip is None:
            return
        _, jpeg = cv2.imencode(
            ".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY, *CHROMA]
        )
        try:
            self._zip.writestr(_name(len(self._times_s)), jpeg.tobytes())
        except OSError:
            self._give_up()
        self._times_s.append(time_s)

    def finish(self) -> None:
        """All are there: whoever looks for the file finds it from now on."""
        if self._zip is None:
            return
        times = io.BytesIO()
        np.save(times, np.array(self._times_s))
        try:
            self._zip.writestr(TIMES, times.getvalue())
            self._zip.close()
            self._partial.replace(self._path)
        except OSError:
            self._give_up()

    def _give_up(self) -> None:
        unfinished, self._zip = self._zip, None
        if unfinished is not None:
            with suppress(OSError):
                unfinished.close()
        self._partial.unlink(missing_ok=True)


class Stills:
    """Reads them again. ``times_s`` is increasing; empty where there is no such file, or no whole one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.times_s: NDArray[np.float64] = np.zeros(0)
        try:
            with zipfile.ZipFile(path) as stored, stored.open(TIMES) as file:
                self.times_s = np.load(io.BytesIO(file.read()), allow_pickle=False)
        except (OSError, KeyError, ValueError, zipfile.BadZipFile):
            return

    def between(self, start_s: float, end_s: float) -> range:
        """Which appeared in ``start_s <= time < end_s``."""
        first, last = np.searchsorted(self.times_s, [start_s, end_s]).tolist()
        return range(first, last)

    def read(self, indices: Sequence[int]) -> tuple[Frame, ...]:
        """These, in their order.

        Raises: OSError: the file is gone or damaged.
        """
        frames: list[Frame] = []
        with zipfile.ZipFile(self._path) as stored:
            for index in indices:
                data = np.frombuffer(stored.read(_name(index)), np.uint8)
                bgr = cv2.imdecode(data, cv2.IMREAD_COLOR)
                if bgr is None:
                    raise OSError("a kept picture cannot be read")
                frames.append(Frame(float(self.times_s[index]), cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)))  # type: ignore[arg-type]
        return tuple(frames)


def _name(index: int) -> str:
    return f"{index}.jpg"
