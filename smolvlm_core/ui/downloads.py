"""What there is to take away, as links: clips and the reel, and the results in the formats of other programs."""

import json
from dataclasses import dataclass
from hashlib import sha256
from html import escape

from smolvlm_core.analysis.report import Report
from smolvlm_core.ui.render import PICTURE_SIZE, thumbnail_url
from smolvlm_core.ui.words import _, data, marked

EXPORT_URL = "api/v1/video/export/{session_id}?format={format}"
CLIP_URL = "api/v1/video/clips/{session_id}/{highlight_id}"
REEL_URL = "api/v1/video/reel/{session_id}"
ZIP_URL = "api/v1/video/clips/{session_id}"
SHAPES = (
    ("", marked("as filmed")),
    ("aspect=9%3A16", marked("upright, 9:16")),
    ("aspect=1%3A1", marked("square")),
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
    """The best moments in one film, made when it is wanted, and ways to take it and the clips away."""
    url = REEL_URL.format(session_id=session_id)
    plays = f"{url}?of={_tag(report)}"  # a player keeps what it has until its address changes
    archive = escape(ZIP_URL.format(session_id=session_id))
    made = _("It is made when you press play or download; that takes a moment the first time.")
    poster = escape(thumbnail_url(session_id, report["highlights"][0]))
    name = _("Your highlight reel")
    return (
        f'<div class="sv-reel sv-film"><h3>{name}</h3><button type="button" class="sv-play" '
        f'data-film="{escape(url)}" data-plays="{escape(plays)}" data-name="{name}"><img src="{poster}" '
        f'{PICTURE_SIZE} loading="lazy" alt=""><span>{_("Play the reel")}</span></button>{_making()}'
        f'<p class="sv-muted">{escape(made)}</p>'
        f'<p class="sv-shapes">{_("Download the reel:")} {_shapes(url)}</p>'
        f'<p class="sv-shapes">{_("With captions:")} {_shapes(url, "captions=true")}</p>'
        f'<p class="sv-shapes"><a href="{archive}" data-film="{archive}" download>'
        f"{_('Download all clips (ZIP)')}</a></p></div>"
    )


def clip(session_id: str, highlight_id: str) -> str:
    """One highlight as a film of its own."""
    url = CLIP_URL.format(session_id=session_id, highlight_id=highlight_id)
    return f'<div class="sv-film"><p class="sv-shapes">{_("Clip:")} {_shapes(url)}</p>{_making()}</div>'


def _making() -> str:
    """Where ``films.js`` says how far it is."""
    words = {
        "waiting": _("Others are made first …"),
        "making": _("It is being made …"),
        "failed": _("It could not be made. The video may be damaged there, or the server full."),
    }
    return (
        f'<div class="sv-making" hidden{data(words)}><span role="status"></span><div class="sv-bar" '
        f'role="progressbar" aria-label="{_("It is being made …")}" aria-valuemin="0" aria-valuemax="100">'
        '<i style="width: 0"></i></div></div>'
    )


def _tag(report: Report) -> str:
    """Another one for other highlights."""
    times = [[one["start_timestamp"], one["end_timestamp"]] for one in report["highlights"]]
    return sha256(json.dumps(times).encode()).hexdigest()[:12]


def _shapes(url: str, more: str = "") -> str:
    links = []
    for query, name in SHAPES:
        asked = "&".join(filter(None, (query, more)))
        address = escape(f"{url}?{asked}" if asked else url)
        links.append(f'<a href="{address}" data-film="{address}" download>{_(name)}</a>')
    return " ".join(links)


def _link(url: str, file: _File) -> str:
    return (
        f'<li><a href="{escape(url)}" download>{escape(_(file.name))}</a>'
        f'<span class="sv-muted">{escape(_(file.purpose))}</span></li>'
    )
