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

from smolvlm_core.signals.camera import CameraFitOptions, CameraMove, fit_camera
from smolvlm_core.signals.pictures import Array, Picture, every_other, half_size

HEADINGS = 8
"""Sectors of 45° that movement is sorted into."""


HALF_SIZE_FIT = CameraFitOptions(grid_px=2, settled_px=0.01, scale_min_px=0.15)
"""The defaults, for flow at half size."""


@dataclass(frozen=True, slots=True)
class MotionOptions:
    """Pixels are those of a 160 x 90 picture. Chosen by eye on phone videos unless said otherwise."""

    smallest_side_px: int = 24
    """Below this the flow's patches (8 px, three scales) do not fit: no motion is measured."""
    own_flow_px: float = 0.6
    """Flow that differs less from the camera's is noise; twice the error of DIS on a still scene."""
    own_change: float = 0.35
    """Change of texture, averaged over 3 x 3 px, needed to believe the flow."""
    own_trust: float = 0.3
    """Of a place, below which nothing can be seen moving there: three grey levels of contrast."""
    fastest_pct_s: float = 60.0
    """Speeds are capped here, % of the diagonal per second: beyond, flow is a guess."""
    assumed_share: float = 0.5
    """Where the camera could only be assumed to stand still, speeds count by this: it may be what moves."""
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
    still_px: float = 0.05
    """A camera that moves no pixel by more than this stands still."""
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
        self._flow.setFinestScale(1)  # of pictures at half size: the preset's 2, of whole ones
        self._window: Array | None = None
        self._grid: Array | None = None

    def measure(self, before: Picture, now: Picture, step_s: float) -> Motion:
        """Movement over ``step_s`` > 0 seconds between two pictures of equal size."""
        options, (height, width) = self._options, now.texture.shape
        if min(height, width) < options.smallest_side_px:
            change = min(1.0, float(cv2.absdiff(now.texture, before.texture).mean()) / 2)
            return Motion(0.0, 0.0, np.zeros(HEADINGS, np.float32), 0.0, (0.0, 0.0), (0.0, 0.0), change)
        trust = np.maximum(before.trust, now.trust)
        if self._nothing_changed(before, now):
            change = self._unexplained(before, now, None, trust)
            return Motion(0.0, 0.0, np.zeros(HEADINGS, np.float32), 0.0, (0.0, 0.0), (0.0, 0.0), change)
        flow = self._flow_of(before, now)
        camera = fit_camera(flow, trust, HALF_SIZE_FIT)
        per_half_px_s = 200 / float(np.hypot(width, height)) / step_s
        camera_x, camera_y = camera.field()
        flow_x, flow_y = cv2.split(flow)
        own_x, own_y = flow_x - camera_x, flow_y - camera_y
        own_half_px = np.asarray(cv2.magnitude(own_x, own_y), np.float32)
        moving = self._moving(before, now, own_half_px, camera, trust)
        speed = np.minimum(own_half_px[moving] * per_half_px_s, options.fastest_pct_s)
        speed *= options.assumed_share if camera.assumed else 1
        heading = np.bincount(_sectors(own_x[moving], own_y[moving]), speed, HEADINGS) / moving.size
        pan_half_px = float(camera.parameters[0, 0]), float(camera.parameters[0, 1])
        return Motion(
            speed=float(heading.sum()),
            area=float(np.count_nonzero(moving)) / moving.size,
            heading=heading.astype(np.float32),
            camera=float(cv2.magnitude(camera_x, camera_y).mean()) * per_half_px_s,
            pan=(pan_half_px[0] * per_half_px_s, pan_half_px[1] * per_half_px_s),
            pan_px=(2 * pan_half_px[0], 2 * pan_half_px[1]),
            change=self._unexplained(before, now, flow, trust),
        )

    def _nothing_changed(self, before: Picture, now: Picture) -> bool:
        """Whether no place differs by as much as what moves does: then neither thing nor camera moved."""
        difference = np.asarray(cv2.blur(cv2.absdiff(now.texture, before.texture), (3, 3)), np.float32)
        return float(difference.max()) <= self._options.own_change

    def _flow_of(self, before: Picture, now: Picture) -> Array:
        """Backward flow at half size, (h, w, 2) px of it: what is at (x, y) now was at (x, y) + flow before."""
        old, new = before.half_8bit, now.half_8bit
        shift = self._jump(before, now)
        if shift is not None:
            height, width = new.shape
            matrix = np.array([[1, 0, -shift[0]], [0, 1, -shift[1]]], np.float32)
            moved = cv2.warpAffine(old, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
            if _difference(moved, new) <= self._options.jump_gain * _difference(old, new):
                return np.asarray(self._flow.calc(new, moved, None) + np.array(shift, np.float32), np.float32)  # type: ignore[call-overload]
        return np.asarray(self._flow.calc(new, old, None), np.float32)  # type: ignore[call-overload]

    def _jump(self, before: Picture, now: Picture) -> tuple[int, int] | None:
        """Shift of the whole picture in px at half size (a shake, a whip pan), by phase correlation."""
        if _difference(before.texture, now.texture) < self._options.jump_difference * cv2.norm(
            now.texture, cv2.NORM_L1
        ):
            return None
        width, height = half = half_size(now.texture)
        if self._window is None or self._window.shape != half[::-1]:
            self._window = np.asarray(cv2.createHanningWindow(half, cv2.CV_32F), np.float32)
        # fresh arrays on purpose: phaseCorrelate writes its window into its inputs
        small_now, small_before = (
            np.asarray(cv2.resize(each.texture, half, interpolation=cv2.INTER_AREA)) for each in (now, before)
        )
        (right, down), peak = cv2.phaseCorrelate(small_now, small_before, self._window)
        shift = round(right), round(down)
        reach = self._options.jump_share
        believable = peak >= self._options.jump_likeness and abs(shift[0]) <= width * reach
        if believable and abs(shift[1]) <= height * reach and 2 * max(map(abs, shift)) >= self._options.jump_px:
            return shift
        return None

    def _moving(
        self, before: Picture, now: Picture, own_half_px: Array, camera: CameraMove, trust: Array
    ) -> NDArray[np.bool_]:
        """(h, w) at half size: moves on its own."""
        options = self._options
        height, width = now.texture.shape
        still = 2 * camera.reach_px < options.still_px
        followed = before.texture if still else camera.enlarged(width, height).warp(before.texture)
        changed = np.asarray(cv2.blur(cv2.absdiff(now.texture, followed), (3, 3)), np.float32)
        moving = (own_half_px > options.own_flow_px / 2) & (every_other(changed) > options.own_change)
        moving &= trust > options.own_trust
        if not still:
            moving &= camera.seen_before()
        # opening drops specks under 4 px of the whole picture: compression noise, leaves, rain
        return np.asarray(cv2.morphologyEx(moving.view(np.uint8), cv2.MORPH_OPEN, _SPECK)).view(np.bool_)

    def _unexplained(self, before: Picture, now: Picture, flow: Array | None, trust: Array) -> float:
        """1 - correlation of ``now`` with ``before`` moved along the flow, 0..1, looking at every other pixel."""
        moved = np.ascontiguousarray(every_other(before.texture)) if flow is None else self._followed(before, flow)
        shown = np.ascontiguousarray(every_other(now.texture))
        weight = trust + 0.05
        blank = self._options.blank * float(weight.sum())
        weighted = weight * shown
        both = float(np.vdot(weighted, moved)) + blank
        each = 0.5 * float(np.vdot(weighted, shown) + np.vdot(weight * moved, moved)) + blank
        return min(1.0, max(0.0, 1 - both / each))

    def _followed(self, before: Picture, flow: Array) -> Array:
        """Every other pixel of ``before``, from where the flow says it was."""
        height, width = flow.shape[:2]
        if self._grid is None or self._grid.shape[:2] != (height, width):
            self._grid = 2 * np.dstack(np.meshgrid(np.arange(width), np.arange(height))).astype(np.float32)
        places = cv2.scaleAdd(flow, 2, self._grid)
        moved = cv2.remap(before.texture, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
        return np.asarray(moved, np.float32)


_SPECK = np.ones((2, 2), np.uint8)


def _sectors(backward_x: Array, backward_y: Array) -> NDArray[np.int64]:
    """Sector 0..HEADINGS-1 that each backward vector came from."""
    turns = np.arctan2(backward_y, backward_x) / (2 * np.pi) + 0.5
    return (turns * HEADINGS).astype(np.int64) % HEADINGS


def _difference(one: MatLike, other: MatLike) -> float:
    return cv2.norm(one, other, cv2.NORM_L1)
