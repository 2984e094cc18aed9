"""What every ``VideoModel`` promises, whatever is behind it."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from smolvlm_core.domain import Criteria, Evidence, Judgement, SegmentView, Skipped, never_cancelled
from smolvlm_core.errors import Cancelled, ModelError
from smolvlm_core.models import loading
from smolvlm_core.models.base import VideoModel
from smolvlm_core.models.batching import BatchingSmolVLM
from smolvlm_core.models.exercises import UNKNOWN_LABEL, exercise_labels
from smolvlm_core.models.signals import SignalsModel
from tests.fakes import ScriptedModel
from tests.models.balls import BALLS, random_view

LABELS = ("Squat", "Push-up", "Jumping jack", UNKNOWN_LABEL)
CRITERIA = (Criteria(), Criteria("You look for goals.", "A ball crosses the line."))


def _scripted(_request: pytest.FixtureRequest) -> VideoModel:
    return ScriptedModel()


def _signals(_request: pytest.FixtureRequest) -> VideoModel:
    return SignalsModel("a test asks for it")


def _torch(request: pytest.FixtureRequest) -> VideoModel:
    from tests.models.training import load_tiny

    return load_tiny(request.getfixturevalue("tiny_folder"))


def _openvino(request: pytest.FixtureRequest) -> VideoModel:
    from tests.models.training import load_tiny_on_openvino

    folder, converted = (request.getfixturevalue(name) for name in ("tiny_folder", "converted_folder"))
    return load_tiny_on_openvino(folder, converted)


def _remote(request: pytest.FixtureRequest) -> VideoModel:
    """A trained one: random weights have neither Yes nor No nor letters among their likeliest words."""
    model: VideoModel = request.getfixturevalue("lettered_model")
    return model


def _zero_gpu(request: pytest.FixtureRequest) -> VideoModel:
    """Off ZeroGPU its batches are answered in this process."""
    from smolvlm_core.models.zero_gpu.model import lent_out
    from tests.models.training import load_tiny

    return lent_out(load_tiny(request.getfixturevalue("tiny_folder")))


def _batching(request: pytest.FixtureRequest) -> VideoModel:
    """What runs on a GPU, with its batches, on this CPU."""
    request.getfixturevalue("monkeypatch").setattr(loading, "SmolVLM", BatchingSmolVLM)
    model = _torch(request)
    assert isinstance(model, BatchingSmolVLM)
    return model


BACKENDS = {
    "signals": _signals,
    "torch": _torch,
    "batching": _batching,
    "zero_gpu": _zero_gpu,
    "openvino": _openvino,
    "remote": _remote,
    "scripted": _scripted,
}


@pytest.fixture(params=BACKENDS)
def model(request: pytest.FixtureRequest) -> VideoModel:
    return BACKENDS[request.param](request)


@pytest.fixture
def view(model: VideoModel) -> SegmentView:
    """A segment as the pipeline makes it for this model: no frame where none is wanted."""
    seen = random_view(BALLS[0], np.random.default_rng(1))
    return SegmentView(seen.span, seen.frames[: model.frames_wanted], Evidence(1.2, 0.3, 4.0, 1, 0.6))


def test_it_says_what_runs_and_why(model: VideoModel) -> None:
    info = model.info
    assert all((info.backend, info.id, info.device, info.dtype, info.reason))
    assert "/" not in info.id.removeprefix("tests/"), "an id is no path"
    assert model.frames_wanted >= 0


@pytest.mark.parametrize("criteria", CRITERIA)
def test_judgements_are_log_odds_and_repeat(model: VideoModel, view: SegmentView, criteria: Criteria) -> None:
    log_odds = model.judge(view, criteria, never_cancelled)
    assert (log_odds is None) == (model.frames_wanted == 0)
    if log_odds is not None:
        assert math.isfinite(log_odds)
        assert model.judge(view, criteria, never_cancelled) == pytest.approx(log_odds, abs=1e-3)


@pytest.mark.parametrize("criteria", CRITERIA)
def test_descriptions_are_words_or_an_error(model: VideoModel, view: SegmentView, criteria: Criteria) -> None:
    try:
        words = model.describe(view, criteria, never_cancelled)
    except ModelError:
        return  # it had no words: allowed, and never hidden behind empty ones
    assert words == words.strip()
    assert len(words) >= 3
    assert "<" not in words


def test_several_are_judged_and_described_as_one_is(model: VideoModel, view: SegmentView) -> None:
    others = [random_view(ball, np.random.default_rng(seed)) for seed, ball in enumerate(BALLS[1:4])]
    views = [view, *(replace(one, frames=one.frames[: model.frames_wanted]) for one in others)]
    told: list[tuple[int, float | None]] = []

    def wants_words(index: int, log_odds: float | None) -> bool:
        told.append((index, log_odds))
        return index != 2

    replies = model.judge_and_describe(views, Criteria(), wants_words, never_cancelled)
    heard = dict(told)
    assert heard
    assert list(heard) == [index for index, reply in enumerate(replies) if isinstance(reply, Judgement)]
    for index, (reply, one) in enumerate(zip(replies, views, strict=True)):
        if isinstance(reply, Skipped):  # of a server: neither Yes nor No was among its likeliest answers
            with pytest.raises(ModelError, match=re.escape(reply.reason)):
                model.judge(one, Criteria(), never_cancelled)
            continue
        assert reply.log_odds == heard[index]
        alone = model.judge(one, Criteria(), never_cancelled)
        assert reply.log_odds == (alone if alone is None else pytest.approx(alone, abs=1e-3))
        if index == 2:
            assert reply.words is None
            continue
        try:
            words: str | Skipped = model.describe(one, Criteria(), never_cancelled)
        except ModelError as error:
            words = Skipped(error.message)
        assert reply.words == words


@pytest.mark.parametrize("labels", [LABELS, ("Squat",), exercise_labels()])
def test_a_choice_is_a_distribution(model: VideoModel, view: SegmentView, labels: tuple[str, ...]) -> None:
    choice = model.choose(view, labels, Criteria(), never_cancelled)
    assert tuple(sorted(choice.probabilities)) == tuple(sorted(labels))
    assert sum(choice.probabilities.values()) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in choice.probabilities.values())
    if choice.label is not None:
        assert choice.label != UNKNOWN_LABEL
        assert choice.probabilities[choice.label] == max(choice.probabilities.values())
        assert choice.confidence == pytest.approx(choice.probabilities[choice.label])


def test_a_cancelled_question_stops_and_leaves_the_model_usable(model: VideoModel, view: SegmentView) -> None:
    def cancelled() -> None:
        raise Cancelled("The work was cancelled.")

    before = model.judge(view, Criteria(), never_cancelled)
    for ask in (
        lambda: model.judge(view, Criteria(), cancelled),
        lambda: model.describe(view, Criteria(), cancelled),
        lambda: model.choose(view, LABELS, Criteria(), cancelled),
        lambda: model.judge_and_describe([view], Criteria(), lambda *_: True, cancelled),
    ):
        with pytest.raises(Cancelled):
            ask()
    after = model.judge(view, Criteria(), never_cancelled)
    assert after == (before if before is None else pytest.approx(before, abs=1e-3))
