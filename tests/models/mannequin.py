"""A drawn figure that BlazePose takes for a person: no picture of anybody is needed."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import FrameRGB
from tests.clips import Colour

WALL: Colour = (200, 205, 210)
SKIN: Colour = (224, 172, 138)
HAIR: Colour = (60, 40, 25)
SHIRT: Colour = (40, 80, 160)
TROUSERS: Colour = (50, 50, 60)
SHOES: Colour = (225, 225, 225)

HEIGHT_SHARE = 0.85  # of the picture

Place = tuple[float, float]
"""Right and down from the top of the head, as shares of the body's height."""

NOSE, LEFT_ANKLE = 0, 27
"""Rows of BlazePose's landmarks, as in ``JOINTS``; those of the right are one further than those of the left."""

LEFT_SIDE: Mapping[int, Place] = {
    11: (0.105, 0.2),  # the shoulder
    13: (0.163, 0.36),
    15: (0.215, 0.5),  # the wrist
    23: (0.05, 0.5),  # the hip
    25: (0.065, 0.73),
    LEFT_ANKLE: (0.07, 0.93),
}
"""On our right, for he looks at us."""

RIGHT_SIDE = {row + 1: (-x, y) for row, (x, y) in LEFT_SIDE.items()}
JOINTS: Mapping[int, Place] = {NOSE: (0, 0.09), **LEFT_SIDE, **RIGHT_SIDE}


class _Sheet:
    """A picture with a figure's own measure; ``top_px`` is the top of the head, where x is 0."""

    def __init__(self, picture: FrameRGB, top_px: Place, height_px: float) -> None:
        self.picture, self._top_px, self._height_px = picture, top_px, height_px

    def to_px(self, *places: Place) -> NDArray[np.float64]:
        return np.asarray(places) * self._height_px + self._top_px

    def spot(self, at: Place, radii: Place, colour: Colour) -> None:
        centre = np.round(self.to_px(at)[0]).astype(int).tolist()
        size = np.maximum(np.round(np.multiply(radii, self._height_px)), 1).astype(int).tolist()
        cv2.ellipse(self.picture, centre, size, 0, 0, 360, colour, -1, cv2.LINE_AA)

    def patch(self, corners: NDArray[np.float64], colour: Colour) -> None:
        cv2.fillPoly(self.picture, [np.round(corners).astype(np.int32)], colour, cv2.LINE_AA)

    def limb(self, start: Place, end: Place, thick: Place, colour: Colour) -> None:
        """From one joint to the next; ``thick`` is half of what it is at either."""
        way = np.subtract(end, start)
        across = np.array([-way[1], way[0]]) / np.hypot(*way)
        first, last = across * thick[0], across * thick[1]
        self.patch(self.to_px(start + first, end + last, end - last, start - first), colour)
        for at, radius in zip((start, end), thick, strict=True):
            self.spot(at, (radius, radius), colour)


def draw_mannequin(width: int, height: int) -> tuple[FrameRGB, dict[int, NDArray[np.float64]]]:
    """Somebody stands in the middle and looks at us, his arms a little away from the body.

    Returns: the picture, and where the joints are in it, in pixels by BlazePose's rows.
    """
    height_px = HEIGHT_SHARE * height
    picture = np.full((height, width, 3), WALL, np.uint8)
    sheet = _Sheet(picture, (width / 2, (height - height_px) / 2), height_px)
    for side in (LEFT_SIDE, RIGHT_SIDE):
        shoulder, elbow, wrist, hip, knee, ankle = side.values()
        sheet.limb(hip, knee, (0.05, 0.038), TROUSERS)
        sheet.limb(knee, ankle, (0.036, 0.024), TROUSERS)
        sheet.limb(ankle, (ankle[0] * 1.4, 0.97), (0.022, 0.02), SHOES)
        sheet.limb(shoulder, elbow, (0.032, 0.025), SHIRT)
        sheet.limb(elbow, wrist, (0.023, 0.018), SKIN)
        sheet.spot((wrist[0], wrist[1] + 0.03), (0.026, 0.026), SKIN)
    chest = ((-0.12, 0.19), (0.12, 0.19), (0.085, 0.36), (0.1, 0.52), (-0.1, 0.52), (-0.085, 0.36))
    sheet.patch(sheet.to_px(*chest), SHIRT)
    _draw_head(sheet)
    return picture, {row: sheet.to_px(place)[0] for row, place in JOINTS.items()}


def _draw_head(sheet: _Sheet) -> None:
    sheet.limb((0, 0.13), (0, 0.19), (0.032, 0.04), SKIN)
    sheet.spot((0, 0.075), (0.058, 0.075), HAIR)
    sheet.spot((0, 0.085), (0.05, 0.066), SKIN)
    for x in (-0.02, 0.02):
        sheet.spot((x, 0.075), (0.009, 0.006), (255, 255, 255))
        sheet.spot((x, 0.075), (0.005, 0.005), HAIR)
        sheet.spot((x, 0.061), (0.01, 0.002), HAIR)
    sheet.spot(JOINTS[NOSE], (0.007, 0.014), (200, 145, 115))
    sheet.spot((0, 0.12), (0.018, 0.005), (170, 70, 70))
