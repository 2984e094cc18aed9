"""Questions told ahead go together; a cancelled visit is left behind; each thread has its own answers."""

import threading
from collections.abc import Iterator, Sequence
from contextvars import ContextVar

import gradio as gr
import numpy as np
import pytest

from smolvlm_core.domain import Choice, Criteria, Judgement, SegmentView, Skipped, never_cancelled
from smolvlm_core.errors import Cancelled, GpuQuotaSpent, ModelError
from smolvlm_core.models.base import ForesightedModel, Question
from smolvlm_core.models.zero_gpu.model import MOST_BYTES, MOST_S, Lent, ZeroGpuModel
from smolvlm_core.models.zero_gpu.unit import USUAL_BYTES, Answer, duration_s
from tests.fakes import SCRIPTED_INFO, cancel_after
from tests.models.balls import BALLS, random_view

CRITERIA = Criteria()
LABELS = ("Squat", "Plank")


class Gpu:
    """Answers by kind and counts visits; the first frame's time is the judgement, to tell answers apart."""

    def __init__(self) -> None:
        self.visits: list[list[Question]] = []
        self.failure: Exception | None = None
        self.may_answer = threading.Event()
        self.may_answer.set()

    def __call__(self, questions: Sequence[Question], checkpoint_bytes: int) -> list[Answer]:
        assert checkpoint_bytes == USUAL_BYTES
        self.visits.append(list(questions))
        assert self.may_answer.wait(10)
        if self.failure is not None:
            raise self.failure
        return [self.answer(question) for question in questions]

    def answer(self, question: Question) -> Answer:
        if question.kind == "choose":
            return Choice(question.labels[0], 0.9, {question.labels[0]: 0.9})
        return "Words." if question.kind == "describe" else question.view.frames[0].time_s


@pytest.fixture
def gpu() -> Gpu:
    return Gpu()


@pytest.fixture
def model(gpu: Gpu) -> ZeroGpuModel:
    return ZeroGpuModel(Lent(SCRIPTED_INFO, 4, USUAL_BYTES), gpu)


def views(count: int) -> list[SegmentView]:
    rng = np.random.default_rng(3)
    return [random_view(BALLS[0], rng) for _ in range(count)]


def judging(shown: Sequence[SegmentView]) -> list[Question]:
    return [Question("judge", view, CRITERIA) for view in shown]


def test_it_wants_to_know_what_comes(model: ZeroGpuModel) -> None:
    assert isinstance(model, ForesightedModel)


def test_what_was_foreseen_is_one_visit_and_the_rest_goes_alone(model: ZeroGpuModel, gpu: Gpu) -> None:
    shown = views(5)
    model.foresee(iter(judging(shown[:4])), never_cancelled)
    answers = [model.judge(view, CRITERIA, never_cancelled) for view in shown]
    assert answers == [view.frames[0].time_s for view in shown]
    assert [len(visit) for visit in gpu.visits] == [4, 1]


def test_an_answer_belongs_to_its_question_alone(model: ZeroGpuModel, gpu: Gpu) -> None:
    (view,) = views(1)
    model.foresee(iter([Question("choose", view, CRITERIA, LABELS)]), never_cancelled)
    assert model.describe(view, CRITERIA, never_cancelled) == "Words."
    assert model.choose(view, LABELS[::-1], CRITERIA, never_cancelled).label == "Plank"
    assert model.choose(view, LABELS, Criteria("", "Goals"), never_cancelled).label == "Squat"
    assert len(gpu.visits) == 4
    assert model.choose(view, LABELS, CRITERIA, never_cancelled).label == "Squat"
    assert len(gpu.visits) == 4
    assert model.choose(view, LABELS, CRITERIA, never_cancelled).label == "Squat"
    assert len(gpu.visits) == 5, "an answer is given once"


def test_a_batch_is_bounded_by_time_and_by_memory(model: ZeroGpuModel, gpu: Gpu) -> None:
    (view,) = views(1)
    describe = Question("describe", view, CRITERIA)
    model.foresee(iter([describe] * 1000), never_cancelled)
    batch = gpu.visits[0]
    assert len(batch) > 5
    assert duration_s(batch, USUAL_BYTES) >= MOST_S
    assert duration_s(batch[:-1], USUAL_BYTES) < MOST_S

    large = np.zeros((1024, 1024, 3), np.uint8)
    frames = tuple(type(frame)(frame.time_s, large) for frame in view.frames)
    model.foresee(iter(judging([SegmentView(view.span, frames, view.evidence)] * 1000)), never_cancelled)
    sent_bytes = len(gpu.visits[1]) * len(frames) * large.nbytes
    assert MOST_BYTES <= sent_bytes < MOST_BYTES + len(frames) * large.nbytes


