"""The EDL, read back by OpenTimelineIO: every cut to the frame, at every rate."""

import re
from fractions import Fraction
from typing import Any

import opentimelineio as otio
import pytest

from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import Span, VideoInfo
from smolvlm_core.exports.edl import EVENTS_MOST, edl_text, reel_name
from smolvlm_core.exports.items import items_of
from smolvlm_core.exports.reel import STANDARD_RATES, Reel, reel_of
from tests.exports.samples import (
    HOSTILE,
    HOUR_S,
    highlight,
    highlights,
    hostile_highlights,
    hostile_workout,
    two_sets,
    video,
)

EVENT = re.compile(r"^\d{3}  [A-Z0-9 ]{8} (V    |AA/V ) C        (\d\d:\d\d:\d\d:\d\d ?){4}$")


def reel(report: Report, of: VideoInfo | None = None) -> Reel:
    return reel_of(items_of(report), of or video())


def timeline(text: str, rate: Fraction = Fraction(25)) -> Any:
    return otio.adapters.read_from_string(text, "cmx_3600", rate=float(rate))


def clips(read: Any) -> list[Any]:
    """Of a timeline that the caller holds: they end with it."""
    return list(read.video_tracks()[0])


def frames(clip: Any) -> tuple[float, float, float]:
    """Start in the source, start in the reel, length."""
    source, record = clip.source_range, clip.range_in_parent()
    return source.start_time.value, record.start_time.value, source.duration.value


@pytest.mark.parametrize("rate", STANDARD_RATES)
def test_every_cut_comes_back_to_the_frame(rate: Fraction) -> None:
    late = highlights(
        highlight(1, Span(HOUR_S + 1.25, HOUR_S + 9.5)),
        highlight(2, Span(61.0, 70.0)),
        highlight(3, Span(0.0, 1.0)),
    )
    made = reel(late, video(rate, 7200.0))
    read = timeline(edl_text(made, "late"), rate)
    found = [frames(clip) for clip in clips(read)]
    assert found == [(cut.source_frame, cut.reel_frame, cut.frames) for cut in made.cuts]
    assert len(found) == 3


def test_timecode_at_2997_counts_thirty_frames_and_says_that_it_drops_none() -> None:
    made = reel(highlights(highlight(1, Span(60.06, 70.07))), video(Fraction(30000, 1001)))
    title, mode, _, event, _, _, rate = edl_text(made, "holiday").splitlines()
    assert (title, mode) == ("TITLE: holiday", "FCM: NON-DROP FRAME")
    assert rate == "* FRAME RATE: 29.97"
    assert event == "001  HOLIDAY  AA/V  C        00:01:00:00 00:01:10:00 00:00:00:00 00:00:10:00"


def test_the_clip_is_named_after_its_file_and_the_words_are_a_locator() -> None:
    made = reel(two_sets(), video(filename="Leg day.MOV"))
    read = timeline(edl_text(made, "x"))
    squat, lunge = clips(read)
    assert (squat.name, lunge.name) == ("Leg day.MOV", "Leg day.MOV")
    assert [marker.name for marker in lunge.markers] == ["Lunge (Hips go down.)"]
    assert lunge.markers[0].marked_range.start_time.value == 250
    assert squat.metadata["cmx_3600"]["reel"] == "LEGDAY"


@pytest.mark.parametrize(("has_audio", "kinds"), [(True, ["Video", "Audio", "Audio"]), (False, ["Video"])])
def test_sound_is_part_of_the_reel_where_there_is_some(has_audio: bool, kinds: list[str]) -> None:
    text = edl_text(reel(two_sets(), video(has_audio=has_audio)), "x")
    read = timeline(text)
    assert [track.kind for track in read.tracks] == kinds


def test_nothing_found_is_a_head_without_events() -> None:
    assert edl_text(reel(highlights()), "x") == "TITLE: x\nFCM: NON-DROP FRAME\n\n"


@pytest.mark.parametrize("report", [hostile_highlights(), hostile_workout()], ids=["highlights", "workout"])
def test_no_words_add_a_line(report: Report) -> None:
    text = edl_text(reel(report, video(filename="a\n001  X.mp4")), "t\nFCM: DROP FRAME")
    head, events = text.splitlines()[:3], text.splitlines()[3:]
    assert events.pop(3) == "* FRAME RATE: 25"
    assert head == ["TITLE: t FCM: DROP FRAME", "FCM: NON-DROP FRAME", ""]
    assert len(events) == 3 * len(HOSTILE)
    for event, name, locator in zip(*[iter(events)] * 3, strict=True):
        assert EVENT.match(event)
        assert name == "* FROM CLIP NAME:  a 001 X.mp4"
        assert locator.startswith("* LOC: ")
    assert len(clips(timeline(text))) == len(HOSTILE)


def test_more_events_than_the_format_can_number_are_left_out() -> None:
    many = highlights(*(highlight(place, Span(place, place + 0.5)) for place in range(EVENTS_MOST + 2)))
    assert len(clips(timeline(edl_text(reel(many), "x")))) == EVENTS_MOST


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("holiday.mp4", "HOLIDAY"),
        ("My summer holiday 2026.mp4", "MYSUMMER"),
        ("\u00dcbung 1.mp4", "UBUNG1"),
        ("\u6df1\u8e72.mp4", "VIDEO"),
        ("a.b-c_d.mov", "ABCD"),
        ("\ud800.mp4", "VIDEO"),
    ],
)
def test_the_reel_has_a_name_as_tapes_had(filename: str, name: str) -> None:
    assert reel_name(filename) == name
