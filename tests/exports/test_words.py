"""Words become one line that is safe in a file, and lose nothing that can be read."""

import pytest

from smolvlm_core.exports.words import one_line, shortened, without_markup
from tests.exports.samples import HOSTILE


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\n\ntwo\r\nthree\u2028four\u0085five", "one two three four five"),
        ("a \x00 b\x1b", "a b"),
        ("\u202eevil\u202c\u2066", "evil"),
        ("\ud800", "\ufffd"),
        ("\ufffe\uffff.", "."),
        (None, "None"),
    ],
)
def test_a_line_ends_nothing_and_hides_nothing(text: object, line: str) -> None:
    assert one_line(text) == line


@pytest.mark.parametrize(
    "text", ["\U0001f3c3\u200d\u2640\ufe0f", "\u0648\u0627\u062d\u062f", "\u6df1\u8e72", "a\u0308"]
)
def test_letters_and_emoji_of_every_script_stay(text: str) -> None:
    assert one_line(text) == text


def test_every_line_can_be_written() -> None:
    assert all(len(one_line(words).encode().splitlines()) <= 1 for words in HOSTILE)


def test_long_text_is_cut_between_words() -> None:
    assert shortened("a dog jumps over it", 12) == "a dog jumps\u2026"
    assert shortened("a dog", 5) == "a dog"
    assert shortened("x" * 30, 10) == "x" * 9 + "\u2026"


def test_markup_is_shown_not_obeyed() -> None:
    assert without_markup("<b>{\\an8}a --> b") == "\u2039b\u203a(\\an8)a --\u203a b"
