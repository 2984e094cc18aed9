"""Results of a workout as HTML: what is said of the whole beside the video; its sets are in ``session_view``.

Reads the report (the content of ``results.json``); every text in it may come from a user or a model, so all
of it is escaped. Results from before sets were measured lack what is new: it is left out.
"""

from html import escape

from smolvlm_core.analysis.clock import duration_words
from smolvlm_core.analysis.reading import many
from smolvlm_core.analysis.report import UNKNOWN_EXERCISE, Report
from smolvlm_core.exercise import Phase
from smolvlm_core.ui.render import notice, sentence
from smolvlm_core.ui.session_view import session
from smolvlm_core.ui.set_cards import is_set


def headline(report: Report) -> tuple[str, str]:
    """What was found in a few words, and a sentence or two to it."""
    sets, named = (int(report["summary"][name]) for name in ("total_sets", "total_exercises_identified"))
    if not sets and any(map(is_set, report["exercise_steps"])):
        return "No sets", "All that were found were removed. They can be put back below."
    if not sets:
        return (
            "No repeated movement was found",
            "What helps is below, and every part of the video with what was measured.",
        )
    counted = sum(
        step["repetitions"] is not None
        for step in report["exercise_steps"]
        if step["movement_phase"] == Phase.EXECUTION
    )
    title = f"{many(sets, 'set')} of exercise"
    sentences = []
    if counted:
        title = f"{many(sets, 'set')}, {many(report['summary']['total_repetitions'], 'repetition')}"
    else:
        sentences.append("No repetitions could be counted.")
    if 0 < counted < sets:
        sentences.append(f"{sets - counted} of the sets had nothing to count, such as a hold.")
    if named < sets:
        which = "It could not" if sets == 1 else f"{named or 'None'} of them could"
        sentences.append(f"{which} be named.")
    if sets > 1:
        sentences.append("In the order they happen.")
    return title, " ".join([*sentences, "Click a time to see it."])


def totals(report: Report) -> str:
    """Sets and repetitions of each exercise, and the time spent; empty without any."""
    summary = report["summary"]
    if not summary.get("sets_by_exercise"):
        return ""
    items = []
    names = [group["exercise_name"] for group in summary["sets_by_exercise"]]
    for group in summary["sets_by_exercise"] if names != [UNKNOWN_EXERCISE] else ():  # the headline says it all
        counts = [many(group["sets"], "set")]
        if group["repetitions"] is not None:
            counts.append(many(group["repetitions"], "repetition"))
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
    """The sets as cards to correct, the rests between them, and a table of the whole."""
    return session(report, session_id)
