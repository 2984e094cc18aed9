"""The wire form of results."""

import json

from smolvlm_core.analysis.clock import clock
from smolvlm_core.analysis.report import highlights_report, workout_report
from smolvlm_core.domain import (
    AnalysisOptions,
    AnalysisType,
    Choice,
    Evidence,
    Highlight,
    HighlightsResult,
    ScoredSegment,
    Skipped,
    Span,
)
from smolvlm_core.exercise import ExerciseStep, LabelledSegment, Phase, WorkoutResult
from tests.fakes import SCRIPTED_INFO
from tests.workouts import POSE, counted, exercise

EVIDENCE = Evidence(3.2, 0.1, 12.0, 1, 0.8)


def test_clock_shows_hours_only_from_an_hour() -> None:
    assert [clock(time_s) for time_s in (0.9, 9.9999, 59.99, 61, 3599.9, 3600, 36061)] == [
        "00:00",
        "00:10",
        "00:59",
        "01:01",
        "59:59",
        "1:00:00",
        "10:01:01",
    ]


def test_highlights_report_has_scores_or_the_reason_for_none() -> None:
    span = Span(1.0, 2.5)
    report = highlights_report(
        HighlightsResult(
            options=AnalysisOptions(AnalysisType.HIGHLIGHTS),
            model=SCRIPTED_INFO,
            highlights=(Highlight("h1", span, 8.0, "A jump.", EVIDENCE),),
            segments=(ScoredSegment(0, span, 8.0, EVIDENCE), ScoredSegment(1, span, Skipped("dark"), EVIDENCE)),
            duration_s=10.0,
            processing_s=1.0,
            warnings=("broke off at 9 s",),
        )
    )
    assert json.loads(json.dumps(report)) == report
    assert report["highlights"][0] | {"evidence": None} == {
        "id": "h1",
        "start_timestamp": 1.0,
        "end_timestamp": 2.5,
        "duration": 1.5,
        "timestamp_formatted": "00:01 - 00:02",
        "significance_score": 8.0,
        "description": "A jump.",
        "evidence": None,
    }
    assert [(one["significance_score"], one["skipped_reason"]) for one in report["all_analyses"]] == [
        (8.0, None),
        (None, "dark"),
    ]
    assert report["warnings"] == ["broke off at 9 s"]
    assert report["settings"]["segment_duration"] == 15.0


def test_workout_report_names_the_unknown_and_counts_only_what_was_counted() -> None:
    steps = (
        ExerciseStep(Span(0.0, 5.0), Phase.SETUP, None, "Still.", 1.0),
        exercise("Squat", counted(5.0, repetitions=5, tempo_s=2.0)),
        ExerciseStep(Span(15.0, 20.0), Phase.EXECUTION, None, "Something.", 0.2),
    )
    segment = LabelledSegment(0, Span(5.0, 15.0), Choice(None, 0.3, {}), 1.0, EVIDENCE)
    options = AnalysisOptions(AnalysisType.WORKOUT)
    report = workout_report(WorkoutResult(options, SCRIPTED_INFO, POSE, steps, (segment,), 20.0, 1.0))
    assert [step["exercise_name"] for step in report["exercise_steps"]] == ["Setup", "Squat", "Unknown Exercise"]
    assert report["exercise_steps"][2]["repetitions"] is None
    assert report["segment_analyses"][0]["exercise_name"] == "Unknown Exercise"
    assert report["summary"] == {
        "total_exercises_identified": 1,
        "total_sets": 2,
        "total_repetitions": 5,
        "sets_by_exercise": [
            {"exercise_name": "Squat", "sets": 1, "repetitions": 5},
            {"exercise_name": "Unknown Exercise", "sets": 1, "repetitions": None},
        ],
        "active_seconds": 15.0,
        "rest_seconds": 0.0,
        "video_duration_formatted": "00:20",
    }
