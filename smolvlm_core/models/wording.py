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
        from num2words import num2words  # noqa: PLC0415

        count, duration = num2words(len(times_s)), str(timedelta(seconds=int(end_s)))
        shown = [self.intro.format(frame_count=count, video_duration=duration)]
        for time_s in times_s:
            minutes, seconds = divmod(int(time_s), MINUTE_S)
            shown += [self.stamp.format(timestamp=f"{minutes:02d}:{seconds:02d}"), self.frame]
        return text.replace(self.video, "".join([*shown, self.outro]))

    def _harmless(self, words: str) -> str:
        for token in self.control_tokens:
            words = words.replace(token, " ")
        return words


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
