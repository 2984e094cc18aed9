"""Results of an analysis as HTML: the summary, and tables whose rows seek the video (see ``SEEK_JS``).

Reads the report (the content of ``results.json``); every text in it may come from a user or a model, so all
of it is escaped.
"""

from collections.abc import Sequence
from html import escape

from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import AnalysisType
from smolvlm_core.exercise import Phase
from smolvlm_core.ui.render import RESULTS_URL, duration_words, sentence, warnings

DASH = "\u2013"
SCORE_MAX = 10


def is_workout(report: Report) -> bool:
    return bool(report["analysis_type"] != AnalysisType.HIGHLIGHTS)


def summary(report: Report, session_id: str, filename: str) -> str:
    """The headline of a result, its warnings, what judged it, and the download."""
    headline, text = _workout_headline(report) if is_workout(report) else _highlights_headline(report)
    kind = "workout" if is_workout(report) else "highlights"
    saved_as = f"{filename.rsplit('.', 1)[0]}-{kind}.json"
    return (
        f'<div class="sv-summary"><h2>{escape(headline)}</h2><p>{escape(text)}</p>'
        f"{warnings(report['warnings'])}"
        f'<p class="sv-muted" id="sv-judge">{escape(_judged_by(report))}</p>'
        f'<a class="sv-download" href="{escape(RESULTS_URL.format(session_id=session_id))}" '
        f'download="{escape(saved_as)}">Download results (JSON)</a></div>'
    )


def found_table(report: Report) -> str:
    """What the analysis found: highlights best first, or the steps of a workout; empty when nothing."""
    if is_workout(report):
        rows = "".join(_step_row(step) for step in report["exercise_steps"])
        return _table("Steps of the workout", ("When", "What", "What happens"), rows)
    rows = "".join(_highlight_row(highlight) for highlight in report["highlights"])
    return _table("Highlights", ("When", "Score", "What happens"), rows)


def best_so_far(moments: Sequence[Report]) -> str:
    """The best moments of an analysis that still runs, best first; empty when there are none yet."""
    rows = "".join(_moment_row(moment) for moment in moments)
    table = _table("Best so far", ("When", "Score", "What was measured"), rows)
    return f'<h3 class="sv-best">Best so far</h3>{table}' if table else ""


def segments_table(report: Report) -> str:
    """Every part that was looked at, in time order, with its score or label, or why it has none."""
    if is_workout(report):
        rows = "".join(_labelled_row(segment) for segment in report["segment_analyses"])
        return _table("Every part", ("When", "What", "What was measured"), rows)
    rows = "".join(_scored_row(segment) for segment in report["all_analyses"])
    return _table("Every part", ("When", "Score", "What was measured"), rows)


# -- Headlines --------------------------------------------------------------------------------


def _highlights_headline(report: Report) -> tuple[str, str]:
    found: int = report["highlights_found"]
    if found:
        return f"{found} {'highlight' if found == 1 else 'highlights'}", str(report["overview"])
    closest = report["closest"]
    if closest is None:
        return "No highlights", "No part of the video could be scored. The reasons are below."
    score: float = closest["significance_score"]
    return (
        f"Nothing scored {report['settings']['min_significance']} or more",
        f"The closest was {_when(closest)} with {score:g}. "
        f"Set the minimum score to {max(1, int(score))} to have it listed, or see every part below.",
    )


def _workout_headline(report: Report) -> tuple[str, str]:
    sets: int = report["summary"]["total_sets"]
    if not sets:
        return "No exercise found", "Nobody moves for long enough to call it a set. Every part is listed below."
    named: int = report["summary"]["total_exercises_identified"]
    text = "In the order they happen. Click one to see it."
    if named < sets:
        counted = "None of them" if not named else f"{named} of them"
        text = f"{counted} could be named. {text}"
    return f"{sets} {'set' if sets == 1 else 'sets'} of exercise", text


def _judged_by(report: Report) -> str:
    model = report["model"]
    if model["backend"] == "signals":
        who = "Measured from movement, sound and cuts. No model looked at the pictures."
    else:
        who = f"Judged by {model['id']} on {model['device']} ({model['dtype']})."
    return f"{who} {sentence(model['reason'])} It took {duration_words(report['processing_time_seconds'])}."


# -- Rows -------------------------------------------------------------------------------------


def _table(caption: str, headers: tuple[str, ...], rows: str) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escape(header)}</th>' for header in headers)
    return (
        f'<table class="sv-rows"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(item: Report, second: str, text: str, *, quiet: bool = False) -> str:
    """``second`` is HTML; ``text`` too. The button is for the keyboard: the whole row can be clicked."""
    start_s = float(item["start_timestamp"])
    when = escape(_when(item))
    return (
        f'<tr data-start="{start_s:.3f}"{" class=sv-quiet" if quiet else ""}>'
        f'<td class="sv-when"><button type="button" aria-label="Play from {when}">{when}</button></td>'
        f'<td class="sv-what">{second}</td><td class="sv-text">{text}</td></tr>'
    )


def _when(item: Report) -> str:
    return str(item["timestamp_formatted"]).replace(" - ", f" {DASH} ")


def _score(score: float) -> str:
    width = 100 * score / SCORE_MAX
    return f'<span class="sv-score">{score:.1f}<i><b style="width: {width:.0f}%"></b></i></span>'


def _highlight_row(highlight: Report) -> str:
    words, measured = str(highlight["description"]), str(highlight["evidence"]["words"])
    text = f"<p>{escape(words)}</p>"
    if measured != words:  # without a model the description is the measurement: say it once
        text += f'<p class="sv-muted">{escape(measured)}</p>'
    return _row(highlight, _score_and_length(highlight), text)


def _moment_row(moment: Report) -> str:
    return _row(moment, _score_and_length(moment), f"<p>{escape(str(moment['evidence']['words']))}</p>")


def _score_and_length(moment: Report) -> str:
    length = duration_words(moment["duration"])
    return f'{_score(moment["significance_score"])}<p class="sv-muted">{escape(length)} long</p>'


def _step_row(step: Report) -> str:
    working = step["movement_phase"] == Phase.EXECUTION
    details = [str(step["movement_phase"])] if step["exercise_name"] != step["movement_phase"] else []
    if step["repetitions"] is not None:
        details.append(f"{step['repetitions']} repetitions")
    if step["tempo_seconds"] is not None:
        details.append(f"{step['tempo_seconds']:.1f} s each")
    if working and step["confidence"]:
        details.append(f"{step['confidence']:.0%} sure")
    name = f"<strong>{escape(str(step['exercise_name']))}</strong>"
    if details:
        name += f'<p class="sv-muted">{escape(", ".join(details))}</p>'
    return _row(step, name, f"<p>{escape(str(step['description']))}</p>", quiet=not working)


def _scored_row(segment: Report) -> str:
    score = segment["significance_score"]
    if score is None:
        return _row(segment, DASH, f"<p>Not scored: {escape(str(segment['skipped_reason']))}</p>", quiet=True)
    return _row(segment, _score(score), f"<p>{escape(str(segment['evidence']['words']))}</p>")


def _labelled_row(segment: Report) -> str:
    if segment["skipped_reason"] is not None:
        return _row(segment, DASH, f"<p>Not named: {escape(str(segment['skipped_reason']))}</p>", quiet=True)
    name = f"<strong>{escape(str(segment['exercise_name'] or DASH))}</strong>"
    return _row(segment, name, f"<p>{escape(str(segment['evidence']['words']))}</p>")
