"""All of a workout below its video: the cards of its sets, the rests between, one table of the whole, as HTML."""

from dataclasses import dataclass
from html import escape

from smolvlm_core.analysis.clock import duration_words
from smolvlm_core.analysis.corrections import REPETITIONS_MOST, known_exercises
from smolvlm_core.analysis.plain import one_line
from smolvlm_core.analysis.report import Report
from smolvlm_core.exercise import Phase
from smolvlm_core.ui.correcting import Answer
from smolvlm_core.ui.rows import DASH
from smolvlm_core.ui.set_cards import between, card, is_set
from smolvlm_core.ui.words import _, data, marked

COLUMNS = (
    marked("Exercise"),
    marked("Sets"),
    marked("Repetitions"),
    marked("Time under load"),
    marked("Rest after"),
)
ACTIVE_LEAST = 0.5  # of a part's time: below, hardly anybody moves in it
ADVICE = (
    (marked("Film the whole body"), marked("from head to feet, for all of the set.")),
    (marked("Film from the side"), marked("where knees, hips and elbows bend in plain sight.")),
    (marked("Keep the camera still"), marked("on a tripod, a bench or the floor.")),
    (marked("Do two repetitions or more"), marked("at an even pace: a single one is not counted.")),
)


def session(report: Report, session_id: str, answer: Answer = Answer()) -> str:  # noqa: B008 - it is frozen
    """Cards and table; without any set, why there is none and what helps."""
    steps: list[Report] = report["exercise_steps"]
    if not any(map(is_set, steps)):
        return _nothing(report)
    items = "".join(
        card(step, place, session_id) if is_set(step) else between(step) for place, step in enumerate(steps, 1)
    )
    names = {str(step["exercise_name"]) for step in steps if step["movement_phase"] == Phase.EXECUTION}
    options = "".join(f'<option value="{_text(name)}">' for name in dict.fromkeys([*known_exercises(), *names]))
    correct_here = _("Something wrong? Change a name or a number right here: totals and downloads follow.")
    return (
        f'<section class="sv-sets" data-session="{escape(session_id)}"{data(_spoken())}><h3>{_("Set by set")}</h3>'
        f'<p class="sv-muted">{escape(correct_here)}</p>'
        f'<ol class="sv-cards">{items}</ol>{_table(report)}<datalist id="sv-exercises">{options}</datalist>'
        f'<p class="sv-answer{" sv-failed" if answer.failed else ""}" role="status" '
        f'data-answer="{escape(answer.name)}">{escape(answer.text)}</p></section>'
    )


def _spoken() -> dict[str, str]:
    """What ``sets.js`` says."""
    return {
        "lost": _("Not saved: the server did not answer. Check the connection and try again."),
        "number": _("Not saved: repetitions are a whole number from 0 to {most}.", most=REPETITIONS_MOST),
        "copied": _("The table is copied. Paste it into a spreadsheet or a message."),
        "uncopied": _("This browser does not copy by itself. Select the table and copy it."),
    }


# -- The whole session ------------------------------------------------------------------------


@dataclass(slots=True)
class _Total:
    """Of one exercise, or of all."""

    name: str
    sets: int = 0
    repetitions: int | None = None
    active_s: float = 0.0
    rest_s: float = 0.0


def _table(report: Report) -> str:
    rows = "".join(_row(total) for total in _totals(report["exercise_steps"]))
    head = "".join(f'<th scope="col">{_(name)}</th>' for name in COLUMNS)
    summary = report["summary"]
    whole = _Total(
        _("All together"),
        summary["total_sets"],
        summary["total_repetitions"],
        summary.get("active_seconds") or 0.0,
        summary.get("rest_seconds") or 0.0,
    )
    return (
        f'<div class="sv-whole"><div class="sv-row"><h3 id="sv-whole">{_("The whole session")}</h3>'
        f'<button type="button" class="sv-plain" data-do="copy">{_("Copy this table")}</button></div>'
        f'<table class="sv-session" aria-labelledby="sv-whole"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>'
        f"<tfoot>{_row(whole)}</tfoot></table></div>"
    )


def _totals(steps: list[Report]) -> list[_Total]:
    """In the order in which the exercises first happen; a rest belongs to what was done before it."""
    totals: dict[str, _Total] = {}
    last: _Total | None = None
    for step in steps:
        if step["movement_phase"] == Phase.EXECUTION:
            name = str(step["exercise_name"])
            last = totals.setdefault(name.casefold(), _Total(name))
            last.sets += 1
            last.active_s += step["duration"]
            if step["repetitions"] is not None:
                last.repetitions = (last.repetitions or 0) + step["repetitions"]
        elif last is not None:
            last.rest_s += step["duration"]
    return list(totals.values())


def _row(total: _Total) -> str:
    cells = (
        str(total.sets),
        DASH if total.repetitions is None else str(total.repetitions),
        duration_words(total.active_s),
        duration_words(total.rest_s) if total.rest_s else DASH,
    )
    values = "".join(
        f'<td data-name="{escape(_(name))}">{value}</td>' for name, value in zip(COLUMNS[1:], cells, strict=True)
    )
    return f'<tr><th scope="row" dir="auto">{_text(total.name)}</th>{values}</tr>'


# -- Nothing ----------------------------------------------------------------------------------


def _nothing(report: Report) -> str:
    items = "".join(f"<li><strong>{_(what)}</strong> {_(how)}</li>" for what, how in ADVICE)
    return (
        f'<section class="sv-none"><h3>{_("Why no set was found")}</h3><p>{_why(report)}</p>'
        f"<h3>{_('What helps')}</h3><ul>{items}</ul></section>"
    )


def _why(report: Report) -> str:
    parts = report["segment_analyses"]
    if not any(part.get("moving_share", 0.0) >= ACTIVE_LEAST for part in parts):
        return _("Hardly anything moves in this video, so there was nothing to count.")
    pose = report.get("pose")
    if pose is not None and pose["id"] is None:
        return _(
            "Something moves, but nothing repeats itself evenly. The app had to look at movement alone, "
            "without the joints of a body, which finds less."
        )
    return _(
        "Somebody moves, but no movement repeats itself evenly for long enough. That also happens when the body "
        "is cut off by the picture, hidden behind something, or the camera moves."
    )


def _text(words: object) -> str:
    return escape(one_line(words))
