"""A reel takes the best that fits, in time order, and shows nothing twice."""

import pytest

from smolvlm_core.analysis.reel import ClipMoment, moments_in, reel_of
from smolvlm_core.domain import Span
from tests.highlights import highlights_of


def moment(name: str, start_s: float, end_s: float) -> ClipMoment:
    return ClipMoment(name, Span(start_s, end_s), 8.0, f"{name} happens.")


def spans(*moments: ClipMoment, longest_s: float = 0.0) -> list[tuple[float, float]]:
    return [(one.span.start_s, one.span.end_s) for one in reel_of(moments, longest_s)]


BEST, SECOND, THIRD = moment("h1", 20, 26), moment("h2", 2, 5), moment("h3", 40, 42)


def test_results_tell_what_can_be_cut() -> None:
    found = moments_in(highlights_of(Span(2.0, 4.5), Span(0.5, 1.0)))
    assert found == (
        ClipMoment("h1", Span(2.0, 4.5), 9.0, "Moment 1."),
        ClipMoment("h2", Span(0.5, 1.0), 8.0, "Moment 2."),
    )
    assert moments_in({"analysis_type": "workout_with_timestamps"}) == ()


def test_without_a_limit_all_are_shown_in_time_order() -> None:
    assert spans(BEST, SECOND, THIRD) == [(2, 5), (20, 26), (40, 42)]
    assert [one.id for one in reel_of([BEST, SECOND, THIRD])] == ["h2", "h1", "h3"]


@pytest.mark.parametrize(
    ("longest_s", "expected"),
    [
        (11.0, [(2, 5), (20, 26), (40, 42)]),
        (10.9, [(2, 5), (20, 26)]),
        (8.0, [(20, 26), (40, 42)]),
        (6.0, [(20, 26)]),
        (5.9, [(2, 5), (40, 42)]),
        (1.0, [(22.5, 23.5)]),
    ],
)
def test_the_best_that_fit_are_shown(longest_s: float, expected: list[tuple[float, float]]) -> None:
    assert spans(BEST, SECOND, THIRD, longest_s=longest_s) == expected


def test_what_two_moments_share_is_shown_once() -> None:
    assert spans(moment("h1", 5, 10), moment("h2", 8, 12), moment("h3", 6, 7)) == [(5, 10), (10, 12)]
    assert spans(moment("h1", 5, 10), moment("h2", 8, 12), longest_s=7.0) == [(5, 10), (10, 12)]


def test_no_moments_make_no_reel() -> None:
    assert reel_of([]) == ()
    assert reel_of([], 5.0) == ()
