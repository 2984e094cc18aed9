"""Workouts that nobody filmed: sets with even repetitions and the curve that goes with them."""

from math import cos, pi

from smolvlm_core.domain import AnalysisOptions, AnalysisType, Choice, Evidence, ModelInfo, Skipped, Span
from smolvlm_core.exercise import (
    Curve,
    Drive,
    ExerciseStep,
    LabelledSegment,
    MeasuredSet,
    Phase,
    PoseInfo,
    Repetition,
    Sides,
    Unit,
    WorkoutResult,
)

KNEE = Drive("knee angle", Unit.DEGREES)
UNPOSED = Drive("movement", Unit.RELATIVE)
STRAIGHT, BENT = 172.0, 84.0
RATE = 10  # values of a curve in a second
LIVELY = Evidence(3.2, 0.3, 9.0, 1, 0.9)
CALM = Evidence(1.0, 0.1, 0.0, 0, 0.1)
POSE = PoseInfo("blazepose-lite", "it runs on this machine")
NO_POSE = PoseInfo(None, "the pose model could not be fetched")
SMOL = ModelInfo("torch", "SmolVLM2-256M", None, "cpu", "bfloat16", "the default on cpu")


def counted(
    start_s: float,
    repetitions: int = 5,
    tempo_s: float = 2.0,
    drive: Drive = KNEE,
    sides: Sides | None = None,
) -> MeasuredSet:
    """A set of ``repetitions`` without a pause, each down and up again."""
    whole = Span(start_s, start_s + repetitions * tempo_s)
    high, low = (STRAIGHT, BENT) if drive.unit is Unit.DEGREES else (1.0, 0.0)
    times_s = tuple(start_s + index / RATE for index in range(round(whole.duration_s * RATE) + 1))
    middle, half = (high + low) / 2, (high - low) / 2
    values = tuple(middle + half * cos(2 * pi * (time_s - start_s) / tempo_s) for time_s in times_s)
    known = drive.unit is not Unit.RELATIVE
    return MeasuredSet(
        span=whole,
        drive=drive,
        repetitions=tuple(
            Repetition(
                Span(start_s + index * tempo_s, start_s + (index + 1) * tempo_s),
                start_s + (index + 0.5) * tempo_s,
                high - low,
                0.45 * tempo_s if known else None,
                0.4 * tempo_s if known else None,
            )
            for index in range(repetitions)
        ),
        confidence=0.9,
        curve=Curve(times_s, values),
        sides=sides,
    )


def exercise(name: str | None, measured: MeasuredSet, description: str = "Hips go down.") -> ExerciseStep:
    return ExerciseStep(measured.span, Phase.EXECUTION, name, description, measured.confidence, measured)


def workout(*steps: ExerciseStep, pose: PoseInfo = POSE, warnings: tuple[str, ...] = ()) -> WorkoutResult:
    """These steps, and two parts of which one could be named."""
    end_s = max((step.span.end_s for step in steps), default=20.0)
    half_s = end_s / 2
    segments = (
        LabelledSegment(0, Span(0, half_s), Choice("Squat", 0.8, {"Squat": 0.8}), 0.9, LIVELY),
        LabelledSegment(1, Span(half_s, end_s), Skipped("nobody moves"), 0.0, CALM),
    )
    return WorkoutResult(AnalysisOptions(AnalysisType.WORKOUT), SMOL, pose, steps, segments, end_s, 3.4, warnings)
