"""What goes to the process with the GPU and what comes back, and how long it is asked for."""

import pickle
from collections import deque

import numpy as np
import pytest
import spaces
from spaces.config import boolean

from smolvlm_core.domain import Choice, Criteria, SegmentView
from smolvlm_core.errors import ModelError
from smolvlm_core.models.base import MAX_DESCRIPTION_TOKENS, Question
from smolvlm_core.models.zero_gpu import place
from smolvlm_core.models.zero_gpu.unit import (
    PASS_S,
    SIDE_BY_SIDE,
    TOKEN_S,
    USUAL_BYTES,
    answer_all,
    duration_s,
    lend,
)
from tests.fakes import ScriptedModel
from tests.models.balls import BALLS, random_view


@pytest.fixture
def view() -> SegmentView:
    return random_view(BALLS[0], np.random.default_rng(1))


def test_questions_and_answers_survive_their_way(view: SegmentView) -> None:
    question = Question("choose", view, Criteria("Be brief.", "Goals"), ("Squat", "Plank"))
    there = pickle.loads(pickle.dumps((question,)))[0]
    assert (there.kind, there.criteria, there.labels) == (question.kind, question.criteria, question.labels)
    assert np.array_equal(there.view.frames[0].rgb, view.frames[0].rgb)
    failed = pickle.loads(pickle.dumps(ModelError("No words.", hint="Ask again.")))
    assert (failed.message, failed.hint, failed.for_users) == ("No words.", "Ask again.", "No words. Ask again.")


def test_every_kind_of_question_is_answered_and_a_failed_one_spoils_no_other(view: SegmentView) -> None:
    lend(
        ScriptedModel(
            log_odds=deque([1.5]),
            descriptions=deque([ModelError("The model wrote no usable description."), "A ball rolls by."]),
            choices=deque(["Squat"]),
        )
    )
    criteria = Criteria()
    asked = [
        Question("judge", view, criteria),
        Question("describe", view, criteria),
        Question("describe", view, criteria),
        Question("choose", view, criteria, ("Squat", "Plank")),
    ]
    judged, failed, words, choice = pickle.loads(pickle.dumps(answer_all(asked, USUAL_BYTES)))
    assert judged == 1.5
    assert isinstance(failed, ModelError)
    assert failed.message == "The model wrote no usable description."
    assert words == "A ball rolls by."
    assert isinstance(choice, Choice)
    assert choice.label == "Squat"


def test_descriptions_are_written_side_by_side_and_keep_their_order(view: SegmentView) -> None:
    words = [f"Scene {number}." for number in range(SIDE_BY_SIDE + 2)]
    model = ScriptedModel(descriptions=deque(words))
    lend(model)
    asked = [Question("describe", view, Criteria()) for _ in words]
    assert answer_all([*asked, Question("judge", view, Criteria())], USUAL_BYTES) == [*words, 0.0]


def test_the_duration_grows_with_frames_words_labels_and_the_checkpoint(view: SegmentView) -> None:
    criteria = Criteria()
    judge, describe = Question("judge", view, criteria), Question("describe", view, criteria)
    few = Question("judge", SegmentView(view.span, view.frames[:1], view.evidence), criteria)
    choose = Question("choose", view, criteria, ("Squat",) * 40)
    one = duration_s([judge], USUAL_BYTES)
    assert isinstance(one, int)
    assert 1 <= one <= 10
    assert duration_s([few] * 100, USUAL_BYTES) < duration_s([judge] * 100, USUAL_BYTES)
    extra_s = duration_s([describe] * 10, USUAL_BYTES) - duration_s([judge] * 10, USUAL_BYTES)
    written_s = 10 / SIDE_BY_SIDE * MAX_DESCRIPTION_TOKENS * TOKEN_S
    assert written_s <= extra_s <= written_s + 10 * PASS_S + 1
    assert duration_s([choose] * 10, USUAL_BYTES) > duration_s([judge] * 10, USUAL_BYTES)
    assert duration_s([judge] * 10, 4 * USUAL_BYTES) > 2 * duration_s([judge] * 10, USUAL_BYTES)


def test_elsewhere_the_decorator_changes_nothing() -> None:
    assert spaces.GPU(pickle.dumps) is pickle.dumps
    assert not hasattr(answer_all, "zerogpu")
    assert answer_all.__name__ == "answer_all"


@pytest.mark.parametrize("value", ["1", "true", "True", "t", "0", "false", "", "yes", None])
def test_the_place_is_known_as_spaces_knows_it(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is None:
        monkeypatch.delenv(place.VARIABLE, raising=False)
    else:
        monkeypatch.setenv(place.VARIABLE, value)
    assert place.on_zero_gpu() == boolean(value)
