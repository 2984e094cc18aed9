"""The sets of a workout as cards to look at and to correct, with the rests between them, as HTML.

Reads the report (the content of ``results.json`` with its corrections); every text in it may come from a user or a
model, so all of it is escaped. ``sets.js`` makes the cards work. All cards have the same parts, hidden where they
do not apply: so what is merged into the page after a correction leaves focus and scroll position alone. Results
from before sets were measured lack what is new: it is left out.
"""

from hashlib import sha256
from html import escape

from smolvlm_core.analysis.clock import clock, duration_words, exact_clock
from smolvlm_core.analysis.corrections import NAME_MOST, NOTE_MOST, REPETITIONS_MOST
from smolvlm_core.analysis.plain import one_line
from smolvlm_core.analysis.reading import when
from smolvlm_core.analysis.report import UNKNOWN_EXERCISE, Report
from smolvlm_core.exercise import Phase, Unit
from smolvlm_core.ui.render import CHART_URL
from smolvlm_core.ui.retelling import retold
from smolvlm_core.ui.words import _, marked, plural, repetitions

CHART_SIZE = 'width="960" height="600"'  # its proportions: the page does not jump when it comes
SURE_FROM, FAIRLY_FROM = 0.8, 0.6  # of a name's confidence; by eye
BETWEEN = {
    Phase.SETUP.value: marked("Before the first set"),
    Phase.REST.value: marked("Rest"),
    Phase.TRANSITION.value: marked("Between exercises"),
}
PENCIL = (
    '<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" fill="none" stroke="currentColor" '
    'stroke-width="2" stroke-linejoin="round"><path d="M4 20l1-5L16 4l4 4L9 19l-5 1z"/><path d="M14 6l4 4"/></svg>'
)


def is_set(step: Report) -> bool:
    """Whether a step is a set, or was one before somebody removed it."""
    return step["movement_phase"] == Phase.EXECUTION or _is_removed(step)


def card(step: Report, place: int, session_id: str) -> str:
    """A set. ``place``: among the steps, from 1."""
    removed = _is_removed(step)
    label, described = label_of(step), f"sv-set-{place}"
    removing = escape(_("Remove {set}: it was no set", set=label))
    is_gone = _("{set} removed:", set=f"<strong>{escape(label)}</strong>")
    kept = (
        f'<div class="sv-kept"{_hidden(removed)}><div class="sv-about">'
        f'<h4 id="{described}">{escape(label)}</h4>{_name(step, label)}{_time(step, label)}{_count(step, label)}'
        f"{_facts(step)}{_said(step)}{_note(step, label)}{_measured(step)}"
        '<button type="button" class="sv-plain" data-do="remove" '
        f'aria-label="{removing}">{_("This was no set")}</button></div>'
        f"{_drawn(step, label, session_id)}</div>"
    )
    gone = (
        f'<div class="sv-gone"{_hidden(not removed)}><p>{is_gone} '
        f"<bdi>{_text(_measured_name(step))}</bdi>, {escape(when(step))}</p>"
        '<button type="button" class="sv-plain" data-do="restore" '
        f'aria-label="{escape(_("Put back {set}", set=label))}">{_("Put back")}</button></div>'
    )
    return f'<li class="sv-set" data-step="{place}" aria-labelledby="{described}">{kept}{gone}</li>'


def between(step: Report) -> str:
    """A rest, or what else lies between sets, on one line."""
    start_s, what = float(step["start_timestamp"]), _(BETWEEN[step["movement_phase"]])
    playing = escape(_("Play from {time}", time=when(step)))
    return (
        f'<li class="sv-between"><span>{what}, {duration_words(step["duration"])}</span>'
        f'<button type="button" data-start="{start_s:.3f}" aria-label="{playing}">'
        f"{escape(when(step))}</button></li>"
    )


def label_of(step: Report) -> str:
    """``Set 2``; holds and sets that were not counted have no number, and a time instead."""
    corrected = step.get("corrected") or {}
    number = corrected.get("measured_set_number", step.get("set_number"))
    if number is not None:
        return _("Set {number}", number=int(number))
    start = clock(float(step["start_timestamp"]))
    if "Held for" in str(step.get("measured_words")):
        return _("Hold at {time}", time=start)
    return _("Set at {time}", time=start)


# -- What can be corrected --------------------------------------------------------------------


