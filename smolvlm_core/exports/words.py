"""Text from models and users, made fit for one line of a file. Knows no format.

What it removes cannot be seen and does harm: it ends lines and files, or turns the text beside it around.
"""

import unicodedata

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Marks that change the direction of what follows them. Letters that run from right to left need none."""
REMOVED_CATEGORIES = frozenset(("Cc", "Cn", "Co"))  # control, unassigned (two of them no XML may hold), private
LONE_SURROGATE = "Cs"

NO_MARKUP = str.maketrans(
    {
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
        "{": "(",
        "}": ")",
    }
)
"""For formats that know tags and have no way to write the characters that make them."""


def one_line(text: object) -> str:
    """The text without line breaks, doubled spaces and what nobody can see."""
    return " ".join("".join(map(_shown, str(text))).split())


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut between words where there is a space to cut at."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ")
    return (head[:space] if space > limit // 2 else head).rstrip(" ,;:") + ELLIPSIS


def without_markup(text: str) -> str:
    """The text with look-alikes for the characters that make tags."""
    return text.translate(NO_MARKUP)


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == LONE_SURROGATE:
        return "\N{REPLACEMENT CHARACTER}"
    return "" if character in TURNING or category in REMOVED_CATEGORIES else character
