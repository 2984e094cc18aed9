"""Cuts a video's time into the segments that are judged one by one. Knows times only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from smolvlm_core.domain import Span


@dataclass(frozen=True, slots=True)
class SegmentOptions:
    """Seconds; chosen by what a person would want to see as one row of a table."""

    shortest_segment_s: float = 1.0
    """Requests for shorter ones get this: four hours then make at most 28,800 segments."""
    sliver_s: float = 1.0
    """Shots shorter than this never stand alone (half a segment, if that is less) ..."""
    own_shot_s: float = 2.0
    """... and from this length, or ``own_shot_share`` of a segment, a shot is a segment of its own."""
    own_shot_share: float = 0.25
    tolerance_s: float = 1e-6
    """A segment may be longer than asked for by this: rounding of sums of times."""


def split_into_segments(
    duration_s: float, cuts_s: Sequence[float], segment_s: float, options: SegmentOptions = SegmentOptions()
) -> tuple[Span, ...]:
    """Segments that cover the video without a gap, in order, none longer than ``segment_s``.

    They start and end on cuts where they can: a long shot is divided into equal parts, short neighbouring
    shots are joined, and a shot in between stands alone. Empty for a video without duration.
    Raises: ValueError: a duration or length is not a finite number, or ``segment_s`` is not positive.
    """
    if not (math.isfinite(duration_s) and math.isfinite(segment_s) and segment_s > 0):
        raise ValueError(f"cannot split {duration_s} s into segments of {segment_s} s")
    if duration_s <= 0:
        return ()
    longest_s = max(segment_s, options.shortest_segment_s)
    inside = sorted({float(cut_s) for cut_s in cuts_s if 0 < cut_s < duration_s})
    borders = _join_short_shots([0.0, *inside, float(duration_s)], longest_s, options)
    borders = _absorb_slivers(borders, longest_s, min(options.sliver_s, longest_s / 2))
    return tuple(
        part
        for start_s, end_s in pairwise(borders)
        for part in _equal_parts(start_s, end_s, longest_s + options.tolerance_s)
    )


def _join_short_shots(borders: list[float], longest_s: float, options: SegmentOptions) -> list[float]:
    """Drop borders between neighbouring shots too short for a segment of their own, as far as they fit in one."""
    own_s = max(options.own_shot_s, options.own_shot_share * longest_s)
    kept = [borders[0]]
    previous_short = False
    for start_s, end_s in pairwise(borders):
        short = end_s - start_s < own_s
        if short and previous_short and end_s - kept[-2] <= longest_s:
            kept[-1] = end_s
        else:
            kept.append(end_s)
        previous_short = short
    return kept


def _absorb_slivers(borders: list[float], longest_s: float, sliver_s: float) -> list[float]:
    """Give each stretch under ``sliver_s`` to the neighbour that stays whole with it, else to the shorter one."""
    kept = list(borders)
    index = 0
    while index < len(kept) - 1 and len(kept) > 2:
        if kept[index + 1] - kept[index] >= sliver_s:
            index += 1
            continue
        before_s = kept[index + 1] - kept[index - 1] if index > 0 else math.inf
        after_s = kept[index + 2] - kept[index] if index + 2 < len(kept) else math.inf
        # a neighbour that already needs dividing loses nothing by a little more
        joins_before = (before_s > longest_s, before_s) <= (after_s > longest_s, after_s)
        del kept[index if joins_before else index + 1]
        index = max(0, index - 1) if joins_before else index
    return kept


def _equal_parts(start_s: float, end_s: float, longest_s: float) -> list[Span]:
    parts = max(1, math.ceil((end_s - start_s) / longest_s))
    borders = [start_s + (end_s - start_s) * part / parts for part in range(parts)] + [end_s]
    return [Span(a, b) for a, b in pairwise(borders)]
