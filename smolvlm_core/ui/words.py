"""What the page says, in the visitor's language.

English is in the code and is the key; the catalogues in ``languages`` hold the others. Handlers answer in the
first language of the browser, which is in the request that Gradio works for; what stands on the page before
anybody asks is told in all of them, and Gradio chooses among these by the same rule (``everywhere``).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from html import escape
from io import BytesIO
from pathlib import Path

import gradio as gr
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from gradio.context import LocalContext

ENGLISH = "en"
LANGUAGES = (ENGLISH, "es", "fr", "de", "ja")
FOLDER = Path(__file__).with_name("languages")

_speaking: ContextVar[str | None] = ContextVar("speaking", default=None)


def language() -> str:
    """Of whoever asks now. English where nobody does, or where theirs is none of ``LANGUAGES``."""
    if chosen := _speaking.get():
        return chosen
    headers = getattr(LocalContext.request.get(None), "headers", None)
    wished = str(headers.get("accept-language") or "") if headers is not None else ""
    # The first only, as in the browser: half a page in one's second language is worse than English.
    first = wished.split(",")[0].split(";")[0].split("-")[0].strip().lower()
    return first if first in LANGUAGES else ENGLISH


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Inside, everything is said in this language, whoever asks."""
    token = _speaking.set(code)
    try:
        yield
    finally:
        _speaking.reset(token)


def _(message: str, **values: object) -> str:
    """The message in the visitor's language, with ``{name}`` in it replaced by the values of these names."""
    said = translations(language()).gettext(message)
    return said.format(**values) if values else said


def plural(one: str, many: str, count: int, **values: object) -> str:
    """The form of the message that goes with the count, which is ``{count}`` in it."""
    said = translations(language()).ngettext(one, many, count)
    return said.format(count=count, **values)


def sets(count: int) -> str:
    """``3 sets``."""
    return plural("{count} set", "{count} sets", int(count))


def repetitions(count: int) -> str:
    """``12 repetitions``."""
    return plural("{count} repetition", "{count} repetitions", int(count))


def data(words: Mapping[str, str]) -> str:
    """The words as attributes of an element, for scripts: ``dataset`` has them by these names."""
    return "".join(f' data-{name}="{escape(text)}"' for name, text in words.items())


def marked(message: str) -> str:
    """For constants that are said with ``_`` later: the catalogues should have them."""
    return message


def everywhere(say: Callable[[], str]) -> str:
    """What ``say`` says in each language, for a component to be built with: text, or all of its HTML."""
    said = {}
    for code in LANGUAGES:
        with speaking(code):
            said[code] = say()
    key = said[ENGLISH]
    assert not set("{}") & set("".join(said.values())), f"braces mean something to the browser's formatter: {key}"
    for code, text in said.items():
        BUILT.translations[code][key] = text
    return str(BUILT(key))


def label(message: str) -> str:
    """One message that a component is built with, in all languages."""
    return everywhere(lambda: _(message))


BUILT = gr.I18n(**{code: {} for code in LANGUAGES})
"""All that ``everywhere`` was told; for ``launch``."""


def catalogue(code: str) -> Catalog:
    """The entries of a language, as translators left them."""
    with (FOLDER / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code)


@cache
def translations(code: str) -> NullTranslations:
    """The same, to look up quickly."""
    if code == ENGLISH:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(code))
    compiled.seek(0)
    return GNUTranslations(compiled)
