"""Text from models and users, made fit for places with little room or with tags of their own. Knows no format."""

from smolvlm_core.analysis.plain import one_line

__all__ = ["one_line", "shortened", "without_markup"]

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
NO_MARKUP = str.maketrans(
    {
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
        "{": "(",
        "}": ")",
    }
)
"""For formats that know tags and have no way to write the characters that make them."""


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
