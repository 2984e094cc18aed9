"""The part of the report on a workout: totals, every step in a table, and the chart of each counted set."""

from collections.abc import Iterator, Sequence

from smolvlm_core.analysis.clock import duration_words
from smolvlm_core.analysis.reading import many, when
from smolvlm_core.analysis.report import UNKNOWN_EXERCISE, Report
from smolvlm_core.exercise import Phase
from smolvlm_core.exports.items import own_words, step_note
from smolvlm_core.exports.markup import listed, notes, paragraph, picture, text

COLUMNS = ("When", "What", "Repetitions", "Tempo", "Phase", "Sure")


def body(report: Report, pictures: Sequence[bytes | None]) -> str:
    """Overview, table and charts. ``pictures``: a PNG, or None, for each step."""
    steps: list[Report] = report["exercise_steps"]
    summary = report["summary"]
    corrected = any(step.get("corrected") for step in steps)
    headline = "No sets" if corrected else "No repeated movement was found"
    if sets := int(summary.get("total_sets", 0)):
        headline = f"{many(sets, 'set')}, {many(int(summary['total_repetitions']), 'repetition')}"
    overview = listed(_by_exercise(summary), "totals") + listed(_times(summary), "facts")
    charts = "".join(_chart(step, png) for step, png in zip(steps, pictures, strict=True) if png is not None)
    parts = [f"<section><h2>{headline}</h2>{overview}{notes(report)}</section>"]
    if steps:
        parts.append(f"<section><h2>Step by step</h2>{_table(steps)}</section>")
    if charts:
        parts.append(f'<section><h2>Every repetition</h2><div class="charts">{charts}</div></section>')
    return "\n".join(parts)


def _by_exercise(summary: Report) -> Iterator[str]:
    for group in summary.get("sets_by_exercise", []):
        counted = group["repetitions"]
        repetitions = "" if counted is None else f", {many(counted, 'repetition')}"
        yield f"{group['exercise_name']}: {many(group['sets'], 'set')}{repetitions}"


def _times(summary: Report) -> Iterator[str]:
    for name, words in (("active_seconds", "of exercise"), ("rest_seconds", "of rest")):
        if summary.get(name):
            yield f"{duration_words(summary[name])} {words}"


def _table(steps: Sequence[Report]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    rows = "".join(_row(step) for step in steps)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(step: Report) -> str:
    working = step["movement_phase"] == Phase.EXECUTION
    named = working and step["exercise_name"] != UNKNOWN_EXERCISE
    number = f'<span class="muted">Set {int(step["set_number"])}</span>' if step.get("set_number") else ""
    name = f'<strong dir="auto">{text(step["exercise_name"])}</strong>'
    cells = (
        f'<td class="number">{text(when(step))}</td>',
        f"<td>{name}{number}{paragraph(step_note(step), 'muted')}{_by_hand(step)}</td>",
        _cell("Repetitions", step["repetitions"]),
        _cell("Tempo", _tempo(step)),
        _cell("Phase", step["movement_phase"]),
        _cell("Sure", f"{step['confidence']:.0%}" if named and not _is_renamed(step) else None),
    )
    return f"<tr{'' if working else ' class=quiet'}>{''.join(cells)}</tr>"


def _is_renamed(step: Report) -> bool:
    corrected = step.get("corrected")
    return corrected is not None and corrected["measured_exercise_name"] != step["exercise_name"]


def _by_hand(step: Report) -> str:
    """What was measured where somebody corrected it, and their note."""
    corrected = step.get("corrected")
    if corrected is None or corrected["removed"]:
        return paragraph(own_words(step), "muted")
    facts = [corrected["measured_exercise_name"]] if _is_renamed(step) else []
    if corrected["measured_repetitions"] not in (None, step["repetitions"]):
        facts.append(many(corrected["measured_repetitions"], "repetition"))
    measured = f"Corrected by hand. Measured: {', '.join(facts)}." if facts else ""
    return paragraph(measured, "muted") + paragraph(own_words(step), "muted")


def _cell(name: str, value: str | int | None) -> str:
    return "<td></td>" if value is None else f'<td class="number" data-name="{name}">{text(value)}</td>'


def _tempo(step: Report) -> str | None:
    return None if step["tempo_seconds"] is None else f"{step['tempo_seconds']:.1f} s"


def _chart(step: Report, png: bytes) -> str:
    drawn = f"Chart of set {step['set_number']}, {step['exercise_name']}: {step.get('measured_words') or ''}"
    return f"<figure>{picture(png, 'image/png', drawn)}</figure>"
