"""Small pieces of HTML for the report. Everything that comes in as text goes out escaped."""

from base64 import b64encode
from collections.abc import Iterable
from html import escape

from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import JSONValue
from smolvlm_core.exports.words import one_line

Fact = tuple[str, JSONValue]
"""A name of ours, and what was measured or chosen; None where there is nothing to say."""


def text(value: JSONValue) -> str:
    """Words of anybody, as text."""
    return escape(one_line(value))


def paragraph(words: JSONValue, style: str = "") -> str:
    """One, in the direction its own letters run; empty without words."""
    shown = text(words)
    named = f' class="{style}"' if style else ""
    return f'<p{named} dir="auto">{shown}</p>' if shown else ""


def listed(facts: Iterable[JSONValue], style: str) -> str:
    """A list of those that are something; empty without any."""
    items = "".join(f"<li>{text(fact)}</li>" for fact in facts if fact)
    return f'<ul class="{style}">{items}</ul>' if items else ""


def described(facts: Iterable[Fact]) -> str:
    """Names and values, without those that are None or empty."""
    rows = "".join(
        f'<dt>{text(name)}</dt><dd dir="auto">{text(value)}</dd>'
        for name, value in facts
        if value not in (None, "")
    )
    return f"<dl>{rows}</dl>"


def picture(data: bytes, media_type: str, alternative: str) -> str:
    """An image inside the page itself."""
    return f'<img src="data:{media_type};base64,{b64encode(data).decode()}" alt="{text(alternative)}">'


def notes(report: Report) -> str:
    """The warnings of the results."""
    return "".join(paragraph(warning, "note") for warning in report["warnings"])
