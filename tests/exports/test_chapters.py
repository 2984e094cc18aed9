"""Chapters: YouTube's rules hold for every video that is long enough for them."""

from itertools import pairwise

import pytest

from smolvlm_core.domain import Span
from smolvlm_core.exports.chapters import CHAPTER_S, CHAPTERS_LEAST, TITLE_MOST, chapters_of, chapters_text
from smolvlm_core.exports.items import Item, items_of
from tests.exports.samples import hostile_highlights, two_sets


def item(start_s: float, title: str = "Goal", weight: float = 5.0) -> Item:
    return Item(Span(start_s, start_s + 4), title, "", weight)


def assert_by_the_rules(items: tuple[Item, ...], duration_s: float) -> None:
    starts_s = [chapter.start_s for chapter in chapters_of(items, duration_s)]
    assert starts_s[0] == 0
    assert len(starts_s) >= CHAPTERS_LEAST
    assert all(after - before >= CHAPTER_S for before, after in pairwise([*starts_s, int(duration_s)]))


@pytest.mark.parametrize("duration_s", [40.0, 41.9, 61.0, 3600.0, 14_400.0])
@pytest.mark.parametrize("starts", [(), (0.0,), (5.0,), (0.5,), (0.96,), (0.0, 0.1, 0.5, 0.51, 0.99)])
def test_the_rules_hold(starts: tuple[float, ...], duration_s: float) -> None:
    """Starts below 1 are shares of the video."""
    assert_by_the_rules(tuple(item(start if start >= 1 else start * duration_s) for start in starts), duration_s)


def test_items_are_chapters_after_an_introduction() -> None:
    items = (item(20.9, "A dog jumps."), item(65.0, "It barks."), item(3661.0, "It sleeps."))
    assert chapters_text(items, 4000.0).splitlines() == [
        "0:00 Introduction",
        "0:20 A dog jumps.",
        "1:05 It barks.",
        "1:01:01 It sleeps.",
    ]


def test_of_two_that_are_too_close_the_better_one_stays() -> None:
    items = (item(20.0, "good", 7.0), item(25.0, "best", 9.0), item(36.0, "fair", 6.0))
    assert chapters_text(items, 90.0).splitlines() == ["0:00 Introduction", "0:25 best", "0:36 fair"]


def test_one_near_an_end_of_the_video_moves_to_where_its_chapter_is_long_enough() -> None:
    assert chapters_text((item(4.0, "first"), item(30.0), item(56.0, "last")), 60.0).splitlines() == [
        "0:00 first",
        "0:30 Goal",
        "0:50 last",
    ]


def test_too_few_are_filled_up_with_titles_that_claim_nothing() -> None:
    for duration_s, middle in ((60.0, "0:20"), (30.0, "0:10")):
        third = "0:40" if duration_s == 60 else "0:20"
        lines = ["0:00 Introduction", f"{middle} Continued", f"{third} Continued"]
        assert chapters_text((), duration_s).splitlines() == lines
    assert chapters_text((item(40.0),), 60.0).splitlines() == ["0:00 Introduction", "0:20 Continued", "0:40 Goal"]


def test_a_video_too_short_for_the_rules_gets_its_list_all_the_same() -> None:
    assert chapters_text((item(12.0),), 22.5).splitlines() == ["0:00 Introduction", "0:12 Goal"]
    assert chapters_text((), 29.9) == "0:00 Introduction\n"
    assert chapters_text((), 0.8) == "0:00 Introduction\n"
    assert chapters_text((item(0.1),), 0.8) == "0:00 Goal\n"


def test_sets_of_a_workout_come_before_its_rests() -> None:
    assert chapters_text(items_of(two_sets()), 120.0).splitlines() == [
        "0:00 Squat, 5 repetitions",
        "0:14 Lunge, 3 repetitions",
        "1:07 Continued",
    ]


def test_titles_are_single_lines_that_youtube_takes() -> None:
    lines = chapters_text(items_of(hostile_highlights()), 200.0).splitlines()
    assert len(lines) == 13
    assert not set("<>") & set("".join(lines))
    long = chapters_text((item(0.0, "very " * 40),), 60.0).splitlines()[0]
    assert len(long.removeprefix("0:00 ")) <= TITLE_MOST
