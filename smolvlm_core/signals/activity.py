"""When somebody moves and when not: the sets and rests of a workout. Names no exercise."""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import Span
from smolvlm_core.signals.bins import Curve, running_mean, shot_slices
from smolvlm_core.signals.curves import Curves


@dataclass(frozen=True, slots=True)
class ActivityOptions:
    """Activity is the share of the picture that changes, 0..1; levels chosen on clips of sets with known times.

    A set fills anything from a corner of the picture to all of it, so each shot is judged by its own level.
    """

    area_per_speed: float = 0.1
    """Share of the picture that goes with a motion of 1 % of the diagonal per second, where only that is known
    (a travelling camera); the median of the same clips."""
    window_s: float = 1.5
    """Activity is averaged over this: a repetition stands still for a moment at its top and bottom."""
    noise_floor: float = 0.006
    """Average activity below this is leaves, compression or a person breathing."""
    high_percentile: float = 90.0
    """This percentile of a shot is its level of activity;"""
    start_share: float = 0.35
    """a stretch begins where activity exceeds this share of it ..."""
    keep_share: float = 0.2
    """... and lasts while it exceeds this one."""
    longest_gap_s: float = 2.5
    """A shorter pause belongs to the set: a breath between two repetitions."""
    shortest_s: float = 2.0
    """Less is a step into the picture, not a set."""


def active_spans(curves: Curves, options: ActivityOptions = ActivityOptions()) -> tuple[Span, ...]:
    """Stretches in which something moves on its own, in order, none across a hard cut; none in a still video."""
    borders_s = [0.0, *curves.cuts_s, curves.duration_s]
    activity = np.maximum(curves.changed_area, options.area_per_speed * curves.motion)
    found: list[Span] = []
    for shot in shot_slices(curves.times_s, curves.cuts_s):
        active = _close_gaps(_active_bins(activity[shot], curves.bin_s, options), curves.bin_s, options)
        # the middle of the last bin may lie past the end
        following = min(bisect_right(borders_s, float(curves.times_s[shot.start])), len(borders_s) - 1)
        for first, last in _runs(active):
            # the first and the last bin of a shot reach to its ends, where bins and cuts do not meet
            start_s = (shot.start + first) * curves.bin_s if first else borders_s[following - 1]
            end_s = (shot.start + last) * curves.bin_s if last < len(active) else borders_s[following]
            if end_s - start_s >= options.shortest_s:
                found.append(Span(start_s, end_s))
    return tuple(found)


def _active_bins(activity: Curve, bin_s: float, options: ActivityOptions) -> NDArray[np.bool_]:
    """Hysteresis within one shot."""
    average = running_mean(activity, max(1, round(options.window_s / bin_s)))
    level = float(np.percentile(average, options.high_percentile))
    enough_to_keep = max(options.noise_floor, options.keep_share * level)
    enough_to_start = max(options.noise_floor, options.start_share * level)
    active = np.zeros(len(activity), bool)
    for first, last in _runs(average > enough_to_keep):
        if average[first:last].max() <= enough_to_start:
            continue
        # the average reaches past both ends: the stretch itself lies between its first and last lively bin
        lively = first + np.flatnonzero(activity[first:last] > enough_to_keep)
        if len(lively):
            active[lively[0] : lively[-1] + 1] = True
    return active


def _close_gaps(active: NDArray[np.bool_], bin_s: float, options: ActivityOptions) -> NDArray[np.bool_]:
    closed = active.copy()
    for first, last in _runs(~active):
        between = first > 0 and last < len(active)
        if between and (last - first) * bin_s < options.longest_gap_s:
            closed[first:last] = True
    return closed


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open index ranges of the true stretches."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
