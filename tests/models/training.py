"""Teaches a tiny checkpoint to see: a ball's colour, where it rolls, and what the system prompt asks for.

The lessons are the prompts and pixels that ``TorchModel`` makes, so a channel swapped, a frame moved or a
prompt lost at inference shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from smolvlm_core.domain import Criteria, SegmentView
from smolvlm_core.models.checkpoint import Checkpoint
from smolvlm_core.models.encoding import PromptEncoder
from smolvlm_core.models.exercises import UNKNOWN_LABEL
from smolvlm_core.models.loading import Chosen, load_model
from smolvlm_core.models.prompts import Prompt, choice_prompt, describe_prompt, score_prompt
from smolvlm_core.models.smolvlm import BLANK_VIEW, TorchModel
from smolvlm_core.models.vision import FrameEyes
from tests.models.balls import BALLS, FRAMES, Ball, random_view
from tests.models.tiny import build_tiny_checkpoint

ROLLS = ("Roll to the right", "Roll to the left", UNKNOWN_LABEL)
STEPS = 300
BATCH = 16
PEAK_RATE = 3e-3
WARM_STEPS = 20
POOL_CLIPS = 256  # drawn and resized once
STARTS_S = (0.0, 6.0, 48.0, 605.0)
SCORE_SHARE, DESCRIBE_SHARE, CHOOSE_SHARE = 0.5, 0.25, 0.2  # the rest: labels with nothing to see


@dataclass(frozen=True, slots=True)
class Lesson:
    """``pixels``: (frames, 3, side, side); the last ``answer`` of ``ids`` are what must be said."""

    ids: list[int]
    answer: int
    pixels: torch.Tensor


def load_tiny(folder: Path, frames_per_segment: int = FRAMES) -> TorchModel:
    """The checkpoint in ``folder`` as the app loads it, on the CPU."""
    checkpoint = Checkpoint(folder, f"tests/{folder.name}", None)
    return load_model(checkpoint, Chosen("cpu", "a test"), frames_per_segment, "a test asks for it")


def train_tiny_checkpoint(folder: Path, steps: int = STEPS, seed: int = 0) -> Path:
    """Build and train; about half a minute of one core. Returns: the folder."""
    build_tiny_checkpoint(folder, seed=seed)
    tiny = load_tiny(folder)
    model: Any = tiny.eyes.model
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    school = School(tiny.eyes, tiny.encoder, rng)
    model.requires_grad_(True).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=0.01, betas=(0.9, 0.98))
    for step in range(steps):
        rate = PEAK_RATE * min(1.0, (step + 1) / WARM_STEPS, 1.05 - step / steps)
        optimiser.param_groups[0]["lr"] = rate
        loss: Any = loss_of(model, [school.lesson() for _ in range(BATCH)])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    model.eval().save_pretrained(folder)
    return folder


class School:
    """Draws lessons. Clips are drawn, and prompts encoded, once and shared."""

    def __init__(self, eyes: FrameEyes, encoder: PromptEncoder, rng: np.random.Generator) -> None:
        self._encoder = encoder
        self._rng = rng
        self._encoded: dict[tuple[Prompt, float, str, int], tuple[list[int], int]] = {}
        self._blank = eyes.pixels([frame.rgb for frame in BLANK_VIEW.frames])[0]
        self._clips: list[tuple[Ball, SegmentView, torch.Tensor]] = []
        for index in range(POOL_CLIPS):
            ball = BALLS[index % len(BALLS)]
            view = random_view(ball, rng)
            self._clips.append((ball, view, eyes.pixels([frame.rgb for frame in view.frames])[0]))

    def lesson(self) -> Lesson:
        """One question and its answer."""
        ball, _, pixels = self._clips[self._rng.integers(len(self._clips))]
        draw = self._rng.random()
        if draw < SCORE_SHARE:
            wanted = ball if self._rng.random() < 0.4 else BALLS[self._rng.integers(len(BALLS))]
            return self._asked(score_prompt(wanted.criteria), "Yes" if wanted == ball else "No", pixels)
        if draw < SCORE_SHARE + DESCRIBE_SHARE:
            return self._asked(describe_prompt(Criteria()), ball.words, pixels)
        labels = choice_prompt(ROLLS, Criteria())
        if draw < SCORE_SHARE + DESCRIBE_SHARE + CHOOSE_SHARE:
            return self._asked(labels, ROLLS[0 if ball.direction == "right" else 1], pixels)
        return self._asked(labels, ROLLS[self._rng.integers(len(ROLLS))], self._blank)

    def _asked(self, prompt: Prompt, answer: str, pixels: torch.Tensor) -> Lesson:
        start_s = float(self._rng.choice(STARTS_S))
        key = (prompt, start_s, answer, len(pixels))
        if key not in self._encoded:
            view = BLANK_VIEW if len(pixels) == 1 else random_view(BALLS[0], np.random.default_rng(0), start_s)
            asked = self._encoder.encode(prompt, view, ()).ids
            said = self._encoder.continuation_ids(answer)
            self._encoded[key] = ([*asked, *said], len(said))
        ids, length = self._encoded[key]
        return Lesson(ids, length, pixels)


def loss_of(model: Any, lessons: Sequence[Lesson]) -> torch.Tensor:
    """Cross-entropy of each answer, summed over its tokens; mean over the lessons."""
    longest = max(len(lesson.ids) for lesson in lessons)
    answers = max(lesson.answer for lesson in lessons)
    frames = max(len(lesson.pixels) for lesson in lessons)
    ids = torch.zeros(len(lessons), longest, dtype=torch.long)
    mask, said = torch.zeros_like(ids), torch.zeros(ids.shape)
    pixels = torch.zeros(len(lessons), frames, *lessons[0].pixels.shape[1:])  # all zero: no frame
    for row, lesson in enumerate(lessons):  # padded on the left: the answers end together
        ids[row, longest - len(lesson.ids) :] = torch.tensor(lesson.ids)
        mask[row, longest - len(lesson.ids) :] = 1
        said[row, longest - lesson.answer :] = 1
        pixels[row, : len(lesson.pixels)] = lesson.pixels
    reply = model(
        input_ids=ids, attention_mask=mask, pixel_values=pixels, use_cache=False, logits_to_keep=answers + 1
    )
    losses = torch.nn.functional.cross_entropy(
        reply.logits[:, :-1].transpose(1, 2), ids[:, -answers:], reduction="none"
    )
    return (losses * said[:, -answers:]).sum() / len(lessons)
