"""The formats of a file out of results: content, media type, and a name to save it by."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from smolvlm_core.analysis.reading import is_workout
from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import VideoInfo
from smolvlm_core.exports.captions import srt_text, vtt_text
from smolvlm_core.exports.chapters import chapters_text
from smolvlm_core.exports.edl import edl_text
from smolvlm_core.exports.fcpxml import fcpxml_text
from smolvlm_core.exports.items import items_of
from smolvlm_core.exports.page import page_text
from smolvlm_core.exports.pictures import pictures_of
from smolvlm_core.exports.reel import reel_of
from smolvlm_core.exports.table import csv_text
from smolvlm_core.exports.words import one_line

NAME_BYTES_MOST = 200  # of the video's own name; file systems take 255 for the whole
UNNAMED = "video"
FORBIDDEN = re.compile(r'[<>:"/\\|?*]')  # in file names, on one system or another


class Format(StrEnum):
    """What results can be had as."""

    JSON = "json"
    CSV = "csv"
    VTT = "vtt"
    SRT = "srt"
    CHAPTERS = "chapters"
    EDL = "edl"
    FCPXML = "fcpxml"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Finished:
    """Results, the video they are of, and where that is (to look at: the path is never written)."""

    report: Report
    video: VideoInfo
    path: Path


@dataclass(frozen=True, slots=True)
class Export:
    """A file to save. ``filename`` may have letters of any script."""

    content: bytes
    media_type: str
    filename: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What files of a format are called, and what they are to browsers."""

    ending: str
    media_type: str


KINDS = {
    Format.JSON: Kind(".json", "application/json"),
    Format.CSV: Kind(".csv", "text/csv"),
    Format.VTT: Kind(".vtt", "text/vtt"),
    Format.SRT: Kind(".srt", "application/x-subrip"),
    Format.CHAPTERS: Kind("-chapters.txt", "text/plain"),
    Format.EDL: Kind(".edl", "text/plain"),
    Format.FCPXML: Kind(".fcpxml", "application/xml"),
    Format.HTML: Kind(".html", "text/html"),
}


def export(wanted: Format, done: Finished) -> Export:
    """The file in any format but JSON, which is the answer of the REST interface itself."""
    media_type = f"{KINDS[wanted].media_type}; charset=utf-8"
    return Export(WRITERS[wanted](done).encode(), media_type, filename_of(wanted, done.report, done.video))


def filename_of(wanted: Format, report: Report, video: VideoInfo) -> str:
    """A name to save the file by, fit for every system, in the letters of the video's own."""
    return f"{title_of(report, video)}{KINDS[wanted].ending}"


def title_of(report: Report, video: VideoInfo) -> str:
    """``holiday-highlights`` for ``holiday.mp4``."""
    own = FORBIDDEN.sub("_", one_line(video.filename.rsplit(".", 1)[0]))
    fitting = own.encode()[:NAME_BYTES_MOST].decode(errors="ignore").strip(" .")
    return f"{fitting or UNNAMED}-{'workout' if is_workout(report) else 'highlights'}"


def _edl(done: Finished) -> str:
    return edl_text(reel_of(items_of(done.report), done.video), title_of(done.report, done.video))


def _fcpxml(done: Finished) -> str:
    return fcpxml_text(reel_of(items_of(done.report), done.video), title_of(done.report, done.video))


WRITERS: dict[Format, Callable[[Finished], str]] = {
    Format.CSV: lambda done: csv_text(done.report),
    Format.VTT: lambda done: vtt_text(items_of(done.report)),
    Format.SRT: lambda done: srt_text(items_of(done.report)),
    Format.CHAPTERS: lambda done: chapters_text(items_of(done.report), done.video.duration_s),
    Format.EDL: _edl,
    Format.FCPXML: _fcpxml,
    Format.HTML: lambda done: page_text(done.report, done.video, pictures_of(done.report, done.path)),
}
