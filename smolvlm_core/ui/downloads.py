"""What there is to take away, as links: clips and the reel, and the results in the formats of other programs."""

import json
from dataclasses import dataclass
from hashlib import sha256
from html import escape

from smolvlm_core.analysis.report import Report
from smolvlm_core.ui.words import _, marked

EXPORT_URL = "api/v1/video/export/{session_id}?format={format}"
CLIP_URL = "api/v1/video/clips/{session_id}/{highlight_id}"
REEL_URL = "api/v1/video/reel/{session_id}"
ZIP_URL = "api/v1/video/clips/{session_id}"
SHAPES = (
    ("", marked("as filmed")),
    ("?aspect=9%3A16", marked("upright, 9:16")),
    ("?aspect=1%3A1", marked("square")),
)


@dataclass(frozen=True, slots=True)
class _File:
    """``format`` as the service calls it, ``name`` as people do, and what it is for."""

    format: str
    name: str
    purpose: str


FILES = (
    _File("html", marked("Report"), marked("a page with pictures, to print or to send")),
    _File("csv", marked("Spreadsheet"), marked("for Excel, Numbers and Google Sheets")),
    _File("chapters", marked("Chapters"), marked("to paste below a video on YouTube")),
    _File("srt", marked("Subtitles (SRT)"), marked("for most players and sites")),
    _File("vtt", marked("Subtitles (VTT)"), marked("for web pages")),
    _File("edl", marked("Edit list (EDL)"), marked("for Premiere, Resolve and Avid")),
    _File("fcpxml", marked("Final Cut (FCPXML)"), marked("for Final Cut Pro and Resolve")),
    _File("json", marked("Data (JSON)"), marked("everything, for programs")),
)


def downloads(session_id: str) -> str:
    """All of them, folded up behind one line."""
    items = "".join(_link(EXPORT_URL.format(session_id=session_id, format=file.format), file) for file in FILES)
    return (
        f'<details class="sv-files"><summary>{_("Take the results with you")}</summary><ul>{items}</ul></details>'
    )


def reel(session_id: str, report: Report) -> str:
    """The best moments in one film, made when it is first played, and ways to take it and the clips away."""
    url = escape(REEL_URL.format(session_id=session_id))
    shown = f"{url}?of={_tag(report)}"  # a player keeps what it has until its address changes
    made = _("It is made when you press play or download; that takes a moment the first time.")
    archive = escape(ZIP_URL.format(session_id=session_id))
    return (
        f'<div class="sv-reel"><h3>{_("Your highlight reel")}</h3><video src="{shown}" controls playsinline '
        f'preload="none" aria-label="{_("Your highlight reel")}"></video><p class="sv-muted">{escape(made)}</p>'
        f'<p class="sv-shapes">{_("Download the reel:")} {_shapes(url)}</p>'
        f'<p class="sv-shapes"><a href="{archive}" download>{_("Download all clips (ZIP)")}</a></p></div>'
    )


def clip(session_id: str, highlight_id: str) -> str:
    """One highlight as a film of its own."""
    url = escape(CLIP_URL.format(session_id=session_id, highlight_id=highlight_id))
    return f'<p class="sv-shapes">{_("Clip:")} {_shapes(url)}</p>'


def _tag(report: Report) -> str:
    """Another one for other highlights."""
    times = [[one["start_timestamp"], one["end_timestamp"]] for one in report["highlights"]]
    return sha256(json.dumps(times).encode()).hexdigest()[:12]


def _shapes(url: str) -> str:
    return " ".join(f'<a href="{url}{query}" download>{_(name)}</a>' for query, name in SHAPES)


def _link(url: str, file: _File) -> str:
    return (
        f'<li><a href="{escape(url)}" download>{escape(_(file.name))}</a>'
        f'<span class="sv-muted">{escape(_(file.purpose))}</span></li>'
    )
