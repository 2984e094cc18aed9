"""``VideoModel`` whose questions are answered where a GPU is, many at a time.

Every visit there costs seconds and one of the few that a visitor has a day. So what will be asked is told ahead
(``ForesightedModel``), goes in one batch, and waits here to be asked. Without that, each question goes alone.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import TypeVar

from smolvlm_core.domain import CheckCancelled, Choice, Criteria, Judgement, ModelInfo, SegmentView, Skipped
from smolvlm_core.errors import GpuRefused, ModelError
from smolvlm_core.log import log_event
from smolvlm_core.models.base import Question, WantsWords
from smolvlm_core.models.smolvlm import SmolVLM
from smolvlm_core.models.torch_runtime import TorchRuntime
from smolvlm_core.models.zero_gpu.refusals import in_words
from smolvlm_core.models.zero_gpu.unit import Answer, answer_all, duration_s, lend

MOST_S = 30.0  # of one visit: well within the 60 s that ZeroGPU takes for usual, and a visitor's 2 minutes a day
MOST_BYTES = 192 * 2**20  # of frames in one visit, for they are copied to the other process
CHECK_S = 0.1  # how often somebody who waits for a batch looks whether it was cancelled
T = TypeVar("T")

AnswerAll = Callable[[Sequence[Question], int], list[Answer]]


@dataclass(frozen=True, slots=True)
class Lent:
    """The model that ``unit.lend`` was given: what runs, what it wants, and how much there is to move."""

    info: ModelInfo
    frames_wanted: int
    checkpoint_bytes: int


def lent_out(model: SmolVLM) -> "ZeroGpuModel":
    """What answers with this model, which was loaded on torch in the main thread."""
    assert isinstance(model.runtime, TorchRuntime)
    lend(model)
    reason = f"{model.info.reason}; ZeroGPU lends one for each batch of questions"
    info = replace(model.info, device=f"{model.info.device}, ZeroGPU", reason=reason)
    return ZeroGpuModel(Lent(info, model.frames_wanted, model.runtime.weight_bytes))


class ZeroGpuModel:
    """Safe to call from several threads: they do not wait for each other, and each has its own answers ahead."""

    asks_dearly = True

    def __init__(self, lent: Lent, ask: AnswerAll = answer_all) -> None:
        """Args: ask: stands in for the batch's way to the GPU in tests."""
        self.info = lent.info
        self.frames_wanted = lent.frames_wanted
        self._checkpoint_bytes = lent.checkpoint_bytes
        self._ask = ask
        self._ahead = threading.local()

    def judge(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> float | None:
        return _log_odds(self._answer(Question("judge", view, criteria), check))

    def describe(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> str:
        return _of_type(str, self._answer(Question("describe", view, criteria), check))

    def judge_and_describe(
        self, views: Sequence[SegmentView], criteria: Criteria, wants_words: WantsWords, check: CheckCancelled
    ) -> list[Judgement | Skipped]:
        """Two visits at most. Raises: GpuRefused; Cancelled."""
        judged = self._answers([Question("judge", view, criteria) for view in views], check)
        wanted = [
            index
            for index, one in enumerate(judged)
            if not isinstance(one, ModelError) and wants_words(index, _log_odds(one))
        ]
        told = self._answers([Question("describe", views[index], criteria) for index in wanted], check)
        words = dict(zip(wanted, map(_words_of, told), strict=True))
        return [
            Skipped(one.message) if isinstance(one, ModelError) else Judgement(_log_odds(one), words.get(index))
            for index, one in enumerate(judged)
        ]

    def choose(
        self, view: SegmentView, labels: Sequence[str], criteria: Criteria, check: CheckCancelled
    ) -> Choice:
        return _of_type(Choice, self._answer(Question("choose", view, criteria, tuple(labels)), check))

    def foresee(self, coming: Iterator[Question], check: CheckCancelled) -> None:
        batch = self._together(coming)
        answers = self._visited(batch, check) if batch else []
        # Of two batches: a group of questions may begin in one and end in the next.
        self._known = [
            *self._known[-1:],
            {id(one.view): (one, answer) for one, answer in zip(batch, answers, strict=True)},
        ]

    def _together(self, coming: Iterator[Question]) -> list[Question]:
        """As many as one visit has time and room for."""
        batch: list[Question] = []
        left_bytes = MOST_BYTES
        for question in coming:
            batch.append(question)
            left_bytes -= sum(frame.rgb.nbytes for frame in question.view.frames)
            if left_bytes <= 0 or duration_s(batch, self._checkpoint_bytes) >= MOST_S:
                break
        return batch

    @property
    def _known(self) -> list[dict[int, tuple[Question, Answer]]]:
        """Answers that were foreseen, by the view: for this thread alone."""
        known: list[dict[int, tuple[Question, Answer]]] = getattr(self._ahead, "known", [])
        return known

    @_known.setter
    def _known(self, known: list[dict[int, tuple[Question, Answer]]]) -> None:
        self._ahead.known = known

    def _take(self, question: Question) -> tuple[Question, Answer] | None:
        """The answer that was foreseen, once."""
        for known in self._known:
            found = known.get(id(question.view))
            if found is not None and _same(found[0], question):
                return known.pop(id(question.view))
        return None

    def _answer(self, question: Question, check: CheckCancelled) -> Answer:
        (answer,) = self._answers([question], check)
        if isinstance(answer, ModelError):
            raise answer
        return answer

    def _answers(self, questions: Sequence[Question], check: CheckCancelled) -> list[Answer]:
        """Those that were foreseen from memory, all others in one visit."""
        check()
        taken = [self._take(question) for question in questions]
        missing = [question for question, found in zip(questions, taken, strict=True) if found is None]
        visited = iter(self._visited(missing, check) if missing else ())
        return [next(visited) if found is None else found[1] for found in taken]

    def _visited(self, questions: Sequence[Question], check: CheckCancelled) -> list[Answer]:
        """One visit, in a thread that is left behind when it is cancelled: it cannot be called back.

        Raises: GpuRefused: no GPU is lent; Cancelled.
        """
        check()
        seconds = duration_s(questions, self._checkpoint_bytes)
        log_event("gpu_asked_for", questions=len(questions), duration_s=seconds)
        outcome: SimpleQueue[list[Answer] | Exception] = SimpleQueue()
        visit = threading.Thread(
            target=copy_context().run, args=(self._visit, questions, outcome), name="zero-gpu", daemon=True
        )
        visit.start()
        while True:
            try:
                came = outcome.get(timeout=CHECK_S)
            except Empty:
                check()
                continue
            if not isinstance(came, Exception):
                return came
            failure = in_words(came)
            log_event("gpu_visit_failed", code=failure.code, cause=type(came).__name__)
            if isinstance(failure, GpuRefused):
                raise failure from came
            return [failure] * len(questions)

    def _visit(self, questions: Sequence[Question], outcome: SimpleQueue[list[Answer] | Exception]) -> None:
        try:
            outcome.put(self._ask(questions, self._checkpoint_bytes))
        except Exception as error:  # noqa: BLE001 - spaces raises Gradio's, httpx's and Python's own
            outcome.put(error)


def _same(one: Question, other: Question) -> bool:
    return (one.kind, one.criteria, one.labels) == (other.kind, other.criteria, other.labels)


def _log_odds(answer: Answer) -> float | None:
    return None if answer is None else _of_type(float, answer)


def _words_of(answer: Answer) -> str | Skipped:
    return Skipped(answer.message) if isinstance(answer, ModelError) else _of_type(str, answer)


def _of_type(kind: type[T], answer: Answer) -> T:
    assert isinstance(answer, kind), f"{kind} was asked for, and {type(answer)} came"
    return answer
