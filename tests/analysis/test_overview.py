"""The paragraph on what was found: told in time order, counted honestly, and plain about nothing."""

from dataclasses import replace

import pytest

from smolvlm_core.analysis.overview import MOST_SENTENCES, overview_of
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Criteria, Evidence, Highlight, ScoredMoment, Span

EVIDENCE = Evidence(3.2, 0.1, None, 0, 0.8)
BUILT_IN = AnalysisOptions(AnalysisType.HIGHLIGHTS)
OWN = AnalysisOptions(AnalysisType.HIGHLIGHTS, criteria=Criteria(user_prompt="When the dog barks."))
DURATION_S = 3 * 60.0


def highlight(start_s: float, words: str = "A jump.") -> Highlight:
    return Highlight(f"at {start_s:g}", Span(start_s, start_s + 4), 8.0, words, EVIDENCE)


def test_one_moment_is_told_with_its_time() -> None:
    told = overview_of([highlight(65)], None, BUILT_IN, DURATION_S)
    assert told == "In 03:00, one moment stands out. At 01:05: A jump."


def test_the_best_come_first_but_are_told_in_time_order() -> None:
    told = overview_of([highlight(90, "B."), highlight(10, "A.")], None, BUILT_IN, DURATION_S)
    assert told == "In 03:00, 2 moments stand out. At 00:10: A. At 01:30: B."


def test_own_criteria_are_matched_not_standing_out() -> None:
    one = overview_of([highlight(10)], None, OWN, DURATION_S)
    two = overview_of([highlight(10), highlight(20)], None, OWN, DURATION_S)
    assert "one moment matches what was asked for." in one
    assert "2 moments match what was asked for." in two


@pytest.mark.parametrize(
    ("words", "sentence"),
    [("A jump", "A jump."), ("A jump! ", "A jump!"), ("Who is it?", "Who is it?"), ("And then …", "And then …")],
)
def test_a_description_becomes_a_sentence(words: str, sentence: str) -> None:
    assert overview_of([highlight(10, words)], None, BUILT_IN, DURATION_S).endswith(f"At 00:10: {sentence}")


def test_of_many_only_the_best_are_told_and_that_is_said() -> None:
    last_is_first = [highlight(10 * (7 - index), f"Number {index}.") for index in range(7)]
    told = overview_of(last_is_first, None, BUILT_IN, DURATION_S)
    assert "7 moments stand out." in told
    assert told.count("Number") == MOST_SENTENCES
    assert "Number 5" not in told, "the worst two start first but are left out"
    assert told.endswith("These are the best 5 of 7.")
    assert "best 5" not in overview_of(last_is_first[:5], None, BUILT_IN, DURATION_S)


def test_nothing_names_the_threshold_and_what_came_closest() -> None:
    closest = ScoredMoment(Span(65, 70.5), 5.4, EVIDENCE)
    assert overview_of([], closest, BUILT_IN, DURATION_S) == (
        "Nothing in these 03:00 stands out with a score of 6 or more. The closest was 01:05 to 01:10 with 5.4."
    )
    assert "matches what was asked for with a score of 6" in overview_of([], closest, OWN, DURATION_S)


def test_what_only_the_length_keeps_out_is_told_as_that() -> None:
    closest = ScoredMoment(Span(65, 70.5), 8.4, EVIDENCE)
    told = overview_of([], closest, replace(BUILT_IN, max_reel_s=2.0), DURATION_S)
    assert told == "What stands out in these 03:00 does not fit into 2 s in all."


def test_nothing_at_all_has_no_closest() -> None:
    told = overview_of([], None, BUILT_IN, DURATION_S)
    assert told == "Nothing in these 03:00 stands out with a score of 6 or more."
