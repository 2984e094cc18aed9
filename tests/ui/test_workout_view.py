"""A workout as people read it: totals, measured sets with their repetitions, what is missing said plainly."""

from dataclasses import replace

from smolvlm_core.analysis.corrections import corrected_report
from smolvlm_core.analysis.report import Report, workout_report
from smolvlm_core.domain import ModelInfo, Span
from smolvlm_core.exercise import ExerciseStep, Phase, Sides
from smolvlm_core.ui import results_view
from tests.workouts import NO_POSE, UNPOSED, counted, exercise, workout

SESSION = "4b4e6f1e-0c39-4c7a-9a1c-2f3d5e8f9b10"
SETUP = ExerciseStep(Span(0, 3), Phase.SETUP, None, "A mat is unrolled.", 0.5)
SQUATS = exercise("Squat", counted(3, repetitions=12, tempo_s=2.1, sides=Sides(88.2, 71)))
REST = ExerciseStep(Span(28.2, 60), Phase.REST, None, "A rest.", 0.9)
PLANK = ExerciseStep(Span(60, 90), Phase.EXECUTION, "Plank", "Still.", 0.9)
MORE_SQUATS = exercise("Squat", counted(90, repetitions=8, tempo_s=2.0))
UNKNOWN = exercise(None, counted(106, repetitions=1, tempo_s=2.0), "Quick <moves>.")
ALL = (SETUP, SQUATS, REST, PLANK, MORE_SQUATS, UNKNOWN)
REPORT = workout_report(workout(*ALL))


def summary(report: Report) -> str:
    return results_view.summary(report, SESSION)


def found(report: Report) -> str:
    return results_view.found_table(report, SESSION)


def test_the_summary_totals_sets_and_repetitions() -> None:
    html = summary(REPORT)
    assert "<h2>4 sets, 21 repetitions</h2>" in html
    assert "<li><strong>Squat</strong> 2 sets, 20 repetitions</li>" in html
    assert "<li><strong>Plank</strong> 1 set</li>" in html
    assert "<li><strong>Unknown Exercise</strong> 1 set, 1 repetition</li>" in html
    assert "1:13 min of exercise, 32 s of rest" in html
    assert "1 of the sets had nothing to count" in html
    assert "3 of them could be named." in html
    assert "Joints of the body found by blazepose-lite." in html


def test_a_missing_pose_is_said_once() -> None:
    alone = workout_report(workout(exercise(None, counted(0, drive=UNPOSED)), pose=NO_POSE))
    html = summary(alone)
    assert "Counted from movement alone" in html
    assert "No pose was estimated: repetitions are counted from movement alone" in html
    assert "The pose model could not be fetched." in html
    warned = workout_report(workout(pose=NO_POSE, warnings=("No pose could be estimated.",)))
    assert "Counted from movement alone" not in summary(warned)
    assert "No pose could be estimated." in summary(warned)
    assert "Counted from movement alone" not in summary(REPORT)


def test_a_workout_without_any_set_says_where_the_rest_is() -> None:
    html = summary(workout_report(workout()))
    assert "<h2>No repeated movement was found</h2>" in html
    assert "every part of the video" in html
    assert "sv-totals" not in html


def test_the_headline_follows_corrections() -> None:
    names = corrected_report(REPORT, {"6": {"exercise_name": "Lunge"}, "4": {"repetitions": 2}})
    assert "<h2>4 sets, 23 repetitions</h2>" in summary(names)
    assert "could be named" not in summary(names)
    assert "nothing to count" not in summary(names)
    alone = workout_report(workout(SQUATS))
    gone = summary(corrected_report(alone, {"1": {"removed": True}}))
    assert "<h2>No sets</h2>" in gone
    assert "put back below" in gone


def test_what_comes_from_models_and_users_is_escaped() -> None:
    hostile = '"><img src=x onerror=alert(1)>'
    bad = exercise(hostile, counted(0), hostile)
    report = workout_report(workout(bad, warnings=(hostile,), pose=replace(NO_POSE, reason=hostile)))
    report["model"]["id"] = hostile
    named = workout_report(workout(bad, pose=replace(NO_POSE, id=hostile)))
    for html in (summary(report), summary(named)):
        assert "<img src=x" not in html
        assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_sets_without_a_count_claim_none() -> None:
    html = summary(workout_report(workout(PLANK)))
    assert "<h2>1 set of exercise</h2>" in html
    assert "No repetitions could be counted." in html
    assert "could be named" not in html


def test_a_judge_that_only_measures_says_so() -> None:
    signals = ModelInfo("signals", "measured-signals", None, "cpu", "float32", "no network")
    html = summary(workout_report(replace(workout(UNKNOWN), model=signals)))
    assert "No model described what the pictures show." in html
    assert '<p lang="en">No network.</p>' in html
    assert "Joints of the body found by blazepose-lite. It took 3.4 s." in html
    assert "It could not be named." in html
    assert html.count("Unknown Exercise") == 0  # the headline has said all there is to say


def test_results_from_before_sets_were_measured_still_show() -> None:
    report = workout_report(workout(SETUP, PLANK, REST))
    for step in report["exercise_steps"]:
        for name in ("set_number", "range_of_motion", "left_range_of_motion", "repetition_times", "curve"):
            del step[name]
    for name in ("sets_by_exercise", "active_seconds", "rest_seconds"):
        del report["summary"][name]
    del report["pose"]
    assert "1 set of exercise" in summary(report)
    assert "Plank" in found(report)
