"""SmolVLM2 behind a server: the questions of the local backends, answered from the likeliest first tokens."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import (
    CheckCancelled,
    Choice,
    Criteria,
    JSONValue,
    Judgement,
    ModelInfo,
    SegmentView,
    Skipped,
)
from smolvlm_core.errors import ModelError
from smolvlm_core.models.base import MAX_DESCRIPTION_TOKENS, WantsWords, one_by_one
from smolvlm_core.models.prompts import LETTERS, Prompt, describe_prompt, letter_prompt, score_prompt
from smolvlm_core.models.remote.client import Server
from smolvlm_core.models.remote.wire import (
    TOP_LOGPROBS,
    Alternative,
    first_tokens,
    letter_shares,
    messages,
    text_of,
    yes_against_no,
)
from smolvlm_core.models.replies import clean_description
from smolvlm_core.models.smolvlm import BLANK_VIEW, MAX_SENTENCES, choice_of

PATH = "chat/completions"
LEAST_SHARE = 0.01  # below it a letter's share is noise, and so is the ratio of two such; chosen by eye


class RemoteModel:
    """``VideoModel`` over a server. Safe to call from several threads: they do not wait for each other."""

    def __init__(self, server: Server, name: str, info: ModelInfo, frames_wanted: int) -> None:
        """Args: name: what the server calls the model."""
        self.info = info
        self.frames_wanted = frames_wanted
        self._server = server
        self._name = name
        # Of the last prompt asked; replaced as a whole, so that threads need no lock.
        self._controls: dict[Prompt, float] = {}
        self._priors: dict[Prompt, NDArray[np.float64]] = {}

    def judge(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> float | None:
        """Of Yes against No as the answer's first word; the control is asked for once."""
        prompt = score_prompt(criteria)
        control = self._controls.get(prompt)
        if control is None:
            control = yes_against_no(self._first_tokens(prompt, BLANK_VIEW, check))
            self._controls = {prompt: control}
        return yes_against_no(self._first_tokens(prompt, view, check)) - control

    def describe(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> str:
        prompt = describe_prompt(criteria)
        written = text_of(self._ask(prompt, view, {"max_tokens": MAX_DESCRIPTION_TOKENS}, check))
        words = clean_description(written, f"{prompt.system}\n{prompt.user}", MAX_SENTENCES)
        if words is None:
            raise ModelError("The model wrote no usable description of this segment.")
        return words

    def judge_and_describe(
        self, views: Sequence[SegmentView], criteria: Criteria, wants_words: WantsWords, check: CheckCancelled
    ) -> list[Judgement | Skipped]:
        return one_by_one(self, views, criteria, wants_words, check)

    def choose(
        self, view: SegmentView, labels: Sequence[str], criteria: Criteria, check: CheckCancelled
    ) -> Choice:
        """By the likelihood of each label's letter as the answer, over what it gets with nothing to see.

        Unlike a label's words, a letter is one token, and the likeliest tokens are all that a server tells.
        """
        if len(labels) > len(LETTERS):
            raise ModelError(f"A server's model can choose among {len(LETTERS)} labels, not {len(labels)}.")
        prompt = letter_prompt(labels, criteria)
        prior = self._priors.get(prompt)
        if prior is None:
            blank = letter_shares(self._first_tokens(prompt, BLANK_VIEW, check), len(labels))
            prior = np.full(len(labels), 1 / len(labels)) if blank is None else blank
            self._priors = {prompt: prior}
        seen = letter_shares(self._first_tokens(prompt, view, check), len(labels))
        if seen is None:
            raise ModelError("The server's model answered with none of the letters offered.")
        return choice_of(labels, (seen + LEAST_SHARE) / (prior + LEAST_SHARE))

    def _first_tokens(self, prompt: Prompt, view: SegmentView, check: CheckCancelled) -> tuple[Alternative, ...]:
        wanted: JSONValue = {"max_tokens": 1, "logprobs": True, "top_logprobs": TOP_LOGPROBS}
        return first_tokens(self._ask(prompt, view, wanted, check))

    def _ask(self, prompt: Prompt, view: SegmentView, wanted: JSONValue, check: CheckCancelled) -> JSONValue:
        check()
        body = {"model": self._name, "messages": messages(prompt, view), "temperature": 0, **wanted}
        return self._server.answer_of(self._server.post(PATH, body, check))
