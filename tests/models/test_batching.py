"""Frames of several questions go through the vision tower together, and every answer is as it is alone."""

from pathlib import Path

import numpy as np
import pytest

from smolvlm_core.domain import Criteria, FrameRGB, SegmentView, never_cancelled
from smolvlm_core.errors import Cancelled, ModelError
from smolvlm_core.models import loading, torch_runtime
from smolvlm_core.models.base import ForesightedModel, Question
from smolvlm_core.models.batching import BatchingSmolVLM
from tests.fakes import cancel_after
from tests.models.balls import BALLS, random_view
from tests.models.training import load_tiny

AT_ONCE = 8


@pytest.fixture
def model(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> BatchingSmolVLM:
    monkeypatch.setattr(loading, "SmolVLM", BatchingSmolVLM)
    monkeypatch.setattr(torch_runtime, "FRAMES_AT_ONCE", {"cpu": AT_ONCE})
    loaded = load_tiny(tiny_folder)
    assert isinstance(loaded, BatchingSmolVLM)
    return loaded


@pytest.fixture
def views() -> list[SegmentView]:
    return [random_view(ball, np.random.default_rng(seed)) for seed, ball in enumerate(BALLS)]


def questions(views: list[SegmentView]) -> list[Question]:
    return [Question("judge", view, Criteria()) for view in views]


def test_it_wants_to_know_what_comes_and_is_asked_as_much_as_ever(model: BatchingSmolVLM) -> None:
    assert isinstance(model, ForesightedModel)
    assert not model.asks_dearly


def test_one_batch_is_filled_from_several_questions_and_no_more(
    model: BatchingSmolVLM, views: list[SegmentView], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    look = model.runtime.eyes.look

    def counted(pictures: list[FrameRGB]) -> object:
        sizes.append(len(pictures))
        return look(pictures)

    monkeypatch.setattr(model.runtime.eyes, "look", counted)
    coming = iter(questions(views))
    model.foresee(coming, never_cancelled)
    assert sizes[0] == AT_ONCE
    foreseen = len(views) - len(list(coming))
    frames = sum(len(view.frames) for view in views[:foreseen])
    assert frames - len(views[foreseen - 1].frames) < AT_ONCE <= frames
    model.judge(views[0], Criteria(), never_cancelled)  # with the empty scene that it is compared with
    seen = sum(sizes)
    for view in views[:foreseen]:
        model.judge(view, Criteria(), never_cancelled)
    assert sum(sizes) == seen, "nothing is looked at twice"


def test_answers_are_those_of_one_at_a_time(
    model: BatchingSmolVLM, views: list[SegmentView], tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.foresee(iter(questions(views)), never_cancelled)
    together = [model.judge(view, Criteria(), never_cancelled) for view in views]
    monkeypatch.undo()
    alone = load_tiny(tiny_folder)
    assert together == pytest.approx([alone.judge(view, Criteria(), never_cancelled) for view in views], abs=1e-3)


def test_a_failure_is_left_to_the_question_itself(
    model: BatchingSmolVLM, views: list[SegmentView], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ModelError("The model ran out of memory on this segment.")

    monkeypatch.setattr(model.runtime.eyes, "look", fail)
    model.foresee(iter(questions(views)), never_cancelled)
    with pytest.raises(ModelError, match="out of memory"):
        model.judge(views[0], Criteria(), never_cancelled)


def test_it_can_be_cancelled(model: BatchingSmolVLM, views: list[SegmentView]) -> None:
    with pytest.raises(Cancelled):
        model.foresee(iter(questions(views)), cancel_after(0))
