"""A workout as people read it: totals, measured sets with their repetitions, what is missing said plainly."""

import re
from dataclasses import replace

from smolvlm_core.analysis.report import Report, workout_report
from smolvlm_core.analysis.set_report import measured_words
from smolvlm_core.domain import ModelInfo, Span
from smolvlm_core.exercise import Drive, ExerciseStep, Phase, Sides, Unit
from smolvlm_core.ui import results_view
from smolvlm_core.ui.workout_view import exact
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


def steps_of(html: str) -> list[str]:
    """The rows of steps, each with what is folded up below it."""
    return re.split(r"<tr data-start=(?=\S+?(?: class=sv-quiet)?><td class=\"sv-when)", html)[1:]


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


def test_a_counted_set_shows_what_was_measured() -> None:
    setup, squat, rest, plank, more, unknown = steps_of(found(REPORT))
    assert "Set 1, Execution, 25 s, 90% sure" in squat
    for words in (
        "12 repetitions",
        "one every 2.1 s (0.9 s down, 0.8 s up)",
        "knee angle 88\u00b0",
        "left 88\u00b0, right 71\u00b0",
        "Hips go down.",
    ):
        assert words in squat
    assert "left" not in more
    assert "Set 2, Execution" in more
    assert "<strong>1 repetition</strong>" in unknown
    for quiet in (setup, rest):
        assert "sv-quiet" in quiet
        assert "repetition" not in quiet
    assert "30 s, 90% sure" in plank
    assert "<details" not in plank


def test_every_repetition_is_a_row_that_seeks() -> None:
    _, squat, *_ = steps_of(found(REPORT))
    starts = [float(start) for start in re.findall(r'<tr data-start="([\d.]+)"', squat)]
    assert starts == [round(3 + 2.1 * index, 3) for index in range(12)]
    assert ">00:05.1</button>" in squat
    assert "<td>00:07.2</td><td>2.1 s" in squat


def test_the_chart_is_asked_for_by_a_relative_address() -> None:
    html = found(REPORT)
    addresses = re.findall(r'<img [^>]*src="([^"]+)"[^>]* loading="lazy"', html)
    assert addresses == [f"api/v1/video/chart/{SESSION}/{number}" for number in (1, 2, 3)]
    assert 'alt="Chart: knee angle over time, 12 repetitions marked"' in html


def test_times_of_repetitions_have_tenths() -> None:
    assert [exact(time_s) for time_s in (0.04, 59.96, 61.25, 3600.1)] == [
        "00:00.0",
        "01:00.0",
        "01:01.2",
        "1:00:00.1",
    ]


def test_what_comes_from_models_and_users_is_escaped() -> None:
    hostile = '"><img src=x onerror=alert(1)>'
    drive = Drive(hostile, Unit.DEGREES)
    bad = replace(exercise(hostile, counted(0, drive=drive)), description=hostile)
    report = workout_report(workout(bad, warnings=(hostile,), pose=replace(NO_POSE, reason=hostile)))
    report["model"]["id"] = hostile
    named = workout_report(workout(bad, pose=replace(NO_POSE, id=hostile)))
    for html in (found(report), summary(report), summary(named)):
        assert "<img src=x" not in html
        assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert found(report).count("<img ") == 1
    report["exercise_steps"][0]["range_of_motion_unit"] = hostile
    assert found(report).count("<img ") == 1


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


def test_without_a_pose_no_angle_is_claimed() -> None:
    alone = workout_report(workout(exercise(None, counted(0, drive=UNPOSED)), pose=NO_POSE))
    (step,) = steps_of(found(alone))
    assert "5 repetitions</strong></li><li>one every 2.0 s</li></ul>" in step
    assert "100% of the usual" in step
    assert "\u00b0" not in step


def test_body_lengths_are_named() -> None:
    (step,) = steps_of(found(workout_report(workout(exercise("Jump", counted(0, drive=JUMP))))))
    assert "hip height 1.00 body lengths" in step


JUMP = Drive("hip height", Unit.BODY_LENGTHS)


def test_an_empty_result_says_what_was_looked_for_and_where_the_rest_is() -> None:
    report = workout_report(workout())
    html = summary(report)
    assert "<h2>No repeated movement was found</h2>" in html
    assert "Every part of the video is listed below" in html
    assert "sv-totals" not in html
    assert found(report) == ""
    assert "Squat" in results_view.segments_table(report)


def test_sets_without_a_count_claim_none() -> None:
    html = summary(workout_report(workout(PLANK)))
    assert "<h2>1 set of exercise</h2>" in html
    assert "No repetitions could be counted." in html
    assert "could be named" not in html


def test_a_judge_that_only_measures_says_so() -> None:
    signals = ModelInfo("signals", "measured-signals", None, "cpu", "float32", "no network")
    html = summary(workout_report(replace(workout(UNKNOWN), model=signals)))
    assert "No model described what the pictures show. No network." in html
    assert "No network. Joints of the body found by blazepose-lite. It took 3.4 s." in html
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


def test_numbers_of_a_set_are_not_said_twice() -> None:
    measured = counted(3, repetitions=12, tempo_s=2.1)
    alone = measured_words(exercise("Squat", measured))
    (row,) = steps_of(found(workout_report(workout(exercise("Squat", measured, f"Hips go down. {alone}")))))
    assert "<p>Hips go down.</p>" in row
    assert alone not in row
    (row,) = steps_of(found(workout_report(workout(exercise("Squat", measured, alone)))))
    assert "<p></p>" not in row
    assert "12 repetitions" in row