def _name(step: Report, label: str) -> str:
    name = _text(step["exercise_name"] if not _is_removed(step) else _measured_name(step))
    changing = _("Change the exercise of {set}, now {name}", set=escape(label), name=name)
    return (
        f'<div class="sv-name"><span class="sv-shown" dir="auto">{name}</span>'
        f'<input type="text" tabindex="-1" list="sv-exercises" data-field="exercise_name" data-value="{name}" '
        f'maxlength="{NAME_MOST}" dir="auto" autocomplete="off" '
        f'aria-label="{escape(_("Exercise of {set}", set=label))}">'
        f'<button type="button" class="sv-pencil" data-do="edit" title="{_("Change the name")}" '
        f'aria-label="{changing}">{PENCIL}</button></div>'
    )


def _count(step: Report, label: str) -> str:
    count = step["repetitions"]
    value = "" if count is None else str(int(count))
    noun = plural("repetition", "repetitions", 0 if count is None else int(count))
    return (
        f'<label class="sv-count"><input type="number" inputmode="numeric" min="0" max="{REPETITIONS_MOST}" '
        f'step="1" placeholder="\N{EN DASH}" data-field="repetitions" data-value="{value}" '
        f'aria-label="{escape(_("Repetitions of {set}", set=label))}">'
        f'<span aria-hidden="true">{noun}</span></label>'
    )


def _note(step: Report, label: str) -> str:
    note = _text((step.get("corrected") or {}).get("note") or "")
    return (
        f'<div class="sv-own"><input type="text" data-field="note" data-value="{note}" maxlength="{NOTE_MOST}" '
        f'dir="auto" autocomplete="off" placeholder="{_("Add a note")}" '
        f'aria-label="{escape(_("Note on {set}", set=label))}"></div>'
    )


def _measured(step: Report) -> str:
    """What was measured of a corrected set, and the way back to it."""
    facts = []
    corrected = step.get("corrected")
    if corrected is not None and not corrected["removed"]:
        if _is_renamed(step):
            facts.append(f"<bdi>{_text(corrected['measured_exercise_name'])}</bdi>")
        if corrected["measured_repetitions"] != step["repetitions"]:
            counted = corrected["measured_repetitions"]
            facts.append(_("not counted") if counted is None else repetitions(counted))
    corrected_words = _("Corrected by hand. Measured: {facts}.", facts=", ".join(facts))
    return (
        f'<p class="sv-hand"{_hidden(not facts)}>{corrected_words} '
        f'<button type="button" class="sv-plain" data-do="undo">{_("Undo")}</button></p>'
    )


# -- What was measured ------------------------------------------------------------------------


def _time(step: Report, label: str) -> str:
    start_s = float(step["start_timestamp"])
    playing = _("Play {set} from {time}", set=label, time=when(step))
    return (
        f'<p class="sv-time"><button type="button" data-start="{start_s:.3f}" '
        f'aria-label="{escape(playing)}">{escape(when(step))}</button> '
        f'<span class="sv-muted">{duration_words(step["duration"])}</span></p>'
    )


def _facts(step: Report) -> str:
    facts = []
    if step["tempo_seconds"] is not None:
        tempo = f"{step['tempo_seconds']:.1f} s"
        if (step["repetitions"] or 0) > 1:
            tempo = _("one every {time}", time=tempo)
        facts.append((_("Tempo"), f"{tempo}{_ways(step)}"))
    if step.get("range_of_motion") is not None and step["range_of_motion_unit"] != Unit.RELATIVE:
        drive = _text(retold(str(step["driving_signal"])))
        facts.append((_("Movement"), f"{drive} {_amount(step['range_of_motion'], step)}"))
    if step.get("left_range_of_motion") is not None:
        left, right = (f"{step[f'{side}_range_of_motion']:.0f}{Unit.DEGREES}" for side in ("left", "right"))
        facts.append((_("Sides"), _("left {left}, right {right}", left=left, right=right)))
    if sure := _sureness(step):
        facts.append((_("Name"), sure))
    return f'<dl class="sv-known">{"".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)}</dl>'


