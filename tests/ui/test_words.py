"""The page's languages: whole catalogues, the visitor's own, and the core's sentences told anew."""

import re
import string
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from gradio.context import LocalContext

from smolvlm_core.domain import Limits
from smolvlm_core.ui import words
from smolvlm_core.ui.intake import refusal_place
from smolvlm_core.ui.render import limits_line
from smolvlm_core.ui.retelling import PLACEHOLDER, retold
from smolvlm_core.ui.words import FOLDER, LANGUAGES, _, catalogue, everywhere, language, plural, speaking
from tests.ui import phrases

OTHERS = LANGUAGES[1:]


@pytest.fixture(params=OTHERS)
def other(request: pytest.FixtureRequest) -> Iterator[str]:
    """Spoken while the test runs."""
    with speaking(request.param):
        yield request.param


def test_every_message_is_in_every_language(other: str) -> None:
    assert not phrases.lacking(catalogue(other)), "python -m tests.ui.phrases adds them, empty"


def test_catalogues_hold_nothing_else_and_are_written_as_the_tool_writes_them(other: str) -> None:
    assert (FOLDER / f"{other}.po").read_text(encoding="utf-8") == phrases.updated(other)


def test_translations_keep_what_is_filled_in(other: str) -> None:
    for entry in catalogue(other):
        forms = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        english = entry.id[-1] if isinstance(entry.id, tuple | list) else entry.id
        for form in map(str, forms if entry.id else ()):
            assert sorted(_fields(form)) == sorted(_fields(english)), form
            assert form.count("\n") == english.count("\n"), form
            assert '"' not in form, f"it would end an attribute: {form}"
            assert "<" not in form, f"it would begin a tag: {form}"


def _fields(text: str) -> list[str]:
    return [name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None]


# -- The visitor's language -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wished", "spoken"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("DE", "de"),
        ("es;q=0.9", "es"),
        ("ja", "ja"),
        ("pt-BR,es;q=0.5", "en"),  # as in the browser: the first language alone counts
        ("en-GB,fr", "en"),
        ("", "en"),
        (None, "en"),
        ("*", "en"),
        ("../../etc/passwd", "en"),
    ],
)
def test_it_is_the_first_that_the_browser_wishes(wished: str | None, spoken: str) -> None:
    headers = {} if wished is None else {"accept-language": wished}
    token = LocalContext.request.set(SimpleNamespace(headers=headers))  # type: ignore[arg-type]
    try:
        assert language() == spoken
    finally:
        LocalContext.request.reset(token)


def test_without_a_visitor_it_is_english() -> None:
    assert language() == "en"
    assert _("Saved.") == "Saved."
    assert plural("{count} set", "{count} sets", 1) == "1 set"
    assert retold("About 40 seconds left.") == "About 40 seconds left."


def test_numbers_take_the_form_of_their_language() -> None:
    def sets(count: int) -> str:
        return plural("{count} set", "{count} sets", count)

    with speaking("fr"):
        assert [sets(count) for count in (0, 1, 2)] == ["0 série", "1 série", "2 séries"]
    with speaking("de"):
        assert [sets(count) for count in (0, 1, 2)] == ["0 Sätze", "1 Satz", "2 Sätze"]
    with speaking("ja"):
        assert sets(1).replace("1", "2") == sets(2)


def test_what_is_built_once_is_told_in_all_languages() -> None:
    marker = everywhere(lambda: f"<p>{_('Saved.')}</p>")
    assert marker.startswith("__i18n__")
    told = {code: words.BUILT.translations[code]["<p>Saved.</p>"] for code in LANGUAGES}
    assert told["en"] == "<p>Saved.</p>"
    assert told["fr"] == "<p>Enregistré.</p>"
    assert len(set(told.values())) == len(LANGUAGES)


def test_what_is_filled_in_is_filled_in_everywhere(other: str) -> None:
    assert "2 GB" in limits_line(Limits())
    assert "SIZE" in refusal_place(Limits()), "the script puts the size of the file there"
    assert "2 GB" in refusal_place(Limits())


def test_braces_are_not_handed_to_the_browsers_formatter() -> None:
    with pytest.raises(AssertionError, match="braces"):
        everywhere(lambda: "a {b}")


# -- What the core says -----------------------------------------------------------------------

CORE = [key for key in phrases.messages() if isinstance(key, str) and (PLACEHOLDER.search(key) or " " in key)]


def test_every_sentence_of_the_core_is_recognized(other: str) -> None:
    """Filled with numbers, each is told by its own entry: none is taken for another."""
    told = {entry.id: entry.string for entry in catalogue(other)}
    for english in CORE:
        if _fields(english) and not PLACEHOLDER.search(english):
            continue  # the page's own
        values = ("17", "23", "45", "61")
        assert retold(english.format(*values)) == str(told[english]).format(*values), english


@pytest.mark.parametrize(
    ("english", "french"),
    [
        (
            "Motion 3.2x this video's usual, its liveliest part; the loudest second, 12 dB louder than usual.",
            "Mouvement 3.2x l'habitude de cette vidéo, sa partie la plus animée; "
            "la seconde la plus bruyante, 12 dB plus fort que d'habitude.",
        ),
        ("About 40 seconds left.", "Encore environ 40 secondes."),
        (
            "About 7 minutes on this machine. It starts in a few seconds.",
            "Environ 7 minutes sur cette machine. Elle commence dans quelques secondes.",
        ),
        (
            "12 repetitions, one every 2.1 s; left knee angle moves by 95°; 1.0 s down, 1.1 s up.",
            "12 répétitions, une toutes les 2.1 s; angle du genou gauche\xa0: amplitude 95°; "
            "descente 1.0 s, montée 1.1 s.",
        ),
    ],
)
def test_sentences_are_put_together_from_their_parts(english: str, french: str) -> None:
    with speaking("fr"):
        assert retold(english).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'") == french


@pytest.mark.parametrize(
    "text",
    [
        "x" + " others" * 600,
        "x (" * 1000 + "counted)",
        "The picture is " + "x" * 4000,
        "At 00:01: " * 400,
        "calmer than usual, " * 200,
        "a, its liveliest part" * 200,
        "1 of " * 900,
        "a; b. " * 800,
        "A left. " * 100_000,
    ],
    ids=lambda text: text[:18],
)
def test_no_text_holds_up_the_page(text: str) -> None:
    """A visitor's own instructions can make a model write nearly anything."""
    with speaking("fr"):
        retold("About 40 seconds left.")  # catalogues are read once
        started_s = time.perf_counter()
        retold(text)
    assert time.perf_counter() - started_s < 2, "milliseconds, by far"


def test_what_a_model_wrote_stays() -> None:
    with speaking("fr"):
        told = retold("In 01:30, one moment stands out. At 00:12: A dog jumps. It turns left.")
    assert re.fullmatch(r"Sur 01:30, [^.]*\. À 00:12\xa0: A dog jumps\. It turns left\.", told)
