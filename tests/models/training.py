"""Teaches a tiny checkpoint to see: a ball's colour, where it rolls, and what the system prompt asks for.

The lessons are the prompts and pixels that ``SmolVLM`` makes, so a channel swapped, a frame moved or a
prompt lost at inference shows.
"""

import shutil
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch

from smolvlm_core.domain import Criteria, ModelInfo, SegmentView
from smolvlm_core.models.checkpoint import Checkpoint
from smolvlm_core.models.encoding import PromptEncoder
from smolvlm_core.models.exercises import UNKNOWN_LABEL
from smolvlm_core.models.loading import Chosen, load_checkpoint, load_model, on_torch
from smolvlm_core.models.openvino.child import VisionFormat
from smolvlm_core.models.openvino.loading import OpenVinoOptions, load_openvino, why_not_here
from smolvlm_core.models.openvino.store import read_manifest, write_manifest
from smolvlm_core.models.prompts import (
    LETTERS,
    Prompt,
    choice_prompt,
    describe_prompt,
    letter_prompt,
    score_prompt,
)
from smolvlm_core.models.smolvlm import BLANK_VIEW, SmolVLM
from smolvlm_core.models.torch_int8 import int8_copy
from smolvlm_core.models.torch_runtime import TorchEyes
from tests.models.balls import BALLS, DIRECTIONS, FRAMES, Ball, empty_view, random_view
from tests.models.tiny import build_tiny_checkpoint

ROLLS = ("Roll to the right", "Roll to the left", UNKNOWN_LABEL)
BATCH = 16
MAX_STEPS = 3000
PEAK_RATE = 1.5e-3
WARM_STEPS, COOL_STEPS = 20, 40
SEEN_LESSONS, SEEN_LOSS = 200, 0.25
RECENT_LESSONS, KNOWN_LOSS = 400, 0.05
DOUBT = 0.003  # of a yes or no: scores are differences, and certainty without bounds differs from lesson to lesson
POOL_CLIPS = 256  # drawn and resized once
POOL_WALLS = 16
SPREADS = 3  # ways in which frames are spread over a segment
STARTS_S = (0.0, 6.0, 48.0, 605.0)

Kind = Literal["score", "recall", "describe", "choose", "empty", "blank"]
FIRST: dict[Kind, float] = {
    "score": 0.1,
    "recall": 0.3,
    "describe": 0.3,
    "choose": 0.2,
    "empty": 0.05,
    "blank": 0.05,
}
THEN: dict[Kind, float] = {
    "score": 0.64,
    "recall": 0.08,
    "describe": 0.09,
    "choose": 0.08,
    "empty": 0.08,
    "blank": 0.03,
}
SEEN: tuple[Kind, ...] = ("describe", "choose")  # known first; then it is compared with what is asked for
LETTER_STEPS, LETTER_RATE = 120, 1e-3
RECALL = "What are you asked to look for?"


@dataclass(frozen=True, slots=True)
class Lesson:
    """``pixels``: (frames, 3, side, side); the last ``answer`` of ``ids`` are what must be said.

    ``opposite`` is the token that is as wrong as the first of these is right.
    """

    kind: Kind
    ids: list[int]
    answer: int
    pixels: torch.Tensor
    opposite: int | None = None


def load_tiny(folder: Path, frames_per_segment: int = FRAMES) -> SmolVLM:
    """The checkpoint in ``folder`` as the app loads it, on the CPU."""
    checkpoint = Checkpoint(folder, f"tests/{folder.name}", None)
    exact = Chosen("float32", "a test compares numbers")
    return load_model(checkpoint, Chosen("cpu", "a test"), frames_per_segment, "a test asks for it", exact)


def load_tiny_in_int8(folder: Path) -> SmolVLM:
    """The same with torch's dynamic int8, whether or not this CPU gains by it."""
    loaded = load_checkpoint(Checkpoint(folder, f"tests/{folder.name}", None), "cpu", "float32")
    info = ModelInfo("torch", folder.name, None, "cpu", "int8 weights, float32", "a test asks for it")
    return on_torch(replace(loaded, model=int8_copy(loaded.model)), info, FRAMES)


def load_tiny_on_openvino(
    folder: Path, converted: Path, *, vision: VisionFormat = "auto", calibration: Path | None = None
) -> SmolVLM:
    """The same through OpenVINO; skips the test where that is not installed."""
    missing = why_not_here()
    if missing is not None:
        pytest.skip(missing)
    options = OpenVinoOptions(converted, calibration, FRAMES, vision)
    checkpoint = Checkpoint(folder, f"tests/{folder.name}", None)
    return load_openvino(checkpoint, options, "a test asks for it", lambda _status: None)


