"""Which moments make the list of highlights."""

from smolvlm_core.analysis.selection import choose_moments, joined_events
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Evidence, ScoredMoment, Span

CALM = Evidence(1.0, 0.0, None, 0, 0.0)
HOUR_S = 3600.0


def moment(start_s: float, score: float, length_s: float = 5.0) -> ScoredMoment:
    return ScoredMoment(Span(start_s, start_s + length_s), score, CALM)


def options(least: int = 6, most: int = 10, reel_s: float = 0.0) -> AnalysisOptions:
    return AnalysisOptions(AnalysisType.HIGHLIGHTS, least, most, max_reel_s=reel_s)


def starts(moments: tuple[ScoredMoment, ...]) -> list[float]:
    return [moment.span.start_s for moment in moments]


def test_the_threshold_is_inclusive_and_the_best_comes_first() -> None:
    moments = [moment(index * 600, score) for index, score in enumerate((6.0, 1.0, 9.0, 5.9, 7.0))]
    assert [one.score for one in choose_moments(moments, options(), HOUR_S)] == [9.0, 7.0, 6.0]


def test_nothing_above_the_threshold_gives_an_empty_list() -> None:
    assert choose_moments([moment(0, 5.9), moment(60, 1.0)], options(), HOUR_S) == ()


def test_ties_go_by_time_and_the_number_is_bounded() -> None:
    moments = [moment(start_s, 7.0) for start_s in (2400, 0, 1200)]
    assert starts(choose_moments(moments, options(most=2), HOUR_S)) == [0, 1200]


def test_among_near_equals_those_spread_over_the_video_are_taken() -> None:
    crowd = [moment(start_s, 8.0) for start_s in (0, 20, 40)]
    assert starts(choose_moments([*crowd, moment(1800, 7.5)], options(most=2), HOUR_S)) == [0, 1800]
    assert starts(choose_moments([*crowd, moment(1800, 6.5)], options(most=2), HOUR_S)) == [0, 20]


def test_where_all_fit_all_are_taken() -> None:
    crowd = [moment(start_s, 8.0) for start_s in (0, 20, 40)]
    assert len(choose_moments(crowd, options(most=3), HOUR_S)) == 3


def test_the_reel_is_filled_with_what_fits() -> None:
    moments = [moment(0, 9.0, 20), moment(1000, 8.0, 20), moment(2000, 7.0, 8)]
    assert starts(choose_moments(moments, options(reel_s=30), HOUR_S)) == [0, 2000]
    assert choose_moments(moments, options(reel_s=5), HOUR_S) == ()


def test_sure_neighbours_of_one_shot_are_one_event_with_the_better_score() -> None:
    (one,) = joined_events([moment(0, 7.0), moment(6, 9.0)], ())
    assert (one.span, one.score) == (Span(0, 11), 9.0)
    (overlapping,) = joined_events([moment(0, 7.0), moment(3, 6.0)], (2.0,))
    assert overlapping.span == Span(0, 8)


def test_a_cut_a_pause_or_a_doubt_keeps_neighbours_apart() -> None:
    for second, cuts_s in ((moment(6, 9.0), (5.5,)), (moment(7, 9.0), ()), (moment(6, 5.0), ())):
        assert len(joined_events([moment(0, 7.0), second], cuts_s)) == 2
