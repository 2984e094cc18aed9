"""The baselines find what they are meant to find, and nothing in flat curves."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.baselines import (
    baseline_spans,
    difference_curve,
    grown_peaks,
    loudness_curve,
    mean_difference,
    random_hit_rate,
)
from benchmarks.truth import iou
from smolvlm_core.domain import Span
from tests.clips import ClipSpec, calm, in_turn, tone, wild_balls, write_clip


def curve_of(*runs: tuple[int, float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """So many bins of each value."""
    return np.concatenate([np.full(count, value) for count, value in runs])


def test_a_peak_grows_down_to_its_share_and_the_highest_comes_first() -> None:
    curve = curve_of((40, 0.0), (4, 4.0), (2, 10.0), (2, 3.9), (40, 0.0), (4, 5.0), (40, 0.0))
    assert grown_peaks(curve, bin_s=0.5) == (Span(20, 23), Span(44, 46))


def test_growth_counts_from_the_usual_level() -> None:
    curve = curve_of((40, 10.0), (4, 12.0), (2, 20.0), (4, 14.0), (40, 10.0))  # level 10 + .4 * 10
    assert grown_peaks(curve, bin_s=0.5)[0] == Span(22, 25)


def test_short_dips_are_bridged_and_long_ones_are_not() -> None:
    bridged = curve_of((40, 0.0), (4, 9.0), (2, 0.0), (4, 8.0), (40, 0.0))
    assert grown_peaks(bridged, bin_s=0.5) == (Span(20, 25),)
    apart = curve_of((40, 0.0), (4, 9.0), (8, 0.0), (4, 8.0), (40, 0.0))
    assert grown_peaks(apart, bin_s=0.5) == (Span(20, 22), Span(26, 28))


def test_no_more_than_asked_for_and_none_in_a_flat_curve() -> None:
    many = curve_of(
        *[(count, value) for value in (9.0, 8.0, 7.0, 6.0) for count, value in ((20, 0.0), (4, value))]
    )
    assert len(grown_peaks(many, bin_s=0.5, top=3)) == 3
    assert grown_peaks(np.full(50, 2.0)) == ()


def test_the_difference_of_two_pictures_is_in_grey_levels() -> None:
    dark, bright = np.full((9, 16), 20, np.uint8), np.full((18, 32), 50, np.uint8)
    assert mean_difference(bright, dark) == mean_difference(dark, bright) == 30.0
    assert mean_difference(dark, None) == 0.0


def test_differences_peak_where_the_picture_changes() -> None:
    times_s = np.arange(80) / 8
    differences = np.where((times_s >= 4) & (times_s < 6), 30.0, 2.0)
    span, *_ = grown_peaks(difference_curve(times_s, differences, duration_s=10.0))
    assert iou(span, Span(4, 6)) > 0.6


def test_loudness_peaks_where_it_is_loud() -> None:
    times_s = np.arange(100) / 10 + 0.05
    levels_db = np.where((times_s > 7) & (times_s < 9), -6.0, -60.0).astype(np.float32)
    curve = loudness_curve(times_s, levels_db, duration_s=10.0)
    assert curve is not None
    span, *_ = grown_peaks(curve)
    assert iou(span, Span(7, 9)) > 0.6
    assert loudness_curve(np.zeros(0), np.zeros(0, np.float32), duration_s=10.0) is None


def test_random_windows_hit_as_often_as_arithmetic_says() -> None:
    # A window of 2 s over an event of 2 s needs 1 s in common for an IoU of 1/3: starts 3..5 s of 0..8 s.
    assert random_hit_rate(10.0, [Span(4, 6)], 2.0, 1 / 3 - 1e-9) == pytest.approx(2 / 8, abs=0.001)
    assert random_hit_rate(10.0, [Span(0, 10)], 20.0, 0.5) == 1.0
    assert random_hit_rate(10.0, [], 2.0, 0.3) == 0.0


def test_both_curves_come_from_one_scan(tmp_path: Path) -> None:
    picture = in_turn((0.0, calm(noise=1)), (4.0, wild_balls()), (7.0, calm(noise=1)))
    video = write_clip(tmp_path / "a.mp4", ClipSpec(12.0, picture=picture, sound=tone(loud=Span(8, 10))))
    spans = baseline_spans(video)
    assert iou(spans["frame_difference"][0], Span(4, 7)) > 0.6
    assert iou(spans["loudness"][0], Span(8, 10)) > 0.6
    silent = write_clip(tmp_path / "b.mp4", ClipSpec(2.0))
    assert baseline_spans(silent)["loudness"] == ()