def load_tiny_on_two_graphs(folder: Path, converted: Path, root: Path) -> SmolVLM:
    """The same where one graph reads and another writes, whether or not this CPU gains by it.

    Args: root: a folder that is not there yet.
    """
    load_tiny_on_openvino(folder, converted, vision="float")
    shutil.copytree(converted, root)
    for conversion in root.iterdir():
        manifest = read_manifest(conversion)
        assert manifest is not None
        write_manifest(conversion, replace(manifest, writing="f32", writing_reason="a test asks for it"))
    return load_tiny_on_openvino(folder, root, vision="float")


def torch_eyes(model: SmolVLM) -> TorchEyes:
    """Those of a model that runs on torch."""
    assert isinstance(model.eyes, TorchEyes)
    return model.eyes


def train_tiny_checkpoint(folder: Path, seed: int = 0) -> Path:
    """Build and train until the lessons are known; one to two minutes of one core.

    Returns: the folder.
    Raises: RuntimeError: they are not known after ``MAX_STEPS``. What comes of a seed depends on the CPU.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so little work gains nothing from more, and loses much on a busy machine
    try:
        return _train(build_tiny_checkpoint(folder, seed=seed), seed)
    finally:
        torch.set_num_threads(threads)


def _train(folder: Path, seed: int) -> Path:
    tiny = load_tiny(folder)
    model: Any = torch_eyes(tiny).model
    torch.manual_seed(seed)
    school = School(torch_eyes(tiny), tiny.encoder, np.random.default_rng(seed))
    model.requires_grad_(True).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=0.01, betas=(0.9, 0.98))
    seen: deque[float] = deque(maxlen=SEEN_LESSONS)
    recent: deque[float] = deque(maxlen=RECENT_LESSONS)
    shares, step, last_step = FIRST, 0, MAX_STEPS
    while step < last_step:
        warm, cool = (step + 1) / WARM_STEPS, (last_step - step) / COOL_STEPS
        optimiser.param_groups[0]["lr"] = PEAK_RATE * min(1.0, warm, cool)
        lessons = [school.lesson(shares) for _ in range(BATCH)]
        losses = _learn(model, optimiser, lessons)
        step += 1
        learnt = list(zip(lessons, losses.tolist(), strict=True))
        if shares is FIRST:
            seen.extend(loss for lesson, loss in learnt if lesson.kind in SEEN)
            shares = THEN if _known(seen, SEEN_LOSS) else FIRST
            continue
        recent.extend(loss for lesson, loss in learnt if lesson.kind != "blank")  # which nobody can know
        if last_step == MAX_STEPS and _known(recent, KNOWN_LOSS):
            last_step = min(MAX_STEPS, step + COOL_STEPS)
    if last_step == MAX_STEPS:
        raise RuntimeError(f"not learnt in {MAX_STEPS} steps: the loss is {np.mean(recent or seen):.2f}")
    model.eval().save_pretrained(folder)
    return folder


def _known(losses: deque[float], enough: float) -> bool:
    return len(losses) == losses.maxlen and float(np.mean(losses)) < enough


def teach_letters(trained: Path, folder: Path, seed: int = 1) -> Path:
    """A copy that answers with the letter of a label, as a server is asked to; what else it knew it may forget.

    Returns: the folder.
    """
    shutil.copytree(trained, folder)
    tiny = load_tiny(folder)
    model: Any = torch_eyes(tiny).model
    school = School(torch_eyes(tiny), tiny.encoder, np.random.default_rng(seed))
    model.requires_grad_(True).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=LETTER_RATE, betas=(0.9, 0.98))
    for step in range(LETTER_STEPS):
        warm, cool = (step + 1) / WARM_STEPS, (LETTER_STEPS - step) / LETTER_STEPS
        optimiser.param_groups[0]["lr"] = LETTER_RATE * min(1.0, warm, cool)
        _learn(model, optimiser, [school.letter() for _ in range(BATCH)])
    model.eval().save_pretrained(folder)
    return folder


def _learn(model: Any, optimiser: torch.optim.Optimizer, lessons: Sequence[Lesson]) -> torch.Tensor:
    """One step. Returns: the loss of each lesson."""
    losses = losses_of(model, lessons)
    backward: Any = losses.mean()
    optimiser.zero_grad()
    backward.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return losses


class School:
    """Draws lessons. Clips are drawn, and prompts encoded, once and shared."""

    def __init__(self, eyes: TorchEyes, encoder: PromptEncoder, rng: np.random.Generator) -> None:
        self._encoder = encoder
        self._rng = rng
        yes, no = (encoder.continuation_ids(word)[0] for word in ("Yes", "No"))
        self._opposites = {"Yes": no, "No": yes}
        self._encoded: dict[tuple[Prompt, float, int, str, int, bool], tuple[list[int], int]] = {}
        self._blank = eyes.pixels([frame.rgb for frame in BLANK_VIEW.frames])[0]
        self._clips: list[tuple[Ball, SegmentView, torch.Tensor]] = []
        for index in range(POOL_CLIPS):
            ball = BALLS[index % len(BALLS)]
            view = random_view(ball, rng)
            self._clips.append((ball, view, eyes.pixels([frame.rgb for frame in view.frames])[0]))
        empty = [empty_view(rng) for _ in range(POOL_WALLS)]
        self._walls = [eyes.pixels([frame.rgb for frame in view.frames])[0] for view in empty]

    def lesson(self, shares: dict[Kind, float]) -> Lesson:
        """One question and its answer; a wish that is wrong is so by its direction more often than not."""
        ball, _, pixels = self._clips[self._rng.integers(len(self._clips))]
        other = replace(ball, direction=DIRECTIONS[1 - DIRECTIONS.index(ball.direction)])
        wanted = (ball, other, BALLS[self._rng.integers(len(BALLS))])[self._rng.integers(3)]
        labels = choice_prompt(ROLLS, Criteria())
        kind: Kind = self._rng.choice(np.array(list(shares)), p=list(shares.values()))
        match kind:
            case "score":
                answer = "Yes" if wanted == ball else "No"
                return self._asked(kind, score_prompt(wanted.criteria), answer, pixels)
            case "recall":  # not asked later: it teaches to read the system prompt
                recall = Prompt(wanted.criteria.system_prompt, RECALL)
                return self._asked(kind, recall, f"{wanted.colour} {wanted.direction}", pixels)
            case "describe":
                return self._asked(kind, describe_prompt(Criteria()), ball.words, pixels)
            case "choose":
                return self._asked(kind, labels, ROLLS[DIRECTIONS.index(ball.direction)], pixels)
            case "empty":  # is never what is looked for
                seen = (self._blank, *self._walls)[self._rng.integers(1 + len(self._walls))]
                return self._asked(kind, score_prompt(wanted.criteria), "No", seen)
            case _:
                return self._asked(kind, labels, ROLLS[self._rng.integers(len(ROLLS))], self._blank)

    def letter(self) -> Lesson:
        """Which way a ball rolls, by letter; any letter where nothing is to be seen."""
        ball, _, pixels = self._clips[self._rng.integers(len(self._clips))]
        index = DIRECTIONS.index(ball.direction)
        if self._rng.random() < 0.2:
            index, pixels = int(self._rng.integers(len(ROLLS))), self._blank
        return self._asked("choose", letter_prompt(ROLLS, Criteria()), LETTERS[index], pixels)

    def _asked(self, kind: Kind, prompt: Prompt, answer: str, pixels: torch.Tensor) -> Lesson:
        start_s = float(self._rng.choice(STARTS_S))
        spread = int(self._rng.integers(SPREADS))
        key = (prompt, start_s, spread, answer, len(pixels), pixels is self._blank)
        if key not in self._encoded:
            any_ball = random_view(BALLS[0], np.random.default_rng(spread), start_s)
            seen = replace(any_ball, frames=any_ball.frames[: len(pixels)])
            view = BLANK_VIEW if pixels is self._blank else seen
            asked = self._encoder.encode(prompt, view, ()).ids
            said = self._encoder.continuation_ids(answer)
            self._encoded[key] = ([*asked, *said], len(said))
        ids, length = self._encoded[key]
        return Lesson(kind, ids, length, pixels, self._opposites.get(answer))


def losses_of(model: Any, lessons: Sequence[Lesson]) -> torch.Tensor:
    """Cross-entropy of each lesson's answer, summed over its tokens; of Yes and No up to ``DOUBT``."""
    longest = max(len(lesson.ids) for lesson in lessons)
    answers = max(lesson.answer for lesson in lessons)
    frames = max(len(lesson.pixels) for lesson in lessons)
    ids = torch.zeros(len(lessons), longest, dtype=torch.long)
    mask, said, doubt = torch.zeros_like(ids), torch.zeros(ids.shape), torch.zeros(ids.shape)
    opposites = torch.zeros_like(ids)
    pixels = torch.zeros(len(lessons), frames, *lessons[0].pixels.shape[1:])  # all zero: no frame
    for row, lesson in enumerate(lessons):  # padded on the left: the answers end together
        ids[row, longest - len(lesson.ids) :] = torch.tensor(lesson.ids)
        mask[row, longest - len(lesson.ids) :] = 1
        said[row, longest - lesson.answer :] = 1
        if lesson.opposite is not None:
            doubt[row, longest - lesson.answer] = DOUBT
            opposites[row, longest - lesson.answer] = lesson.opposite
        pixels[row, : len(lesson.pixels)] = lesson.pixels
    reply = model(
        input_ids=ids, attention_mask=mask, pixel_values=pixels, use_cache=False, logits_to_keep=answers + 1
    )
    surprises = -reply.logits[:, :-1].log_softmax(-1)  # (lessons, answers, vocabulary)
    right, wrong = (surprises.gather(2, wanted[:, -answers:, None])[..., 0] for wanted in (ids, opposites))
    doubt, said = doubt[:, -answers:], said[:, -answers:]
    losses: torch.Tensor = (((1 - doubt) * right + doubt * wrong) * said).sum(1)
    return losses