def test_only_as_many_as_go_together_are_built(model: ZeroGpuModel) -> None:
    built: list[SegmentView] = []

    def questions(view: SegmentView) -> Iterator[Question]:
        while True:
            built.append(view)
            yield Question("describe", view, CRITERIA)

    model.foresee(questions(views(1)[0]), never_cancelled)
    assert len(built) < 50


def test_nothing_to_ask_is_no_visit(model: ZeroGpuModel, gpu: Gpu) -> None:
    model.foresee(iter(()), never_cancelled)
    assert not gpu.visits


def test_a_question_without_an_answer_fails_alone(
    model: ZeroGpuModel, gpu: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = views(2)
    answer = gpu.answer
    monkeypatch.setattr(
        gpu, "answer", lambda one: ModelError("No frame.") if one.view is shown[0] else answer(one)
    )
    model.foresee(iter(judging(shown)), never_cancelled)
    with pytest.raises(ModelError, match="No frame"):
        model.judge(shown[0], CRITERIA, never_cancelled)
    assert model.judge(shown[1], CRITERIA, never_cancelled) == shown[1].frames[0].time_s


def test_several_are_judged_and_described_in_two_visits(model: ZeroGpuModel, gpu: Gpu) -> None:
    shown = views(4)
    replies = model.judge_and_describe(shown, CRITERIA, lambda index, _: index != 1, never_cancelled)
    assert replies == [
        Judgement(view.frames[0].time_s, None if index == 1 else "Words.") for index, view in enumerate(shown)
    ]
    assert [len(visit) for visit in gpu.visits] == [4, 3]


def test_what_was_foreseen_of_several_is_not_asked_again(model: ZeroGpuModel, gpu: Gpu) -> None:
    shown = views(4)
    model.foresee(iter(judging(shown[:2])), never_cancelled)
    model.foresee(iter(judging(shown[2:])), never_cancelled)
    replies = model.judge_and_describe(shown[1:], CRITERIA, lambda *_: False, never_cancelled)
    assert replies == [Judgement(view.frames[0].time_s) for view in shown[1:]]
    assert len(gpu.visits) == 2, "two batches are remembered"


def test_a_visit_that_broke_is_no_answer_to_any(model: ZeroGpuModel, gpu: Gpu) -> None:
    gpu.failure = gr.Error("IndexError", title="ZeroGPU worker error")
    shown = views(2)
    model.foresee(iter(judging(shown)), never_cancelled)
    with pytest.raises(ModelError, match="failed on this part"):
        model.judge(shown[0], CRITERIA, never_cancelled)
    replies = model.judge_and_describe(shown[1:], CRITERIA, lambda *_: True, never_cancelled)
    assert replies == [Skipped("The model failed on this part of the video.")]
    assert len(gpu.visits) == 1


def test_a_refusal_is_told_in_words(model: ZeroGpuModel, gpu: Gpu) -> None:
    gpu.failure = gr.Error("Space app has reached its GPU limit. ", title="ZeroGPU quota exceeded")
    with pytest.raises(GpuQuotaSpent) as caught:
        model.foresee(iter(judging(views(2))), never_cancelled)
    assert caught.value.__cause__ is gpu.failure


def test_cancelling_does_not_wait_for_the_visit(model: ZeroGpuModel, gpu: Gpu) -> None:
    gpu.may_answer.clear()
    shown = views(2)
    with pytest.raises(Cancelled):
        model.foresee(iter(judging(shown)), cancel_after(3))
    assert len(gpu.visits) == 1
    gpu.may_answer.set()
    assert model.judge(shown[0], CRITERIA, never_cancelled) == shown[0].frames[0].time_s


def test_cancelled_before_it_asks_for_nothing(model: ZeroGpuModel, gpu: Gpu) -> None:
    with pytest.raises(Cancelled):
        model.foresee(iter(judging(views(1))), cancel_after(0))
    assert not gpu.visits


def test_the_visit_has_the_context_of_whoever_asks(gpu: Gpu) -> None:
    account: ContextVar[str] = ContextVar("account", default="nobody")
    seen: list[str] = []

    def ask(questions: Sequence[Question], checkpoint_bytes: int) -> list[Answer]:
        seen.append(account.get())
        return gpu(questions, checkpoint_bytes)

    model = ZeroGpuModel(Lent(SCRIPTED_INFO, 4, USUAL_BYTES), ask)
    before = account.set("a visitor")
    model.judge(views(1)[0], CRITERIA, never_cancelled)
    account.reset(before)
    assert seen == ["a visitor"]


def test_threads_do_not_take_each_others_answers(model: ZeroGpuModel, gpu: Gpu) -> None:
    shown = views(1)
    model.foresee(iter(judging(shown)), never_cancelled)
    other = threading.Thread(target=model.judge, args=(shown[0], CRITERIA, never_cancelled))
    other.start()
    other.join(10)
    assert len(gpu.visits) == 2
    model.judge(shown[0], CRITERIA, never_cancelled)
    assert len(gpu.visits) == 2
