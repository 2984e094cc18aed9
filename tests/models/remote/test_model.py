"""What a server is asked for, how often, and what is made of its answers."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from smolvlm_core.domain import Criteria, never_cancelled
from smolvlm_core.errors import ModelError
from smolvlm_core.models.base import MAX_DESCRIPTION_TOKENS
from smolvlm_core.models.exercises import UNKNOWN_LABEL, exercise_labels
from smolvlm_core.models.prompts import LETTERS
from smolvlm_core.models.smolvlm import BLANK_VIEW
from tests.models.openai_server import Told, chat_told
from tests.models.remote.script import YES, Script, judge, model_of

LABELS = ("Squat", "Lunge", UNKNOWN_LABEL)


def letters(**shares: float) -> Told:
    return chat_told("A", [(f" {letter}", math.log(share)) for letter, share in shares.items()])


def test_a_score_is_one_token_and_its_likeliest_alternatives() -> None:
    script = Script([YES])
    with model_of(script) as model:
        judge(model)
    body = script.asked[0].body
    assert script.asked[0].path == "/v1/chat/completions"
    wanted = {"model": "tests/scripted", "temperature": 0, "max_tokens": 1, "logprobs": True, "top_logprobs": 20}
    assert {name: value for name, value in body.items() if name != "messages"} == wanted
    assert "Authorization" not in script.asked[0].headers


def test_the_empty_scene_is_asked_about_once_a_prompt() -> None:
    script = Script([chat_told("No", [("Yes", -3.0), ("No", -1.0)]), YES])
    with model_of(script) as model:
        assert [judge(model), judge(model)] == pytest.approx([4.4, 4.4])
        assert len(script.asked) == 3
        model.judge(BLANK_VIEW, Criteria("Another."), never_cancelled)
    assert len(script.asked) == 5


def test_a_failed_control_is_not_kept() -> None:
    script = Script([Told(None, 500), YES])
    with model_of(script) as model:
        with pytest.raises(ModelError):
            judge(model)
        assert judge(model) == 0


def test_descriptions_are_cleaned_and_short() -> None:
    told = chat_told("Assistant: a ball rolls. It is red! Then another one comes. And")
    script = Script([told])
    with model_of(script) as model:
        assert model.describe(BLANK_VIEW, Criteria(), never_cancelled) == "A ball rolls. It is red!"
    body = script.asked[0].body
    assert body["max_tokens"] == MAX_DESCRIPTION_TOKENS
    assert "logprobs" not in body


def test_no_words_are_an_error() -> None:
    with model_of(Script([chat_told(" . ")])) as model, pytest.raises(ModelError, match="no usable description"):
        model.describe(BLANK_VIEW, Criteria(), never_cancelled)


@pytest.mark.parametrize(
    ("blank", "seen", "label"),
    [
        (letters(A=0.3, B=0.3, C=0.3), letters(A=0.7, B=0.1, C=0.1), "Squat"),
        (letters(A=0.8, B=0.1, C=0.05), letters(A=0.5, B=0.4, C=0.05), "Lunge"),
        (letters(A=0.3, B=0.3, C=0.3), letters(A=0.35, B=0.3, C=0.3), None),
        (letters(A=0.3, B=0.3, C=0.3), letters(A=0.1, B=0.1, C=0.7), None),
        (letters(A=0.9, C=0.05, x=1e-9), letters(A=0.85, B=1e-3, C=0.05), None),  # hardly ever said, both times
        (letters(x=0.9), letters(B=0.9, x=0.01), "Lunge"),
    ],
)
def test_a_label_is_what_gained_most_over_the_empty_scene(blank: Told, seen: Told, label: str | None) -> None:
    with model_of(Script([blank, seen])) as model:
        choice = model.choose(BLANK_VIEW, LABELS, Criteria(), never_cancelled)
    assert choice.label == label
    assert sum(choice.probabilities.values()) == pytest.approx(1)


def test_an_answer_without_letters_is_an_error() -> None:
    with model_of(Script([letters(A=0.9), letters(x=0.9)])) as model, pytest.raises(ModelError, match="letters"):
        model.choose(BLANK_VIEW, LABELS, Criteria(), never_cancelled)


def test_every_label_has_a_letter() -> None:
    assert len(exercise_labels()) <= len(LETTERS)
    many = [str(number) for number in range(len(LETTERS) + 1)]
    with model_of(Script([YES])) as model, pytest.raises(ModelError, match="52 labels, not 53"):
        model.choose(BLANK_VIEW, many, Criteria(), never_cancelled)


def test_several_threads_can_ask_at_once() -> None:
    script = Script([YES])
    with model_of(script) as model, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: judge(model), range(24))) == [0] * 24
