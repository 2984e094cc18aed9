"""The sets of a workout and the table of the whole; where there is none, why, and what helps."""

import re
from dataclasses import replace

from smolvlm_core.analysis.corrections import corrected_report, known_exercises
from smolvlm_core.analysis.report import Report, workout_report
from smolvlm_core.domain import Span
from smolvlm_core.exercise import ExerciseStep, Phase
from smolvlm_core.ui.correcting import Answer
from smolvlm_core.ui.session_view import session
from tests.workouts import NO_POSE, counted, exercise, workout

SESSION = "4b4e6f1e-0c39-4c7a-9a1c-2f3d5e8f9b10"


def rest(start_s: float, end_s: float) -> ExerciseStep:
    return ExerciseStep(Span(start_s, end_s), Phase.REST, None, "A rest.", 0.9)


REPORT = workout_report(
    workout(
        ExerciseStep(Span(0, 3), Phase.SETUP, None, "A mat.", 0.5),
        exercise("Squat", counted(3, repetitions=10, tempo_s=2.0)),
        rest(23, 53),
        exercise("Squat", counted(53, repetitions=8, tempo_s=2.0)),
        rest(69, 129),
        ExerciseStep(Span(129, 159), Phase.EXECUTION, "Plank", "Still.", 0.9),
    )
)


def table(report: Report) -> list[list[str]]:
    found = session(report, SESSION).partition('<table class="sv-session"')[2].partition("</table>")[0]
    return [re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row) for row in found.split("<tr>")[1:]]


def test_cards_and_rests_come_in_time_order_under_one_heading() -> None:
    html = session(REPORT, SESSION)
    assert html.count("<h3") == 2
    assert re.findall(r'class="(sv-set|sv-between)"', html) == [
        "sv-between",
        "sv-set",
        "sv-between",
        "sv-set",
        "sv-between",
        "sv-set",
    ]
    assert f'data-session="{SESSION}"' in html


def test_the_table_adds_up_each_exercise_and_the_whole() -> None:
    assert table(REPORT) == [
        ["Exercise", "Sets", "Repetitions", "Time under load", "Rest after"],
        ["Squat", "2", "18", "36 s", "1:30 min"],
        ["Plank", "1", "\u2013", "30 s", "\u2013"],
        ["All together", "3", "18", "1:06 min", "1:30 min"],
    ]


def test_the_table_follows_corrections() -> None:
    report = corrected_report(
        REPORT, {"4": {"exercise_name": "squat", "repetitions": 9}, "6": {"removed": True}, "2": {"note": "a"}}
    )
    assert table(report)[1:] == [
        ["Squat", "2", "19", "36 s", "2:00 min"],
        ["All together", "2", "19", "36 s", "2:00 min"],
    ]


def test_known_names_and_those_of_this_workout_are_suggested() -> None:
    report = corrected_report(REPORT, {"2": {"exercise_name": 'My "own" <move>'}})
    options = re.findall(r'<option value="([^"]*)">', session(report, SESSION))
    assert set(known_exercises()) <= set(options)
    assert "My &quot;own&quot; &lt;move&gt;" in options
    assert len(options) == len(set(options))


def test_an_answer_is_told_to_who_asked() -> None:
    html = session(REPORT, SESSION, Answer('7"', "<b>No.</b>", failed=True))
    assert 'role="status" data-answer="7&quot;">&lt;b&gt;No.&lt;/b&gt;</p>' in html
    assert "sv-failed" in html
    assert "sv-failed" not in session(REPORT, SESSION)


def test_without_a_set_it_says_why_and_what_helps() -> None:
    found = workout()
    still = replace(found, segments=tuple(replace(one, moving_share=0.1) for one in found.segments))
    assert "Hardly anything moves" in session(workout_report(still), SESSION)
    lively = session(workout_report(found), SESSION)
    assert "no movement repeats itself evenly" in lively
    assert "movement alone" in session(workout_report(replace(found, pose=NO_POSE)), SESSION)
    for advice in ("Film the whole body", "Film from the side", "Keep the camera still"):
        assert advice in lively
    assert "data-step" not in lively


def test_where_all_were_removed_they_can_be_put_back() -> None:
    gone = corrected_report(REPORT, {str(place): {"removed": True} for place in (2, 4, 6)})
    html = session(gone, SESSION)
    assert html.count('data-do="restore"') == 3
    assert table(gone)[1:] == [["All together", "0", "0", "0.0 s", "2:36 min"]]
