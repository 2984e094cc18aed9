"""What analyses report is what the OpenAPI document describes: no field more, none of another type."""

from typing import Any

from pydantic import BaseModel

from smolvlm_core.analysis.report import workout_report
from smolvlm_core.api.results import WorkoutResults
from smolvlm_core.domain import Span
from smolvlm_core.exercise import ExerciseStep, Phase, Sides
from tests.workouts import NO_POSE, UNPOSED, counted, exercise, workout

STEPS = (
    ExerciseStep(Span(0, 3), Phase.SETUP, None, "A mat is unrolled.", 0.5),
    exercise("Squat", counted(3, sides=Sides(88, 71))),
    exercise(None, counted(13, drive=UNPOSED)),
)


def undescribed(report: Any, model: Any, where: str = "results") -> list[str]:
    """The fields of a report that its model does not know."""
    if isinstance(report, list):
        return [name for one, other in zip(report, model, strict=True) for name in undescribed(one, other, where)]
    if not isinstance(model, BaseModel):
        return []
    known = type(model).model_fields
    unknown = [f"{where}.{name}" for name in report if name not in known]
    return unknown + [
        name
        for field in known
        if field in report
        for name in undescribed(report[field], getattr(model, field), f"{where}.{field}")
    ]


def test_workout_results_are_described_field_by_field() -> None:
    for pose in (workout(*STEPS), workout(*STEPS, pose=NO_POSE), workout()):
        report = workout_report(pose)
        model = WorkoutResults.model_validate(report)
        assert undescribed(report, model) == []
        assert model.model_dump(mode="json") == report


def test_results_from_before_repetitions_were_counted_still_read() -> None:
    report = workout_report(workout(*STEPS))
    del report["pose"]
    for step in report["exercise_steps"]:
        for name in set(step) - set(BEFORE):
            del step[name]
    for name in ("sets_by_exercise", "active_seconds", "rest_seconds"):
        del report["summary"][name]
    WorkoutResults.model_validate(report)


BEFORE = (
    "exercise_name",
    "start_timestamp",
    "end_timestamp",
    "duration",
    "timestamp_formatted",
    "description",
    "movement_phase",
    "repetitions",
    "tempo_seconds",
    "confidence",
)
