"""From a prompt and frame times to token numbers, as the checkpoint's own processor has them. Sees no pixel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smolvlm_core.domain import SegmentView
from smolvlm_core.errors import ModelError
from smolvlm_core.models.prompts import Prompt
from smolvlm_core.models.vision import SeenFrame
from smolvlm_core.models.wording import Wording

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CLOCK_DIGITS = 3  # frame times are read to the millisecond: a hair before a second is that second

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


@dataclass(frozen=True, slots=True)
class PromptEncoder:
    """``max_tokens`` is the model's context, ``end_id`` the token that ends a turn."""

    wording: Wording
    tokenizer: "Tokenizer"
    max_tokens: int
    end_id: int

    def encode(self, prompt: Prompt, view: SegmentView, frames: Sequence[SeenFrame]) -> Question:
        """The chat with the frames and their times in the whole video.

        Raises: ModelError: the prompt does not fit the model's context.
        """
        times_s = [round(frame.time_s, CLOCK_DIGITS) for frame in view.frames]
        text = self.wording.with_frames(self.wording.text(prompt), times_s, view.span.end_s)
        ids = self.tokenizer.encode(text).ids
        if len(ids) > self.max_tokens:
            raise ModelError(
                f"The prompts and frames are too long for the model: {len(ids)} tokens of {self.max_tokens}.",
                hint="Shorten the system or user prompt, or lower SMOLVLM_FRAMES_PER_SEGMENT.",
            )
        return Question(tuple(ids), tuple(frames))

    @property
    def special_ids(self) -> frozenset[int]:
        """Tokens that are no words."""
        added = self.tokenizer.get_added_tokens_decoder()
        return frozenset(number for number, token in added.items() if token.special)

    def answer_ids(self, words: Sequence[str]) -> frozenset[int]:
        """The first token of each spelling of an answer."""
        encoded = (self.tokenizer.encode(word, add_special_tokens=False).ids for word in words)
        return frozenset(ids[0] for ids in encoded if ids)

    def continuation_ids(self, words: str) -> list[int]:
        """An answer's tokens as they follow the prompt, up to the end of the turn."""
        return [*self.tokenizer.encode(f" {words}", add_special_tokens=False).ids, self.end_id]

    def words_of(self, tokens: Sequence[int]) -> str:
        """What these tokens say."""
        return str(self.tokenizer.decode(list(tokens), skip_special_tokens=True))
