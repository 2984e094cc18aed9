"""What the shapes of an exercise say: between what limits the numbers of a ``Posture`` lie while somebody does it.

A shape is a list of limits, "elbow_low 50..125", in the units of ``Posture``, and of names out of ``COMMON``; of
two limits for one number the later holds. "|" stands between ways of doing it that look unlike each other.

Say what makes the exercise what it is, and what tells it from its neighbours; leave out what does not matter.
Limits are those of the movement as it is taught (how far a joint goes, what touches the ground), widened by eye
for people who do it otherwise. Landmarks that are a little off need no allowance: ``pose_naming`` makes it.
"""

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from types import MappingProxyType

from smolvlm_core.exercise import Posture

Limits = tuple[float, float]
Shape = Mapping[str, Limits]
"""Names of numbers of a ``Posture``, and between what they lie."""

COMMON: Mapping[str, str] = {
    "torso up": "lean_low 0..25, lean_high 0..35",
    "on feet": "upright_high 0.82..1.06, hips_up_high 0.5..0.7",
    "seated": "hips_up_high 0.05..0.38, knee_low 65..125, hip_low 65..125",
    "on the floor": "hips_up_high -0.15..0.32",
    "prone": "facing_high -1..-0.55, lean_low 45..100, lean_high 55..115",
    "supine": "facing_low 0.55..1, lean_low 60..105, lean_high 70..120",
    "legs rest": "knee_range 0..30, hip_range 0..30, upright_range 0..0.1, flight 0..0.06",
    "arms rest": "elbow_range 0..35",
    "hands on the ground": "hands_over_feet_low -0.45..0.2, hands_up_low -0.5..-0.2",
    "both legs": "legs_together 0.5..1, hip_uneven 0..25, stride_high 0..0.22",
    "legs take turns": "legs_together -1..0.1",
    "squatting": (
        "on feet, both legs, knee_low 40..115, knee_high 140..180, hip_low 40..120, hips_up_low 0.1..0.44, "
        "upright_range 0.18..0.6, lean_high 5..55, hands_over_feet_low 0.25..1.2, hand_travel 0..0.6"
    ),
    "hinging": (
        "on feet, lean_low 0..35, lean_high 40..95, facing_low -1..-0.35, hip_low 35..120, hip_high 145..180, "
        "hip_range 45..145, elbow_low 125..180, legs_together 0.5..1, hip_uneven 0..28, stride_high 0..0.35, "
        "flight 0..0.1, upright_low 0.4..0.88"
    ),
    "pressing": (
        "elbow_low 30..115, elbow_high 135..180, elbow_range 40..140, arms_together 0.3..1, "
        "hands_up_low -0.12..0.15, hands_up_high 0.22..0.5, shoulder_low 5..115, shoulder_high 125..180, "
        "shoulder_range 35..160, shoulder_travel 0..0.1"
    ),
    "raising": (
        "torso up, legs rest, elbow_low 115..180, elbow_range 0..45, shoulder_low 3..45, shoulder_high 60..125, "
        "shoulder_range 40..115, hands_up_low -0.5..-0.22, hands_up_high -0.22..0.15, feet_apart_range 0..0.12"
    ),
    "holding": (
        "knee_range 0..18, hip_range 0..18, elbow_range 0..20, shoulder_range 0..20, upright_range 0..0.08"
    ),
    "curling": (
        "torso up, legs rest, elbow_high 120..180, shoulder_high 5..65, shoulder_range 0..45, "
        "hands_up_low -0.5..-0.25, shoulder_travel 0..0.08"
    ),
}
"""What several exercises have in common."""

NUMBERS = frozenset(field.name for field in fields(Posture))


@lru_cache(maxsize=1000)
def shapes_of(text: str) -> tuple[Shape, ...]:
    """The shapes written in ``text``; none in an empty one.

    Raises: ValueError: a word is neither a limit of a number of ``Posture`` nor in ``COMMON``.
    """
    return tuple(MappingProxyType(_shape_of(way)) for way in text.split("|") if way.strip())


def _shape_of(text: str) -> dict[str, Limits]:
    limits: dict[str, Limits] = {}
    for part in (part.strip() for part in text.split(",")):
        if part in COMMON:
            limits.update(_shape_of(COMMON[part]))
            continue
        name, _, ends = part.partition(" ")
        low, dots, high = ends.partition("..")
        if name not in NUMBERS or not dots or float(low) >= float(high):
            raise ValueError(f"no limit and no common shape: {part!r}")
        limits[name] = (float(low), float(high))
    return limits
