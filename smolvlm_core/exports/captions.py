"""Results as captions over the video, a cue for each highlight or step: WebVTT (W3C) and SubRip.

Cues may overlap; both formats allow it, and players show them together.
"""

from collections.abc import Callable, Sequence
from html import escape

from smolvlm_core.exports.items import Item
from smolvlm_core.exports.words import without_markup

MS_PER_S, MS_PER_MINUTE, MS_PER_HOUR = 1_000, 60_000, 3_600_000


def vtt_text(items: Sequence[Item]) -> str:
    """WebVTT. Without items it is the header alone, which is a valid file."""
    return "\n".join(["WEBVTT\n", *_cues(items, ".", _vtt_words)])


def srt_text(items: Sequence[Item]) -> str:
    """SubRip, with the line ends of its first players. Without items it is empty, which is valid."""
    return "\n".join(_cues(items, ",", without_markup)).replace("\n", "\r\n")


def _cues(items: Sequence[Item], point: str, words: Callable[[str], str]) -> list[str]:
    return [
        f"{number}\n{_times(item, point)}\n{words(item.title)}\n{words(item.note)}".rstrip() + "\n"
        for number, item in enumerate(items, 1)
    ]


def _vtt_words(text: str) -> str:
    """As WebVTT writes them: no tags, no arrow."""
    return escape(text, quote=False)


def _times(item: Item, point: str) -> str:
    start_ms = round(item.span.start_s * MS_PER_S)
    end_ms = max(start_ms + 1, round(item.span.end_s * MS_PER_S))
    return f"{_time(start_ms, point)} --> {_time(end_ms, point)}"


def _time(time_ms: int, point: str) -> str:
    hours, rest_ms = divmod(time_ms, MS_PER_HOUR)
    minutes, rest_ms = divmod(rest_ms, MS_PER_MINUTE)
    seconds, rest_ms = divmod(rest_ms, MS_PER_S)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{rest_ms:03}"
