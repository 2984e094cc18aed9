"""Results of an analysis as HTML: the summary, what was found, and every part that was looked at.

Reads the report (the content of ``results.json``); every text in it may come from a user or a model, so all
of it is escaped.
"""

from collections.abc import Sequence
from html import escape

from smolvlm_core.analysis.clock import duration_words
from smolvlm_core.analysis.reading import is_workout, when
from smolvlm_core.analysis.report import Report
from smolvlm_core.ui import workout_view
from smolvlm_core.ui.cards import highlight_cards, moment_cards, score
from smolvlm_core.ui.downloads import downloads, reel
from smolvlm_core.ui.render import warnings, why
from smolvlm_core.ui.retelling import retold
from smolvlm_core.ui.rows import DASH, row, table
from smolvlm_core.ui.words import _, plural


def summary(report: Report, session_id: str) -> str:
    """The headline of a result, its warnings, what judged it, and the downloads."""
    workout = is_workout(report)
    headline, text = workout_view.headline(report) if workout else _highlights_headline(report)
    more = workout_view.totals(report) + workout_view.pose_note(report) if workout else ""
    return (
        f'<div class="sv-summary"><h2>{escape(headline)}</h2><p>{escape(text)}</p>'
        f"{more}{warnings(report['warnings'])}"
        f'<div class="sv-muted" id="sv-judge"><p>{escape(_judged_by(report))}</p>'
        f"{why(report['model']['backend'], [report['model']['reason']])}</div>"
        f"{downloads(session_id)}</div>"
    )


def found_table(report: Report, session_id: str) -> str:
    """What the analysis found: highlights best first, or the steps of a workout; empty when nothing."""
    if is_workout(report):
        return workout_view.steps_table(report, session_id)
    listed = highlight_cards(report["highlights"], session_id)
    return f"{listed}{reel(session_id, report)}" if listed else ""


def best_so_far(moments: Sequence[Report], session_id: str) -> str:
    """The best moments of an analysis that still runs, best first; empty when there are none yet."""
    listed = moment_cards(moments, session_id)
    return f'<h3 class="sv-best">{_("Best so far")}</h3>{listed}' if listed else ""


def segments_table(report: Report) -> str:
    """Every part that was looked at, in time order, with its score or label, or why it has none."""
    if is_workout(report):
        rows = "".join(_labelled_row(segment) for segment in report["segment_analyses"])
        return table(_("Every part"), (_("When"), _("What"), _("What was measured")), rows)
    rows = "".join(_scored_row(segment) for segment in report["all_analyses"])
    return table(_("Every part"), (_("When"), _("Score"), _("What was measured")), rows)


# -- Headlines --------------------------------------------------------------------------------


def _highlights_headline(report: Report) -> tuple[str, str]:
    found: int = report["highlights_found"]
    if found:
        return plural("{count} highlight", "{count} highlights", found), retold(report["overview"])
    closest = report["closest"]
    if closest is None:
        return _("No highlights"), _("No part of the video could be scored. The reasons are below.")
    value, least = float(closest["significance_score"]), report["settings"]["min_significance"]
    if value >= least:  # only the length kept it out
        return _("No highlight is short enough"), f"{retold(report['overview'])} {_('Allow more seconds below.')}"
    text = _("The closest was {when} with {score}.", when=when(closest), score=f"{value:g}")
    if report.get("all_moments"):
        listed = max(1, int(value))
        more = _("Set the minimum score to {score} to have it listed, or see every part below.", score=listed)
        text = f"{text} {more}"
    return _("Nothing scored {least} or more", least=least), text


def _judged_by(report: Report) -> str:
    model = report["model"]
    if model["backend"] == "signals":
        who = _("Measured only. No model described what the pictures show.")
    else:
        names = {name: model[name] for name in ("id", "device", "dtype")}
        who = _("Judged by {id} on {device} ({dtype}).", **names)
    poses = workout_view.pose_words(report)
    took = duration_words(report["processing_time_seconds"])
    took_words = _("It took {time}.", time=took)
    return " ".join(filter(None, (who, poses, took_words)))


# -- Rows -------------------------------------------------------------------------------------


def _scored_row(segment: Report) -> str:
    value = segment["significance_score"]
    if value is None:
        return row(segment, DASH, _why_not(_("Not scored: {reason}"), segment), quiet=True)
    return row(segment, score(float(value)), f"<p>{escape(retold(segment['evidence']['words']))}</p>")


def _labelled_row(segment: Report) -> str:
    if segment["skipped_reason"] is not None:
        return row(segment, DASH, _why_not(_("Not named: {reason}"), segment), quiet=True)
    name = f"<strong>{escape(str(segment['exercise_name'] or DASH))}</strong>"
    return row(segment, name, f"<p>{escape(retold(segment['evidence']['words']))}</p>")


def _why_not(form: str, segment: Report) -> str:
    return f"<p>{escape(form.format(reason=retold(str(segment['skipped_reason']))))}</p>"
