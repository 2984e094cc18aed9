"""Which segments make the list of highlights."""

from smolvlm_core.analysis.highlights import choose_highlights
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Evidence, ScoredSegment, Skipped, Span

CALM = Evidence(1.0, 0.0, None, 0, 0.0)


def segments(*scores: float | Skipped, length_s: float = 10.0) -> list[ScoredSegment]:
    return [
        ScoredSegment(index, Span(index * length_s, (index + 1) * length_s), score, CALM)
        for index, score in enumerate(scores)
    ]


def options(least: int = 6, most: int = 10, segment_s: float = 10.0) -> AnalysisOptions:
    return AnalysisOptions(AnalysisType.HIGHLIGHTS, least, most, segment_s)


def test_the_threshold_is_inclusive_and_the_best_comes_first() -> None:
    chosen = choose_highlights(segments(6.0, 1.0, 9.0, 5.9, 7.0), options(), ())
    assert [segment.score for segment in chosen] == [9.0, 7.0, 6.0]


def test_nothing_above_the_threshold_gives_an_empty_list() -> None:
    assert choose_highlights(segments(5.9, 1.0), options(), ()) == ()


def test_ties_go_by_time_and_the_number_is_bounded() -> None:
    chosen = choose_highlights(segments(7.0, 1.0, 7.0, 1.0, 7.0), options(most=2), ())
    assert [segment.span.start_s for segment in chosen] == [0.0, 20.0]


def test_a_skipped_segment_is_never_chosen() -> None:
    assert choose_highlights(segments(Skipped("no picture"), 1.0), options(least=1), ())[0].index == 1


def test_neighbours_in_one_shot_are_one_highlight_with_the_better_score() -> None:
    (one,) = choose_highlights(segments(1.0, 7.0, 8.0, 1.0), options(), ())
    assert (one.span, one.score) == (Span(10.0, 30.0), 8.0)


def test_a_cut_keeps_neighbours_apart() -> None:
    assert len(choose_highlights(segments(1.0, 7.0, 8.0, 1.0), options(), (20.0,))) == 2


def test_merging_stops_at_two_segment_durations() -> None:
    chosen = choose_highlights(segments(8.0, 8.0, 8.0, 8.0), options(), ())
    assert [segment.span for segment in chosen] == [Span(0.0, 20.0), Span(20.0, 40.0)]
