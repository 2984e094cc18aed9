"""The whole video as one line under the player: every part's score as a bar, and what was found marked on it.

A click plays from there. The same is in the cards and tables below, which the keyboard and screen readers use.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape

from smolvlm_core.analysis.clock import clock
from smolvlm_core.analysis.reading import is_workout, when
from smolvlm_core.analysis.report import Report
from smolvlm_core.jobs.views import SessionView
from smolvlm_core.ui.render import thumbnail_url
from smolvlm_core.ui.retelling import retold
from smolvlm_core.ui.rows import DASH
from smolvlm_core.ui.words import _, repetitions

SCORE_MAX = 10
TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)  # seconds between two times below the line ...
TICKS_MOST = 7  # ... of which there are no more
LAST_PLACE = 95  # percent of the line, from which a time has no room on both sides


@dataclass(frozen=True, slots=True)
class _Piece:
    """Of the line, seconds; ``height`` 0..1, None for one that has no score; ``picture``: the address of one."""

    start_s: float
    end_s: float
    height: float | None
    words: str
    picture: str = ""


def timeline(report: Report, session_id: str) -> str:
    """As HTML; empty where nothing was looked at."""
    workout = is_workout(report)
    bars = [] if workout else list(_bars(report["all_analyses"]))
    marks = list(_sets(report["exercise_steps"]) if workout else _moments(report["highlights"], session_id))
    end_s = max((one.end_s for one in (*bars, *marks)), default=0.0)
    if workout:
        end_s = max(end_s, float(report["total_duration_seconds"]))
    told = _("Where the sets are.") if workout else _("How each part scored, and where the highlights are.")
    return _line(bars, marks, end_s, told, " sv-sets" if workout else "")


def running_timeline(view: SessionView) -> str:
    """Of an analysis that still runs: what was scored so far, and the best of it; empty while there is nothing."""
    if not (view.scored_so_far or view.best_so_far):
        return ""
    bars = list(_bars(view.scored_so_far))
    marks = list(_moments(view.best_so_far, view.session_id))
    end_s = max(view.video.duration_s, *(one.end_s for one in (*bars, *marks)))
    return _line(bars, marks, end_s, _("How each part scored so far, and the best until now."), " sv-running")


def _line(bars: Sequence[_Piece], marks: Sequence[_Piece], end_s: float, told: str, kind: str) -> str:
    if not end_s:
        return ""
    drawn = "".join(_drawn(one, end_s, "sv-part") for one in bars)
    drawn += "".join(_drawn(one, end_s, "sv-mark") for one in marks)
    return (
        f'<div class="sv-timeline{kind}" aria-hidden="true">'
        f'<div class="sv-line" title="{escape(told)}"><i class="sv-head" hidden></i>{drawn}</div>'
        f'<div class="sv-ticks">{_ticks(end_s)}</div></div>'
    )


def _bars(segments: Sequence[Report]) -> Iterator[_Piece]:
    for segment in segments:
        score = segment["significance_score"]
        words = f"{_span_words(segment)}: " + (_("not scored") if score is None else f"{score:.1f}")
        yield _piece(segment, None if score is None else float(score) / SCORE_MAX, words)


def _moments(moments: Sequence[Report], session_id: str) -> Iterator[_Piece]:
    for moment in moments:
        score = float(moment["significance_score"])
        words = moment.get("description") or retold(moment["evidence"]["words"])
        piece = _piece(moment, score / SCORE_MAX, f"{when(moment)}, {score:.1f}: {words}")
        yield replace(piece, picture=thumbnail_url(session_id, moment))


def _sets(steps: list[Report]) -> Iterator[_Piece]:
    for step in steps:
        if step["movement_phase"] == "Execution":
            count = step["repetitions"]
            counted = f", {repetitions(count)}" if count else ""
            yield _piece(step, 1.0, f"{when(step)}: {step['exercise_name']}{counted}")


def _span_words(part: Report) -> str:
    """Parts of a running analysis carry no words of their own."""
    return f"{clock(float(part['start_timestamp']))} {DASH} {clock(float(part['end_timestamp']))}"


def _piece(item: Report, height: float | None, words: str) -> _Piece:
    return _Piece(float(item["start_timestamp"]), float(item["end_timestamp"]), height, words)


def _drawn(piece: _Piece, end_s: float, kind: str) -> str:
    left, width = 100 * piece.start_s / end_s, 100 * (piece.end_s - piece.start_s) / end_s
    unscored = " sv-unscored" if piece.height is None else ""
    picture = f' data-picture="{escape(piece.picture)}"' if piece.picture else ""
    return (
        f'<b class="{kind}{unscored}" data-start="{piece.start_s:.3f}" title="{escape(piece.words)}"{picture} '
        f'style="left: {left:.3f}%; width: {width:.3f}%; --height: {100 * (piece.height or 0):.0f}%"></b>'
    )


def _ticks(end_s: float) -> str:
    step_s = next((step for step in TICKS if end_s / step <= TICKS_MOST), TICKS[-1])
    times_s = range(0, int(end_s) + 1, step_s)
    return "".join(_tick(time_s, 100 * time_s / end_s) for time_s in times_s)


def _tick(time_s: int, place: float) -> str:
    """The last one may stand at the very end: it ends there, and does not reach beyond the page."""
    kept_inside = "; transform: translateX(-100%)" if place > LAST_PLACE else ""
    return f'<span style="left: {place:.2f}%{kept_inside}">{clock(time_s)}</span>'
