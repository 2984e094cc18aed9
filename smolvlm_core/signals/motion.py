"""What moved between two pictures, apart from the camera, and how much cannot be explained by any movement.

Dense inverse search flow (Kroeger et al. 2016, OpenCV's ``DISOpticalFlow``) on brightness-free textures. A place
counts as moving on its own when its flow differs from the camera's *and* its picture really changed: flow alone
invents movement in flat areas, change alone cannot tell a pan from an event.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from smolvlm_core.signals.camera import CameraMove, fit_camera
from smolvlm_core.signals.pictures import Array, Picture

HEADINGS = 8
"""Sectors of 45° that movement is sorted into."""


@dataclass(frozen=True, slots=True)
class MotionOptions:
    """Pixels are those of a 160 x 90 picture. Chosen by eye on phone videos unless said otherwise."""

    smallest_side_px: int = 24
    """Below this the flow's patches (8 px, three scales) do not fit: no motion is measured."""
    own_flow_px: float = 0.6
    """Flow that differs less from the camera's is noise; twice the error of DIS on a still scene."""
    own_change: float = 0.35
    """Change of texture, averaged over 3 x 3 px, needed to believe the flow."""
    own_contrast_levels: float = 3.0
    """Local contrast in grey levels below which nothing can be seen moving."""
    fastest_pct_s: float = 60.0
    """Speeds are capped here, % of the diagonal per second: beyond, flow is a guess."""
    jump_px: int = 3
    """A shift of the whole picture by at least this is taken out before the flow, whose reach is short."""
    jump_share: float = 1 / 3
    """... and at most this share of the side; more cannot be told from chance."""
    jump_likeness: float = 0.12
    """Peak of the phase correlation (0..1) from which a shift is believed."""
    jump_difference: float = 0.4
    """A shift of the whole picture changes at least this share of its texture; below, none is looked for."""
    jump_gain: float = 0.95
    """The shift must leave at most this share of the difference."""
    blank: float = 0.02
    """Added per pixel to both sides of the likeness, so that two blank pictures count as equal."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Movement from one sample to the next. Speeds in % of the picture's diagonal per second."""

    speed: float
    """Of what moves on its own, averaged over the whole picture."""
    area: float
    """Share of the picture that moves on its own, 0..1."""
    heading: Array
    """``speed`` split over ``HEADINGS`` directions."""
    camera: float
    """Speed of the camera, averaged over the picture."""
    pan: tuple[float, float]
    """Movement of the picture's centre, x and y."""
    pan_px: tuple[float, float]
    """The same in pixels since the sample before."""
    change: float
    """0..1: what even the full flow cannot explain; high at cuts and flashes."""


