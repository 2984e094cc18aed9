"""Tables of results whose rows seek the video (see ``SEEK_JS``), as HTML. Knows no kind of result."""

from html import escape

from smolvlm_core.analysis.reading import when
from smolvlm_core.analysis.report import Report
from smolvlm_core.ui.words import _

DASH = "\u2013"


def table(caption: str, headers: tuple[str, ...], rows: str) -> str:
    """Empty without rows, which are HTML."""
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escape(header)}</th>' for header in headers)
    return (
        f'<table class="sv-rows"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def row(item: Report, second: str, text: str, *, quiet: bool = False) -> str:
    """``second`` is HTML; ``text`` too. The button is for the keyboard: the whole row can be clicked."""
    start_s = float(item["start_timestamp"])
    start = escape(when(item))
    playing = _("Play from {time}", time=start)
    return (
        f'<tr data-start="{start_s:.3f}"{" class=sv-quiet" if quiet else ""}>'
        f'<td class="sv-when"><button type="button" aria-label="{playing}">{start}</button></td>'
        f'<td class="sv-what">{second}</td><td class="sv-text">{text}</td></tr>'
    )
