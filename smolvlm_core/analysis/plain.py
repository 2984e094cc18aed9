"""Text from models and users, made fit for one line. Knows no format.

What it removes cannot be seen and does harm: it ends lines and files, or turns the text beside it around.
"""

import unicodedata

TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Marks that change the direction of what follows them. Letters that run from right to left need none."""
REMOVED_CATEGORIES = frozenset(("Cc", "Cn", "Co"))  # control, unassigned (two of them no XML may hold), private
LONE_SURROGATE = "Cs"


def one_line(text: object) -> str:
    """The text without line breaks, doubled spaces and what nobody can see."""
    return " ".join("".join(map(_shown, str(text))).split())


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == LONE_SURROGATE:
        return "\N{REPLACEMENT CHARACTER}"
    return "" if character in TURNING or category in REMOVED_CATEGORIES else character
