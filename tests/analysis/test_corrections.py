"""What people correct shows everywhere, and what was measured is never lost."""

import json
from dataclasses import replace

import pytest

from smolvlm_core.analysis.corrections import (
    NAME_MOST,
    NO_SET,
    NOTE_MOST,
    Edit,
    SetFields,
    corrected_report,
    edited,
    known_exercises,
)
from smolvlm_core.analysis.report import Report, workout_report
from smolvlm_core.analysis.set_report import measured_words
from smolvlm_core.domain import JSONValue, Span
from smolvlm_core.errors import CorrectionConflict, InvalidParameter, NotAWorkout, SetNotFound
from smolvlm_core.exercise import ExerciseStep, Phase
from tests.exports.samples import HOSTILE, highlights
from tests.workouts import counted, exercise, workout

SQUATS = exercise("Squat", counted(3, repetitions=12, tempo_s=2.0))
REST = ExerciseStep(Span(27, 40), Phase.REST, None, "Rest: little or no movement.", 0.9)
PLANK = ExerciseStep(Span(40, 70), Phase.EXECUTION, "Plank", "Still. Held for 30 s.", 0.9)
ONCE = exercise(None, counted(80, repetitions=1, tempo_s=2.0))
STEPS = tuple(
    replace(step, description=f"{step.description} {measured_words(step)}") if step.measured else step
    for step in (SQUATS, REST, PLANK, ONCE)
)
REPORT = workout_report(workout(*STEPS))
Kept = dict[str, dict[str, JSONValue]]


def edit(place: int = 1, /, **fields: JSONValue) -> Edit:
    """Of the set at this place among the steps."""
    return Edit(SetFields(**fields), step=place)


def after(*edits: Edit, report: Report = REPORT) -> Report:
    stored: Kept = {}
    for one in edits:
        stored = json.loads(json.dumps(edited(report, stored, one)))
    return corrected_report(report, stored)


def test_corrected_values_stand_where_the_measured_ones_stood() -> None:
    report = after(edit(exercise_name="Lunge", repetitions=10), edit(note="Left knee hurt"))
    step = report["exercise_steps"][0]
    assert (step["exercise_name"], step["repetitions"], step["set_number"]) == ("Lunge", 10, 1)
    assert step["corrected"] == {
        "measured_exercise_name": "Squat",
        "measured_repetitions": 12,
        "measured_set_number": 1,
        "removed": False,
        "note": "Left knee hurt",
    }
    assert [one["corrected"] for one in report["exercise_steps"][1:]] == [None, None, None]
    assert len(step["repetition_times"]) == 12, "what was measured stays"


def test_the_summary_follows() -> None:
    report = after(edit(exercise_name="plank", repetitions=10), edit(4, exercise_name="Lunge", repetitions=3))
    assert report["summary"] == REPORT["summary"] | {
        "total_exercises_identified": 3,
        "total_repetitions": 13,
        "sets_by_exercise": [
            {"exercise_name": "plank", "sets": 2, "repetitions": 10},
            {"exercise_name": "Lunge", "sets": 1, "repetitions": 3},
        ],
    }


def test_the_words_follow_and_still_tell_what_was_counted() -> None:
    step = after(edit(exercise_name="Lunge", repetitions=10))["exercise_steps"][0]
    words = "10 repetitions (12 counted), one every 2.0 s; knee angle moves by 88\u00b0; 0.9 s down, 0.8 s up."
    assert step["measured_words"] == words
    assert step["description"] == f"Hips go down. {words}"
    once = after(edit(4, repetitions=2))["exercise_steps"][3]
    assert once["measured_words"].startswith("2 repetitions (1 counted) of 2.0 s; ")
    plank = after(edit(3, repetitions=1))["exercise_steps"][2]
    assert plank["description"] == "Still. 1 repetition, not counted by the app. Held for 30 s."
    assert plank["description"].endswith(plank["measured_words"])


def test_a_description_that_begins_with_the_name_begins_with_the_new_one() -> None:
    named = workout_report(workout(replace(SQUATS, description="Squat: hips go down.")))
    (step,) = after(edit(exercise_name="Lunge"), report=named)["exercise_steps"]
    assert step["description"] == "Lunge: hips go down."


def test_a_set_that_was_none_is_a_transition_and_counts_for_nothing() -> None:
    report = after(edit(removed=True), edit(note="That was me looking for the phone"))
    step = report["exercise_steps"][0]
    assert (step["exercise_name"], step["movement_phase"]) == ("Transition", "Transition")
    assert step["description"] == NO_SET
    for name in ("set_number", "repetitions", "tempo_seconds", "curve", "repetition_times", "measured_words"):
        assert step[name] is None
    assert step["corrected"]["measured_exercise_name"] == "Squat"
    assert step["corrected"]["measured_set_number"] == 1
    assert step["corrected"]["removed"]
    assert report["exercise_steps"][3]["set_number"] == 2, "the others keep their numbers"
    summary = report["summary"]
    assert (summary["total_sets"], summary["total_repetitions"]) == (2, 1)
    assert (summary["active_seconds"], summary["rest_seconds"]) == (32.0, 37.0)


def test_undoing_gives_back_what_was_measured() -> None:
    report = after(
        edit(exercise_name="Lunge", repetitions=0, removed=True, note="?"),
        edit(exercise_name=None, repetitions=None),
        edit(removed=False, note=""),
    )
    assert report == REPORT
    assert edited(REPORT, {"1": {"exercise_name": "Lunge"}}, edit(exercise_name="Squat")) == {}


