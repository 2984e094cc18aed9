"""The reel as FCPXML 1.8, which Final Cut Pro 10.4 and later, Resolve and others read.

Written here and not by OpenTimelineIO's adapter, which knows no 1001/30000 s, asks ffprobe about files that happen
to have the video's name, and fails on an apostrophe (see docs/log.md).
"""

from fractions import Fraction
from urllib.parse import quote
from xml.etree import ElementTree

from smolvlm_core.exports.reel import Cut, Reel
from smolvlm_core.exports.words import one_line, shortened

VERSION = "1.8"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'
FORMAT, ASSET = "r1", "r2"
NAME_MOST = 80  # of a clip in a timeline; its note has all of it

Element = ElementTree.Element


def fcpxml_text(reel: Reel, title: str) -> str:
    """A project with the cuts in one storyline; each has its words as name, marker and note.

    The video is looked for beside the file: editors ask where it is otherwise.
    """
    root = Element("fcpxml", version=VERSION)
    root.append(_resources(reel))
    event = ElementTree.SubElement(ElementTree.SubElement(root, "library"), "event", name=one_line(title))
    project = ElementTree.SubElement(event, "project", name=one_line(title))
    sequence = ElementTree.SubElement(
        project, "sequence", format=FORMAT, duration=_time(reel.frames, reel), tcStart="0s", tcFormat="NDF"
    )
    ElementTree.SubElement(sequence, "spine").extend([_clip(cut, reel) for cut in reel.cuts])
    ElementTree.indent(root)
    return f"{HEAD}{ElementTree.tostring(root, encoding='unicode')}\n"


def _resources(reel: Reel) -> Element:
    video = reel.video
    resources = Element("resources")
    size = {"width": str(video.width), "height": str(video.height)}
    ElementTree.SubElement(resources, "format", size, id=FORMAT, frameDuration=_time(1, reel))
    sound = {"hasAudio": "1", "audioSources": "1"} if video.has_audio else {}
    ElementTree.SubElement(
        resources,
        "asset",
        sound,
        id=ASSET,
        name=one_line(video.filename),
        src=f"./{quote(one_line(video.filename))}",
        start="0s",
        duration=_time(reel.source_frames, reel),
        hasVideo="1",
        format=FORMAT,
    )
    return resources


def _clip(cut: Cut, reel: Reel) -> Element:
    start = _time(cut.source_frame, reel)
    name = shortened(cut.item.heading, NAME_MOST)
    clip = Element(
        "asset-clip",
        name=name,
        ref=ASSET,
        offset=_time(cut.reel_frame, reel),
        start=start,
        duration=_time(cut.frames, reel),
        format=FORMAT,
        tcFormat="NDF",
    )
    ElementTree.SubElement(clip, "note").text = cut.item.sentence
    ElementTree.SubElement(clip, "marker", start=start, duration=_time(1, reel), value=name)
    return clip


def _time(frames: int, reel: Reel) -> str:
    """Seconds as a fraction, which is exact: ``1001/30000s``."""
    seconds = Fraction(frames) / reel.rate
    return f"{seconds}s"
