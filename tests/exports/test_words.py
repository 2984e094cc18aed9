"""Words are cut and lose their markup where there is no room for either."""

from smolvlm_core.exports.words import shortened, without_markup


def test_long_text_is_cut_between_words() -> None:
    assert shortened("a dog jumps over it", 12) == "a dog jumps\u2026"
    assert shortened("a dog", 5) == "a dog"
    assert shortened("x" * 30, 10) == "x" * 9 + "\u2026"


def test_markup_is_shown_not_obeyed() -> None:
    assert without_markup("<b>{\\an8}a --> b") == "\u2039b\u203a(\\an8)a --\u203a b"
