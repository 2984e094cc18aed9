"""What the model is asked, in words. Knows no library: the checkpoint's chat template does the formatting.

A request's system prompt replaces the built-in one, its user prompt the built-in criteria. The question
itself stays ours, for its answer is read from logits.
"""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from smolvlm_core.domain import Criteria
from smolvlm_core.models.exercises import UNKNOWN_LABEL

HIGHLIGHT_SYSTEM = (
    "You are a video editor who looks for the moments worth keeping. "
    "Judge by what the frames show, and by nothing else."
)
HIGHLIGHT_CRITERIA = (
    "A highlight shows a decisive action, fast movement, an impact, a surprise, strong emotion "
    "or something rarely seen. Ordinary, repeated or still scenes are none."
)
HIGHLIGHT_QUESTION = "Do these frames show what is looked for? Answer Yes or No."
DESCRIBE_QUESTION = "Say in one plain sentence what happens in these frames."

WORKOUT_SYSTEM = "You are a fitness coach who names the exercise in a video by what the frames show."
WORKOUT_CRITERIA = "Look at the posture, at the limbs that move and at the equipment."
WORKOUT_QUESTION = "Which exercise is this? Answer with one of: {labels}."
LETTER_QUESTION = "Which exercise is this?\n{choices}\nAnswer with the letter of one of them only."
LETTERS = string.ascii_uppercase + string.ascii_lowercase


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question: ``system`` goes before the frames, ``user`` after them."""

    system: str
    user: str


class Part(TypedDict, total=False):
    """A piece of a message, as chat templates of transformers read it."""

    type: Literal["text", "video"]
    text: str


class Message(TypedDict):
    """One turn of a chat, as chat templates of transformers read it."""

    role: Literal["system", "user"]
    content: list[Part]


def score_prompt(criteria: Criteria) -> Prompt:
    """Ask whether the segment meets the criteria; the answer starts with Yes or No."""
    wanted = criteria.user_prompt.strip() or HIGHLIGHT_CRITERIA
    return Prompt(_system(criteria, HIGHLIGHT_SYSTEM), f"{wanted}\n{HIGHLIGHT_QUESTION}")


def describe_prompt(criteria: Criteria) -> Prompt:
    """Ask for a sentence; it shares everything up to the frames with ``score_prompt``."""
    wanted = criteria.user_prompt.strip()
    question = f"{wanted}\n{DESCRIBE_QUESTION}" if wanted else DESCRIBE_QUESTION
    return Prompt(_system(criteria, HIGHLIGHT_SYSTEM), question)


def choice_prompt(labels: Sequence[str], criteria: Criteria) -> Prompt:
    """Ask for one of the labels; ``UNKNOWN_LABEL`` is offered like the others."""
    wanted = criteria.user_prompt.strip() or WORKOUT_CRITERIA
    names = ", ".join(label for label in labels if label != UNKNOWN_LABEL)
    offered = f"{names} or {UNKNOWN_LABEL}" if UNKNOWN_LABEL in labels else names
    return Prompt(_system(criteria, WORKOUT_SYSTEM), f"{wanted}\n{WORKOUT_QUESTION.format(labels=offered)}")


def letter_prompt(labels: Sequence[str], criteria: Criteria) -> Prompt:
    """Ask for the letter of one of the labels, which are at most as many as ``LETTERS``."""
    wanted = criteria.user_prompt.strip() or WORKOUT_CRITERIA
    choices = "\n".join(f"{letter}. {label}" for letter, label in zip(LETTERS, labels, strict=False))
    return Prompt(_system(criteria, WORKOUT_SYSTEM), f"{wanted}\n{LETTER_QUESTION.format(choices=choices)}")


def _system(criteria: Criteria, built_in: str) -> str:
    return criteria.system_prompt.strip() or built_in


def chat_messages(prompt: Prompt) -> list[Message]:
    """The prompt as a chat with one video in it."""
    return [
        {"role": "system", "content": [{"type": "text", "text": prompt.system}]},
        {"role": "user", "content": [{"type": "video"}, {"type": "text", "text": prompt.user}]},
    ]
