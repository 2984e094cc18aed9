"""What can be told of a highlights analysis while it runs: the best moments, and how each part scores.

Few enough parts to be sent every second, however long the video is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from smolvlm_core.analysis.judging import score_of, scoring_of
from smolvlm_core.domain import Criteria, PartSoFar, ScoredMoment, ScoredSegment, Skipped, Span
from smolvlm_core.signals.curves import build_curves, evidence_of
from smolvlm_core.signals.features import Features
from smolvlm_core.signals.moments import find_moments
from smolvlm_core.signals.segments import split_into_segments

SHOWN_BEST = 5  # moments
PARTS_MOST = 120  # told at once, some 10 KB as JSON; neighbours of a long video are told as one
AGAIN_SHARE = 50  # told again when there is a fiftieth more: telling costs as much as there is to tell


@dataclass(frozen=True, slots=True)
class SoFar:
    """``best`` first the best; ``parts`` in time order."""

    best: tuple[ScoredMoment, ...]
    parts: tuple[PartSoFar, ...]


def measured_so_far(features: Features, segment_s: float) -> SoFar:
    """What stands out by measurement alone: told while the rest is still being scanned."""
    curves, scoring = build_curves(features), scoring_of((), Criteria())
    best = tuple(
        ScoredMoment(moment.span, score_of(moment.strength, None, scoring), evidence_of(curves, moment.span))
        for moment in find_moments(curves)[:SHOWN_BEST]
        if moment.strength
    )
    spans = split_into_segments(curves.duration_s, curves.cuts_s, max(segment_s, curves.duration_s / PARTS_MOST))
    segments = []
    for index, span in enumerate(spans):
        evidence = evidence_of(curves, span)
        segments.append(ScoredSegment(index, span, score_of(evidence.strength, None, scoring), evidence))
    return SoFar(best, parts_so_far(segments, len(segments)))


def parts_so_far(segments: Sequence[ScoredSegment], of: int) -> tuple[PartSoFar, ...]:
    """The segments scored until now, neighbours together with their best score where there are many.

    Args: of: how many there will be, so that those told as one stay together while more come.
    """
    size = max(1, ceil(of / PARTS_MOST))
    return tuple(_together(segments[first : first + size]) for first in range(0, len(segments), size))


def tell_next_at(count: int) -> int:
    """How many segments there have to be before it is worth telling again, after ``count``."""
    return count + 1 + count // AGAIN_SHARE


def _together(segments: Sequence[ScoredSegment]) -> PartSoFar:
    scores = [one.score for one in segments if not isinstance(one.score, Skipped)]
    return PartSoFar(Span(segments[0].span.start_s, segments[-1].span.end_s), max(scores, default=None))
