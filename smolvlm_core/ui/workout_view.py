"""Results of a workout as HTML: what is said of the whole beside the video; its sets are in ``session_view``.

Reads the report (the content of ``results.json``); every text in it may come from a user or a model, so all
of it is escaped. Results from before sets were measured lack what is new: it is left out.
"""

from html import escape

from smolvlm_core.analysis.clock import duration_words
from smolvlm_core.analysis.report import UNKNOWN_EXERCISE, Report
from smolvlm_core.exercise import Phase
from smolvlm_core.ui.render import notice, sentence
from smolvlm_core.ui.retelling import retold
from smolvlm_core.ui.session_view import session
from smolvlm_core.ui.set_cards import is_set
from smolvlm_core.ui.words import _, plural, repetitions, sets


def headline(report: Report) -> tuple[str, str]:
    """What was found in a few words, and a sentence or two to it."""
    found, named = (int(report["summary"][name]) for name in ("total_sets", "total_exercises_identified"))
    if not found and any(map(is_set, report["exercise_steps"])):
        return _("No sets"), _("All that were found were removed. They can be put back below.")
    if not found:
        return (
            _("No repeated movement was found"),
            _("What helps is below, and every part of the video with what was measured."),
        )
    counted = sum(
        step["repetitions"] is not None
        for step in report["exercise_steps"]
        if step["movement_phase"] == Phase.EXECUTION
    )
    title = plural("{count} set of exercise", "{count} sets of exercise", found)
    sentences = []
    if counted:
        title = f"{sets(found)}, {repetitions(report['summary']['total_repetitions'])}"
    else:
        sentences.append(_("No repetitions could be counted."))
    if 0 < counted < found:
        sentences.append(
            plural(
                "{count} of the sets had nothing to count, such as a hold.",
                "{count} of the sets had nothing to count, such as holds.",
                found - counted,
            )
        )
    if named < found:
        sentences.append(_named_words(named, found))
    if found > 1:
        sentences.append(_("In the order they happen."))
    return title, " ".join([*sentences, _("Click a time to see it.")])


def _named_words(named: int, found: int) -> str:
    if found == 1:
        return _("It could not be named.")
    if not named:
        return _("None of them could be named.")
    return plural("{count} of them could be named.", "{count} of them could be named.", named)


def totals(report: Report) -> str:
    """Sets and repetitions of each exercise, and the time spent; empty without any."""
    summary = report["summary"]
    if not summary.get("sets_by_exercise"):
        return ""
    items = []
    names = [group["exercise_name"] for group in summary["sets_by_exercise"]]
    for group in summary["sets_by_exercise"] if names != [UNKNOWN_EXERCISE] else ():  # the headline says it all
        counts = [sets(group["sets"])]
        if group["repetitions"] is not None:
            counts.append(repetitions(group["repetitions"]))
        items.append(f"<li><strong>{escape(str(group['exercise_name']))}</strong> {', '.join(counts)}</li>")
    spent = [_("{time} of exercise", time=duration_words(summary["active_seconds"]))]
    if summary["rest_seconds"]:
        spent.append(_("{time} of rest", time=duration_words(summary["rest_seconds"])))
    listed = f'<ul class="sv-totals">{"".join(items)}</ul>' if items else ""
    return f'{listed}<p class="sv-muted">{escape(", ".join(spent))}</p>'


def pose_note(report: Report) -> str:
    """That no pose was estimated, unless a warning says so already."""
    pose = report.get("pose")
    if pose is None or pose["id"] is not None or any("pose" in str(text).lower() for text in report["warnings"]):
        return ""
    text = _("No pose was estimated: repetitions are counted from movement alone, without the angles of joints.")
    reason = sentence(retold(str(pose["reason"])))
    return notice(_("Counted from movement alone"), f"{text} {reason}", "warning")


def pose_words(report: Report) -> str:
    """What found the joints, as a sentence; empty when nothing did."""
    pose = report.get("pose")
    if pose is None or pose["id"] is None:
        return ""
    return _("Joints of the body found by {model}.", model=pose["id"])


def steps_table(report: Report, session_id: str) -> str:
    """The sets as cards to correct, the rests between them, and a table of the whole."""
    return session(report, session_id)
