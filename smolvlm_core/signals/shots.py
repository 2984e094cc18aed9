"""Hard cuts from features: where one shot ends and the next begins. Knows nothing of scores."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.signals.features import Features

SAME_TIME_S = 1e-4  # times nearer than this are equal: rounding of stamps


@dataclass(frozen=True, slots=True)
class CutOptions:
    """A cut is one sudden change that no movement explains, between pictures that stay unlike afterwards.

    So a flash (like again two samples on), a flicker (brightness is not measured), a pan or a shake (explained by
    movement) are no cuts. Levels 0..1, chosen by eye on a few hundred cuts of films, adverts and composites.
    """

    smallest_change: float = 0.35
    times_usual: float = 2.5
    """An isolated change: this many times the median of those around."""
    isolated_shape: float = 0.6
    """... between pictures whose coarse textures match less than this."""
    strong_change: float = 0.75
    """In restless footage nothing is isolated: a change of this size counts too,"""
    strong_times_usual: float = 1.4
    strong_shape: float = 0.25
    """... if hardly anything matches."""
    unlike_look: float = 0.85
    """Colours or edges agree less than this across a cut."""
    around: int = 6
    """Samples on each side that are "around"; 0.9 s at 7 a second."""
    shortest_shot: int = 4
    """Samples; a change sooner than that after a cut belongs to it."""
    routine_gaps: int = 3
    """From so many gaps between key frames on it can be told which is usual:"""
    routine_share: float = 0.02
    """one within this share of their median. A key frame after such a gap is no sign of a cut."""
    latest_s: float = 1 / 14
    """A cut lies at most this before its first sample: half a sample at 7 a second. In slower videos every
    frame was sampled and the cut is where the frame changes."""


def find_cuts(features: Features, options: CutOptions = CutOptions()) -> tuple[int, ...]:
    """Indices of the samples that are the first of a new shot, increasing; never 0."""
    found: list[int] = []
    for index in np.flatnonzero(features.change >= options.smallest_change).tolist():
        recent = bool(found) and index - found[-1] <= options.shortest_shot
        if index > 0 and not recent and _is_cut(features, index, options):
            found.append(index)
    return tuple(found)


def cut_times(features: Features, cuts: tuple[int, ...], options: CutOptions = CutOptions()) -> tuple[float, ...]:
    """The moments of ``cuts`` in seconds: of the one key frame since the sample before, or about halfway."""
    return tuple(_cut_time(features, index, options) for index in cuts)


def _cut_time(features: Features, index: int, options: CutOptions) -> float:
    here_s, step_s = float(features.time_s[index]), float(features.step_s[index])
    first, last = np.searchsorted(features.key_frame_s, (here_s - step_s + SAME_TIME_S, here_s + SAME_TIME_S))
    if last - first == 1 and not _is_routine(features.key_frame_s, int(first), options):
        return float(features.key_frame_s[first])
    return here_s - min(step_s / 2, options.latest_s)


def _is_routine(key_frame_s: NDArray[np.float64], index: int, options: CutOptions) -> bool:
    """Whether a key frame comes after the usual time, as it would have without a cut."""
    gaps_s = np.diff(key_frame_s)
    if index == 0 or len(gaps_s) < options.routine_gaps:
        return False
    usual_s = float(np.median(gaps_s))
    return abs(float(gaps_s[index - 1]) - usual_s) <= options.routine_share * usual_s


def _is_cut(features: Features, index: int, options: CutOptions) -> bool:
    change = features.change
    here, shape = float(change[index]), float(features.shape_likeness[index])
    start = max(1, index - options.around)  # sample 0 has nothing before it to differ from
    around = np.delete(change[start : index + options.around + 1], index - start)
    usual = float(np.median(around)) if len(around) else 0.0
    highest = float(around.max()) if len(around) else 0.0
    beside = float(change[max(1, index - 1) : index + 2].max())
    isolated = here >= options.times_usual * usual and here >= 0.9 * highest and shape < options.isolated_shape
    strong = (
        here >= options.strong_change
        and here >= options.strong_times_usual * usual
        and here >= beside
        and shape < options.strong_shape
    )
    return (isolated or strong) and float(features.look_likeness[index]) < options.unlike_look
