"""The whole video as one line under the player: every part's score as a bar, and what was found marked on it.

A click plays from there. The same is in the tables below, which the keyboard and screen readers use.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from smolvlm_core.analysis.clock import clock
from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import AnalysisType
from smolvlm_core.ui.rows import when

SCORE_MAX = 10
TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)  # seconds between two times below the line ...
TICKS_MOST = 7  # ... of which there are no more


@dataclass(frozen=True, slots=True)
class _Piece:
    """Of the line, seconds; ``height`` 0..1, None for one that has no score."""

    start_s: float
    end_s: float
    height: float | None
    words: str


def timeline(report: Report) -> str:
    """As HTML; empty where nothing was looked at."""
    workout = report["analysis_type"] != AnalysisType.HIGHLIGHTS
    bars = [] if workout else list(_bars(report["all_analyses"]))
    marks = list(_sets(report["exercise_steps"]) if workout else _moments(report["highlights"]))
    end_s = max((one.end_s for one in (*bars, *marks)), default=0.0)
    if workout:
        end_s = max(end_s, float(report["total_duration_seconds"]))
    if not end_s:
        return ""
    drawn = "".join(_drawn(one, end_s, "sv-part") for one in bars)
    drawn += "".join(_drawn(one, end_s, "sv-mark") for one in marks)
    told = "Where the sets are." if workout else "How each part scored, and where the highlights are."
    return (
        f'<div class="sv-timeline{" sv-sets" if workout else ""}" aria-hidden="true">'
        f'<div class="sv-line" title="{escape(told)}">{drawn}<i class="sv-head" hidden></i></div>'
        f'<div class="sv-ticks">{_ticks(end_s)}</div></div>'
    )


def _bars(segments: list[Report]) -> Iterator[_Piece]:
    for segment in segments:
        score = segment["significance_score"]
        words = f"{when(segment)}: " + ("not scored" if score is None else f"{score:.1f}")
        yield _piece(segment, None if score is None else float(score) / SCORE_MAX, words)


def _moments(highlights: list[Report]) -> Iterator[_Piece]:
    for highlight in highlights:
        score = float(highlight["significance_score"])
        yield _piece(highlight, score / SCORE_MAX, f"{when(highlight)}, {score:.1f}: {highlight['description']}")


def _sets(steps: list[Report]) -> Iterator[_Piece]:
    for step in steps:
        if step["movement_phase"] == "Execution":
            count = step["repetitions"]
            counted = f", {count} repetitions" if count else ""
            yield _piece(step, 1.0, f"{when(step)}: {step['exercise_name']}{counted}")


def _piece(item: Report, height: float | None, words: str) -> _Piece:
    return _Piece(float(item["start_timestamp"]), float(item["end_timestamp"]), height, words)


def _drawn(piece: _Piece, end_s: float, kind: str) -> str:
    left, width = 100 * piece.start_s / end_s, 100 * (piece.end_s - piece.start_s) / end_s
    unscored = " sv-unscored" if piece.height is None else ""
    return (
        f'<b class="{kind}{unscored}" data-start="{piece.start_s:.3f}" title="{escape(piece.words)}" '
        f'style="left: {left:.3f}%; width: {width:.3f}%; --height: {100 * (piece.height or 0):.0f}%"></b>'
    )


def _ticks(end_s: float) -> str:
    step_s = next((step for step in TICKS if end_s / step <= TICKS_MOST), TICKS[-1])
    times_s = range(0, int(end_s) + 1, step_s)
    return "".join(f'<span style="left: {100 * time_s / end_s:.2f}%">{clock(time_s)}</span>' for time_s in times_s)
