"""Which pictures look the same as the one before: nothing new is to be seen in them. Knows no model."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import Frame, FrameRGB


@dataclass(frozen=True, slots=True)
class AlikeOptions:
    """Chosen by eye on everyday footage."""

    side_px: int = 48
    """The longer side of the pictures as compared: noise and compression average out, a hand does not."""
    least_change: float = 16.0
    """Grey levels (of 255) by which a part of the picture has to change, in any colour, to be news."""


def distinct(frames: Sequence[Frame], options: AlikeOptions = AlikeOptions()) -> tuple[Frame, ...]:
    """The frames without those in which no part looks different from the last one that was kept."""
    kept: list[Frame] = []
    last: NDArray[np.float32] | None = None
    for frame in frames:
        small = _small(frame.rgb, options.side_px)
        if last is None or small.shape != last.shape or float(np.abs(small - last).max()) >= options.least_change:
            kept.append(frame)
            last = small
    return tuple(kept)


def _small(rgb: FrameRGB, side_px: int) -> NDArray[np.float32]:
    height, width = rgb.shape[:2]
    scale = side_px / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.float32)
