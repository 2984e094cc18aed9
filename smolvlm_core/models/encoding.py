"""From a prompt and frame times to token numbers, by the checkpoint's own processor. Sees no pixel."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from smolvlm_core.domain import SegmentView
from smolvlm_core.errors import ModelError
from smolvlm_core.models.prompts import Prompt, chat_messages
from smolvlm_core.models.vision import SeenFrame

CLOCK_HZ = 1000.0  # frame times reach the processor as indices of a clip of this rate: exact to a millisecond
STAND_IN_PX = 8  # the processor wants pixels to count frames by; ours went to the vision tower already

YES_WORDS = ("Yes", " Yes", "yes", " yes", "YES", " YES")
NO_WORDS = ("No", " No", "no", " no", "NO", " NO")


@dataclass(frozen=True, slots=True)
class Question:
    """An encoded prompt: ``ids`` hold an image token for every row of every frame's tokens, in order."""

    ids: tuple[int, ...]
    frames: tuple[SeenFrame, ...]

    def identity(self, image_token_id: int) -> list[int | bytes]:
        """What is read at each place: a token number, or the key of the frame whose token stands there."""
        keys = iter([frame.key for frame in self.frames for _ in range(len(frame.tokens))])
        return [next(keys) if token == image_token_id else token for token in self.ids]


@dataclass
class PromptEncoder:
    """``processor`` is transformers' own, of the checkpoint; ``max_tokens`` is the model's context."""

    processor: Any
    max_tokens: int
    control_tokens: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        tokenizer = self.processor.tokenizer
        special = {str(token) for token in tokenizer.added_tokens_decoder.values()}
        special |= {self.processor.image_token, self.processor.video_token}
        self.control_tokens = tuple(sorted(special, key=len, reverse=True))

    def encode(self, prompt: Prompt, view: SegmentView, frames: Sequence[SeenFrame]) -> Question:
        """The chat with the frames and their times in the whole video.

        Raises: ModelError: the prompt does not fit the model's context.
        """
        ids = self._ids(self.text(prompt), view)
        if len(ids) > self.max_tokens:
            raise ModelError(
                f"The prompts and frames are too long for the model: {len(ids)} tokens of {self.max_tokens}.",
                hint="Shorten the system or user prompt, or lower SMOLVLM_FRAMES_PER_SEGMENT.",
            )
        return Question(tuple(ids), tuple(frames))

    def text(self, prompt: Prompt) -> str:
        """The chat template filled in; control tokens in a user's words lose their power."""
        messages = chat_messages(Prompt(self._harmless(prompt.system), self._harmless(prompt.user)))
        template = self.processor.chat_template
        # Checkpoints from before videos had a place in templates leave it to the library's default.
        own = template if isinstance(template, str) and "'video'" in template else None
        return str(self.processor.apply_chat_template(messages, chat_template=own, add_generation_prompt=True))

    def _ids(self, text: str, view: SegmentView) -> list[int]:
        stand_ins = np.zeros((len(view.frames), STAND_IN_PX, STAND_IN_PX, 3), np.uint8)
        encoded = self.processor(
            text=[text],
            videos=[list(stand_ins)],
            video_metadata=[[video_metadata(view)]],
            do_sample_frames=False,
            do_resize=False,
            return_tensors="pt",
        )
        return [int(number) for number in encoded["input_ids"][0]]

    def _harmless(self, words: str) -> str:
        for token in self.control_tokens:
            words = words.replace(token, " ")
        return words

    def answer_ids(self, words: Sequence[str]) -> frozenset[int]:
        """The first token of each spelling of an answer."""
        encoded = (self.processor.tokenizer.encode(word, add_special_tokens=False) for word in words)
        return frozenset(ids[0] for ids in encoded if ids)

    def continuation_ids(self, words: str) -> list[int]:
        """An answer's tokens as they follow the prompt, up to the end of the turn."""
        tokenizer = self.processor.tokenizer
        return [*tokenizer.encode(f" {words}", add_special_tokens=False), int(tokenizer.eos_token_id)]


def video_metadata(view: SegmentView) -> dict[str, Any]:
    """What transformers needs to write true times: the segment's frames as part of the whole video."""
    return {
        "total_num_frames": round(view.span.end_s * CLOCK_HZ),
        "fps": CLOCK_HZ,
        "duration": view.span.end_s,
        "frames_indices": [round(frame.time_s * CLOCK_HZ) for frame in view.frames],
    }
