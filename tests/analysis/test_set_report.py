"""Counted sets on the wire: every repetition with its times, the curve small and true to its turning points."""

import json
from dataclasses import replace
from math import inf, nan

import pytest

from smolvlm_core.analysis.report import Report, workout_report
from smolvlm_core.analysis.set_report import CURVE_POINTS, UNCOUNTED, measured_words, thin
from smolvlm_core.domain import Span
from smolvlm_core.exercise import Curve, Drive, ExerciseStep, Phase, Sides, Unit
from tests.workouts import BENT, NO_POSE, STRAIGHT, UNPOSED, counted, exercise, workout

REST = ExerciseStep(Span(15, 20), Phase.REST, None, "Rest.", 0.9)
CHANGE = ExerciseStep(Span(30, 36), Phase.TRANSITION, None, "A change.", 0.9)
PLANK = ExerciseStep(Span(36, 66), Phase.EXECUTION, "Plank", "Still.", 0.9)


def first_step(*steps: ExerciseStep) -> Report:
    step: Report = workout_report(workout(*steps))["exercise_steps"][0]
    return step


def test_a_counted_set_has_its_measurements() -> None:
    step = first_step(exercise("Squat", counted(5, repetitions=5, tempo_s=2.0, sides=Sides(88.04, 71.5))))
    expected = {
        "repetitions": 5,
        "tempo_seconds": 2.0,
        "set_number": 1,
        "lowering_seconds": 0.9,
        "lifting_seconds": 0.8,
        "range_of_motion": 88.0,
        "range_of_motion_unit": "\N{DEGREE SIGN}",
        "driving_signal": "knee angle",
        "left_range_of_motion": 88.0,
        "right_range_of_motion": 71.5,
    }
    assert {name: step[name] for name in expected} == expected
    assert len(step["repetition_times"]) == 5
    assert step["repetition_times"][1] == {
        "repetition": 2,
        "start_timestamp": 7.0,
        "end_timestamp": 9.0,
        "turn_timestamp": 8.0,
        "range_of_motion": 88.0,
        "lowering_seconds": 0.9,
        "lifting_seconds": 0.8,
    }
    assert step["curve"]["unit"] == "\N{DEGREE SIGN}"
    assert step["curve"]["times_seconds"][0] == 5.0
    assert step["curve"]["values"][0] == STRAIGHT
    assert len(step["curve"]["values"]) == len(step["curve"]["times_seconds"])


def test_without_a_pose_there_is_neither_an_angle_nor_a_direction() -> None:
    report = workout_report(workout(exercise(None, counted(0, drive=UNPOSED)), pose=NO_POSE))
    step = report["exercise_steps"][0]
    assert report["pose"] == {"id": None, "reason": "the pose model could not be fetched"}
    assert step["range_of_motion_unit"] == "of its usual range"
    assert (step["lowering_seconds"], step["left_range_of_motion"]) == (None, None)


def test_what_was_not_counted_is_null_and_has_no_number() -> None:
    report = workout_report(
        workout(exercise("Squat", counted(5)), REST, exercise("Squat", counted(20)), CHANGE, PLANK)
    )
    steps = report["exercise_steps"]
    assert [step["set_number"] for step in steps] == [1, None, 2, None, None]
    for step in (steps[1], steps[4]):
        assert {name: step[name] for name in UNCOUNTED} == UNCOUNTED
        assert (step["repetitions"], step["tempo_seconds"]) == (None, None)
    assert len({frozenset(step) for step in steps}) == 1, "all steps have the same fields"


def test_the_summary_totals_sets_and_times() -> None:
    steps = (
        exercise("Squat", counted(5, 5)),
        REST,
        exercise(None, counted(20, 3)),
        CHANGE,
        PLANK,
        exercise("Squat", counted(66, 7)),
    )
    report = workout_report(workout(*steps))
    assert report["summary"] == {
        "total_exercises_identified": 3,
        "total_sets": 4,
        "total_repetitions": 15,
        "sets_by_exercise": [
            {"exercise_name": "Squat", "sets": 2, "repetitions": 12},
            {"exercise_name": "Unknown Exercise", "sets": 1, "repetitions": 3},
            {"exercise_name": "Plank", "sets": 1, "repetitions": None},
        ],
        "active_seconds": 10.0 + 6.0 + 30.0 + 14.0,
        "rest_seconds": 5.0 + 6.0,
        "video_duration_formatted": "01:20",
    }
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_numbers_are_rounded_to_what_can_be_told() -> None:
    lengths = replace(counted(0), drive=Drive("hip height", Unit.BODY_LENGTHS))
    uneven = replace(lengths, repetitions=tuple(replace(r, range_of_motion=1 / 3) for r in lengths.repetitions))
    assert first_step(exercise("Squat", uneven))["range_of_motion"] == 0.333


# -- The curve --------------------------------------------------------------------------------


def test_a_short_curve_stays_as_it_is() -> None:
    curve = counted(0, repetitions=5).curve
    assert thin(curve, ()) == curve


@pytest.mark.parametrize("repetitions", [20, 120])
def test_a_long_curve_is_thinned_and_keeps_every_turning_point(repetitions: int) -> None:
    measured = counted(3.0, repetitions=repetitions, tempo_s=4.0)
    assert len(measured.curve.times_s) > 2 * CURVE_POINTS
    curve = first_step(exercise("Squat", measured))["curve"]
    assert len(curve["times_seconds"]) <= 1.5 * CURVE_POINTS
    assert curve["times_seconds"] == sorted(set(curve["times_seconds"]))
    at = dict(zip(curve["times_seconds"], curve["values"], strict=True))
    for repetition in measured.repetitions:
        assert at[round(repetition.turn_s, 3)] == pytest.approx(BENT, abs=0.1)
        assert at[round(repetition.span.start_s, 3)] == pytest.approx(STRAIGHT, abs=0.1)


def test_a_curve_with_unknown_values_stays_valid_json() -> None:
    curve = thin(Curve((0.0, 1.0, 2.0, 3.0), (1.0, nan, inf, 2.0)), (1.0,))
    assert curve == Curve((0.0, 3.0), (1.0, 2.0))
    assert thin(Curve((), ()), (1.0,)) == Curve((), ())


def test_what_was_counted_is_also_a_sentence() -> None:
    squats = exercise("Squat", counted(0.0, 8, 1.7))
    assert measured_words(squats) == (
        "8 repetitions, one every 1.7 s; knee angle moves by 88\u00b0; 0.8 s down, 0.7 s up."
    )
    assert measured_words(exercise(None, counted(0.0, 1, drive=UNPOSED))) == "1 repetition of 2.0 s."
    head = Drive("height of the head", Unit.BODY_LENGTHS)
    far = replace(counted(0.0), drive=head, repetitions=counted(0.0, drive=UNPOSED).repetitions)
    assert "height of the head moves by 1.00 body lengths." in measured_words(exercise("Push-up", far))


def test_a_hold_says_how_long_it_was_and_a_rest_says_nothing() -> None:
    plank = ExerciseStep(Span(3, 35.2), Phase.EXECUTION, "Plank", "", 0.9)
    assert measured_words(plank) == "Held for 32 s."
    assert measured_words(replace(plank, exercise_name="Squat")) == ""
    (step,) = workout_report(workout(replace(plank, phase=Phase.REST, exercise_name=None)))["exercise_steps"]
    assert step["measured_words"] is None
