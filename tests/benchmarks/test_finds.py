"""Hits, recall and edges against numbers worked out by hand."""

import pytest

from benchmarks.cost import Cost, median_ratio, total_ratio
from benchmarks.finds import Chance, Find, chance, judge, measure_chances, measure_finds, recall_of
from benchmarks.truth import Truth
from smolvlm_core.domain import Span

GOALS = tuple(Span(start_s, start_s + 2) for start_s in (10.0, 20.0, 30.0, 40.0))
MATCH = Truth("match.mp4", "good", None, GOALS, GOALS)


def test_the_best_span_is_compared_with_the_event_it_matches_best() -> None:
    find = judge([Span(19.5, 22.5), Span(10, 12)], MATCH)
    assert find.event == Span(20, 22)
    assert find.iou == pytest.approx(2 / 3)
    assert find.edge_errors_s == (-0.5, 0.5)


def test_a_miss_has_no_edges_and_nothing_found_is_a_miss() -> None:
    assert judge([Span(0, 5)], MATCH) == Find(Span(0, 5), 0.0, None, 0.0)
    assert judge([], MATCH) == Find(None, 0.0, None, 0.0)
    assert judge([], MATCH).edge_errors_s is None


def test_recall_counts_the_top_three_of_as_many_as_three_can_find() -> None:
    assert judge([Span(10, 12), Span(0, 5), Span(30, 32), Span(40, 42)], MATCH).recall3 == pytest.approx(2 / 3)
    assert recall_of([Span(10, 12)], GOALS[:1]) == 1.0
    assert recall_of([Span(10, 12)], GOALS[:2]) == 0.5
    assert recall_of([Span(10, 12)], ()) == 0.0
    overlapping = (Span(10, 12), Span(10, 13), Span(10, 14), Span(10, 15))
    assert recall_of([Span(10, 14)], overlapping) == 1.0, "one span may find several, never more than all"


def test_edges_count_only_where_the_moment_is_matched() -> None:
    good = judge([Span(19.5, 22.25)], MATCH)  # IoU 0.73: errors 0.5 and 0.25
    loose = judge([Span(20, 26)], MATCH)  # IoU 1/3: a hit at .3, edges not counted
    missed = judge([Span(0, 5)], MATCH)
    measures = measure_finds([good, loose, missed])
    assert measures.hit1_iou30 == pytest.approx(2 / 3)
    assert measures.hit1_iou50 == pytest.approx(1 / 3)
    assert measures.median_edge_error_s == pytest.approx(0.375)
    assert (measures.n, measures.n_edges) == (3, 2)


def test_nothing_to_measure_is_none_and_not_zero() -> None:
    assert measure_finds([]).hit1_iou50 is None
    assert measure_finds([judge([], MATCH)]).median_edge_error_s is None


def test_chance_takes_windows_of_the_median_length() -> None:
    event = Span(4, 6)
    luck = chance(Truth("a.mp4", "good", None, (event,), (event,)), 10.0)
    # An IoU of .3 of two spans of 2 s needs 4 * .3 / 1.3 s in common: 2 * (2 - 0.923) s of 8 s of starts.
    assert luck.hit1_iou30 == pytest.approx(2 * (2 - 1.2 / 1.3) / 8, abs=0.002)
    assert luck.hit1_iou50 == pytest.approx(2 * (2 - 2 / 1.5) / 8, abs=0.002)
    assert luck.recall3 == pytest.approx(1 - (1 - luck.hit1_iou30) ** 3, abs=1e-9)
    assert chance(Truth("a.mp4", "good", None, (), ()), 10.0) == Chance(0.0, 0.0, 0.0)
    assert measure_chances([luck, Chance(0.0, 0.0, 0.0)]).recall3 == pytest.approx(luck.recall3 / 2)


def test_cost_is_weighed_by_length_and_told_for_the_middle_file() -> None:
    costs = [Cost(1.0, 9.0), Cost(2.0, 4.0), Cost(97.0, 87.0)]
    assert total_ratio(costs) == pytest.approx(1.0)
    assert median_ratio(costs) == pytest.approx(2.0)
    assert total_ratio([]) is median_ratio([]) is None
