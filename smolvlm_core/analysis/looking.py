"""Where a model looks: which segments, which moments, and how far around them. Knows spans and numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass

from smolvlm_core.domain import AnalysisOptions, Span, Thoroughness


@dataclass(frozen=True, slots=True)
class Effort:
    """How many segments (None: all) and moments a model is asked about at most, and whether it is asked about
    the halves of a long moment."""

    segments: int | None
    moments: int
    halves: bool


EFFORTS = {
    # Chosen by time: the 256M checkpoint on two cores takes some seconds a question.
    Thoroughness.FAST: Effort(segments=24, moments=12, halves=False),
    Thoroughness.BALANCED: Effort(segments=120, moments=30, halves=True),
    Thoroughness.EXHAUSTIVE: Effort(segments=None, moments=300, halves=True),
}

AROUND_SHARE = 0.2  # of a moment's length is shown before and after it: what led to it, what came of it
AROUND_MOST_S = 1.0
BLIND_SHARE = 0.5  # of the segments on a user's own criteria: taken evenly, as measurements know nothing of them


def shortlist(strengths: Sequence[float], options: AnalysisOptions) -> frozenset[int]:
    """Which segments (by index) the model is asked about: the strongest, and for own criteria some everywhere."""
    most = EFFORTS[options.thoroughness].segments
    if most is None or len(strengths) <= most:
        return frozenset(range(len(strengths)))
    even = round(most * BLIND_SHARE) if options.criteria.are_own else 0
    chosen = {int((index + 0.5) * len(strengths) / even) for index in range(even)}
    for index in sorted(range(len(strengths)), key=lambda index: (-strengths[index], index)):
        if len(chosen) >= most:
            break
        chosen.add(index)
    return frozenset(chosen)


def with_surroundings(span: Span, cuts_s: Sequence[float], duration_s: float) -> Span:
    """The moment and a little around it, but nothing of another shot."""
    around_s = min(AROUND_MOST_S, AROUND_SHARE * span.duration_s)
    earliest_s = max([0.0, *(cut_s for cut_s in cuts_s if cut_s <= span.start_s + 1e-6)])
    latest_s = min([duration_s, *(cut_s for cut_s in cuts_s if cut_s >= span.end_s - 1e-6)])
    start_s, end_s = max(earliest_s, span.start_s - around_s), min(latest_s, span.end_s + around_s)
    return Span(min(start_s, span.start_s), max(end_s, span.end_s))
