"""The reel as an edit decision list (CMX 3600), written by OpenTimelineIO's adapter.

Timecode counts frames, from 00:00:00:00, and drops none: so it names every frame exactly, at 29.97 frames a second
too, where it runs behind the clock by 3.6 s in an hour. The list says so, and the editor has to know the rate.
"""

import re
import unicodedata

import opentimelineio as otio

from smolvlm_core.exports.reel import Cut, Reel
from smolvlm_core.exports.words import one_line, shortened

EVENTS_MOST = 999  # three digits
REEL_NAME_MOST = 8
TITLE_MOST = 70
COMMENT_MOST = 200  # longer than any tool shows; the format itself sets no limit
NO_NAME = "VIDEO"
PICTURE_ONLY = re.compile(r"^(\d{3}  .{8} )V    (?= C )", re.MULTILINE)
WITH_SOUND = r"\1AA/V "


def edl_text(reel: Reel, title: str) -> str:
    """Each cut with the name of its file, by which editors find it, and what happens as a locator."""
    head = f"TITLE: {shortened(one_line(title), TITLE_MOST)}\nFCM: NON-DROP FRAME\n\n"
    if not reel.cuts:
        return head  # the adapter fails on an empty track
    track = otio.schema.Track(kind=otio.schema.TrackKind.Video)
    track.extend([_clip(cut, reel) for cut in reel.cuts[:EVENTS_MOST]])
    track[0].metadata["cmx_3600"]["comments"].append(
        f"FRAME RATE: {float(reel.rate):.5g}"
    )  # nothing else tells it
    timeline = otio.schema.Timeline()
    timeline.tracks.append(track)
    events = str(otio.adapters.write_to_string(timeline, "cmx_3600", rate=counted_rate(reel)))
    # The adapter knows no sound in the same event, and a list without it makes a silent reel.
    return head + (PICTURE_ONLY.sub(WITH_SOUND, events) if reel.video.has_audio else events)


def counted_rate(reel: Reel) -> int:
    """Frames in a second of its timecode: 30 at 29.97."""
    return round(reel.rate)


def reel_name(filename: str) -> str:
    """What is left of the name in eight letters and digits, as tape labels were."""
    plain = unicodedata.normalize("NFKD", filename.rsplit(".", 1)[0]).upper()
    return "".join(re.findall(r"[A-Z0-9]", plain))[:REEL_NAME_MOST] or NO_NAME


def _clip(cut: Cut, reel: Reel) -> otio.schema.Clip:
    rate = counted_rate(reel)

    def time(frames: int) -> otio.opentime.RationalTime:
        return otio.opentime.RationalTime(frames, rate)

    # Not as a marker: the adapter writes those in capitals, and at the time in the source, not in the reel.
    said = shortened(cut.item.sentence, COMMENT_MOST)
    locator = f"LOC: {otio.opentime.to_timecode(time(cut.reel_frame), rate)} GREEN   {said}"
    return otio.schema.Clip(
        name=one_line(reel.video.filename),
        source_range=otio.opentime.TimeRange(time(cut.source_frame), time(cut.frames)),
        metadata={"cmx_3600": {"reel": reel_name(reel.video.filename), "comments": [locator]}},
    )
