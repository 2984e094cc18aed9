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
