"""Pictures as the vision graph wants them: what the checkpoint's own processor makes of them, only sooner.

The app's frames have the model's side as their longest; of those, one resampling of OpenCV makes in a fifth of the
time what differs by a tenth of a grey level. All others go through the processor itself.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import FrameRGB
from smolvlm_core.models.vision import processed

LANCZOS = 1  # as PIL numbers its filters
LEVELS = 256


class Pixels:
    """``processor`` is transformers' own, of the checkpoint."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        video = processor.video_processor
        self._side_px = int(video.max_image_size["longest_edge"])
        usual = video.do_resize and video.do_rescale and video.do_normalize and int(video.resample) == LANCZOS
        self._may_shorten = bool(usual)
        levels = np.arange(LEVELS, dtype=np.float32)[:, None] * np.float32(video.rescale_factor)
        mean, deviation = (np.array(part, np.float32) for part in (video.image_mean, video.image_std))
        self._values = (levels - mean) / deviation  # of each level in each channel

    def of(self, pictures: Sequence[FrameRGB]) -> NDArray[np.float32]:
        """float32 (pictures, 3, side, side)."""
        if self._may_shorten and all(max(rgb.shape[:2]) == self._side_px for rgb in pictures):
            return np.stack([self._resampled(rgb) for rgb in pictures])
        exact: NDArray[np.float32] = processed(self._processor, pictures)[0].numpy()
        return exact

    def _resampled(self, rgb: FrameRGB) -> NDArray[np.float32]:
        side = (self._side_px, self._side_px)
        square = cv2.resize(np.ascontiguousarray(rgb), side, interpolation=cv2.INTER_LANCZOS4)
        return np.stack([self._values[square[..., channel], channel] for channel in range(3)])