def _sureness(step: Report) -> str:
    """How far the name can be trusted, in plain words; empty where nothing is known of that."""
    if _is_renamed(step):
        return _("corrected by hand")
    if step["exercise_name"] == UNKNOWN_EXERCISE:
        return _("the app could not tell: please type its name")
    if not step["confidence"] or step["movement_phase"] != Phase.EXECUTION:
        return ""
    if step["confidence"] >= SURE_FROM:
        return _("the app is sure")
    if step["confidence"] >= FAIRLY_FROM:
        return _("the app is fairly sure")
    return _("the app is not sure: please check")


def _said(step: Report) -> str:
    """The description without the numbers, which stand beside it already."""
    said = str(step["description"])
    if words := step.get("measured_words"):
        said = said.removesuffix(str(words)).strip()
    return f'<p class="sv-said" dir="auto">{_text(retold(said))}</p>'


def _drawn(step: Report, label: str, session_id: str) -> str:
    """The chart and, folded up, the repetitions one by one; empty where nothing was counted."""
    if step.get("set_number") is None:
        return '<div class="sv-drawn" hidden></div>'
    url = CHART_URL.format(session_id=session_id, set_number=int(step["set_number"]))
    drawn = [one["start_timestamp"] for one in step["repetition_times"]]
    version = sha256(str(drawn).encode()).hexdigest()[:8]
    signal = retold(str(step["driving_signal"]))
    caption = _("{signal} over the time of the video", signal=signal)
    chart = _(
        "Chart of {set}: {signal} over time, {repetitions} marked",
        set=label,
        signal=signal,
        repetitions=repetitions(len(step["repetition_times"])),
    )
    columns = (_("No."), _("From"), _("To"), _("Length"), _("Range"))
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    rows = "".join(_repetition_row(repetition, step) for repetition in step["repetition_times"])
    return (
        f'<div class="sv-drawn"><img class="sv-chart" src="{escape(url)}&amp;v={version}" loading="lazy" '
        f'{CHART_SIZE} alt="{_text(chart)}"><p class="sv-muted" aria-hidden="true">{_text(_capital(caption))}</p>'
        f"<details><summary>{_('Every repetition')}</summary>"
        f'<table class="sv-reps"><caption>{escape(_("Repetitions of {set}", set=label))}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details></div>"
    )


def _repetition_row(repetition: Report, step: Report) -> str:
    number = int(repetition["repetition"])
    start_s, end_s = float(repetition["start_timestamp"]), float(repetition["end_timestamp"])
    ways = _ways(repetition).strip(" ()")
    tempo = f"{end_s - start_s:.1f} s" + (f' <span class="sv-muted">{ways}</span>' if ways else "")
    return (
        f'<tr data-start="{start_s:.3f}"><td>{number}</td><td><button type="button" '
        f'aria-label="{_("Play repetition {number}", number=number)}">{exact_clock(start_s)}</button></td>'
        f"<td>{exact_clock(end_s)}</td><td>{tempo}</td>"
        f"<td>{_amount(repetition['range_of_motion'], step)}</td></tr>"
    )


def _ways(item: Report) -> str:
    """How long down and up take, where it is known."""
    ways = (
        (marked("{time} down"), item.get("lowering_seconds")),
        (marked("{time} up"), item.get("lifting_seconds")),
    )
    known = [_(way, time=f"{length_s:.1f} s") for way, length_s in ways if length_s is not None]
    return f" ({', '.join(known)})" if known else ""


def _amount(value: float, step: Report) -> str:
    unit = step["range_of_motion_unit"]
    if unit == Unit.DEGREES:
        return f"{value:.0f}{Unit.DEGREES}"
    if unit == Unit.RELATIVE:
        return _("{share} of the usual", share=f"{value:.0%}")
    return f"{value:.2f} {_text(retold(str(unit)))}"


# -- Small things -----------------------------------------------------------------------------


def _is_removed(step: Report) -> bool:
    corrected = step.get("corrected")
    return corrected is not None and bool(corrected["removed"])


def _is_renamed(step: Report) -> bool:
    corrected = step.get("corrected")
    return corrected is not None and not corrected["removed"] and _measured_name(step) != step["exercise_name"]


def _measured_name(step: Report) -> str:
    return str((step.get("corrected") or {}).get("measured_exercise_name", step["exercise_name"]))


def _text(words: object) -> str:
    """On one line, escaped; half a character, which no page may hold, becomes a mark for it."""
    return escape(one_line(words))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _hidden(hidden: bool) -> str:
    return " hidden" if hidden else ""
