"""The one function that runs where a GPU is: it answers a batch of questions.

Questions and answers are pickled on their way, so they carry no callback; nothing here knows who asks.
``spaces`` makes it an ordinary function wherever there is no ZeroGPU.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import ceil

import spaces

from smolvlm_core.domain import Choice, Judgement, Skipped, never_cancelled
from smolvlm_core.errors import ModelError
from smolvlm_core.log import log_event
from smolvlm_core.models.base import MAX_DESCRIPTION_TOKENS, Question, VideoModel

Answer = float | str | Choice | ModelError | None
"""A ``ModelError`` is the answer to a question that the model has none to."""

SIDE_BY_SIDE = 5  # descriptions that are written together, in hardly more time than one

# Seconds with the 500M checkpoint, reckoned with room to spare; none was measured on ZeroGPU.
START_S = 6.0  # the weights' way to the GPU, where a new process needs it
LOOK_S = 0.03  # a frame
PASS_S = 0.15  # a question's own tokens
TOKEN_S = 0.06  # a word of descriptions written side by side
LABEL_S = 0.02  # of a choice

USUAL_BYTES = 10**9  # of the 500M checkpoint in bfloat16
FIXED_SHARE = 0.5  # of the time: it is the same for a checkpoint of any size

_lent: list[VideoModel] = []


def lend(model: VideoModel) -> None:
    """Have ``answer_all`` ask this model. The processes with a GPU are forked, so they have it too."""
    _lent[:] = [model]


def duration_s(questions: Sequence[Question], checkpoint_bytes: int) -> int:
    """What to ask ZeroGPU for: a visitor who has less left is refused, and work that takes longer is ended."""
    size = checkpoint_bytes / USUAL_BYTES
    described = sum(question.kind == "describe" for question in questions)
    written_s = ceil(described / SIDE_BY_SIDE) * MAX_DESCRIPTION_TOKENS * TOKEN_S + described * PASS_S
    read_s = sum(len(one.view.frames) * LOOK_S + PASS_S + len(one.labels) * LABEL_S for one in questions)
    work_s = (read_s + written_s) * (FIXED_SHARE + (1 - FIXED_SHARE) * size)
    return ceil(START_S * max(1.0, size) + work_s)


@spaces.GPU(duration=duration_s)  # type: ignore[untyped-decorator]
def answer_all(questions: Sequence[Question], checkpoint_bytes: int) -> list[Answer]:
    """In order. ``checkpoint_bytes`` is for ``duration_s``, which is given the same arguments."""
    return list(_answers(_lent[0], questions))


def _answers(model: VideoModel, questions: Sequence[Question]) -> Iterator[Answer]:
    for (kind, _), alike in groupby(questions, lambda one: (one.kind, one.criteria)):
        if kind == "describe":
            yield from _descriptions(model, list(alike))
        else:
            yield from (_answer(model, question) for question in alike)


def _descriptions(model: VideoModel, questions: Sequence[Question]) -> Iterator[Answer]:
    for start in range(0, len(questions), SIDE_BY_SIDE):
        together = questions[start : start + SIDE_BY_SIDE]
        views = [question.view for question in together]
        replies = model.judge_and_describe(views, together[0].criteria, lambda *_: True, never_cancelled)
        yield from (_words_of(reply) for reply in replies)


def _words_of(reply: Judgement | Skipped) -> str | ModelError:
    words = reply.words if isinstance(reply, Judgement) else reply
    return words if isinstance(words, str) else _failed("describe", ModelError(words.reason if words else ""))


def _answer(model: VideoModel, question: Question) -> Answer:
    try:
        if question.kind == "judge":
            return model.judge(question.view, question.criteria, never_cancelled)
        return model.choose(question.view, question.labels, question.criteria, never_cancelled)
    except ModelError as error:
        return _failed(question.kind, error)


def _failed(kind: str, error: ModelError) -> ModelError:
    log_event("question_failed", kind=kind, reason=error.message, cause=repr(error.__cause__))
    return error.with_traceback(None)
