"""A question is written as the checkpoint's own processor would write it, with none of its code."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smolvlm_core.domain import Criteria, Evidence, Frame, SegmentView, Span
from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.models.checkpoint import Checkpoint
from smolvlm_core.models.exercises import exercise_labels
from smolvlm_core.models.loading import load_processor
from smolvlm_core.models.prompts import Prompt, choice_prompt, describe_prompt, score_prompt
from smolvlm_core.models.smolvlm import SmolVLM
from smolvlm_core.models.wording import wording_of
from tests.models.reference import inputs_by_transformers
from tests.models.training import torch_eyes

PLAIN = Evidence(motion_ratio=1.0, rarity=0.0, loudness_db=None, cuts=0, strength=0.5)
PROMPTS = (
    score_prompt(Criteria()),
    describe_prompt(Criteria("Du suchst {einen} Ball.", "  Käse? 猫 🎾\n\nTwo lines, {0} and %s.  ")),
    choice_prompt(exercise_labels(), Criteria()),
    Prompt("", ""),
)
TIMES_S = ((0.0,), (0.5, 59.9994, 59.9996, 60.0), (3599.9999, 3600.0, 86399.5), tuple(np.arange(17) * 0.7))


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("times_s", TIMES_S)
def test_tokens_are_those_of_transformers(tiny: SmolVLM, prompt: Prompt, times_s: tuple[float, ...]) -> None:
    rgb, end_s = np.zeros((8, 8, 3), np.uint8), times_s[-1] + 0.75
    view = SegmentView(Span(0.0, end_s), tuple(Frame(time_s, rgb) for time_s in times_s), PLAIN)
    processor = torch_eyes(tiny).processor
    expected = inputs_by_transformers(processor, prompt, [rgb] * len(times_s), times_s, end_s)
    assert list(tiny.encoder.encode(prompt, view, ()).ids) == expected["input_ids"][0].tolist()


def test_a_template_that_changes_words_is_refused(tiny_folder: Path) -> None:
    processor: Any = load_processor(Checkpoint(tiny_folder, "tests/tiny", None))
    processor.chat_template = processor.chat_template.replace("line['text']", "line['text'] | upper")
    with pytest.raises(ModelUnavailable, match="changes the words"):
        wording_of(processor)
