"""A figure in space with a person's joints, in any posture and seen from any side, as BlazePose would tell it."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from math import cos, pi, radians, sin

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.exercise import Pose
from smolvlm_core.signals.movement import (
    BLAZEPOSE,
    FLOW_COLUMNS,
    FLOW_ROWS,
    LOOK_COLUMNS,
    LOOK_ROWS,
    SAMPLE_HZ,
    Take,
)

Vector = NDArray[np.float64]

TORSO_M, HIP_M, SHOULDER_M = 0.5, 0.12, 0.18  # its length, and how far its ends reach to the side
THIGH_M = SHIN_M = 0.43
UPPER_ARM_M, FOREARM_M = 0.3, 0.25
SIDE_PX = 320.0
PX_PER_M = 110.0
MIDDLE_PX = (160.0, 220.0)
ROWS = {"shoulder": 11, "elbow": 13, "wrist": 15, "hip": 23, "knee": 25, "ankle": 27}


@dataclass(frozen=True, slots=True)
class Figure:
    """Degrees: ``lean`` 0 upright, 90 face down, -90 on the back; ``roll`` over to the left side.

    Of each joint 0 is that of somebody who stands with hanging arms; ``right_...`` None: like the left one.
    ``spread``: a leg to its side; ``raised``: an arm forwards, or to its side as far as ``aside`` (0..1) says.
    """

    lean: float = 0
    roll: float = 0
    hip: float = 0
    knee: float = 0
    spread: float = 5
    raised: float = 5
    elbow: float = 5
    aside: float = 0
    right_hip: float | None = None
    right_knee: float | None = None
    right_raised: float | None = None
    right_elbow: float | None = None
    right_spread: float | None = None
    twist: float = 0
    """Of both arms to the left."""
    lifted_m: float = 0
    """Off the ground: a jump."""


def pose_of(figure: Figure, anchor: str = "ankle", turned: float = 40.0) -> Pose:
    """The figure, its anchor always at one height; ``turned`` away from the camera, 90 from the side."""
    points = np.zeros((33, 3))
    up, front, left = _axes(figure, turned)
    shoulders = TORSO_M * up
    for index, (sign, right) in enumerate(((1, False), (-1, True))):
        hip = sign * HIP_M * left
        side = sign * left
        thigh, shin = _leg(figure, right, (up, front, side))
        shoulder = shoulders + sign * SHOULDER_M * left
        upper, fore = _arm(figure, right, (up, front, side))
        places = {
            "hip": hip,
            "knee": hip + THIGH_M * thigh,
            "ankle": hip + THIGH_M * thigh + SHIN_M * shin,
            "shoulder": shoulder,
            "elbow": shoulder + UPPER_ARM_M * upper,
            "wrist": shoulder + UPPER_ARM_M * upper + FOREARM_M * fore,
        }
        for name, place in places.items():
            points[ROWS[name] + index] = place
    points[0] = shoulders + 0.2 * up + 0.1 * front
    return _seen(points, anchor, figure.lifted_m)


def _seen(points: Vector, anchor: str, lifted_m: float) -> Pose:
    held = points[ROWS[anchor] : ROWS[anchor] + 2].copy()
    lowest = held[held[:, 1].argmax()]  # y points down: the foot that stands
    image = np.zeros((33, 3))
    image[:, :2] = (points - lowest)[:, :2] * PX_PER_M + MIDDLE_PX
    image[:, 1] -= lifted_m * PX_PER_M
    image[:, 2] = 0.9
    return Pose(image.astype(np.float32), points.astype(np.float32), 0.99)


def _axes(figure: Figure, turned: float) -> tuple[Vector, Vector, Vector]:
    """Up, front and left of the torso; x to the right, y down, z away."""
    yaw, lean, roll = radians(turned), radians(figure.lean), radians(figure.roll)
    sky, ahead = np.array([0.0, -1, 0]), np.array([sin(yaw), 0, -cos(yaw)])
    left = np.array([cos(yaw), 0, sin(yaw)])
    up, front = cos(lean) * sky + sin(lean) * ahead, cos(lean) * ahead - sin(lean) * sky
    return cos(roll) * up + sin(roll) * left, front, cos(roll) * left - sin(roll) * up


def _leg(figure: Figure, right: bool, axes: tuple[Vector, Vector, Vector]) -> tuple[Vector, Vector]:
    up, front, side = axes
    hip, knee, spread = (radians(_of(figure, name, right)) for name in ("hip", "knee", "spread"))
    thigh = cos(hip) * -up + sin(hip) * front
    shin = cos(hip - knee) * -up + sin(hip - knee) * front
    return tuple(cos(spread) * part + sin(spread) * side for part in (thigh, shin))  # type: ignore[return-value]


def _arm(figure: Figure, right: bool, axes: tuple[Vector, Vector, Vector]) -> tuple[Vector, Vector]:
    up, front, side = axes
    raised, elbow = radians(_of(figure, "raised", right)), radians(_of(figure, "elbow", right))
    forwards = (1 - figure.aside) * front + figure.aside * side
    if figure.twist:
        left = -side if right else side
        forwards = cos(radians(figure.twist)) * forwards + sin(radians(figure.twist)) * left
    forwards /= np.linalg.norm(forwards)
    upper = cos(raised) * -up + sin(raised) * forwards
    fore = cos(raised + elbow) * -up + sin(raised + elbow) * forwards
    return upper, fore


def _of(figure: Figure, name: str, right: bool) -> float:
    other = getattr(figure, f"right_{name}") if right else None
    return float(getattr(figure, name) if other is None else other)


def between(first: Figure, last: Figure, share: float) -> Figure:
    """On the way from one to the other, 0..1."""
    full = [_both(one) for one in (first, last)]
    return Figure(*((1 - share) * a + share * b for a, b in zip(astuple(full[0]), astuple(full[1]), strict=True)))


def _both(figure: Figure) -> Figure:
    """The same, each side on its own."""
    names = ("hip", "knee", "raised", "elbow", "spread")
    return replace(figure, **{f"right_{name}": _of(figure, name, True) for name in names})


def moving(keys: Sequence[Figure], period_s: float, count: int) -> list[Figure]:
    """Through the keys and back to the first one, ``count`` times, slow at each key; one key is held."""
    steps = max(1, round(period_s * SAMPLE_HZ / len(keys)))
    ways = [(1 - cos(pi * step / steps)) / 2 for step in range(steps)]
    pairs = list(zip(keys, [*keys[1:], keys[0]], strict=True))
    return [between(first, last, way) for first, last in pairs for way in ways] * count


def film(
    keys: Sequence[Figure], period_s: float, anchor: str = "ankle", turned: float = 40.0, count: int = 5
) -> Take:
    """A take of a movement through these figures."""
    return take_of([pose_of(figure, anchor, turned) for figure in moving(keys, period_s, count)])


def take_of(poses: Sequence[Pose]) -> Take:
    """A take of these poses at the usual rate, of which nothing but the body is known."""
    count = len(poses)
    image = np.stack([pose.image[BLAZEPOSE] for pose in poses])
    image[:, :, :2] /= SIDE_PX
    return Take(
        np.arange(count) / SAMPLE_HZ,
        image,
        np.stack([pose.world[BLAZEPOSE] for pose in poses]),
        np.ones(count, np.float32),
        np.zeros((count, FLOW_ROWS, FLOW_COLUMNS, 2), np.float32),
        np.zeros((count, LOOK_ROWS, LOOK_COLUMNS), np.float32),
    )
