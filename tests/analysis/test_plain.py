"""Words become one line that is safe anywhere, and lose nothing that can be read."""

import pytest

from smolvlm_core.analysis.plain import one_line
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
