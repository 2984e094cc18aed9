"""When somebody moves and when not, from the motion curve: the sets and rests of a workout. Names no exercise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from smolvlm_core.domain import Span
from smolvlm_core.signals.bins import Curve, shot_slices
from smolvlm_core.signals.curves import Curves


@dataclass(frozen=True, slots=True)
class ActivityOptions:
    """Levels of own motion in % of the picture's diagonal per second; chosen on clips of sets with known times.

    A set fills anything from a corner of the picture to all of it, so each shot is judged by its own level.
    """

    window_s: float = 2.0
    """Motion is averaged over this: a repetition stands still for a moment at its top and bottom."""
    noise_floor: float = 0.006
    """Average motion below this is leaves, compression or a person breathing."""
    high_percentile: float = 90.0
    """This percentile of a shot is its level of activity;"""
    start_share: float = 0.25
    """activity begins where motion exceeds this share of it ..."""
    keep_share: float = 0.12
    """... and lasts while it exceeds this one."""
    longest_gap_s: float = 2.5
    """A shorter pause belongs to the set: a breath between two repetitions."""
    shortest_s: float = 2.0
    """Less is a step into the picture, not a set."""


def active_spans(curves: Curves, options: ActivityOptions = ActivityOptions()) -> tuple[Span, ...]:
    """Stretches in which something moves on its own, in order, none across a hard cut; none in a still video."""
    borders_s = [0.0, *curves.cuts_s, curves.duration_s]
    found: list[Span] = []
    for shot in shot_slices(curves.times_s, curves.cuts_s):
        active = _close_gaps(_active_bins(curves.motion[shot], curves.bin_s, options), curves.bin_s, options)
        inside_s = float(curves.times_s[shot.start])
        shot_end_s = next(border_s for border_s in borders_s if border_s > inside_s)
        shot_start_s = max(border_s for border_s in borders_s if border_s <= inside_s)
        for first, last in _runs(active):
            start_s = max(shot_start_s, (shot.start + first) * curves.bin_s)
            # the last bin of a shot reaches to its end, as the next bin's middle lies beyond
            end_s = shot_end_s if last == len(active) else min(shot_end_s, (shot.start + last) * curves.bin_s)
            if end_s - start_s >= options.shortest_s:
                found.append(Span(start_s, end_s))
    return tuple(found)


def _active_bins(motion: Curve, bin_s: float, options: ActivityOptions) -> NDArray[np.bool_]:
    """Hysteresis within one shot."""
    average = ndimage.uniform_filter1d(motion, max(1, round(options.window_s / bin_s)), mode="nearest")
    level = float(np.percentile(average, options.high_percentile))
    keep = average > max(options.noise_floor, options.keep_share * level)
    start = average > max(options.noise_floor, options.start_share * level)
    label, _ = ndimage.label(keep)
    joined: NDArray[np.bool_] = keep & np.isin(label, np.unique(label[start]))
    return joined


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
