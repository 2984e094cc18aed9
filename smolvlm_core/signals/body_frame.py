"""Where a body's parts are in space, seen from the body itself: which way it faces, where its limbs point.

All of it comes from the landmarks in space, so it is the same from whichever side the camera looks. Knows no
exercise.
"""

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.signals.bins import Curve, smooth
from smolvlm_core.signals.movement import SAMPLE_HZ, Joint

Points = NDArray[np.float64]

TINY = 1e-9
NOSE_WINDOW_S = 1.0  # sigma; a head that looks back for a moment turns nothing round
UP = np.array([0.0, -1.0, 0.0])


def frame_curves(world: Points) -> dict[str, Curve]:
    """Curves of landmarks (N, 13, 3), metres, y downwards.

    ``lean``: of the torso, degrees: 0 upright, 90 lying, 180 upside down. ``facing``: -1 to the ground, 1 to the
    sky. ``arm_side``, ``arm_front``: where the upper arms point, -1..1, of both and on the average.
    In body lengths (shoulder to ankle when straight), upwards positive: ``upright`` (shoulders above ankles),
    ``hips_up`` (hips above ankles), ``hands_up`` (wrists above shoulders), ``hands_over_hips``,
    ``hands_over_feet``; ``hands_aside``: both wrists to the body's left; ``feet_apart``, and ``stride``, the part
    of it that is not sideways.
    """
    shoulder, hip, ankle, wrist = (_middle(world, name) for name in ("SHOULDER", "HIP", "ANKLE", "WRIST"))
    body = _body_length_m(world)
    spine = _unit(shoulder - hip)
    across = _unit(_across(world, "SHOULDER")) + _unit(_across(world, "HIP"))
    left = _unit(across - _along(across, spine)[:, None] * spine)
    front = _towards_nose(np.cross(left, spine), world[:, Joint.NOSE] - shoulder)
    apart = _across(world, "ANKLE")
    hips_left = _unit(_across(world, "HIP"))
    arms = [
        _unit(world[:, Joint[f"{side}_ELBOW"]] - world[:, Joint[f"{side}_SHOULDER"]]) for side in ("LEFT", "RIGHT")
    ]
    stride = apart - _along(apart, hips_left)[:, None] * hips_left
    return {
        "lean": np.degrees(np.arccos(np.clip(spine @ UP, -1, 1))),
        "facing": front @ UP,
        "arm_side": (_along(arms[0], left) - _along(arms[1], left)) / 2,
        "arm_front": (_along(arms[0], front) + _along(arms[1], front)) / 2,
        "upright": (shoulder - ankle) @ UP / body,
        "hips_up": (hip - ankle) @ UP / body,
        "hands_up": (wrist - shoulder) @ UP / body,
        "hands_over_hips": (wrist - hip) @ UP / body,
        "hands_over_feet": (wrist - ankle) @ UP / body,
        "hands_aside": _along(wrist - shoulder, left) / body,
        "feet_apart": np.linalg.norm(apart, axis=1) / body,
        "stride": np.linalg.norm(stride, axis=1) / body,
    }


def _towards_nose(front: Points, nose: Points) -> Points:
    """Turned round where the nose would be behind the shoulders: from the side, left and right get mixed up."""
    ahead = smooth(_along(nose, front), NOSE_WINDOW_S * SAMPLE_HZ)
    return np.asarray(np.where(ahead < 0, -1.0, 1.0)[:, None] * front)


def _body_length_m(world: Points) -> float:
    """The usual length of torso and leg; in space it does not change when the body bends."""
    torso = np.linalg.norm(_middle(world, "SHOULDER") - _middle(world, "HIP"), axis=1)
    legs = [
        np.linalg.norm(world[:, Joint[f"{side}_{upper}"]] - world[:, Joint[f"{side}_{lower}"]], axis=1)
        for side in ("LEFT", "RIGHT")
        for upper, lower in (("HIP", "KNEE"), ("KNEE", "ANKLE"))
    ]
    return max(TINY, float(np.median(torso + sum(legs) / 2)))


def _middle(world: Points, name: str) -> Points:
    return np.asarray((world[:, Joint[f"LEFT_{name}"]] + world[:, Joint[f"RIGHT_{name}"]]) / 2)


def _across(world: Points, name: str) -> Points:
    return np.asarray(world[:, Joint[f"LEFT_{name}"]] - world[:, Joint[f"RIGHT_{name}"]])


def _unit(vectors: Points) -> Points:
    return np.asarray(vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + TINY))


def _along(vectors: Points, directions: Points) -> Curve:
    return np.asarray((vectors * directions).sum(axis=1))
