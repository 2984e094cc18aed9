"""What is listed: highlights or steps in time order, each said once."""

from smolvlm_core.analysis.report import Report, workout_report
from smolvlm_core.domain import Span
from smolvlm_core.exports.items import Item, items_of
from tests.exports.samples import highlight, highlights, two_sets
from tests.workouts import counted, exercise, workout


def test_highlights_are_listed_by_time_whatever_their_score() -> None:
    report = highlights(highlight(1, Span(70.0, 75.0), "Late.", 9.0), highlight(2, Span(10.0, 12.0), " ", 6.45))
    assert items_of(report) == (
        Item(Span(10.0, 12.0), "Highlight", "Score 6.5 of 10", 6.5),
        Item(Span(70.0, 75.0), "Late.", "Score 9 of 10", 9.0),
    )


def test_rests_are_listed_and_are_no_part_of_the_reel() -> None:
    assert [(item.heading, item.note, item.in_reel) for item in items_of(two_sets())] == [
        ("Squat, 5 repetitions", "Hips go down.", True),
        ("Rest", "Little movement.", False),
        ("Lunge, 3 repetitions", "Hips go down.", True),
    ]


def squat(words: str, measured_words: str | None) -> Report:
    report = workout_report(workout(exercise("Squat", counted(2.0, 1), words)))
    report["exercise_steps"][0]["measured_words"] = measured_words
    return report


def test_the_count_is_said_once_and_never_missing() -> None:
    (new,) = items_of(squat("1 repetition of 2.0 s.", "1 repetition of 2.0 s."))
    assert new.sentence == "Squat (1 repetition of 2.0 s.)"
    (old,) = items_of(squat("Hips go down.", None))
    assert old.sentence == "Squat (1 repetition. Hips go down.)"
    (bare,) = items_of(squat("", None))
    assert bare.sentence == "Squat (1 repetition.)"
