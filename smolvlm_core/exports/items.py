"""What is listed: one item for each highlight or step of a workout, in time order, out of the report.

The report is the content of ``results.json``. Every text in it may come from a user or a model.
"""

from dataclasses import dataclass

from smolvlm_core.analysis.reading import is_workout, many, span_of
from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import Span
from smolvlm_core.exercise import Phase
from smolvlm_core.exports.words import one_line

SCORE_MAX = 10


@dataclass(frozen=True, slots=True)
class Item:
    """One highlight or one step. ``title`` says what happens, ``note`` the rest of it; both are single lines.

    ``weight`` tells which of two matters more; ``in_reel``: what an editor wants to see, so no rests;
    ``repetitions``: of a counted set, which the note has too.
    """

    span: Span
    title: str
    note: str
    weight: float
    in_reel: bool = True
    repetitions: int | None = None

    @property
    def heading(self) -> str:
        """The title for places that have no room for a note."""
        return self.title if self.repetitions is None else f"{self.title}, {many(self.repetitions, 'repetition')}"

    @property
    def sentence(self) -> str:
        """Title and note on one line."""
        return f"{self.title} ({self.note})" if self.note else self.title


def items_of(report: Report) -> tuple[Item, ...]:
    """Highlights, or the steps of a workout, by the time they start."""
    made = map(_step, report["exercise_steps"]) if is_workout(report) else map(_highlight, report["highlights"])
    return tuple(sorted(made, key=lambda item: item.span))


def _highlight(highlight: Report) -> Item:
    score = float(highlight["significance_score"])
    words = one_line(highlight["description"]) or "Highlight"
    return Item(span_of(highlight), words, f"Score {score:g} of {SCORE_MAX}", score)


def _step(step: Report) -> Item:
    working = step["movement_phase"] == Phase.EXECUTION
    count = None if step["repetitions"] is None else int(step["repetitions"])
    note = step_note(step)
    if count is not None and not step.get("measured_words"):  # results from before its words had the count
        note = f"{many(count, 'repetition')}. {note}".strip()
    if said := own_words(step):
        note = f"{note} Note: {said}".strip()
    return Item(span_of(step), one_line(step["exercise_name"]), note, float(working), working, count)


def step_note(step: Report) -> str:
    """What is said of a step, without its own name in front."""
    note = one_line(step["description"]).removeprefix(f"{one_line(step['exercise_name'])}: ")
    return note[:1].upper() + note[1:]


def own_words(step: Report) -> str:
    """What somebody wrote about a step; empty without."""
    return one_line((step.get("corrected") or {}).get("note") or "")
