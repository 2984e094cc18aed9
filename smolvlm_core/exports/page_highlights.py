"""The part of the report on highlights: what was found, best first, each with its picture and measurements."""

from collections.abc import Iterator, Sequence

from smolvlm_core.analysis.clock import duration_words
from smolvlm_core.analysis.reading import many, when
from smolvlm_core.analysis.report import Report
from smolvlm_core.exports.items import SCORE_MAX
from smolvlm_core.exports.markup import listed, notes, paragraph, picture, text

TIMES = "\N{MULTIPLICATION SIGN}"


def body(report: Report, pictures: Sequence[bytes | None]) -> str:
    """Overview and highlights. ``pictures``: a JPEG, or None, for each of them."""
    highlights: list[Report] = report["highlights"]
    lead = paragraph(report.get("overview", ""), "lead")
    headline = many(len(highlights), "highlight") if highlights else "No highlights"
    cards = "".join(_card(highlight, jpeg) for highlight, jpeg in zip(highlights, pictures, strict=True))
    found = f'<ol class="cards">{cards}</ol>' if cards else ""
    return f"<section><h2>{headline}</h2>{lead}{notes(report)}</section>\n" + (
        f"<section><h2>Best first</h2>{found}</section>" if found else ""
    )


def _card(highlight: Report, jpeg: bytes | None) -> str:
    times = text(when(highlight))
    shown = picture(jpeg, "image/jpeg", f"Picture at {when(highlight)}") if jpeg else ""
    score = float(highlight["significance_score"])
    words, measured = highlight["description"], highlight["evidence"].get("words", "")
    said = paragraph(words, "words")
    if measured != words:  # without a model the description is the measurement: say it once
        said += paragraph(measured, "muted")
    return (
        f'<li class="card{"" if shown else " bare"}">{shown}<div><h3>{times}</h3>'
        f'<p class="score"><meter min="1" max="{SCORE_MAX}" value="{score:g}"></meter>'
        f"<span><b>{score:g}</b> of {SCORE_MAX}, "
        f"{duration_words(highlight['duration'])} long</span></p>"
        f"{said}{listed(_numbers(highlight['evidence']), 'measures')}</div></li>"
    )


def _numbers(evidence: Report) -> Iterator[str]:
    yield f"Motion {evidence['motion_ratio']:.1f}{TIMES} the usual"
    yield f"Rarity {evidence['rarity']:.0%}"
    if evidence["loudness_db"] is not None:
        yield f"Loudness {evidence['loudness_db']:+g} dB"
    if evidence["cuts"]:
        yield many(evidence["cuts"], "cut")
    if evidence.get("meaning") is not None:
        yield f"Model {evidence['meaning']:.0%} sure"