class MotionMeter:
    """Measures pairs of pictures of one size. Holds only scratch space, no history."""

    def __init__(self, options: MotionOptions = MotionOptions()) -> None:
        self._options = options
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._window: Array | None = None
        self._grid: Array | None = None

    def measure(self, before: Picture, now: Picture, step_s: float) -> Motion:
        """Movement over ``step_s`` > 0 seconds between two pictures of equal size."""
        if min(now.texture.shape) < self._options.smallest_side_px:
            change = min(1.0, float(cv2.absdiff(now.texture, before.texture).mean()) / 2)
            return Motion(0.0, 0.0, np.zeros(HEADINGS, np.float32), 0.0, (0.0, 0.0), (0.0, 0.0), change)
        flow = self._flow_of(before, now)
        camera = fit_camera(flow, np.maximum(before.trust, now.trust))
        per_px_s = 100 / float(np.hypot(*now.texture.shape)) / step_s
        camera_x, camera_y = camera.field()
        flow_x, flow_y = cv2.split(flow)
        own_x, own_y = flow_x - camera_x, flow_y - camera_y
        own_px = np.asarray(cv2.magnitude(own_x, own_y))
        moving = self._moving(before, now, camera, own_px)
        speed = np.minimum(own_px[moving] * per_px_s, self._options.fastest_pct_s)
        heading = np.bincount(_sectors(own_x[moving], own_y[moving]), speed, HEADINGS) / moving.size
        pan_px = float(camera.parameters[0, 0]), float(camera.parameters[0, 1])
        return Motion(
            speed=float(heading.sum()),
            area=float(np.count_nonzero(moving)) / moving.size,
            heading=heading.astype(np.float32),
            camera=float(cv2.magnitude(camera_x, camera_y).mean()) * per_px_s,
            pan=(pan_px[0] * per_px_s, pan_px[1] * per_px_s),
            pan_px=pan_px,
            change=self._unexplained(before, now, flow),
        )

    def _flow_of(self, before: Picture, now: Picture) -> Array:
        """Backward flow (H, W, 2) px: what is at (x, y) now was at (x, y) + flow before."""
        old, new = before.texture_8bit, now.texture_8bit
        shift = self._jump(before, now)
        if shift is not None:
            height, width = new.shape
            matrix = np.array([[1, 0, -shift[0]], [0, 1, -shift[1]]], np.float32)
            moved = cv2.warpAffine(old, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
            if _difference(moved, new) <= self._options.jump_gain * _difference(old, new):
                return np.asarray(self._flow.calc(new, moved, None) + np.array(shift, np.float32), np.float32)  # type: ignore[call-overload]
        return np.asarray(self._flow.calc(new, old, None), np.float32)  # type: ignore[call-overload]

    def _jump(self, before: Picture, now: Picture) -> tuple[int, int] | None:
        """Shift of the whole picture in px (a shake, a whip pan), by phase correlation at half size."""
        if _difference(before.texture, now.texture) < self._options.jump_difference * cv2.norm(
            now.texture, cv2.NORM_L1
        ):
            return None
        height, width = now.texture.shape
        half = (width // 2, height // 2)
        if self._window is None or self._window.shape != half[::-1]:
            self._window = np.asarray(cv2.createHanningWindow(half, cv2.CV_32F), np.float32)
        # fresh arrays on purpose: phaseCorrelate writes its window into its inputs
        small_now, small_before = (
            np.asarray(cv2.resize(each.texture, half, interpolation=cv2.INTER_AREA)) for each in (now, before)
        )
        (half_x, half_y), peak = cv2.phaseCorrelate(small_now, small_before, self._window)
        shift = round(2 * half_x), round(2 * half_y)
        reach = self._options.jump_share
        believable = peak >= self._options.jump_likeness and abs(shift[0]) <= width * reach
        if believable and abs(shift[1]) <= height * reach and max(map(abs, shift)) >= self._options.jump_px:
            return shift
        return None

    def _moving(self, before: Picture, now: Picture, camera: CameraMove, own_px: MatLike) -> NDArray[np.bool_]:
        """(H, W): moves on its own."""
        options = self._options
        changed = cv2.blur(cv2.absdiff(now.texture, camera.warp(before.texture)), (3, 3))
        moving = (own_px > options.own_flow_px) & (np.asarray(changed) > options.own_change) & camera.seen_before()
        moving &= np.maximum(before.contrast, now.contrast) > options.own_contrast_levels
        # opening drops specks under 3 px: compression noise, leaves, rain
        return np.asarray(cv2.morphologyEx(moving.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))) > 0

    def _unexplained(self, before: Picture, now: Picture, flow: Array) -> float:
        """1 - correlation of ``now`` with ``before`` moved along the flow, 0..1."""
        height, width = now.texture.shape
        if self._grid is None or self._grid.shape[:2] != (height, width):
            self._grid = np.dstack(np.meshgrid(np.arange(width), np.arange(height))).astype(np.float32)
        moved = np.asarray(
            cv2.remap(before.texture, self._grid + flow, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
        )
        weight = np.maximum(before.trust, now.trust) + 0.05
        blank = self._options.blank * float(weight.sum())
        weighted = weight * now.texture
        both = float(np.vdot(weighted, moved)) + blank
        each = 0.5 * float(np.vdot(weighted, now.texture) + np.vdot(weight * moved, moved)) + blank
        return min(1.0, max(0.0, 1 - both / each))


def _sectors(backward_x: Array, backward_y: Array) -> NDArray[np.int64]:
    """Sector 0..HEADINGS-1 that each backward vector came from."""
    turns = np.arctan2(backward_y, backward_x) / (2 * np.pi) + 0.5
    return (turns * HEADINGS).astype(np.int64) % HEADINGS


def _difference(one: MatLike, other: MatLike) -> float:
    return cv2.norm(one, other, cv2.NORM_L1)
