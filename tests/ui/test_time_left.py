"""The time left in words: no finer than the guess is, and nothing where there is none."""

import pytest

from smolvlm_core.ui.time_left import left_words


@pytest.mark.parametrize(
    ("left_s", "words"),
    [
        (None, ""),
        (0.0, "a few seconds left"),
        (30.0, "less than a minute left"),
        (55.0, "about a minute left"),
        (118.0, "about 2 minutes left"),
        (11 * 60.0, "about 11 minutes left"),
        (23 * 60.0, "about 25 minutes left"),
        (88 * 60.0, "about 90 minutes left"),
        (92 * 60.0, "about 1.5 hours left"),
        (4 * 3600.0, "about 4 hours left"),
    ],
)
def test_words(left_s: float | None, words: str) -> None:
    assert left_words(left_s) == words
