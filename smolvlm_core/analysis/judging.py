"""The rule by which what a model says and what was measured become one score. Pure numbers; asks nobody.

A model's log-odds are calibrated twice: against an empty scene (by the model itself, ``VideoModel.judge``) and
within the video, so that one that says Yes to everything here finds nothing. Then both parts are averaged.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smolvlm_core.domain import Criteria, Scoring

SCORE_MIN = 1.0
SCORE_RANGE = 9.0  # 1 to 10
DECIMALS = 1  # of scores: what users see, so the threshold decides on it too

RULE_WITHOUT_MODEL = (
    "Score = 1 + 9 x strength, which combines motion, rarity and sound relative to this video's usual."
)
RULE_WITH_MODEL = (
    "Score = 1 + 9 x ({model:.0%} meaning + {measured:.0%} strength). Meaning is how much surer of a Yes the "
    "model is than for an empty scene and than is usual in this video; strength combines motion, rarity and sound."
)


@dataclass(frozen=True, slots=True)
class JudgingOptions:
    """Log-odds in nats. Chosen by reasoning, for want of weights to measure with."""

    most_baseline: float = 1.0
    """The video's median log-odds count as its usual up to this; above, it is full of what is looked for."""
    margin: float = 2.0
    """Log-odds over the usual that make a meaning of one half: Yes is 7 times likelier than it would be anyway."""
    model_share: float = 0.6
    """Weight of the meaning with the built-in criteria, which ask for what the measurements also look for ..."""
    model_share_own: float = 0.8
    """... and with the user's own, of which the measurements know nothing."""


def scoring_of(
    log_odds: Sequence[float], criteria: Criteria, options: JudgingOptions = JudgingOptions()
) -> Scoring:
    """How this video is scored, from what the model said of its segments (none: no model looked)."""
    if not log_odds:
        return Scoring(0.0, 0.0, RULE_WITHOUT_MODEL)
    baseline = float(np.clip(np.median(log_odds), 0, options.most_baseline))
    share = options.model_share_own if criteria.are_own else options.model_share
    return Scoring(share, baseline, RULE_WITH_MODEL.format(model=share, measured=1 - share))


def meaning_of(log_odds: float, scoring: Scoring, options: JudgingOptions = JudgingOptions()) -> float:
    """0..1, monotonic in the log-odds."""
    return float(1 / (1 + np.exp(-(log_odds - scoring.baseline - options.margin))))


def score_of(strength: float, meaning: float | None, scoring: Scoring) -> float:
    """1..10 of ``strength`` and ``meaning`` 0..1; the strength alone where no model looked."""
    combined = strength
    if meaning is not None:
        combined = scoring.model_share * meaning + (1 - scoring.model_share) * strength
    return round(SCORE_MIN + SCORE_RANGE * float(np.clip(combined, 0, 1)), DECIMALS)
