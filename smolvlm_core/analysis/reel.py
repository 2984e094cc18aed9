"""Which moments of a result can be cut as clips, and which of them fit into a reel. Cuts nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import Span

SHORTEST_S = 0.1  # shorter than this is no clip, only a rounding


@dataclass(frozen=True, slots=True)
class ClipMoment:
    """A highlight as a clip shows it."""

    id: str
    span: Span
    score: float
    description: str


def moments_in(report: Report) -> tuple[ClipMoment, ...]:
    """The highlights of a result, best first; none in that of a workout."""
    return tuple(
        ClipMoment(
            str(found["id"]),
            Span(found["start_timestamp"], found["end_timestamp"]),
            found["significance_score"],
            found["description"],
        )
        for found in report.get("highlights", ())
    )


def reel_of(moments: Sequence[ClipMoment], longest_s: float = 0.0) -> tuple[ClipMoment, ...]:
    """The moments of a reel in time order, that last at most ``longest_s`` together; 0 means no limit.

    Args: moments: best first. One too long for what is left is passed over for a shorter one; where not even one
    fits, the middle of the best is the reel. What two moments share is shown once.
    """
    chosen: list[ClipMoment] = []
    for moment in moments:
        apart = _without_overlap([*chosen, moment])
        if not longest_s or sum(one.span.duration_s for one in apart) <= longest_s:
            chosen.append(moment)
    if moments and not chosen:
        chosen = [replace(moments[0], span=_middle(moments[0].span, longest_s))]
    return tuple(_without_overlap(chosen))


def _middle(span: Span, length_s: float) -> Span:
    return Span(span.middle_s - length_s / 2, span.middle_s + length_s / 2)


def _without_overlap(moments: Sequence[ClipMoment]) -> list[ClipMoment]:
    """In time order; each begins where the one before ended, if that is later than its own start."""
    apart: list[ClipMoment] = []
    reached_s = 0.0
    for moment in sorted(moments, key=lambda one: one.span):
        start_s = max(moment.span.start_s, reached_s)
        if moment.span.end_s - start_s >= SHORTEST_S:
            apart.append(replace(moment, span=Span(start_s, moment.span.end_s)))
        reached_s = max(reached_s, moment.span.end_s)
    return apart
