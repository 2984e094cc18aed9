"""Moments as cards: a picture that plays just this moment, its time, score and words, and its clip to take away.

Reads parts of a report; every text in it may come from a user or a model, so all of it is escaped.
"""

from collections.abc import Sequence
from html import escape

from smolvlm_core.analysis.clock import clock, duration_words, exact_clock
from smolvlm_core.analysis.report import Report
from smolvlm_core.ui.downloads import clip
from smolvlm_core.ui.render import PICTURE_SIZE, middle_s, thumbnail_url
from smolvlm_core.ui.retelling import retold
from smolvlm_core.ui.rows import DASH
from smolvlm_core.ui.words import _

SCORE_MAX = 10


def highlight_cards(highlights: Sequence[Report], session_id: str) -> str:
    """Highlights, best first, each with its clip; empty without any."""
    cards = "".join(_card(one, session_id, _said(one) + clip(session_id, str(one["id"]))) for one in highlights)
    return _listed(cards, _("Highlights, best first"))


def moment_cards(moments: Sequence[Report], session_id: str) -> str:
    """Moments of an analysis that still runs, best first, smaller; empty without any."""
    cards = "".join(_card(one, session_id, _said(one)) for one in moments)
    return _listed(cards, _("Best so far"), " sv-small")


def score(value: float) -> str:
    """A score as a number and a bar."""
    width = 100 * value / SCORE_MAX
    return f'<span class="sv-score">{value:.1f}<i><b style="width: {width:.0f}%"></b></i></span>'


def _listed(cards: str, name: str, kind: str = "") -> str:
    """As a list also where a style sheet takes its numbers away (``role``: Safari forgets it then)."""
    return f'<ol class="sv-moments{kind}" role="list" aria-label="{escape(name)}">{cards}</ol>' if cards else ""


def _card(item: Report, session_id: str, words: str) -> str:
    """``words`` are HTML."""
    start_s, end_s = float(item["start_timestamp"]), float(item["end_timestamp"])
    time = f"{exact_clock(start_s)} {DASH} {exact_clock(end_s)}"
    length = escape(duration_words((round(10 * end_s) - round(10 * start_s)) / 10))  # of the times as shown
    source, shown = escape(thumbnail_url(session_id, item)), _("Picture at {time}.", time=clock(middle_s(item)))
    lasts = _("{length} long", length=length)
    return (
        f'<li class="sv-moment"><button type="button" class="sv-play" data-start="{start_s:.3f}" '
        f'data-end="{end_s:.3f}"><img src="{source}" {PICTURE_SIZE} loading="lazy" decoding="async" '
        f'alt="{shown}"><span>{_("Play")}<span class="sv-unseen"> {time}</span></span></button>'
        f'<div class="sv-told"><h3>{time}</h3><p class="sv-mark-of"><span class="sv-unseen">{_("Score")} </span>'
        f'{score(float(item["significance_score"]))}<span class="sv-muted">{lasts}</span></p>'
        f"{words}</div></li>"
    )


def _said(item: Report) -> str:
    words, measured = str(item.get("description") or ""), str(item["evidence"]["words"])
    if not words or words == measured:  # without a model the description is the measurement: say it once
        return f"<p>{escape(retold(measured))}</p>"
    return f'<p>{escape(words)}</p><p class="sv-muted">{escape(retold(measured))}</p>'
