"""What SmolVLM2 is asked and how its answers are read: scores from logits, words by greedy decoding, labels by
likelihood. Knows neither files nor the library that computes; takes frames as arrays.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, ParamSpec, Protocol, TypeVar

import numpy as np

from smolvlm_core.domain import (
    CheckCancelled,
    Choice,
    Criteria,
    Evidence,
    Frame,
    Judgement,
    ModelInfo,
    SegmentView,
    Skipped,
    Span,
    never_cancelled,
)
from smolvlm_core.errors import ModelError, ModelUnavailable
from smolvlm_core.models.base import MAX_DESCRIPTION_TOKENS, WantsWords
from smolvlm_core.models.decoding import Decoder, Kept, Logits, finite, log_sum_exp
from smolvlm_core.models.encoding import NO_WORDS, YES_WORDS, PromptEncoder, Question
from smolvlm_core.models.exercises import UNKNOWN_LABEL
from smolvlm_core.models.prompts import Prompt, choice_prompt, describe_prompt, score_prompt
from smolvlm_core.models.replies import clean_description, sentence_ends
from smolvlm_core.models.vision import FrameEyes

T = TypeVar("T")
P = ParamSpec("P")

MAX_SENTENCES = 2
SURE_RATIO = 1.5  # the best label must be so many times likelier than the next; chosen by eye
TICK_S = 0.05  # between two looks whether the work was cancelled
LOCK_POLL_S = 0.2  # how often a waiting caller looks whether it was cancelled

# Nothing to see: what a label or a Yes gets here it gets from the prompt alone (contextual calibration,
# Zhao et al. 2021).
BLANK_VIEW = SegmentView(
    Span(0.0, 1.0),
    (Frame(0.0, np.full((64, 64, 3), 127, np.uint8)),),
    Evidence(motion_ratio=1.0, rarity=0.0, loudness_db=None, cuts=0, strength=0.0),
)


class Runtime(Protocol):
    """Computes the two halves of a checkpoint, each on its own memory of what it computed before."""

    @property
    def eyes(self) -> FrameEyes:
        """Frames to visual tokens."""

    @property
    def decoder(self) -> Decoder:
        """Tokens to logits."""

    def working(self, tick: Callable[[], None]) -> AbstractContextManager[None]:
        """Around all work on one question: ``tick`` is called well within every second, and may raise.

        Raises: ModelError: in place of the library's own errors.
        """


@dataclass(frozen=True, slots=True)
class Speech:
    """How a checkpoint talks. ``end_ids`` are the tokens that end an answer."""

    encoder: PromptEncoder
    end_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Begun:
    """A question that was read, and what may be the answer's first token."""

    logits: Logits
    kept: Kept


@dataclass(slots=True)
class Draft:
    """An answer while it is written."""

    tokens: list[int] = field(default_factory=list)
    text: str = ""
    ended: bool = False


