"""The model that is none: words for measured numbers, no judgement of what they mean. Looks at no frame.

It runs where no checkpoint can be had, and its words also stand in where a real model had none.
"""

import math
from collections.abc import Sequence

from smolvlm_core.domain import (
    CheckCancelled,
    Choice,
    Criteria,
    Evidence,
    Judgement,
    ModelInfo,
    SegmentView,
    Skipped,
)
from smolvlm_core.models.base import WantsWords, one_by_one

# What is worth a word; chosen by eye on everyday footage.
MOTION_HIGH = 1.5  # times the video's usual
MOTION_LOW = 0.5
LOUDER_DB = 3.0  # twice the acoustic power
QUIETER_DB = -6.0
RARITY_HIGH = 0.6  # of 1

TIMES = "\u00d7"


def words_of(evidence: Evidence) -> str:
    """Plain sentences that say what was measured, and nothing else."""
    others = [*_sound_words(evidence), *_picture_words(evidence)]
    if not others and MOTION_LOW < evidence.motion_ratio < MOTION_HIGH:
        return f"Nothing measured stands out: motion is {_ratio(evidence.motion_ratio)} this video's usual."
    text = "; ".join([_motion_words(evidence), *others])
    return f"{text[0].upper()}{text[1:]}."


def _motion_words(evidence: Evidence) -> str:
    words = f"motion {_ratio(evidence.motion_ratio)} this video's usual"
    if evidence.motion_ratio <= MOTION_LOW:
        return f"calmer than usual, {words}"
    return f"{words}, its liveliest part" if evidence.liveliest else words


def _sound_words(evidence: Evidence) -> list[str]:
    level = evidence.loudness_db
    if level is None or not math.isfinite(level):
        return []
    words = ["a sudden sound"] if evidence.sudden_sound else []
    if evidence.rare_voice:
        words.append("speech or music, seldom heard otherwise")
    if level >= LOUDER_DB:
        louder = f"{level:.0f} dB louder than usual"
        words.append(f"the loudest second, {louder}" if evidence.loudest else louder)
    elif level <= QUIETER_DB:
        words.append(f"{-level:.0f} dB quieter than usual")
    return words


def _picture_words(evidence: Evidence) -> list[str]:
    words = []
    if evidence.lone_shot:
        words.append("the only shot of its kind")
    elif evidence.rarity >= RARITY_HIGH:
        words.append("looks unlike the rest of the video")
    if evidence.cuts:
        words.append("one hard cut" if evidence.cuts == 1 else f"{evidence.cuts} hard cuts")
    return words


def _ratio(value: float) -> str:
    return f"{value:.1f}{TIMES}"


class SignalsModel:
    """``VideoModel`` over the evidence alone: what was measured is the score, whatever was asked."""

    frames_wanted = 0

    def __init__(self, reason: str) -> None:
        self.info = ModelInfo("signals", "measured-signals", None, "cpu", "float32", reason)

    def judge(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> float | None:
        check()
        return None

    def describe(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> str:
        check()
        return words_of(view.evidence)

    def judge_and_describe(
        self, views: Sequence[SegmentView], criteria: Criteria, wants_words: WantsWords, check: CheckCancelled
    ) -> list[Judgement | Skipped]:
        return one_by_one(self, views, criteria, wants_words, check)

    def choose(
        self, view: SegmentView, labels: Sequence[str], criteria: Criteria, check: CheckCancelled
    ) -> Choice:
        """Never a label: motion and loudness cannot tell one exercise from another."""
        check()
        share = 1 / len(labels)
        return Choice(None, share, dict.fromkeys(labels, share))
