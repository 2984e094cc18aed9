"""The nouns of a workout as frozen values: poses, repetitions, sets, steps. Knows no library and no file system.

Times are seconds from the first displayed frame, as in ``domain``.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import AnalysisOptions, Choice, Evidence, ModelInfo, Skipped, Span


class Phase(StrEnum):
    """What a part of a workout is."""

    SETUP = "Setup"
    EXECUTION = "Execution"
    REST = "Rest"
    TRANSITION = "Transition"


class Unit(StrEnum):
    """Of a driving signal, as shown to people."""

    DEGREES = "\N{DEGREE SIGN}"
    BODY_LENGTHS = "body lengths"
    """Shoulder to ankle of the same person, standing or lying."""
    RELATIVE = "of its usual range"
    """Movement seen without a pose: 1 is the usual distance between two turning points of this set."""


@dataclass(frozen=True, slots=True)
class Pose:
    """One person in one picture: BlazePose's 33 landmarks, in its order.

    ``image``: float32 (33, 3), x and y in pixels of the picture, and visibility 0..1;
    ``world``: float32 (33, 3), metres, y downwards, the origin between the hips; ``presence``: 0..1.
    """

    image: NDArray[np.float32]
    world: NDArray[np.float32]
    presence: float


@dataclass(frozen=True, slots=True)
class PoseInfo:
    """Which pose estimator runs, or why none does (``id`` is None then)."""

    id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Repetition:
    """One completed repetition; ``turn_s`` is its turning point, e.g. the bottom of a squat.

    ``range_of_motion`` is how far the driving signal went, in its unit. ``lowering_s`` and ``lifting_s`` are the
    two moving parts without the pauses between; None where it cannot be told which is which.
    """

    span: Span
    turn_s: float
    range_of_motion: float
    lowering_s: float | None = None
    lifting_s: float | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """The driving signal of one set: values in its unit, at times in seconds, both of one length."""

    times_s: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Drive:
    """The signal whose turning points are counted: ``name`` as shown to people, "knee angle"."""

    name: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class Sides:
    """Median range of motion of the left and of the right limb, degrees."""

    left: float
    right: float


@dataclass(frozen=True, slots=True)
class MeasuredSet:
    """Repetitions without a longer pause or a cut between them, all of one movement.

    ``sides`` only where left and right differ clearly; ``confidence`` 0..1 that this is an exercise.
    """

    span: Span
    drive: Drive
    repetitions: tuple[Repetition, ...]
    confidence: float
    curve: Curve
    sides: Sides | None = None

    @property
    def tempo_s(self) -> float:
        """Median seconds from one turning point to the next; with a single repetition its length."""
        turns_s = [repetition.turn_s for repetition in self.repetitions]
        between_s = np.diff(turns_s) if len(turns_s) > 1 else [self.repetitions[0].span.duration_s]
        return float(np.median(between_s))

    @property
    def range_of_motion(self) -> float:
        """Median over the repetitions, in the unit of the drive."""
        return float(np.median([repetition.range_of_motion for repetition in self.repetitions]))

    @property
    def lowering_s(self) -> float | None:
        return _median([repetition.lowering_s for repetition in self.repetitions])

    @property
    def lifting_s(self) -> float | None:
        return _median([repetition.lifting_s for repetition in self.repetitions])


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


@dataclass(frozen=True, slots=True)
class Posture:
    """What a body does during a set or a hold. ``low`` and ``high``: nearly the least and the most of it.

    None: cannot be told, because those limbs were not in the picture, or hardly moved.

    Degrees. ``lean``: of the torso: 0 upright, 90 lying, 180 upside down. ``knee``, ``hip``, ``elbow``: 180
    straight; ``shoulder``: upper arm from the torso. All of both sides on the average, but ``range``, which is
    that of the side that moves most. ``uneven``: how far left and right differ where they bend most.
    ``together``: correlation of left and right, -1 alternating.

    Directions, -1..1. ``facing``: the chest: -1 to the ground, 1 to the sky. ``arm_side``, ``arm_front``: where
    the upper arms point while they are highest, seen from the torso.

    Body lengths (shoulder to ankle). ``upright``: shoulders above ankles; ``hips_up``: hips above ankles;
    ``hands_up``: wrists above shoulders; ``hands_over_hips`` and ``hands_over_feet``: wrists above them;
    ``hands_aside``: how far both hands go from one side to the other; ``feet_apart``, and ``stride``, the part of
    it that is not sideways. ``travel``: up and down in the picture; ``flight``: of the whole body, feet and hips,
    as in a jump or on a bar.

    ``period_s``: usual seconds of a repetition; None for a hold.
    """

    lean_low: float
    lean_high: float
    facing_low: float
    facing_high: float
    knee_low: float | None
    knee_high: float | None
    knee_range: float | None
    knee_uneven: float | None
    hip_low: float | None
    hip_high: float | None
    hip_range: float | None
    hip_uneven: float | None
    legs_together: float | None
    elbow_low: float | None
    elbow_high: float | None
    elbow_range: float | None
    arms_together: float | None
    shoulder_low: float | None
    shoulder_high: float | None
    shoulder_range: float | None
    arm_side: float | None
    arm_front: float | None
    upright_low: float | None
    upright_high: float | None
    upright_range: float | None
    hips_up_low: float | None
    hips_up_high: float | None
    hands_up_low: float | None
    hands_up_high: float | None
    hands_over_hips_low: float | None
    hands_over_feet_low: float | None
    hands_aside: float | None
    feet_apart_high: float | None
    feet_apart_range: float | None
    stride_high: float | None
    shoulder_travel: float
    hip_travel: float | None
    hand_travel: float | None
    flight: float | None
    period_s: float | None = None


@dataclass(frozen=True, slots=True)
class Bout:
    """One exercise done without a longer pause: counted repetitions or, with ``measured`` None, a hold.

    ``posture``: None where no body was seen.
    """

    span: Span
    posture: Posture | None
    measured: MeasuredSet | None


@dataclass(frozen=True, slots=True)
class LabelledSegment:
    """One workout segment: what the model chose, or why it did not. ``moving_share`` is 0..1 of its time."""

    index: int
    span: Span
    choice: Choice | Skipped
    moving_share: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class ExerciseStep:
    """One stretch of a workout. ``exercise_name`` is None where nothing could be named.

    ``measured``: what was counted; None for steps without repetitions (rests, holds such as a plank).
    """

    span: Span
    phase: Phase
    exercise_name: str | None
    description: str
    confidence: float
    measured: MeasuredSet | None = None

    @property
    def repetitions(self) -> int | None:
        return None if self.measured is None else len(self.measured.repetitions)

    @property
    def tempo_s(self) -> float | None:
        return None if self.measured is None else self.measured.tempo_s


@dataclass(frozen=True, slots=True)
class WorkoutResult:
    """Steps and segments in time order. ``pose`` says what estimated poses, or why nothing did."""

    options: AnalysisOptions
    model: ModelInfo
    pose: PoseInfo
    steps: tuple[ExerciseStep, ...]
    segments: tuple[LabelledSegment, ...]
    duration_s: float
    processing_s: float
    warnings: tuple[str, ...] = ()