class SmolVLM:
    """``VideoModel`` over one checkpoint. Safe to call from several threads: they take turns."""

    def __init__(self, runtime: Runtime, speech: Speech, info: ModelInfo, frames_wanted: int) -> None:
        """Raises: ModelUnavailable: the tokenizer cannot tell Yes from No."""
        self.info = info
        self.frames_wanted = frames_wanted
        self.runtime = runtime
        self.encoder = speech.encoder
        self._decoder = runtime.decoder
        self._end_ids = speech.end_ids
        self._never_said = sorted(self.encoder.special_ids - self._end_ids)
        yes, no = self.encoder.answer_ids(YES_WORDS), self.encoder.answer_ids(NO_WORDS)
        self._yes_ids, self._no_ids = sorted(yes - no), sorted(no - yes)
        if not self._yes_ids or not self._no_ids:
            raise ModelUnavailable("The checkpoint's tokenizer cannot tell Yes from No.")
        self._priors: dict[Prompt, list[float]] = {}
        self._controls: dict[Prompt, float] = {}
        self._lock = threading.Lock()
        self._check: CheckCancelled = never_cancelled
        self._checked_at_s = 0.0

    @property
    def eyes(self) -> FrameEyes:
        """Frames to visual tokens."""
        return self.runtime.eyes

    def judge(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> float | None:
        """Of Yes against No as the answer's first word, in one forward pass; the control's is computed once."""
        with self._turn(check), self.runtime.working(self._tick):
            return self._judged(score_prompt(criteria), view)

    def _judged(self, prompt: Prompt, view: SegmentView) -> float:
        if prompt not in self._controls:
            self._controls = {prompt: self._yes_against_no(prompt, BLANK_VIEW)}
        return self._yes_against_no(prompt, view) - self._controls[prompt]

    def _yes_against_no(self, prompt: Prompt, view: SegmentView) -> float:
        """Log-odds."""
        logits = self._ask(prompt, view)
        return log_sum_exp(logits[self._yes_ids]) - log_sum_exp(logits[self._no_ids])

    def describe(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> str:
        prompt = describe_prompt(criteria)
        with self._turn(check), self.runtime.working(self._tick):
            (text,) = self._write([self._begin(prompt, view)])
        words = _cleaned(text, prompt)
        if isinstance(words, Skipped):
            raise ModelError(words.reason)
        return words

    def judge_and_describe(
        self, views: Sequence[SegmentView], criteria: Criteria, wants_words: WantsWords, check: CheckCancelled
    ) -> list[Judgement | Skipped]:
        """Both questions about one view share what was read of it; then all answers are written side by side."""
        score, tell = score_prompt(criteria), describe_prompt(criteria)
        judged: list[float | Skipped] = []
        begun: dict[int, Begun] = {}
        words: dict[int, str | Skipped] = {}
        with self._turn(check):
            for index, view in enumerate(views):
                judged.append(log_odds := self._or_skipped(self._judged, score, view))
                if isinstance(log_odds, Skipped) or not wants_words(index, log_odds):
                    continue
                start = self._or_skipped(self._begin, tell, view)
                if isinstance(start, Skipped):
                    words[index] = start
                else:
                    begun[index] = start
            words |= self._told(begun, tell)
        return [
            one if isinstance(one, Skipped) else Judgement(one, words.get(index))
            for index, one in enumerate(judged)
        ]

    def _told(self, begun: dict[int, Begun], prompt: Prompt) -> dict[int, str | Skipped]:
        texts = self._or_skipped(self._write, list(begun.values())) if begun else []
        if isinstance(texts, Skipped):
            return dict.fromkeys(begun, texts)
        return {index: _cleaned(text, prompt) for index, text in zip(begun, texts, strict=True)}

    def _or_skipped(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T | Skipped:
        """The outcome of ``work``, or why there is none; other work goes on."""
        try:
            with self.runtime.working(self._tick):
                return work(*args, **named)
        except ModelError as error:
            self._decoder.forget()  # it may hold half a pass
            return Skipped(error.message)

    def choose(
        self, view: SegmentView, labels: Sequence[str], criteria: Criteria, check: CheckCancelled
    ) -> Choice:
        """By mean log-likelihood per token of each label as the answer, less what it gets with nothing to see.

        Not sure: the best is ``UNKNOWN_LABEL``, or not ``SURE_RATIO`` times likelier than the next.
        """
        prompt = choice_prompt(labels, criteria)
        with self._turn(check), self.runtime.working(self._tick):
            if prompt not in self._priors:
                self._priors = {prompt: self._label_likelihoods(prompt, BLANK_VIEW, labels)}
            seen = self._label_likelihoods(prompt, view, labels)
        gains = np.array(seen) - np.array(self._priors[prompt])
        return choice_of(labels, np.exp(gains - gains.max()))

    def _label_likelihoods(self, prompt: Prompt, view: SegmentView, labels: Sequence[str]) -> list[float]:
        logits = self._ask(prompt, view)
        return self._decoder.mean_log_likelihoods(
            logits, [self.encoder.continuation_ids(label) for label in labels]
        )

    def _ask(self, prompt: Prompt, view: SegmentView) -> Logits:
        """Of the answer's first token."""
        logits = self._decoder.next_logits(self.question(prompt, view))
        if not finite(logits):
            raise ModelError("The model answered with numbers that are none; its files may be damaged.")
        return logits

    def question(self, prompt: Prompt, view: SegmentView) -> Question:
        """The prompt encoded with the view's frames. Raises: ModelError: there is none."""
        if not view.frames:
            raise ModelError("There is no frame to look at in this segment.")
        return self.encoder.encode(prompt, view, self.eyes.see(view.frames, self._tick))

    def _begin(self, prompt: Prompt, view: SegmentView) -> Begun:
        return Begun(self._ask(prompt, view), self._decoder.keep())

    def _write(self, begun: Sequence[Begun]) -> list[str]:
        """Greedy texts side by side, each until its turn ends, enough sentences are whole, or tokens are spent."""
        drafts = [Draft() for _ in begun]
        answers = self._decoder.side_by_side([one.kept for one in begun])
        logits = np.stack([one.logits for one in begun])
        going_on = drafts
        while going_on:
            logits[:, self._never_said] = -np.inf
            for draft, token in zip(going_on, logits.argmax(axis=1).tolist(), strict=True):
                self._add(draft, token)
            rows = [row for row, draft in enumerate(going_on) if not draft.ended]
            going_on = [going_on[row] for row in rows]
            if going_on:
                self._tick()
                logits = answers.extend([draft.tokens[-1] for draft in going_on], rows)
        return [draft.text for draft in drafts]

    def _add(self, draft: Draft, token: int) -> None:
        if token in self._end_ids:
            draft.ended = True
            return
        draft.tokens.append(token)
        draft.text = self.encoder.words_of(draft.tokens)
        whole = sentence_ends(draft.text[:-1]) >= MAX_SENTENCES
        draft.ended = whole or len(draft.tokens) == MAX_DESCRIPTION_TOKENS

    def _tick(self) -> None:
        """Between all small pieces of work, so cheap: it asks ``check`` every ``TICK_S`` only."""
        now_s = time.monotonic()
        if now_s - self._checked_at_s >= TICK_S:
            self._checked_at_s = now_s
            self._check()

    @contextmanager
    def _turn(self, check: CheckCancelled) -> Iterator[None]:
        """One caller at a time, with its own ``check``; what it leaves half done is dropped."""
        while not self._lock.acquire(timeout=LOCK_POLL_S):
            check()
        done = False
        try:
            self._check = check
            check()
            yield
            done = True
        finally:
            if not done:
                self._decoder.forget()
            self._check = never_cancelled
            self._lock.release()


def _cleaned(text: str, prompt: Prompt) -> str | Skipped:
    words = clean_description(text, f"{prompt.system}\n{prompt.user}", MAX_SENTENCES)
    return words or Skipped("The model wrote no usable description of this segment.")


def choice_of(labels: Sequence[str], weights: "np.ndarray[Any, np.dtype[np.float64]]") -> Choice:
    """The rule for "not sure" over non-negative weights, one per label."""
    shares = weights / weights.sum()
    order = np.argsort(-shares, kind="stable")
    best = labels[int(order[0])]
    clear = len(labels) < 2 or shares[order[0]] >= SURE_RATIO * shares[order[1]]
    sure = clear and best != UNKNOWN_LABEL
    probabilities = {label: float(share) for label, share in zip(labels, shares, strict=True)}
    return Choice(best if sure else None, float(shares[order[0]]), probabilities)
