"""Where a model looks when it cannot look everywhere."""

import itertools

from smolvlm_core.analysis.looking import (
    EFFORTS,
    LEAST_MOMENTS,
    most_moments,
    segment_frames,
    shortlist,
    with_surroundings,
)
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Criteria, Span, Thoroughness

OWN = Criteria(user_prompt="When the dog barks.")


def options(thoroughness: Thoroughness, criteria: Criteria = OWN) -> AnalysisOptions:
    return AnalysisOptions(AnalysisType.HIGHLIGHTS, criteria=criteria, thoroughness=thoroughness)


def test_short_videos_are_looked_at_whole() -> None:
    for thoroughness in Thoroughness:
        assert shortlist([0.0] * 20, options(thoroughness)) == set(range(20))


def test_exhaustive_means_everything() -> None:
    assert len(shortlist([0.0] * 960, options(Thoroughness.EXHAUSTIVE))) == 960


def test_the_strongest_are_looked_at_first() -> None:
    strengths = [index / 960 for index in range(960)]
    chosen = shortlist(strengths, options(Thoroughness.FAST, Criteria()))
    assert chosen == set(range(936, 960))


def test_for_own_criteria_some_are_taken_everywhere() -> None:
    most = EFFORTS[Thoroughness.FAST].segments
    chosen = sorted(shortlist([0.0] * 900 + [1.0] * 60, options(Thoroughness.FAST)))
    assert len(chosen) == most
    assert sum(index >= 900 for index in chosen) >= 12
    gaps = [after - before for before, after in itertools.pairwise(chosen)]
    assert max(gaps) <= 960 / 12 + 1


def test_surroundings_stay_within_the_shot_and_the_video() -> None:
    assert with_surroundings(Span(10, 14), (), 100) == Span(9.2, 14.8)
    assert with_surroundings(Span(10, 30), (), 100) == Span(9, 31)
    assert with_surroundings(Span(10, 14), (9.5, 14.2), 100) == Span(9.5, 14.2)
    assert with_surroundings(Span(0, 4), (2.0,), 4) == Span(0, 4)


def test_segments_get_more_frames_where_measurements_know_nothing() -> None:
    for thoroughness in (Thoroughness.FAST, Thoroughness.BALANCED):
        built_in = segment_frames(options(thoroughness, Criteria()))
        own = segment_frames(options(thoroughness))
        assert built_in is not None
        assert own == 2 * built_in
    assert segment_frames(options(Thoroughness.EXHAUSTIVE)) is None


def test_moments_are_limited_by_the_length_of_the_video() -> None:
    assert most_moments(options(Thoroughness.BALANCED), 10.0) == LEAST_MOMENTS
    assert most_moments(options(Thoroughness.BALANCED), 180.0) == 12
    assert most_moments(options(Thoroughness.BALANCED), 7200.0) == EFFORTS[Thoroughness.BALANCED].moments
    assert most_moments(options(Thoroughness.EXHAUSTIVE), 10.0) == EFFORTS[Thoroughness.EXHAUSTIVE].moments
