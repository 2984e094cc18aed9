"""The page's own HTML: facts, progress, notices and summaries as escaped strings. Knows no Gradio."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from smolvlm_core.analysis.clock import duration_words
from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import Limits, ModelState, ModelStatus
from smolvlm_core.errors import SmolVLMError
from smolvlm_core.jobs.views import SessionView
from smolvlm_core.ui.retelling import retold
from smolvlm_core.ui.words import _, plural

# Relative, so that they also work behind a proxy that serves the app under a folder.
RESULTS_URL = "api/v1/video/results/{session_id}"
CHART_URL = "api/v1/video/chart/{session_id}/{set_number}?words=false"
# An address of its own for each picture, not data in the page: the list then stays small enough to be sent again
# while a slider moves, pictures come when they are scrolled to, and the browser keeps those it has.
THUMBNAIL_URL = "api/v1/video/thumbnail/{session_id}?t={time_s:.3f}"
PICTURE_SIZE = 'width="480" height="270"'  # its proportions: the page does not jump when it comes

KIB = 1024
TIMES = "\u00d7"
UNITS = ("KB", "MB", "GB")


def thumbnail_url(session_id: str, item: Report) -> str:
    """The picture in the middle of a moment."""
    return THUMBNAIL_URL.format(session_id=session_id, time_s=middle_s(item))


def middle_s(item: Report) -> float:
    """Of a part of a report."""
    return (float(item["start_timestamp"]) + float(item["end_timestamp"])) / 2


def size_words(size_bytes: int) -> str:
    """``3.2 MB``: as file managers write it, of 1024s."""
    size = size_bytes / KIB
    for unit in UNITS:
        if size < KIB or unit == UNITS[-1]:
            break
        size /= KIB
    return f"{size:.0f} {unit}" if size >= 10 or size == int(size) else f"{size:.1f} {unit}"


def facts(view: SessionView) -> str:
    """What was probed, and how long the file is kept."""
    video = view.video
    items = [
        duration_words(video.duration_s),
        f"{video.width} {TIMES} {video.height}",
        _("{fps} frames a second", fps=f"{float(video.fps):.3g}"),
        _("with sound") if video.has_audio else _("no sound"),
        size_words(video.size_bytes),
    ]
    listed = "".join(f"<li>{escape(item)}</li>" for item in items)
    return (
        f'<div class="sv-facts"><p class="sv-file">{escape(video.filename)}</p><ul>{listed}</ul>'
        f'<p class="sv-muted">{escape(_kept(view.expires_at))}</p></div>'
    )


def _kept(expires_at: datetime) -> str:
    left_s = (expires_at - datetime.now(UTC)).total_seconds()
    hours = round(left_s / 3600)
    if hours >= 2:
        kept = _("Kept for {hours} more hours, then deleted.", hours=hours)
    else:
        kept = _("Will be deleted within two hours.")
    return f"{kept} {_('Only people with the link of this page can see it.')}"


def limits_line(limits: Limits) -> str:
    """What may be sent, and what becomes of it."""
    text = _(
        "MP4, MOV, MKV, WebM, AVI and more, up to {size} and {length}. Deleted after {time}.",
        size=size_words(limits.max_upload_bytes),
        length=_hours(limits.max_duration_s),
        time=_hours(limits.session_ttl_s),
    )
    return f'<p class="sv-limits">{escape(text)}</p>'


def _hours(duration_s: float) -> str:
    hours = duration_s / 3600
    if hours < 1:
        return plural("{count} minute", "{count} minutes", round(duration_s / 60))
    return _("1 hour") if hours == 1 else _("{hours} hours", hours=f"{hours:.3g}")


def progress(view: SessionView, time_left: str = "") -> str:
    """The running analysis: step, bar, the place in the queue, and in words how long it still takes."""
    percent = min(100.0, max(0.0, view.percent))
    if view.queue_position is not None:
        title = place_words(view.queue_position)
        step, left = f"{time_left or _('It starts as soon as the machine is free.')} ", ""
    else:
        title, step, left = retold(view.current_step) or _("Starting"), "", time_left
    goes_on = _("You can close this page: the work goes on, and its link finds it again.")
    return (
        f'<div class="sv-progress"><div class="sv-row"><strong>{escape(title)}</strong>'
        f'<span class="sv-left">{escape(left)}</span>'
        f'<span class="sv-percent">{percent:.0f}%</span></div>'
        f'<div class="sv-bar" role="progressbar" aria-label="{_("Analysis")}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{percent:.0f}"><i style="width: {percent:.1f}%"></i></div>'
        f'<p class="sv-muted">{escape(step)}{escape(goes_on)}</p></div>'
    )


def place_words(position: int) -> str:
    """Where in the queue a session waits. ``position``: from 1."""
    return _("Next in line") if position == 1 else _("Number {position} in line", position=position)


def muted(text: str) -> str:
    """A remark."""
    return f'<p class="sv-muted" role="status">{escape(text)}</p>' if text else ""


def waiting(text: str) -> str:
    """Something short is being done, of unknown length."""
    return f'<div class="sv-note sv-busy" role="status"><i class="sv-spin"></i><p>{escape(text)}</p></div>'


def notice(title: str, text: str = "", kind: str = "info") -> str:
    """A message in place. ``kind``: info, warning or error (announced at once by screen readers)."""
    role = "alert" if kind == "error" else "status"
    body = f"<p>{escape(text)}</p>" if text else ""
    return f'<div class="sv-note sv-{kind}" role="{role}"><strong>{escape(title)}</strong>{body}</div>'


def problem(error: SmolVLMError, title: str) -> str:
    """An error of ours: what is wrong, and what to do when there is something to do."""
    return notice(title, told(error), "error")


def told(error: SmolVLMError) -> str:
    """Message and hint in the visitor's language."""
    return " ".join(retold(text) for text in (error.message, error.hint) if text)


def warnings(texts: Sequence[str]) -> str:
    """Each warning of a result as a note; empty without any."""
    return "".join(notice(_("Please note"), retold(text), "warning") for text in texts)


def model_line(status: ModelStatus) -> str:
    """Which model judges, in one line: where it stands, what it is and why it was chosen."""
    info = status.info
    if info is not None and info.backend == "signals":
        tone, text = "warn", _("Measuring only: no model describes what the pictures show.")
        more = [info.reason] if info.reason in status.message else [info.reason, status.message]
    else:
        tone = {ModelState.READY: "good", ModelState.FAILED: "bad"}.get(status.state, "busy")
        text = retold(status.message)
        more = [info.reason] if info is not None and info.reason not in status.message else []
    return (
        f'<div class="sv-model sv-{tone}"><i></i><div><span role="status">{escape(text)}</span>'
        f"{why(info.backend if info is not None else '', more)}</div></div>"
    )


def why(backend: str, texts: Sequence[str]) -> str:
    """Why this judges, for who wants to know: folded up, and in the English of who runs the server. Or empty."""
    told = " ".join(sentence(text) for text in texts if text)
    if not told:
        return ""
    summary = _("Why there is no model") if backend == "signals" else _("Why this model")
    return f'<details class="sv-how"><summary>{escape(summary)}</summary><p lang="en">{escape(told)}</p></details>'


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?。" else ".")
