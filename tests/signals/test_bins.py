"""The time grid: means per bin, gaps filled, shots kept apart."""

import numpy as np
import pytest

from smolvlm_core.signals.bins import (
    best_mean,
    bin_count,
    nearest_index,
    running_max,
    running_mean,
    shot_slices,
    smooth,
    smooth_within,
    to_bins,
)


@pytest.mark.parametrize(
    ("duration_s", "bins"), [(0.0, 1), (0.04, 1), (0.25, 1), (0.26, 2), (10.0, 40), ((0.1 + 0.2) * 2.5, 3)]
)
def test_bins_cover_the_duration(duration_s: float, bins: int) -> None:
    assert bin_count(duration_s, 0.25) == bins


def test_means_and_nearest_fill() -> None:
    time_s = np.array([0.0, 0.1, 0.6, 9.0])
    values = np.array([1.0, 3.0, 5.0, np.nan])
    assert to_bins(time_s, values, 4, 0.25).tolist() == [2, 2, 5, 5]


def test_rows_with_a_hole_count_as_absent() -> None:
    values = np.array([[1.0, 2.0], [np.nan, 4.0]])
    assert to_bins(np.array([0.0, 0.3]), values, 2, 0.25).tolist() == [[1, 2], [1, 2]]


def test_nothing_at_all_is_zero() -> None:
    assert to_bins(np.zeros(0), np.zeros(0), 3, 0.25).tolist() == [0, 0, 0]


def test_smoothing_stops_at_a_cut() -> None:
    times_s = np.linspace(0.5, 7.5, 8)
    shots = shot_slices(times_s, [4.0])
    curve = np.array([0.0] * 4 + [1.0] * 4)
    assert smooth_within(curve, shots, 2.0) == pytest.approx(curve)
    assert shots == (slice(0, 4), slice(4, 8))


def test_shots_without_a_bin_are_left_out() -> None:
    assert shot_slices(np.array([0.5, 1.5]), [0.6, 0.7, 9.0]) == (slice(0, 1), slice(1, 2))


def test_best_mean() -> None:
    values = np.array([1.0, 9.0, 5.0])
    assert best_mean(values, 2) == 7
    assert best_mean(values, 10) == 5
    assert best_mean(values, 0) == 9


def test_running_filters() -> None:
    spike = np.array([0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0])
    assert running_mean(spike, 4) == pytest.approx([0, 0, 1, 1, 1, 1, 0])
    assert running_max(spike, 3).tolist() == [0, 0, 4, 4, 4, 0, 0]
    assert smooth(spike, 1.0).argmax() == 3
    assert smooth(np.full(3, 7.0), 5.0) == pytest.approx(7)
    assert smooth(np.stack([spike, spike], 1), 1.0)[:, 1] == pytest.approx(smooth(spike, 1.0))


def test_filters_of_a_single_bin() -> None:
    one = np.array([2.0])
    assert running_mean(one, 12).tolist() == running_max(one, 8).tolist() == [2.0]
    assert smooth(one, 2.0) == pytest.approx(2)


def test_nearest_index_takes_the_earlier_of_two() -> None:
    known = np.array([1.0, 3.0, 9.0])
    assert nearest_index(known, np.array([0.0, 2.0, 2.1, 6.1, 20.0])).tolist() == [0, 0, 1, 2, 2]
    assert nearest_index(known[:1], np.array([5.0])).tolist() == [0]
