"""Results of a workout as HTML: its totals, and its steps with the chart and the repetitions of each counted set.

Reads the report (the content of ``results.json``); every text in it may come from a user or a model, so all
of it is escaped. Results from before sets were measured lack what is new: it is left out.
"""

from html import escape

from smolvlm_core.analysis.clock import clock, duration_words
from smolvlm_core.analysis.report import UNKNOWN_EXERCISE, Report
from smolvlm_core.exercise import Phase, Unit
from smolvlm_core.ui.render import CHART_URL, notice, sentence
from smolvlm_core.ui.rows import row, table

CHART_SIZE = 'width="960" height="600"'  # its proportions: the page does not jump when it comes


def headline(report: Report) -> tuple[str, str]:
    """What was found in a few words, and a sentence or two to it."""
    sets, named = (int(report["summary"][name]) for name in ("total_sets", "total_exercises_identified"))
    if not sets:
        return "No repeated movement was found", "Every part of the video is listed below, with what was measured."
    counted = sum(step.get("set_number") is not None for step in report["exercise_steps"])
    title = f"{_many(sets, 'set')} of exercise"
    sentences = []
    if counted:
        title = f"{_many(sets, 'set')}, {_many(report['summary']['total_repetitions'], 'repetition')}"
    else:
        sentences.append("No repetitions could be counted.")
    if 0 < counted < sets:
        sentences.append(f"{sets - counted} of the sets had nothing to count, such as a hold.")
    if named < sets:
        which = "It could not" if sets == 1 else f"{named or 'None'} of them could"
        sentences.append(f"{which} be named.")
    if sets > 1:
        sentences.append("In the order they happen.")
    return title, " ".join([*sentences, "Click one to see it."])


def totals(report: Report) -> str:
    """Sets and repetitions of each exercise, and the time spent; empty without any."""
    summary = report["summary"]
    if not summary.get("sets_by_exercise"):
        return ""
    items = []
    names = [group["exercise_name"] for group in summary["sets_by_exercise"]]
    for group in summary["sets_by_exercise"] if names != [UNKNOWN_EXERCISE] else ():  # the headline says it all
        counts = [_many(group["sets"], "set")]
        if group["repetitions"] is not None:
            counts.append(_many(group["repetitions"], "repetition"))
        items.append(f"<li><strong>{escape(str(group['exercise_name']))}</strong> {', '.join(counts)}</li>")
    spent = [f"{duration_words(summary['active_seconds'])} of exercise"]
    if summary["rest_seconds"]:
        spent.append(f"{duration_words(summary['rest_seconds'])} of rest")
    listed = f'<ul class="sv-totals">{"".join(items)}</ul>' if items else ""
    return f'{listed}<p class="sv-muted">{escape(", ".join(spent))}</p>'


def pose_note(report: Report) -> str:
    """That no pose was estimated, unless a warning says so already."""
    pose = report.get("pose")
    if pose is None or pose["id"] is not None or any("pose" in str(text).lower() for text in report["warnings"]):
        return ""
    text = "No pose was estimated: repetitions are counted from movement alone, without the angles of joints."
    return notice("Counted from movement alone", f"{text} {sentence(str(pose['reason']))}", "warning")


def pose_words(report: Report) -> str:
    """What found the joints, as a sentence; empty when nothing did."""
    pose = report.get("pose")
    return "" if pose is None or pose["id"] is None else f"Joints of the body found by {pose['id']}. "


def steps_table(report: Report, session_id: str) -> str:
    """The steps in time order; below each counted set its chart and repetitions, folded up."""
    rows = "".join(_step_row(step) + _more_row(step, session_id) for step in report["exercise_steps"])
    return table("Steps of the workout", ("When", "What", "What happens"), rows)


def _step_row(step: Report) -> str:
    working = step["movement_phase"] == Phase.EXECUTION
    details = [f"Set {step['set_number']}"] if step.get("set_number") is not None else []
    if step["exercise_name"] != step["movement_phase"]:
        details.append(str(step["movement_phase"]))
    details.append(duration_words(step["duration"]))
    if working and step["confidence"] and step["exercise_name"] != UNKNOWN_EXERCISE:
        details.append(f"{step['confidence']:.0%} sure")
    name = f"<strong>{escape(str(step['exercise_name']))}</strong>"
    name += f'<p class="sv-muted">{escape(", ".join(details))}</p>'
    said = str(step["description"])
    if step.get("set_number") is not None:  # its numbers stand beside it already
        said = said.removesuffix(str(step.get("measured_words"))).strip()
    text = f"{_measures(step)}<p>{escape(said)}</p>" if said else _measures(step)
    return row(step, name, text, quiet=not working)


