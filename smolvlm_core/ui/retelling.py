"""Sentences of the app's core in the visitor's language.

The core writes English, into results too, long before anybody reads them. Here such a text is recognized by the
sentences it is made of, each of which is in the catalogues with ``{0}``, ``{1}`` for what varies, and told anew.
What is not recognized stays as it is: names, and what a model wrote. That may be anything, so the work is bounded.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

from smolvlm_core.ui.words import ENGLISH, catalogue, language, translations

PLACEHOLDER = re.compile(r"\{\d\}")
# From long parts to short ones; what separates them is kept.
SEPARATORS = tuple(map(re.compile, (r"((?<=[.!?…])\s+)", r"(; )", r"(: )", r"(, )")))

IDEOGRAPHIC = "\u3000"  # from here on, letters whose sentences end with a stop of their own
NUMBER = re.compile(r"[\d.,]+")
VARIES = r"(?:(?!(?<=[.!?…])\s|; ).){1,400}?"  # in a sentence: not so much that another begins
LONGEST = 5000  # characters; nothing of ours is as long
DEEPEST = 4  # sentences within sentences; ours reach three


def retold(text: str) -> str:
    """The text as far as it can be told in the visitor's language."""
    code = language()
    return text if code == ENGLISH or len(text) > LONGEST else _retold(text, code, 0, 0)


@lru_cache(maxsize=4096)
def _retold(text: str, code: str, level: int, depth: int) -> str:
    """``level``: which separators are left to split at; ``depth``: how many sentences it stands in."""
    if depth > DEEPEST:
        return text
    whole = _sentence(text, code, depth)
    if whole is not None or level == len(SEPARATORS):
        return text if whole is None else whole
    parts = SEPARATORS[level].split(text)
    # Every second one is a separator.
    return "".join(
        part if place % 2 else _retold(part, code, level + 1, depth) for place, part in enumerate(parts)
    )


def _sentence(text: str, code: str, depth: int) -> str | None:
    """Told as one; also where the catalogue has it as a part of one, without a capital and a full stop."""
    for change, back in _SHAPES:
        shaped = change(text)
        if shaped is not None and (told := _told(shaped, code, depth)) is not None:
            return back(told)
    return None


def _told(text: str, code: str, depth: int) -> str | None:
    if not text:
        return None
    told = translations(code).gettext(text)
    if told != text:
        return told
    for pattern, form in _forms(code):
        found = pattern.fullmatch(text)
        if found and not (found.start(1) == 0 and _is_foreign(found[1], code, depth)):
            return form.format(*(_retold(part, code, 1, depth + 1) for part in found.groups()))
    return None


def _is_foreign(beginning: str, code: str, depth: int) -> bool:
    """Neither a number nor words of ours: "He turns left." is no time that is left."""
    return NUMBER.fullmatch(beginning) is None and _retold(beginning, code, 1, depth + 1) == beginning


@cache
def _forms(code: str) -> list[tuple[re.Pattern[str], str]]:
    """Patterns of sentences in which something varies, those that say most first."""
    entries = [
        (entry.id, str(entry.string))
        for entry in catalogue(code)
        if isinstance(entry.id, str) and entry.string and PLACEHOLDER.search(entry.id)
    ]
    entries.sort(key=lambda entry: -len(PLACEHOLDER.sub("", entry[0])))
    return [(re.compile("".join(_pattern(english)), re.DOTALL), told) for english, told in entries]


def _pattern(english: str) -> Iterator[str]:
    fixed = PLACEHOLDER.split(english)
    yield re.escape(fixed[0])
    for part in fixed[1:]:
        yield f"({VARIES}){re.escape(part)}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str | None:
    return text[:1].lower() + text[1:] if text[:1].isupper() and text[1:2].islower() else None


def _open(text: str) -> str | None:
    return text[:-1] if text.endswith(".") else None


def _lower_open(text: str) -> str | None:
    opened = _open(text)
    return None if opened is None else _lower(opened)


def _closed(told: str) -> str:
    if told.endswith((".", "。")):
        return told
    return f"{told}。" if told[-1] >= IDEOGRAPHIC else f"{told}."


_SHAPES: tuple[tuple[Callable[[str], str | None], Callable[[str], str]], ...] = (
    (_lower, _upper),
    (lambda text: text, lambda told: told),
    (_lower_open, lambda told: _closed(_upper(told))),
    (_open, _closed),
)
