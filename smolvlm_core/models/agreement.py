"""How near a model in another number format is to the one it came from, on the same frames and question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import Criteria, Evidence, Frame, FrameRGB, SegmentView, Span, never_cancelled
from smolvlm_core.models.decoding import Answers, Logits
from smolvlm_core.models.prompts import score_prompt
from smolvlm_core.models.smolvlm import SmolVLM

SHOWN_FRAMES = 4
ANSWER_TOKENS = 8


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least that is accepted.

    Noise on the visual tokens of the tiny trained checkpoint changes no decision down to a cosine of .96 (a test
    says so), the first at .95, some at .9. On random weights (256M) bfloat16 of torch has cosines of .9999 and
    .9999, int8 .9990 and .9988; what trained weights of that size have was not measured.
    """

    vision_cosine: float = 0.96
    logits_cosine: float = 0.98


@dataclass(frozen=True, slots=True)
class Agreement:
    """Mean cosines to the original: of visual tokens, and of the logits (less their mean) of answer tokens.

    The original's own answer is read by both, so one differing word does not make all others differ.
    """

    vision_cosine: float
    logits_cosine: float

    @property
    def words(self) -> str:
        """``cosines of 0.9990 and 0.9964``."""
        return f"cosines of {self.vision_cosine:.4f} and {self.logits_cosine:.4f}"

    def within(self, bounds: Bounds) -> bool:
        return self.vision_cosine >= bounds.vision_cosine and self.logits_cosine >= bounds.logits_cosine


def view_of(pictures: Sequence[FrameRGB]) -> SegmentView:
    """Pictures a second apart as one segment."""
    frames = tuple(Frame(float(index), rgb) for index, rgb in enumerate(pictures))
    evidence = Evidence(motion_ratio=1.0, rarity=0.0, loudness_db=None, cuts=0, strength=0.5)
    return SegmentView(Span(0.0, float(len(frames))), frames, evidence)


def compare(original: SmolVLM, converted: SmolVLM, pictures: Sequence[FrameRGB]) -> Agreement:
    """Args: pictures: ``SHOWN_FRAMES`` or fewer, not those that it was calibrated on."""
    view = view_of(pictures)
    first, second = (_answering(model, view) for model in (original, converted))
    tokens = [_cosine(a, b) for a, b in zip(first.seen, second.seen, strict=True)]
    return Agreement(float(np.mean(tokens)), float(np.mean(_spoken(first, second))))


@dataclass(frozen=True, slots=True)
class _Answering:
    """A model with its visual tokens (tokens, width), its first answer token's logits, and what takes others."""

    model: SmolVLM
    seen: NDArray[np.float64]
    first: Logits
    answers: Answers

    def after(self, token: int) -> Logits:
        """The logits of the next one."""
        with self.model.runtime.working(never_cancelled):
            (logits,) = self.answers.extend([token], [0])
            return np.asarray(logits)


def _answering(model: SmolVLM, view: SegmentView) -> _Answering:
    decoder = model.runtime.decoder
    with model.runtime.working(never_cancelled):
        question = model.question(score_prompt(Criteria()), view)
        seen = np.concatenate([_as_array(frame.tokens) for frame in question.frames])
        return _Answering(model, seen, decoder.next_logits(question), decoder.side_by_side([decoder.keep()]))


def _spoken(original: _Answering, converted: _Answering) -> list[float]:
    """Of the logits of each token that the original says."""
    pairs = [(original.first, converted.first)]
    for _ in range(ANSWER_TOKENS):
        token = int(pairs[-1][0].argmax())
        pairs.append((original.after(token), converted.after(token)))
    return [_cosine(_as_array(one - one.mean()), _as_array(other - other.mean())) for one, other in pairs]


def _as_array(tokens: Any) -> NDArray[np.float64]:
    return np.asarray(tokens, np.float64)


def _cosine(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))
