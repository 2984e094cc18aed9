"""What a checkpoint's own processor makes of a question about frames, written down so that it need not be loaded.

transformers' processor brings torch and torchvision: 700 MB and some seconds, for a few strings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.models.prompts import Prompt, chat_messages

STAND_INS = Prompt("The words of the system.", "The words of the user.")
MINUTE_S = 60

VIDEO_INTRO = (
    "You are provided the following series of {frame_count} frames from a {video_duration} [H:MM:SS] video.\n"
)
VIDEO_STAMP = "\nFrame from {timestamp}:"
VIDEO_OUTRO = "\n\n"
"""SmolVLM2's own, as transformers has them, for whoever has no processor at hand."""


@dataclass(frozen=True, slots=True)
class Wording:
    """``chat``: what stands before the system's words, between them and the user's, and after these.

    ``video`` is the tag, in the middle part, in whose place the frames are written: ``intro`` (fields
    ``frame_count``, in words, and ``video_duration``), for each frame ``stamp`` (field ``timestamp``) and
    ``frame``, then ``outro``. ``control_tokens``, longest first, mean something to the model; a user's must not.
    """

    chat: tuple[str, str, str]
    video: str
    intro: str
    stamp: str
    frame: str
    outro: str
    control_tokens: tuple[str, ...]

    def text(self, prompt: Prompt) -> str:
        """The chat with its tag; control tokens in a user's words lose their power."""
        before, between, after = self.chat
        return f"{before}{self._harmless(prompt.system)}{between}{self._harmless(prompt.user)}{after}"

    def with_frames(self, text: str, times_s: Sequence[float], end_s: float) -> str:
        """The chat with frames of these times, of a video that ends at ``end_s`` for all the model knows."""
        shown = [intro_words(self.intro, len(times_s), end_s)]
        for time_s in times_s:
            shown += [stamp_words(self.stamp, time_s), self.frame]
        return text.replace(self.video, "".join([*shown, self.outro]))

    def _harmless(self, words: str) -> str:
        for token in self.control_tokens:
            words = words.replace(token, " ")
        return words


def intro_words(intro: str, frame_count: int, end_s: float) -> str:
    """What stands before frames of a video that ends at ``end_s``."""
    from num2words import num2words  # noqa: PLC0415

    return intro.format(frame_count=num2words(frame_count), video_duration=str(timedelta(seconds=int(end_s))))


def stamp_words(stamp: str, time_s: float) -> str:
    """What stands before a frame of this time."""
    minutes, seconds = divmod(int(time_s), MINUTE_S)
    return stamp.format(timestamp=f"{minutes:02d}:{seconds:02d}")


def wording_of(processor: Any) -> Wording:
    """Args: processor: transformers' own, of the checkpoint.

    Raises: ModelUnavailable: its chat template does more than to put words in their places.
    """
    from transformers.models.smolvlm import processing_smolvlm as texts  # noqa: PLC0415

    tokens = (processor.fake_image_token, processor.global_image_token, processor.image_token)
    around, whole, row = (str(token) for token in tokens)
    special = {str(token) for token in processor.tokenizer.added_tokens_decoder.values()}
    special |= {processor.image_token, processor.video_token}
    return Wording(
        chat=_chat_of(processor),
        video=str(processor.video_token),
        intro=texts.DEFAULT_VIDEO_INTRO,
        stamp=texts.FRAME_TIMESTAMP_MESSAGE,
        frame=f"{around}{whole}{row * int(processor.image_seq_len)}{around}",
        outro=texts.DEFAULT_MEDIA_OUTTRO,
        control_tokens=tuple(sorted(special, key=len, reverse=True)),
    )


def _chat_of(processor: Any) -> tuple[str, str, str]:
    template = processor.chat_template
    # Checkpoints from before videos had a place in templates leave it to the library's default.
    own = template if isinstance(template, str) and "'video'" in template else None
    messages = chat_messages(STAND_INS)
    text = str(processor.apply_chat_template(messages, chat_template=own, add_generation_prompt=True))
    before, _, rest = text.partition(STAND_INS.system)
    between, _, after = rest.partition(STAND_INS.user)
    if not after or between.count(processor.video_token) != 1:
        raise ModelUnavailable("The checkpoint's chat template changes the words it is given.")
    return before, between, after