def _measures(step: Report) -> str:
    """The numbers of a set as a short list of HTML; empty where nothing was counted."""
    if step["repetitions"] is None:
        return ""
    items = [f"<strong>{_many(step['repetitions'], 'repetition')}</strong>"]
    if step["tempo_seconds"] is not None:
        every = "one every " if step["repetitions"] > 1 else ""
        items.append(f"{every}{step['tempo_seconds']:.1f} s{_ways(step)}")
    if step.get("range_of_motion") is not None and step["range_of_motion_unit"] != Unit.RELATIVE:
        items.append(f"{escape(str(step['driving_signal']))} {_amount(step['range_of_motion'], step)}")
    if step.get("left_range_of_motion") is not None:
        left, right = step["left_range_of_motion"], step["right_range_of_motion"]
        items.append(f"left {left:.0f}{Unit.DEGREES}, right {right:.0f}{Unit.DEGREES}")
    return f'<ul class="sv-measures">{"".join(f"<li>{item}</li>" for item in items)}</ul>'


def _ways(item: Report) -> str:
    """How long down and up take, where it is known."""
    ways = (("down", item.get("lowering_seconds")), ("up", item.get("lifting_seconds")))
    known = [f"{length_s:.1f} s {way}" for way, length_s in ways if length_s is not None]
    return f" ({', '.join(known)})" if known else ""


def _amount(value: float, step: Report) -> str:
    unit = step["range_of_motion_unit"]
    if unit == Unit.DEGREES:
        return f"{value:.0f}{Unit.DEGREES}"
    if unit == Unit.RELATIVE:
        return f"{value:.0%} of the usual"
    return f"{value:.2f} {escape(str(unit))}"


def _more_row(step: Report, session_id: str) -> str:
    if step.get("set_number") is None:
        return ""
    url = CHART_URL.format(session_id=session_id, set_number=int(step["set_number"]))
    signal = f"{step['driving_signal']} over time, {_many(step['repetitions'], 'repetition')} marked"
    rows = "".join(_repetition_row(repetition, step) for repetition in step["repetition_times"])
    return (
        '<tr class="sv-more"><td colspan="3"><details><summary>Chart and every repetition</summary>'
        f'<div class="sv-fold"><img class="sv-chart" src="{escape(url)}" loading="lazy" {CHART_SIZE} '
        f'alt="Chart: {escape(signal)}">'
        f'<table class="sv-reps"><caption>Repetitions of set {int(step["set_number"])}</caption><thead><tr>'
        '<th scope="col">No.</th><th scope="col">From</th><th scope="col">To</th><th scope="col">Length</th>'
        f'<th scope="col">Range</th></tr></thead><tbody>{rows}</tbody></table></div></details></td></tr>'
    )


def _repetition_row(repetition: Report, step: Report) -> str:
    number = int(repetition["repetition"])
    start_s, end_s = float(repetition["start_timestamp"]), float(repetition["end_timestamp"])
    ways = _ways(repetition).strip(" ()")
    tempo = f"{end_s - start_s:.1f} s" + (f' <span class="sv-muted">{ways}</span>' if ways else "")
    return (
        f'<tr data-start="{start_s:.3f}"><td>{number}</td><td><button type="button" aria-label="Play repetition '
        f'{number}">{exact(start_s)}</button></td><td>{exact(end_s)}</td><td>{tempo}</td>'
        f"<td>{_amount(repetition['range_of_motion'], step)}</td></tr>"
    )


def exact(time_s: float) -> str:
    """``01:03.2``: a clock that tells one repetition from the next."""
    tenths = round(10 * time_s)
    return f"{clock(tenths // 10)}.{tenths % 10}"


def _many(count: int, noun: str) -> str:
    return f"{int(count)} {noun}" if int(count) == 1 else f"{int(count)} {noun}s"
