"""A stick figure seen from the side, as BlazePose would describe it: legs bent by a known share."""

from collections.abc import Sequence
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.exercise import Pose
from smolvlm_core.signals.movement import SAMPLE_HZ, MovementMeter, Take

Point = NDArray[np.float64]

SHIN_DEG, THIGH_DEG, TORSO_DEG = 35.0, 80.0, 35.0  # off upright, when bent all the way
KNEE_STRAIGHT, KNEE_BENT = 180.0, 180.0 - SHIN_DEG - THIGH_DEG
PX_PER_M = 120.0
FEET_PX = (160.0, 300.0)
PICTURE = np.full((320, 320, 3), 90, np.uint8)


def leg(bent: float) -> tuple[Point, Point, Point]:
    """Ankle, knee and hip in metres from the ankle, y downwards."""
    ankle = np.zeros(2)
    knee = ankle + 0.45 * up(bent * SHIN_DEG)
    return ankle, knee, knee + 0.45 * up(-bent * THIGH_DEG)


def up(lean_deg: float) -> Point:
    return np.array([sin(radians(lean_deg)), -cos(radians(lean_deg))])


def pose(left_bent: float, right_bent: float | None = None, arms_deg: float = 10.0, lean_deg: float = 0.0) -> Pose:
    """The figure with its legs bent (0..1), its arms lifted forward and its torso leaning further, in degrees."""
    points = np.zeros((33, 2))
    bends = (left_bent, left_bent if right_bent is None else right_bent)
    for side, bent in enumerate(bends):
        ankle, knee, hip = leg(bent)
        shoulder = hip + 0.5 * up(max(bends) * TORSO_DEG + lean_deg)
        arm = -up(-arms_deg)
        rows = {27: ankle, 25: knee, 23: hip, 11: shoulder, 13: shoulder + 0.3 * arm, 15: shoulder + 0.55 * arm}
        for row, point in rows.items():
            points[row + side] = point
    points[0] = (points[11] + points[12]) / 2 + 0.25 * up(0.0)
    beside = np.zeros((33, 1))
    beside[1:, 0] = [0.15 if row % 2 else -0.15 for row in range(1, 33)]
    world = np.hstack([points - (points[23] + points[24]) / 2, beside])
    image = np.hstack([points * PX_PER_M + FEET_PX, np.full((33, 1), 0.9)])
    return Pose(image.astype(np.float32), world.astype(np.float32), 0.99)


def filmed(poses: Sequence[Pose | None]) -> Take:
    """A take of these poses at the usual rate, before a wall that never changes."""
    meter = MovementMeter()
    for index, seen in enumerate(poses):
        meter.add(index / SAMPLE_HZ, PICTURE, seen)
    return meter.take()


def bends(count: int, period_s: float, rest_s: float = 0.0, down_share: float = 0.5) -> list[float]:
    """Shares over time: down and up again ``count`` times, standing still for ``rest_s`` after each.

    ``down_share``: how much of a period the way down takes.
    """
    steps = round(period_s * SAMPLE_HZ)
    ways = np.interp(np.arange(steps) / steps, [0, down_share, 1], [0, np.pi, 2 * np.pi])
    one = [(1 - cos(way)) / 2 for way in ways]
    return (one + [0.0] * round(rest_s * SAMPLE_HZ)) * count