def test_nothing_is_changed_in_place() -> None:
    before = json.dumps(REPORT)
    stored: Kept = {"1": {"note": "a"}}
    assert corrected_report(REPORT, edited(REPORT, stored, edit(repetitions=3, exercise_name="X"))) != REPORT
    assert (json.dumps(REPORT), stored) == (before, {"1": {"note": "a"}})
    assert corrected_report(REPORT, {}) is REPORT


def test_none_at_all_is_a_number_of_repetitions() -> None:
    assert after(edit(repetitions=0))["exercise_steps"][0]["repetitions"] == 0
    assert after(edit(repetitions=1000))["summary"]["total_repetitions"] == 1001


def test_a_set_has_its_number_or_its_place() -> None:
    by_number = Edit(SetFields(exercise_name="Lunge"), set_number=2)
    assert edited(REPORT, {}, by_number) == {"4": {"exercise_name": "Lunge"}}
    for wrong in (edit(2), edit(5), edit(0), Edit(SetFields(note="a"), set_number=3)):
        with pytest.raises(SetNotFound):
            edited(REPORT, {}, replace(wrong, change=SetFields(note="a")))
    for unclear in (Edit(SetFields(note="a")), Edit(SetFields(note="a"), set_number=1, step=1)):
        with pytest.raises(InvalidParameter, match="either set_number or step"):
            edited(REPORT, {}, unclear)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("exercise_name", ""),
        ("exercise_name", " \n\u200b\u202e "),
        ("exercise_name", "x" * (NAME_MOST + 1)),
        ("exercise_name", "x" * 10_000),
        ("exercise_name", 3),
        ("repetitions", -1),
        ("repetitions", 1001),
        ("repetitions", 2.5),
        ("repetitions", "8"),
        ("repetitions", True),
        ("removed", 1),
        ("note", "x" * (NOTE_MOST + 1)),
        ("note", ["a"]),
    ],
)
def test_values_that_cannot_be_are_refused_by_name(field: str, value: JSONValue) -> None:
    with pytest.raises(InvalidParameter, match=field):
        edited(REPORT, {}, edit(**{field: value}))


def test_an_edit_without_a_change_is_none() -> None:
    with pytest.raises(InvalidParameter, match="no change"):
        edited(REPORT, {}, edit())


@pytest.mark.parametrize("words", HOSTILE)
def test_any_text_becomes_one_line_that_can_be_written(words: str) -> None:
    kept = edited(REPORT, {}, edit(note=words)).get("1", {}).get("note", "")
    assert len(kept.encode().splitlines()) <= 1
    if kept:
        report = after(edit(exercise_name=kept))
        assert report["exercise_steps"][0]["exercise_name"] == kept
        assert report["summary"]["sets_by_exercise"][0]["exercise_name"] == kept


def test_highlights_have_no_sets() -> None:
    with pytest.raises(NotAWorkout):
        edited(highlights(), {}, edit(exercise_name="Lunge"))
    assert corrected_report(highlights(), {"1": {"note": "a"}}) == highlights()


def test_what_somebody_else_changed_meanwhile_is_not_overwritten_unseen() -> None:
    first = edited(REPORT, {}, Edit(SetFields(exercise_name="Lunge"), SetFields(exercise_name="Squat"), step=1))
    stale = Edit(SetFields(exercise_name="Deadlift"), SetFields(exercise_name="Squat", repetitions=12), step=1)
    with pytest.raises(CorrectionConflict, match="its name is \u201cLunge\u201d"):
        edited(REPORT, first, stale)
    stale = Edit(SetFields(repetitions=4), SetFields(repetitions=12), step=1)
    with pytest.raises(CorrectionConflict, match="its repetitions are 3"):
        edited(REPORT, {"1": {"repetitions": 3}}, stale)
    with pytest.raises(CorrectionConflict, match="its note was deleted"):
        edited(REPORT, {}, Edit(SetFields(note="b"), SetFields(note="a"), step=1))
    with pytest.raises(CorrectionConflict, match="it was removed"):
        edited(REPORT, {"1": {"removed": True}}, Edit(SetFields(removed=None), SetFields(removed=False), step=1))


def test_two_who_change_different_things_or_the_same_way_do_not_meet() -> None:
    seen = SetFields(exercise_name="Squat", repetitions=12)
    stored = edited(REPORT, {}, Edit(SetFields(exercise_name="Lunge"), seen, step=1))
    stored = edited(REPORT, stored, Edit(SetFields(repetitions=4), seen, step=1))
    stored = edited(REPORT, stored, Edit(SetFields(exercise_name="Lunge"), seen, step=1))
    stored = edited(REPORT, stored, edit(4, note="b"))
    assert stored == {"1": {"exercise_name": "Lunge", "repetitions": 4}, "4": {"note": "b"}}


def test_results_from_before_sets_were_measured_can_be_corrected() -> None:
    old = workout_report(workout(SQUATS, PLANK))
    for step in old["exercise_steps"]:
        for name in ("set_number", "measured_words", "repetition_times", "curve", "corrected"):
            del step[name]
    del old["summary"]["sets_by_exercise"]
    report = after(edit(exercise_name="Lunge", repetitions=4), report=old)
    assert report["exercise_steps"][0]["description"] == "Hips go down."
    assert report["summary"]["total_repetitions"] == 4


def test_names_are_suggested_in_order_with_their_other_words() -> None:
    names = known_exercises()
    assert {"Squat", "Plank", "Bulgarian split squat"} <= set(names)
    assert list(names) == sorted(set(names), key=str.casefold)
    assert all(name[0].isupper() for name in names)
