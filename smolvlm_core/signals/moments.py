"""From curves to moments: where each thing that stands out starts and ends. Knows no model and no meaning.

Moments are the hills of the strength curve. Two hills are one moment unless a valley parts them (watershed with
persistence); a moment reaches down to its shoulders, and to the cut where one is near.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import Span
from smolvlm_core.signals.bins import Curve, best_mean
from smolvlm_core.signals.curves import Curves


@dataclass(frozen=True, slots=True)
class MomentOptions:
    """Strengths are 0..1. Chosen on clips and composites with events of known times, where neighbouring values of
    each gave the same moments."""

    faint: float = 0.05
    """Movement alone is worth at most this: it tells what happens when in a video where nothing stands out."""
    faint_floor: float = 0.2
    """... relative to its own peak, or to this speed (% of the diagonal per second) where that is lower."""
    nothing: float = 0.008
    """Hills lower than this are noise."""
    valley_share: float = 0.75
    """Two hills are one moment where the valley between them reaches this share of the lower one."""
    shoulder_share: float = 0.4
    """A moment lasts while its hill exceeds this share of the peak ..."""
    lull_s: float = 0.6
    """... apart from lulls up to this long."""
    strong: float = 0.25
    """Two moments of at least this strength (a score of 3.2) in one shot ..."""
    strong_lull_s: float = 1.2
    """... with no more than this between them are one event: a breath between two leaps."""
    snap_s: float = 0.5
    """A border this near a cut, or an end of the video, is that cut."""
    sliver_s: float = 1.5
    """What a moment takes of a neighbouring shot is dropped when shorter than this."""
    whole_shot_share: float = 0.4
    """A moment that fills at least this share of its shot ..."""
    whole_shot_s: float = 15.0
    """... and the shot is no longer than this: then the shot is the moment."""
    shortest_s: float = 1.0
    """A person needs this long to see what happens; shorter ones are widened."""
    best_s: float = 0.7
    """A moment is as strong as the best of its bins that add up to this."""


@dataclass(frozen=True, slots=True)
class Moment:
    """``strength`` 0..1 as in ``Curves``; ``rank`` orders moments, also those without any strength."""

    span: Span
    strength: float
    rank: float


def find_moments(curves: Curves, options: MomentOptions = MomentOptions()) -> tuple[Moment, ...]:
    """What stands out, highest rank first, ties by time; none overlap, none is shorter than ``shortest_s``.

    A video in which nothing has a start or an end (a ride) is one moment without strength; one too short
    for any has none.
    """
    hills = hill_curve(curves, options)
    found = [_moment(curves, hills, basin, options) for basin in _basins(hills, options)]
    separate = _without_overlap([moment for moment in found if moment is not None], options.shortest_s)
    moments = _joined(separate, curves.cuts_s, options)
    if not moments and curves.duration_s >= options.shortest_s:
        moments = [Moment(Span(0.0, curves.duration_s), 0.0, 0.0)]
    return tuple(sorted(moments, key=_by_rank))


def hill_curve(curves: Curves, options: MomentOptions = MomentOptions()) -> Curve:
    """(B,) strength, and a little of plain movement."""
    most = max(float(curves.lively_fine.max()), options.faint_floor)
    return curves.strength + options.faint * curves.lively_fine / most


def refined_span(curves: Curves, span: Span, options: MomentOptions = MomentOptions()) -> Span:
    """The exact interval of what makes ``span`` stand out: from the shoulders of its highest hill, within it.

    A span without any hill stays what it is.
    """
    first = int(np.searchsorted(curves.times_s, span.start_s))
    last = int(np.searchsorted(curves.times_s, span.end_s))
    hills = hill_curve(curves, options)
    if last <= first or hills[first:last].max() <= options.nothing:
        return span
    moment = _moment(curves, hills, _Basin(first, last, first + int(hills[first:last].argmax())), options)
    if moment is None or moment.span.overlap_s(span) < options.shortest_s:
        return span
    start_s, end_s = max(span.start_s, moment.span.start_s), min(span.end_s, moment.span.end_s)
    return Span(start_s, end_s)


def valley_s(curves: Curves, span: Span, options: MomentOptions = MomentOptions()) -> float:
    """Where a span is best divided: the lowest bin of its middle half, or its middle where none is lowest."""
    quarter_s = span.duration_s / 4
    first = int(np.searchsorted(curves.times_s, span.start_s + quarter_s))
    last = int(np.searchsorted(curves.times_s, span.end_s - quarter_s))
    hills = hill_curve(curves, options)[first:last]
    if len(hills) == 0 or hills.min() == hills.max():
        return span.middle_s
    return float(curves.times_s[first + int(hills.argmin())])


def _by_rank(moment: Moment) -> tuple[float, float]:
    return -moment.rank, moment.span.start_s


@dataclass(frozen=True, slots=True)
class _Basin:
    """Bins ``first`` to ``last`` (exclusive) that drain from one peak."""

    first: int
    last: int
    peak: int


def _basins(hills: Curve, options: MomentOptions) -> list[_Basin]:
    """Watershed: bins are flooded from the top; hills meeting above the valley level become one."""
    owner = np.full(len(hills), -1)  # index of the peak each bin belongs to; itself merged below
    merged_into: dict[int, int] = {}

    def peak_of(index: int) -> int:
        peak = int(owner[index])
        while merged_into[peak] != peak:
            peak = merged_into[peak]
        return peak

    for index in np.argsort(-hills, kind="stable").tolist():
        beside = [near for near in (index - 1, index + 1) if 0 <= near < len(hills) and owner[near] >= 0]
        peaks = sorted({peak_of(near) for near in beside}, key=lambda peak: (-hills[peak], peak))
        owner[index] = peaks[0] if peaks else index
        merged_into.setdefault(int(owner[index]), int(owner[index]))
        if len(peaks) == 2 and hills[index] >= options.valley_share * hills[peaks[1]]:
            merged_into[peaks[1]] = peaks[0]
    labels = np.array([peak_of(index) for index in range(len(hills))])
    borders = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    basins = [_Basin(first, last, int(labels[first])) for first, last in pairwise(borders)]
    return [basin for basin in basins if hills[basin.peak] > options.nothing]


def _moment(curves: Curves, hills: Curve, basin: _Basin, options: MomentOptions) -> Moment | None:
    """What lies above the shoulders of a basin; None where even widened it would be too short."""
    above = hills >= options.shoulder_share * hills[basin.peak]
    lull = round(options.lull_s / curves.bin_s)
    first = _walk(above, basin, -1, lull)
    last = _walk(above, basin, 1, lull) + 1
    start_s, end_s = first * curves.bin_s, min(last * curves.bin_s, curves.duration_s)
    start_s, end_s = _snapped(curves, start_s, end_s, float(curves.times_s[basin.peak]), options)
    if end_s - start_s < options.shortest_s:
        if curves.duration_s < options.shortest_s:
            return None
        middle_s = (start_s + end_s) / 2
        start_s = min(max(0.0, middle_s - options.shortest_s / 2), curves.duration_s - options.shortest_s)
        end_s = start_s + options.shortest_s
    best = round(options.best_s / curves.bin_s)
    return Moment(
        Span(start_s, end_s), best_mean(curves.strength[first:last], best), best_mean(hills[first:last], best)
    )


def _walk(above: NDArray[np.bool_], basin: _Basin, step: int, lull: int) -> int:
    """The farthest bin from the peak in one direction that only lulls part from it."""
    reached, at = basin.peak, basin.peak + step
    while basin.first <= at < basin.last and abs(at - reached) <= lull + 1:
        if above[at]:
            reached = at
        at += step
    return reached


def _snapped(
    curves: Curves, start_s: float, end_s: float, peak_s: float, options: MomentOptions
) -> tuple[float, float]:
    """Borders moved to cuts and ends of the video where those are meant; may come out empty."""
    for cut_s in curves.cuts_s:
        if start_s < cut_s <= peak_s and cut_s - start_s < options.sliver_s:
            start_s = cut_s
        if peak_s < cut_s < end_s and end_s - cut_s < options.sliver_s:
            end_s = cut_s
    borders_s = [0.0, *curves.cuts_s, curves.duration_s]
    start_s, end_s = _near(start_s, borders_s, options.snap_s), _near(end_s, borders_s, options.snap_s)
    following = min(max(1, bisect_right(borders_s, peak_s)), len(borders_s) - 1)
    shot_start_s, shot_end_s = borders_s[following - 1], borders_s[following]
    filled = (min(end_s, shot_end_s) - max(start_s, shot_start_s)) / max(shot_end_s - shot_start_s, 1e-9)
    whole = filled >= options.whole_shot_share and shot_end_s - shot_start_s <= options.whole_shot_s
    if whole and len(borders_s) > 2:
        return min(start_s, shot_start_s), max(end_s, shot_end_s)
    return start_s, end_s


def _near(time_s: float, borders_s: Sequence[float], reach_s: float) -> float:
    nearest = min(borders_s, key=lambda border_s: abs(border_s - time_s))
    return nearest if abs(nearest - time_s) <= reach_s else time_s


def _without_overlap(moments: Sequence[Moment], shortest_s: float) -> list[Moment]:
    """In time order; where two overlap (snapping and widening reach over), the lower one gives way or goes."""
    kept: list[Moment] = []
    for moment in sorted(moments, key=_by_rank):
        start_s, end_s = moment.span.start_s, moment.span.end_s
        for other in kept:
            if other.span.end_s > start_s and other.span.start_s < end_s:
                before_s, after_s = other.span.start_s - start_s, end_s - other.span.end_s
                before = before_s >= after_s
                start_s, end_s = (start_s, other.span.start_s) if before else (other.span.end_s, end_s)
        if end_s - start_s >= shortest_s - 1e-6:
            kept.append(replace(moment, span=Span(start_s, end_s)))
    return sorted(kept, key=lambda moment: moment.span)


def _joined(moments: Sequence[Moment], cuts_s: Sequence[float], options: MomentOptions) -> list[Moment]:
    """Strong neighbours with a breath between them become one."""
    joined: list[Moment] = []
    for moment in moments:
        before = joined[-1] if joined else None
        if before is not None and _one_event(before, moment, cuts_s, options):
            joined[-1] = replace(
                before,
                span=before.span.union(moment.span),
                strength=max(before.strength, moment.strength),
                rank=max(before.rank, moment.rank),
            )
        else:
            joined.append(moment)
    return joined


def _one_event(left: Moment, right: Moment, cuts_s: Sequence[float], options: MomentOptions) -> bool:
    near = right.span.start_s - left.span.end_s <= options.strong_lull_s
    cut = any(left.span.end_s - 1e-6 <= cut_s <= right.span.start_s + 1e-6 for cut_s in cuts_s)
    return near and not cut and min(left.strength, right.strength) >= options.strong
