"""Whatever the cuts, segments cover the video, are bounded, and follow the shots."""

from itertools import pairwise

import numpy as np
import pytest

from smolvlm_core.domain import Span
from smolvlm_core.signals.segments import split_into_segments

DURATIONS_S = (0.04, 0.9, 1.0, 2.6, 15.0, 15.001, 61.7, 600.0)
SEGMENTS_S = (0.001, 1.0, 1.5, 4.0, 15.0, 1e6)


def random_cuts(duration_s: float, seed: int) -> list[float]:
    """Shots from flashes to minutes, in no order and partly outside the video."""
    random = np.random.default_rng(seed)
    lengths_s = random.choice([0.04, 0.3, 0.8, 1.4, 3.0, 9.0, 40.0], size=200) * random.uniform(0.5, 1.5, 200)
    cuts_s = np.cumsum(lengths_s)
    random.shuffle(cuts_s)
    return [-1.0, 0.0, *cuts_s[cuts_s < duration_s * 1.2].tolist(), duration_s, duration_s + 3]


@pytest.mark.parametrize("segment_s", SEGMENTS_S)
@pytest.mark.parametrize("duration_s", DURATIONS_S)
def test_properties(duration_s: float, segment_s: float) -> None:
    longest_s = max(segment_s, 1.0)
    for seed in range(6):
        cuts_s = random_cuts(duration_s, seed) if seed else []
        spans = split_into_segments(duration_s, cuts_s, segment_s)
        assert spans[0].start_s == 0
        assert spans[-1].end_s == duration_s
        assert all(one.end_s == other.start_s for one, other in pairwise(spans))
        assert max(span.duration_s for span in spans) <= longest_s + 1e-5
        if duration_s > 1:
            assert min(span.duration_s for span in spans) >= min(1.0, longest_s / 2) - 1e-5
        else:
            assert len(spans) == 1
        assert spans == split_into_segments(duration_s, cuts_s, segment_s)


@pytest.mark.parametrize("segment_s", [0.001, 1.0, 15.0])
def test_four_hours_give_a_bounded_number(segment_s: float) -> None:
    spans = split_into_segments(4 * 3600, np.arange(0, 4 * 3600, 0.7).tolist(), segment_s)
    assert len(spans) <= 28_800


def test_a_separate_shot_starts_and_ends_on_its_cuts() -> None:
    spans = split_into_segments(95, [29, 42, 51, 71], 15)
    assert Span(42, 51) in spans
    assert {29.0, 42.0, 51.0, 71.0} <= {span.start_s for span in spans}


def test_a_long_shot_is_divided_equally() -> None:
    spans = split_into_segments(40, [], 15)
    assert [span.duration_s for span in spans] == pytest.approx([40 / 3] * 3)


def test_short_shots_are_joined_but_not_beyond_a_segment() -> None:
    spans = split_into_segments(20, [float(cut) for cut in range(1, 20)], 8)
    assert [(span.start_s, span.end_s) for span in spans] == [(0, 8), (8, 16), (16, 20)]


def test_a_short_shot_is_not_joined_to_a_long_one() -> None:
    assert split_into_segments(20, [6, 7.5], 15) == (Span(0, 6), Span(6, 7.5), Span(7.5, 20))


def test_a_sliver_joins_the_neighbour_that_stays_whole() -> None:
    assert split_into_segments(20.5, [15, 15.5], 15) == (Span(0, 15), Span(15, 20.5))
    assert split_into_segments(20.5, [5, 5.5], 15) == (Span(0, 5.5), Span(5.5, 20.5))


def test_a_video_without_duration_has_no_segments() -> None:
    assert split_into_segments(0.0, [], 15) == ()


@pytest.mark.parametrize(("duration_s", "segment_s"), [(10, 0), (10, -1), (float("nan"), 15), (10, float("inf"))])
def test_nonsense_is_refused(duration_s: float, segment_s: float) -> None:
    with pytest.raises(ValueError, match="cannot split"):
        split_into_segments(duration_s, [], segment_s)
