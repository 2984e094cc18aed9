"""Segments and highlights become one score for each clip."""

import numpy as np
import pytest

from benchmarks.clip_scores import clip_scores
from smolvlm_core.domain import Skipped, Span
from tests.benchmarks.results import result_of


def test_segment_and_highlight_count_half_each() -> None:
    result = result_of([(Span(0, 4), 3.0), (Span(4, 10), 9.0)], [(Span(5, 8), 9.0)])
    scores = clip_scores(result, [0, 2, 4, 6, 8, 10])
    assert scores == pytest.approx([2.0, 2.0, (9 + 5) / 2, 9.0, 5.0])


def test_borders_inside_a_clip_weigh_by_time() -> None:
    result = result_of([(Span(0, 1), 2.0), (Span(1, 4), 6.0)], [])
    assert clip_scores(result, [0, 2, 4]) == pytest.approx([(4 + 1) / 2, (6 + 1) / 2])


def test_skipped_segments_and_the_time_after_the_end_get_the_lowest_score() -> None:
    result = result_of([(Span(0, 2), Skipped("dark")), (Span(2, 3), 9.0)], [])
    assert clip_scores(result, [0, 2, 4, 6]) == pytest.approx([1.0, (5 + 1) / 2, 1.0])


def test_where_highlights_overlap_the_higher_one_counts() -> None:
    result = result_of([], [(Span(0, 4), 9.0), (Span(2, 6), 3.0)])
    assert clip_scores(result, [0, 2, 4, 6]) == pytest.approx([(1 + 9) / 2, (1 + 9) / 2, (1 + 3) / 2])


def test_clips_need_not_reach_the_end() -> None:
    result = result_of([(Span(0, 10), 9.0)], [(Span(1, 9), 9.0)])
    assert np.array_equal(clip_scores(result, [2, 4, 6]), [9.0, 9.0])
