"""One table of exercises: names and synonyms never collide."""

from collections import Counter

import pytest

from smolvlm_core.models.exercises import (
    EXERCISES,
    UNKNOWN_LABEL,
    Exercise,
    _plain,
    canonical_name,
    exercise_labels,
)


def test_no_two_rows_share_a_word() -> None:
    words = Counter(_plain(word) for row in EXERCISES for word in (row.name, *row.synonyms))
    assert not [word for word, count in words.items() if count > 1]
    assert _plain(UNKNOWN_LABEL) not in words


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("press ups", "Push-up"),
        ("PUSHUP", "Push-up"),
        ("jumping-jacks", "Jumping jack"),
        ("bench press", "Bench press"),
        ("curls", "Biceps curl"),
        ("bent-over rows", "Row"),
        ("rowing", "Rowing machine"),
        ("bench presses", "Bench press"),
        ("crunches", "Crunch"),
        ("pike push-up", "Push-up"),
        ("bulgarian split squats", "Lunge"),
        ("juggling", None),
        ("", None),
    ],
)
def test_any_spelling_finds_its_exercise(words: str, name: str | None) -> None:
    assert canonical_name(words) == name


def test_a_table_of_ones_own() -> None:
    rows = (Exercise("Handstand", ("hand balance",)),)
    assert exercise_labels(rows) == ("Handstand", UNKNOWN_LABEL)
    assert canonical_name("hand balances", rows) == "Handstand"
    assert 30 <= len(exercise_labels()) == len(set(exercise_labels()))
