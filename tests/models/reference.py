"""The way of transformers' documentation: template, frames and their times in one call of the processor."""

from collections.abc import Sequence
from typing import Any

from smolvlm_core.domain import FrameRGB
from smolvlm_core.models.prompts import Prompt, chat_messages

CLOCK_HZ = 1000.0  # frame times reach the processor as indices of a clip of this rate: exact to a millisecond


def inputs_by_transformers(
    processor: Any, prompt: Prompt, pictures: Sequence[FrameRGB], times_s: Sequence[float], end_s: float
) -> Any:
    """Torch tensors, ready for the model. Args: end_s: of what is shown, as part of the whole video."""
    text: Any = processor.apply_chat_template(chat_messages(prompt), tokenize=False, add_generation_prompt=True)
    metadata = {
        "total_num_frames": round(end_s * CLOCK_HZ),
        "fps": CLOCK_HZ,
        "duration": end_s,
        "frames_indices": [round(time_s * CLOCK_HZ) for time_s in times_s],
    }
    return processor(
        text=[text],
        videos=[list(pictures)],
        video_metadata=[[metadata]],
        do_sample_frames=False,
        return_tensors="pt",
    )
