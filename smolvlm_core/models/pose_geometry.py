"""Where BlazePose looks: the detector's anchors, the square around a body, and the ways back to the picture.

Arrays in, arrays out; knows no network. After MediaPipe 0.10 (Apache-2.0), modules/pose_detection and
modules/pose_landmark.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import FrameRGB

Floats = NDArray[np.float32]

DETECTOR_SIDE_PX = 224  # input of pose_detection.tflite
LANDMARK_SIDE_PX = 256  # input of pose_landmark_full.tflite
ANCHOR_GRIDS = ((28, 2), (14, 2), (7, 6))
"""Cells a side and anchors a cell: strides 8, 16 and three times 32 with two anchors each, as in
pose_detection_cpu.pbtxt; the anchors of a cell all lie in its middle."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture was fitted into the detector's square: scaled, then moved; the bars beside it are black."""

    scale: float
    left_px: int
    top_px: int

    def to_picture(self, points_px: Floats) -> Floats:
        """Points of the square, (..., 2), as points of the picture."""
        return np.asarray((points_px - (self.left_px, self.top_px)) / self.scale, np.float32)


@dataclass(frozen=True, slots=True)
class Region:
    """A square of the picture around a body, turned so that the body stands upright in it.

    ``turn_rad``: from the picture's upright to the body's, positive clockwise; in [-pi, pi).
    """

    x_px: float
    y_px: float
    side_px: float
    turn_rad: float

    def to_crop(self) -> NDArray[np.float64]:
        """The affine map, (2, 3), from the picture to the landmark model's input."""
        scale = LANDMARK_SIDE_PX / self.side_px
        turn = scale * rotation(-self.turn_rad)
        shift = LANDMARK_SIDE_PX / 2 - turn @ (self.x_px, self.y_px)
        return np.column_stack([turn, shift])

    def to_picture(self, points_px: Floats) -> Floats:
        """Points of the landmark model's input, (N, 2), as points of the picture."""
        scale = self.side_px / LANDMARK_SIDE_PX
        centred = (points_px - LANDMARK_SIDE_PX / 2) * scale
        return np.asarray(centred @ rotation(self.turn_rad).T + (self.x_px, self.y_px), np.float32)

    def upright_to_picture(self, world_m: Floats) -> Floats:
        """Landmarks in space, (N, 3), of the body as it stands in the crop, turned to the picture's upright."""
        turned = world_m.copy()
        turned[:, :2] = world_m[:, :2] @ rotation(self.turn_rad).T
        return turned


def rotation(turn_rad: float) -> NDArray[np.float64]:
    """(2, 2), clockwise where y points down."""
    cosine, sine = math.cos(turn_rad), math.sin(turn_rad)
    return np.array([[cosine, -sine], [sine, cosine]])


def anchor_centres() -> Floats:
    """(2254, 2): x and y of the detector's anchors, 0..1 of its input, in the order of its outputs."""
    grids: list[Floats] = []
    for cells, anchors in ANCHOR_GRIDS:
        middles = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        x, y = np.meshgrid(middles, middles)
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), anchors, axis=0))
    return np.concatenate(grids)


def detector_input(rgb: FrameRGB) -> tuple[Floats, Letterbox]:
    """The whole picture in the middle of a square, (1, 224, 224, 3) in [-1, 1], and how it was fitted."""
    height, width = rgb.shape[:2]
    scale = DETECTOR_SIDE_PX / max(height, width)
    fitted_width, fitted_height = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (DETECTOR_SIDE_PX - fitted_width) // 2, (DETECTOR_SIDE_PX - fitted_height) // 2
    square = np.full((1, DETECTOR_SIDE_PX, DETECTOR_SIDE_PX, 3), -1, np.float32)
    small = cv2.resize(rgb, (fitted_width, fitted_height)).astype(np.float32)
    square[0, top : top + fitted_height, left : left + fitted_width] = small / 127.5 - 1
    return square, Letterbox(scale, left, top)


def landmark_input(rgb: FrameRGB, region: Region) -> Floats:
    """The region as the landmark model sees it, (1, 256, 256, 3) in [0, 1]; beyond the picture it is black."""
    size = (LANDMARK_SIDE_PX, LANDMARK_SIDE_PX)
    crop = np.asarray(cv2.warpAffine(rgb, region.to_crop(), size))
    return crop.astype(np.float32)[None] / np.float32(255)


def region_around(hips_px: Floats, edge_px: Floats, scale: float) -> Region | None:
    """The square around a body's circle: ``hips_px`` is its middle, ``edge_px`` the point over the head.

    None where the two are no place at all, or one and the same: then nobody is there.
    """
    across, down = (float(edge) - float(hips) for edge, hips in zip(edge_px, hips_px, strict=True))
    side_px = 2 * math.hypot(across, down) * scale
    if not math.isfinite(side_px) or side_px < 1:
        return None
    turn_rad = math.atan2(down, across) + math.pi / 2
    return Region(float(hips_px[0]), float(hips_px[1]), side_px, (turn_rad + math.pi) % (2 * math.pi) - math.pi)
