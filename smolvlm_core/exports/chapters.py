"""Results as chapters for the description of a video on YouTube.

Its rules: the first chapter starts at 0:00, there are three or more, in order, each 10 s or longer. Where an item
starts too close to a better one, or to an end of the video, it moves or goes without a chapter. Chapters that only
fill up have titles that claim nothing. Below 40 s there may be no room for three: the list is given all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from smolvlm_core.exports.items import Item
from smolvlm_core.exports.words import shortened, without_markup

CHAPTER_S = 10
"""Least length of a chapter."""
CHAPTERS_LEAST = 3
TITLE_MOST = 70  # characters that YouTube shows of a title
START, MORE = "Introduction", "Continued"


@dataclass(frozen=True, slots=True, order=True)
class Chapter:
    """Where a chapter starts, in whole seconds as YouTube has them, and what it is called."""

    start_s: int
    title: str


def chapters_text(items: Sequence[Item], duration_s: float) -> str:
    """A line for each chapter, ``0:00 Introduction`` first."""
    return "".join(f"{_clock(one.start_s)} {one.title}\n" for one in chapters_of(items, duration_s))


def chapters_of(items: Sequence[Item], duration_s: float) -> list[Chapter]:
    """In order."""
    length_s = int(duration_s)
    chosen: list[Chapter] = []
    for item in sorted(items, key=lambda item: (-item.weight, item.span)):
        start_s = _start_s(item, length_s)
        if all(abs(start_s - other.start_s) >= CHAPTER_S for other in chosen):
            # Its descriptions may hold no angle brackets: it refuses the whole text.
            chosen.append(Chapter(start_s, shortened(without_markup(item.heading), TITLE_MOST)))
    chosen.sort()
    if not chosen or chosen[0].start_s > 0:
        chosen.insert(0, Chapter(0, START))
    filled = chosen
    for missing in range(CHAPTERS_LEAST - len(chosen), 0, -1):
        filled = sorted([*filled, *_filling(filled, length_s, missing)])
    return filled if len(filled) >= CHAPTERS_LEAST else chosen


def _start_s(item: Item, length_s: int) -> int:
    """Where its chapter starts: with it, or before it where an end of the video is too close."""
    start_s = min(int(item.span.start_s), max(0, length_s - CHAPTER_S))
    return start_s if start_s >= CHAPTER_S else 0


def _filling(chapters: Sequence[Chapter], length_s: int, missing: int) -> list[Chapter]:
    """One more in the longest chapter, which leaves even parts for all that are ``missing``; none without room."""
    edges_s = [*(chapter.start_s for chapter in chapters), length_s]
    longest_s, before_s = max((end_s - start_s, -start_s) for start_s, end_s in pairwise(edges_s))
    if longest_s < 2 * CHAPTER_S:
        return []
    return [Chapter(max(CHAPTER_S, longest_s // (missing + 1)) - before_s, MORE)]


def _clock(time_s: int) -> str:
    minutes, seconds = divmod(time_s, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
