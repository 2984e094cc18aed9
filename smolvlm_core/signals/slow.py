"""What has changed over half a second: movement too slow to be seen from one sample to the next.

A person lowering into a squat across the room moves less than a pixel between samples; half a second later
the picture is plainly another. Knows no duration of anything, only the recent past.
"""

import math
from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.signals.pictures import Array, Picture

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SlowChangeOptions:
    """Chosen on clips of workouts filmed from a tripod and by hand; pixels of a 160 x 90 picture."""

    back_s: float = 0.5
    """How far back to compare; slow repetitions take three seconds."""
    least_back_s: float = 0.4
    """With less of a past nothing is compared."""
    most_back_s: float = 1.5
    """With a longer gap neither: too much happens unseen."""
    change: float = 0.5
    """Change of texture, averaged over 3 x 3 px, that counts; above what half a pixel of camera drift makes."""
    contrast_levels: float = 3.0
    """Local contrast in grey levels below which nothing can be seen changing."""
    still_px: float = 0.1
    """A camera that moved less than this was not followed: it would change nothing."""
    camera_px: float = 6.0
    """Nothing is compared across a larger movement of the camera: parallax changes everything."""


@dataclass(frozen=True, slots=True)
class _Past:
    time_s: float
    picture: Picture
    travelled_px: tuple[float, float]


class SlowChangeMeter:
    """Keeps the last half second of pictures. They must be of one size."""

    def __init__(self, options: SlowChangeOptions = SlowChangeOptions()) -> None:
        self._options = options
        self._past: deque[_Past] = deque()
        self._travelled_px = (0.0, 0.0)

    def add(self, time_s: float, picture: Picture, moved_px: tuple[float, float]) -> float:
        """Share of the picture, 0..1, unlike half a second ago, wherever the camera went meanwhile.

        Args: moved_px: of the picture's centre since the last call, as ``CameraMove`` has it.
        """
        options = self._options
        self._travelled_px = (self._travelled_px[0] + moved_px[0], self._travelled_px[1] + moved_px[1])
        # a hair less than half a second: the timestamps of a steady rate are rounded
        while len(self._past) > 1 and time_s - self._past[1].time_s >= options.back_s - 1e-3:
            self._past.popleft()
        share = self._compare(self._past[0], time_s, picture) if self._past else 0.0
        self._past.append(_Past(time_s, picture, self._travelled_px))
        return share

    def _compare(self, past: _Past, time_s: float, picture: Picture) -> float:
        options = self._options
        shift_x = self._travelled_px[0] - past.travelled_px[0]
        shift_y = self._travelled_px[1] - past.travelled_px[1]
        too_far = abs(shift_x) > options.camera_px or abs(shift_y) > options.camera_px
        if too_far or not options.least_back_s <= time_s - past.time_s <= options.most_back_s:
            return 0.0
        now, before = picture.texture, past.picture.texture
        visible = np.maximum(past.picture.contrast, picture.contrast) > options.contrast_levels
        unfollowed = _changed_share(before, now, visible, options.change)
        if unfollowed == 0 or max(abs(shift_x), abs(shift_y)) < options.still_px:
            return unfollowed
        seen_before = visible & _overlap(now.shape, shift_x, shift_y)
        followed = _changed_share(_shifted(before, shift_x, shift_y), now, seen_before, options.change)
        # a large person in front of a plain wall is taken for the camera: then the unshifted past fits better
        return min(unfollowed, followed)


_SPECK = np.ones((3, 3), np.uint8)


def _changed_share(before: Array, now: Array, where: Mask, threshold: float) -> float:
    """Share of the picture whose textures differ by more than ``threshold``, apart from specks."""
    changed = (np.asarray(cv2.blur(cv2.absdiff(now, before), (3, 3))) > threshold) & where
    # opening drops specks under 3 px, about as in the motion between samples
    opened = cv2.morphologyEx(changed.view(np.uint8), cv2.MORPH_OPEN, _SPECK)
    return cv2.countNonZero(opened) / opened.size


def _shifted(image: Array, right_px: float, down_px: float) -> Array:
    """``image`` looked at from ``right_px``, ``down_px`` further."""
    height, width = image.shape
    matrix = np.array([[1, 0, right_px], [0, 1, down_px]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(image, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def _overlap(shape: tuple[int, ...], right_px: float, down_px: float) -> Mask:
    """(H, W): where the shifted picture shows what was in view, with one pixel to spare."""
    height, width = shape
    left, right = (max(0, math.ceil(side)) + 1 for side in (-right_px, right_px))
    top, bottom = (max(0, math.ceil(side)) + 1 for side in (-down_px, down_px))
    inside = np.zeros((height, width), bool)
    inside[top : height - bottom, left : width - right] = True
    return inside
