"""Built-in prompts, and how a request's own prompts replace them."""

from smolvlm_core.domain import Criteria
from smolvlm_core.models import prompts
from smolvlm_core.models.exercises import exercise_labels
from smolvlm_core.models.prompts import (
    Prompt,
    chat_messages,
    choice_prompt,
    describe_prompt,
    letter_prompt,
    score_prompt,
)

OWN = Criteria("You look for goals.", "A ball crosses the line.")


def test_built_in_prompts_fill_what_is_empty() -> None:
    for criteria in (Criteria(), Criteria("  ", "\n")):
        prompt = score_prompt(criteria)
        assert prompt.system == prompts.HIGHLIGHT_SYSTEM
        assert prompt.user == f"{prompts.HIGHLIGHT_CRITERIA}\n{prompts.HIGHLIGHT_QUESTION}"


def test_own_prompts_replace_the_built_in_ones_everywhere() -> None:
    asked = (score_prompt(OWN), describe_prompt(OWN), choice_prompt(["Squat"], OWN), letter_prompt(["Squat"], OWN))
    for prompt in asked:
        assert prompt.system == OWN.system_prompt
        assert prompt.user.startswith(OWN.user_prompt)
        for built_in in (prompts.HIGHLIGHT_CRITERIA, prompts.WORKOUT_CRITERIA):
            assert built_in not in prompt.user


def test_every_label_is_offered() -> None:
    labels = exercise_labels()
    text = choice_prompt(labels, Criteria()).user
    assert all(label in text for label in labels)
    assert text.endswith("or unknown.")


def test_every_label_is_offered_by_its_letter() -> None:
    lines = letter_prompt(exercise_labels(), Criteria()).user.splitlines()
    offered = [line.partition(". ") for line in lines[2:-1]]
    assert [label for _, _, label in offered] == list(exercise_labels())
    assert [letter for letter, _, _ in offered[:27]] == [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "a"]


def test_frames_stand_between_system_and_question() -> None:
    system, user = chat_messages(Prompt("S", "Q"))
    assert system == {"role": "system", "content": [{"type": "text", "text": "S"}]}
    assert user == {"role": "user", "content": [{"type": "video"}, {"type": "text", "text": "Q"}]}
