"""WebVTT and SubRip, read back by parsers of these formats: one cue for each item, whatever the words."""

from datetime import timedelta
from html import unescape
from io import StringIO

import pytest
import srt
import webvtt

from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import Span
from smolvlm_core.exports.captions import srt_text, vtt_text
from smolvlm_core.exports.items import Item, items_of
from smolvlm_core.exports.words import one_line
from tests.exports.samples import (
    HOSTILE,
    HOUR_S,
    highlight,
    highlights,
    hostile_highlights,
    hostile_workout,
    two_sets,
)

LONG = highlights(
    highlight(1, Span(HOUR_S + 61.5, HOUR_S + 70.0), "Late.", 9.0),
    highlight(2, Span(59.9996, 3599.9996), "Early."),
)


def vtt(report: Report) -> list[webvtt.Caption]:
    return webvtt.from_buffer(StringIO(vtt_text(items_of(report)))).captions


def subtitles(report: Report) -> list[srt.Subtitle]:
    return list(srt.parse(srt_text(items_of(report)), ignore_errors=False))


def test_times_of_webvtt_have_hours_and_milliseconds() -> None:
    assert [(cue.start, cue.end) for cue in vtt(LONG)] == [
        ("00:01:00.000", "01:00:00.000"),
        ("01:01:01.500", "01:01:10.000"),
    ]


def test_times_of_subrip_are_the_same() -> None:
    assert [(cue.start, cue.end) for cue in subtitles(LONG)] == [
        (timedelta(minutes=1), timedelta(hours=1)),
        (timedelta(hours=1, minutes=1, seconds=1.5), timedelta(hours=1, minutes=1, seconds=10)),
    ]


def test_a_highlight_has_its_words_and_its_score() -> None:
    assert [cue.text for cue in vtt(LONG)] == ["Early.\nScore 8 of 10", "Late.\nScore 9 of 10"]
    assert [cue.content for cue in subtitles(LONG)] == ["Early.\nScore 8 of 10", "Late.\nScore 9 of 10"]


def test_a_step_has_its_name_and_what_is_said_of_it() -> None:
    squat, rest, lunge = vtt(two_sets())
    assert squat.text.splitlines() == ["Squat", "Hips go down."]
    assert rest.text.splitlines() == ["Rest", "Little movement."]
    assert (lunge.start, lunge.end) == ("00:00:14.000", "00:00:20.000")


def test_nothing_found_is_a_valid_file() -> None:
    assert vtt(highlights()) == []
    assert vtt_text(()) == "WEBVTT\n"
    assert subtitles(highlights()) == []


@pytest.mark.parametrize("report", [hostile_highlights(), hostile_workout()], ids=["highlights", "workout"])
def test_no_words_break_out_of_their_cue(report: Report) -> None:
    """Nor out of the text: players obey tags."""
    items = items_of(report)
    cues, lines = vtt(report), vtt_text(items).splitlines()
    assert len(cues) == len(HOSTILE)
    assert sum("-->" in line for line in lines) == len(HOSTILE)
    for cue, item in zip(cues, items, strict=True):
        assert "<" not in cue.raw_text
        assert "&" not in cue.raw_text.replace("&lt;", "").replace("&gt;", "").replace("&amp;", "")
        assert unescape(cue.raw_text).splitlines() == [line for line in (item.title, item.note) if line]


@pytest.mark.parametrize("report", [hostile_highlights(), hostile_workout()], ids=["highlights", "workout"])
def test_no_words_break_out_of_their_subtitle(report: Report) -> None:
    found, text = subtitles(report), srt_text(items_of(report))
    assert len(found) == len(HOSTILE)
    assert text.count("-->") == len(HOSTILE)
    assert not set("<{}") & set(text)
    assert text.count("\r\n") == text.count("\n")


def test_words_are_those_of_the_results() -> None:
    items = items_of(hostile_highlights())
    assert [item.title for item in items] == [one_line(words) or "Highlight" for words in HOSTILE]


def test_cues_may_overlap_and_are_never_empty() -> None:
    items = (Item(Span(1.001, 5.0), "a", "", 1.0), Item(Span(2.0, 2.0001), "b", "", 1.0))
    cues = webvtt.from_buffer(StringIO(vtt_text(items))).captions
    assert [(cue.start, cue.end) for cue in cues] == [
        ("00:00:01.001", "00:00:05.000"),
        ("00:00:02.000", "00:00:02.001"),
    ]
