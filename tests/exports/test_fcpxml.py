"""FCPXML: exact times at every rate, by an XML parser; where OpenTimelineIO's reader can count, it agrees."""

from fractions import Fraction
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import opentimelineio as otio
import pytest

from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import Span, VideoInfo
from smolvlm_core.exports.fcpxml import HEAD, NAME_MOST, fcpxml_text
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

LATE = highlights(highlight(1, Span(HOUR_S + 1.25, HOUR_S + 9.5)), highlight(2, Span(61.0, 70.0)))


def reel(report: Report, of: VideoInfo | None = None) -> Reel:
    return reel_of(items_of(report), of or video())


def parsed(made: Reel, title: str = "holiday-highlights") -> ElementTree.Element:
    text = fcpxml_text(made, title)
    assert text.startswith(HEAD)
    return ElementTree.fromstring(text.encode())


def seconds(element: ElementTree.Element, name: str) -> Fraction:
    time = element.attrib[name]
    assert time.endswith("s")
    return Fraction(time.removesuffix("s"))


def only(root: ElementTree.Element, path: str) -> ElementTree.Element:
    (found,) = root.findall(path)
    return found


@pytest.mark.parametrize("rate", STANDARD_RATES)
def test_every_time_is_a_whole_number_of_frames(rate: Fraction) -> None:
    made = reel(LATE, video(rate, 7200.0))
    root = parsed(made)
    assert seconds(only(root, "./resources/format"), "frameDuration") == 1 / rate
    clips = root.findall("./library/event/project/sequence/spine/asset-clip")
    read: list[Any] = [
        tuple(seconds(clip, name) * rate for name in ("start", "offset", "duration")) for clip in clips
    ]
    assert read == [(cut.source_frame, cut.reel_frame, cut.frames) for cut in made.cuts]
    assert seconds(only(root, ".//sequence"), "duration") * rate == made.frames
    assert seconds(only(root, "./resources/asset"), "duration") * rate == made.source_frames


@pytest.mark.parametrize("rate", [24, 25, 30, 50, 60])
def test_opentimelineio_reads_the_same(rate: int) -> None:
    """At whole rates and seconds: it counts 29.97 frames as 29, and rounds fractions of a second down."""
    whole = highlights(highlight(1, Span(HOUR_S + 1, HOUR_S + 9)), highlight(2, Span(61.0, 70.0)))
    made = reel(whole, video(Fraction(rate), 7200.0))
    (timeline,) = otio.adapters.read_from_string(fcpxml_text(made, "x"), "fcpx_xml")
    (track,) = timeline.tracks
    read: list[Any] = list(track)
    assert [clip.source_range.start_time.value for clip in read] == [cut.source_frame for cut in made.cuts]
    assert [clip.source_range.duration.value for clip in read] == [cut.frames for cut in made.cuts]
    assert [clip.range_in_parent().start_time.value for clip in read] == [cut.reel_frame for cut in made.cuts]
    assert {clip.media_reference.target_url for clip in read} == {"./holiday.mp4"}


def test_everything_that_is_referred_to_is_there() -> None:
    root = parsed(reel(two_sets()))
    form, asset = only(root, "./resources/format"), only(root, "./resources/asset")
    assert root.attrib["version"] == "1.8"
    assert (form.attrib["width"], form.attrib["height"]) == ("1280", "720")
    assert asset.attrib["format"] == form.attrib["id"]
    assert only(root, ".//sequence").attrib["format"] == form.attrib["id"]
    clips = root.findall(".//asset-clip")
    assert {clip.attrib["ref"] for clip in clips} == {asset.attrib["id"]}
    assert [clip.attrib["name"] for clip in clips] == ["Squat, 5 repetitions", "Lunge, 3 repetitions"]
    for clip in clips:
        note, marker = clip
        assert (note.tag, note.text) == ("note", f"{clip.attrib['name'].split(',')[0]} (Hips go down.)")
        assert (marker.tag, marker.attrib["start"]) == ("marker", clip.attrib["start"])


@pytest.mark.parametrize("has_audio", [True, False])
def test_sound_is_there_where_the_video_has_some(has_audio: bool) -> None:
    asset = only(parsed(reel(two_sets(), video(has_audio=has_audio))), "./resources/asset")
    assert asset.get("hasAudio") == ("1" if has_audio else None)
    assert asset.get("hasVideo") == "1"


def test_the_video_is_looked_for_beside_the_file() -> None:
    asset = only(parsed(reel(two_sets(), video(filename="\u00dcbung #1 'a' & <b>.mp4"))), "./resources/asset")
    assert asset.attrib["src"].startswith("./")
    assert asset.attrib["src"].isascii()
    assert unquote(asset.attrib["src"]) == "./\u00dcbung #1 'a' & <b>.mp4"


def test_nothing_found_is_an_empty_project() -> None:
    sequence = only(parsed(reel(highlights())), ".//sequence")
    assert (sequence.attrib["duration"], len(only(sequence, "spine"))) == ("0s", 0)


@pytest.mark.parametrize("report", [hostile_highlights(), hostile_workout()], ids=["highlights", "workout"])
def test_no_words_become_markup(report: Report) -> None:
    root = parsed(reel(report, video(filename="\x00]]>'.mp4")), "<t>\x00")
    assert only(root, ".//project").attrib["name"] == "<t>"
    clips = root.findall(".//spine/*")
    assert [clip.tag for clip in clips] == ["asset-clip"] * len(HOSTILE)
    assert [[child.tag for child in clip] for clip in clips] == [["note", "marker"]] * len(HOSTILE)
    assert all(len(clip.attrib["name"]) <= NAME_MOST for clip in clips)
    assert only(root, ".//asset").attrib["name"] == "]]>'.mp4"
