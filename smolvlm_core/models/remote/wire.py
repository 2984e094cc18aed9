"""Questions and answers as OpenAI's chat protocol has them. Opens no connection.

A question reads as the checkpoint's own processor would write it around a video, so that a server that knows
SmolVLM2 only with images sees what the local backends show it.
"""

import base64
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import FrameRGB, JSONValue, SegmentView
from smolvlm_core.errors import ModelError
from smolvlm_core.models.encoding import CLOCK_DIGITS, NO_WORDS, YES_WORDS
from smolvlm_core.models.prompts import LETTERS, Prompt
from smolvlm_core.models.wording import VIDEO_INTRO, VIDEO_OUTRO, VIDEO_STAMP, intro_words, stamp_words

LONGEST_SIDE_PX = 512  # of what SmolVLM2's vision tower takes; smaller pictures go as they are
JPEG = (cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
TOP_LOGPROBS = 20  # the most that OpenAI's protocol has
LEAST_LOGPROB = -100.0  # servers write their smallest number for "never"
WORD_EDGES = " \n\u0120\u2581"  # with the marks some tokenizers write for a space
_CONTROL = re.compile(r"<[^<>\s]{1,40}>")  # what may mean something to a server's model or template


@dataclass(frozen=True, slots=True)
class Alternative:
    """A token the answer might start with."""

    token: str
    logprob: float

    @property
    def word(self) -> str:
        return self.token.strip(WORD_EDGES)


def messages(prompt: Prompt, view: SegmentView) -> list[JSONValue]:
    """The chat: each frame an image after its time.

    Raises: ModelError: the view has no frame.
    """
    if not view.frames:
        raise ModelError("There is no frame to look at in this segment.")
    words = intro_words(VIDEO_INTRO, len(view.frames), view.span.end_s)
    parts: list[JSONValue] = []
    for frame in view.frames:
        words += stamp_words(VIDEO_STAMP, round(frame.time_s, CLOCK_DIGITS))
        parts += [_text(words), {"type": "image_url", "image_url": {"url": data_uri(frame.rgb)}}]
        words = ""
    parts.append(_text(f"{VIDEO_OUTRO}{_harmless(prompt.user)}"))
    system = {"role": "system", "content": [_text(_harmless(prompt.system))]}
    return [system, {"role": "user", "content": parts}]


def data_uri(rgb: FrameRGB) -> str:
    """The picture as a JPEG, shrunk to what the model can see."""
    height, width = rgb.shape[:2]
    scale = LONGEST_SIDE_PX / max(height, width)
    shown = np.ascontiguousarray(rgb)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        shown = cv2.resize(shown, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(shown, cv2.COLOR_RGB2BGR), JPEG)
    if not done:
        raise ModelError("A picture could not be written as JPEG.")
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"


def _text(words: str) -> JSONValue:
    return {"type": "text", "text": words}


def _harmless(words: str) -> str:
    """Without control tokens, the server's marks for pictures among them."""
    return _CONTROL.sub(" ", words)


def text_of(answer: JSONValue) -> str:
    """What the model wrote. Raises: ModelError: that is not to be found."""
    match answer:
        case {"choices": [{"message": {"content": str(text)}}, *_]}:
            return text
    raise ModelError("The server's answer has no text in it.")


def first_tokens(answer: JSONValue) -> tuple[Alternative, ...]:
    """The likeliest first tokens of the answer; never none.

    Raises: ModelError: the server does not tell them.
    """
    match answer:
        case {"choices": [{"logprobs": {"content": [{"top_logprobs": [*listed]}, *_]}}, *_]}:
            found = tuple(alternative for alternative in map(_alternative, listed) if alternative is not None)
            if found:
                return found
    raise ModelError(
        "The server does not tell how likely its answers are (logprobs), so nothing can be scored.",
        hint="vLLM and llama.cpp's server do; others may need it switched on.",
    )


def _alternative(listed: JSONValue) -> Alternative | None:
    match listed:
        case {"token": str(token), "logprob": int() | float() as told}:
            logprob = float(min(max(told, LEAST_LOGPROB), 0.0))
            return None if math.isnan(logprob) else Alternative(token, logprob)
    return None


def yes_against_no(tokens: Sequence[Alternative]) -> float:
    """Log-odds; the side that is not listed counts as much as the least likely token that is.

    Raises: ModelError: neither is listed.
    """
    yes, no = _share_of(tokens, YES_WORDS), _share_of(tokens, NO_WORDS)
    if not yes and not no:
        raise ModelError(
            "The server's model answered neither Yes nor No.",
            hint="Does it serve SmolVLM2, with its chat template?",
        )
    least = math.exp(min(token.logprob for token in tokens))
    return math.log(yes or least) - math.log(no or least)


def _share_of(tokens: Sequence[Alternative], words: Sequence[str]) -> float:
    wanted = {word.strip() for word in words}
    return sum(math.exp(token.logprob) for token in tokens if token.word in wanted)


def letter_shares(tokens: Sequence[Alternative], count: int) -> NDArray[np.float64] | None:
    """How likely each of the first ``count`` letters is, against the others; None when no letter is listed.

    A letter that is not listed counts as much as the least likely token that is.
    """
    found = [_share_of(tokens, (letter,)) for letter in LETTERS[:count]]
    if not any(found):
        return None
    least = math.exp(min(token.logprob for token in tokens))
    shares = np.array([share or least for share in found])
    normed: NDArray[np.float64] = shares / shares.sum()
    return normed
