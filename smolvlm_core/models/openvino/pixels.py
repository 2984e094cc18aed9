"""Pictures as the vision graph wants them, as the checkpoint's own processor has them, without its libraries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smolvlm_core.domain import FrameRGB
from smolvlm_core.errors import ModelUnavailable


@dataclass(frozen=True, slots=True)
class PictureForm:
    """A square of ``side_px``, in which a channel's level from 0 to 255 is (level · scale - mean) / deviation."""

    side_px: int
    scale: float
    mean: tuple[float, ...]
    deviation: tuple[float, ...]


def picture_form_of(processor: Any) -> PictureForm:
    """Args: processor: transformers' own, of the checkpoint. Raises: ModelUnavailable: it does something else."""
    video = processor.video_processor
    side_px = int(video.max_image_size["longest_edge"])
    resamples = int(video.resample) == Image.Resampling.LANCZOS and dict(video.size) == {"longest_edge": side_px}
    if not (resamples and video.do_resize and video.do_rescale and video.do_normalize):
        raise ModelUnavailable("The checkpoint wants its pictures prepared in a way that is not known.")
    mean, deviation = (tuple(float(level) for level in part) for part in (video.image_mean, video.image_std))
    return PictureForm(side_px, float(video.rescale_factor), mean, deviation)


class Pixels:
    """Makes them."""

    def __init__(self, form: PictureForm) -> None:
        self._side_px = form.side_px
        mean, deviation = (np.array(part, np.float32) for part in (form.mean, form.deviation))
        self._slopes, self._offsets = np.float32(form.scale) / deviation, -mean / deviation

    def of(self, pictures: Sequence[FrameRGB]) -> NDArray[np.float32]:
        """float32 (pictures, 3, side, side)."""
        values = np.empty((len(pictures), 3, self._side_px, self._side_px), np.float32)
        for into, rgb in zip(values, pictures, strict=True):
            for channel, levels in enumerate(cv2.split(self._square(rgb))):
                np.multiply(levels, self._slopes[channel], out=into[channel])
                into[channel] += self._offsets[channel]
        return values

    def _square(self, rgb: FrameRGB) -> FrameRGB:
        """Resampled twice, as the processor does it: to the side's length, then to the square."""
        height, width = rgb.shape[:2]
        picture = Image.fromarray(np.ascontiguousarray(rgb))
        fitted = picture.resize(self._fitted(width, height), Image.Resampling.LANCZOS)
        return np.asarray(fitted.resize((self._side_px, self._side_px), Image.Resampling.LANCZOS))

    def _fitted(self, width: int, height: int) -> tuple[int, int]:
        """The longer side has its length; the other is even."""
        other = int(self._side_px / (max(width, height) / min(width, height)))
        other = max(1, other + other % 2)
        return (self._side_px, other) if width >= height else (other, self._side_px)
