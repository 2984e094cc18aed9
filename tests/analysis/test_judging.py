"""The rule that makes one score of a model's log-odds and of what was measured."""

import pytest

from smolvlm_core.analysis.judging import meaning_of, score_of, scoring_of
from smolvlm_core.domain import Criteria

OWN = Criteria(user_prompt="When the dog barks.")


def scores(log_odds: list[float], criteria: Criteria = OWN, strength: float = 0.0) -> list[float]:
    scoring = scoring_of(log_odds, criteria)
    return [score_of(strength, meaning_of(one, scoring), scoring) for one in log_odds]


def test_without_a_model_the_measurement_is_the_score() -> None:
    scoring = scoring_of([], OWN)
    assert [score_of(strength, None, scoring) for strength in (0.0, 0.5, 1.0)] == [1.0, 5.5, 10.0]


def test_what_is_asked_for_stands_out_from_what_is_not() -> None:
    found = scores([-3.0, 8.0, -2.0, -3.0, 0.5])
    assert found[1] > 8
    assert max(found[:1] + found[2:]) < 4


def test_a_query_nobody_satisfies_finds_nothing() -> None:
    assert max(scores([0.4, -0.2, 0.1, 0.3])) < 4


def test_a_model_that_says_yes_to_everything_finds_nothing() -> None:
    """Yes is a little likelier than in an empty scene everywhere: that is this video's usual."""
    assert max(scores([0.9, 1.1, 1.0, 1.3, 0.8])) < 4


def test_a_video_full_of_what_is_looked_for_is_all_highlight() -> None:
    assert min(scores([8.0, 7.0, 9.0])) > 8


def test_the_measurement_counts_for_more_with_the_built_in_criteria() -> None:
    own = scores([0.0, 0.0, 8.0], OWN, strength=1.0)
    built_in = scores([0.0, 0.0, 8.0], Criteria(), strength=1.0)
    assert own[0] < built_in[0] < 6
    assert own[2] == pytest.approx(built_in[2], abs=0.1)
    assert scores([8.0, 0.0, 0.0], Criteria(), strength=0.0)[0] >= 6  # quiet moments may matter


def test_meaning_is_monotonic() -> None:
    scoring = scoring_of([0.0], OWN)
    meanings = [meaning_of(log_odds, scoring) for log_odds in (-50.0, -1.0, 0.0, 2.0, 3.0, 50.0)]
    assert meanings == sorted(meanings)
    assert meanings[3] == pytest.approx(0.5)
    assert 0 <= meanings[0] < meanings[-1] <= 1


def test_the_rule_is_told_with_its_weights() -> None:
    assert "80% meaning" in scoring_of([0.0], OWN).rule
    assert "60% meaning" in scoring_of([0.0], Criteria()).rule
    assert "meaning" not in scoring_of([], Criteria()).rule
