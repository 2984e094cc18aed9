"""The report: results as one HTML file to keep, send or print. It asks for nothing and runs nothing.

Its policy (CSP) allows the one style sheet by its hash and pictures inside the file, so that even a text that was
not escaped could do no harm. It follows the reader's choice of light or dark.
"""

from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

from smolvlm_core import __version__
from smolvlm_core.analysis.clock import duration_words
from smolvlm_core.analysis.reading import is_workout
from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import VideoInfo
from smolvlm_core.exports import page_highlights, page_workout
from smolvlm_core.exports.markup import Fact, described, listed, text

STYLE = Path(__file__).with_name("report.css")
TIMES = "\N{MULTIPLICATION SIGN}"


def page_text(report: Report, video: VideoInfo, pictures: Sequence[bytes | None]) -> str:
    """The whole file.

    Args: pictures: of each highlight a JPEG, of each step of a workout a PNG chart, in the order of the report;
    None where there is none.
    """
    kind, body = (
        ("Workout", page_workout.body(report, pictures))
        if is_workout(report)
        else ("Highlights", page_highlights.body(report, pictures))
    )
    return (
        f"{_head(f'{kind} of {video.filename}')}<body><main>\n"
        f'<header><p class="kind">{kind}</p><h1 dir="auto">{text(video.filename)}</h1>{_facts(video)}</header>\n'
        f"{body}\n{_what_ran(report)}\n"
        f"<footer>SmolVLM2 video highlights and workouts, version {text(__version__)}. Times are measured; "
        "words are a model's, or say what was measured.</footer>\n"
        "</main></body></html>\n"
    )


def _head(title: str) -> str:
    style, policy = _style()
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{style}</style>\n</head>\n"
    )


@cache
def _style() -> tuple[str, str]:
    """The style sheet, and the policy that allows it and nothing else."""
    style = STYLE.read_text(encoding="utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    rules = (
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return style, "; ".join(rules)


def _facts(video: VideoInfo) -> str:
    facts = (
        duration_words(video.duration_s),
        f"{video.width} {TIMES} {video.height}",
        f"{float(video.fps):.4g} frames a second",
        video.codec,
        "with sound" if video.has_audio else "no sound",
    )
    return listed(facts, "facts")


def _what_ran(report: Report) -> str:
    model, pose = report["model"], report.get("pose")
    facts: list[Fact] = [
        ("Model", "None: measured only" if model["backend"] == "signals" else model["id"]),
        ("Revision", model["revision"]),
        ("Runs on", f"{model['device']}, {model['dtype']} ({model['backend']})"),
        ("Chosen because", model["reason"]),
    ]
    if pose is not None:
        facts.append(("Body poses", f"{pose['id'] or 'None'}: {pose['reason']}"))
    facts += [("Took", duration_words(report["processing_time_seconds"])), *_settings(report)]
    return f"<section><h2>What ran</h2>{described(facts)}</section>"


def _settings(report: Report) -> list[Fact]:
    settings = report["settings"]
    prompts: list[Fact] = [("System prompt", settings["system_prompt"]), ("Looked for", settings["user_prompt"])]
    parts: Fact = ("Parts", f"{settings['segment_duration']:g} s each, {report['total_segments_analyzed']} in all")
    if is_workout(report):
        return [parts, *prompts]
    most_s = settings.get("max_reel_duration")
    return [
        ("Least score", settings["min_significance"]),
        ("Most highlights", settings["max_highlights"]),
        ("Most of all together", duration_words(most_s) if most_s else None),
        ("Thoroughness", settings.get("thoroughness")),
        parts,
        ("Scores", (report.get("scoring") or {}).get("rule")),
        *prompts,
    ]
