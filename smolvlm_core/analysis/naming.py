"""What a bout is called: by its posture, and by what the model sees at its turning points. Which stillness is one.

A body that keeps a posture is exercise only where that posture has a name: a plank, not standing about.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from smolvlm_core.analysis.looker import Looker
from smolvlm_core.analysis.looking import Look
from smolvlm_core.domain import AnalysisOptions, Choice, JSONValue, SegmentView, Skipped, Span
from smolvlm_core.exercise import Bout, MeasuredSet
from smolvlm_core.models.exercises import HELD, exercise_labels
from smolvlm_core.models.pose_naming import combined, pose_evidence
from smolvlm_core.signals.joints import BodySignals
from smolvlm_core.signals.posture import posture_of


@dataclass(frozen=True, slots=True)
class HoldOptions:
    """When stillness is a hold. Chosen by eye."""

    window_s: float = 1.0
    """Each is named on its own; neighbours of one name are one hold."""
    least_s: float = 5.0
    """A shorter one is a pause of something else."""
    longest_gap_s: float = 2.0
    """Without the name, within a hold: a landmark jumped."""


def find_holds(
    body: BodySignals, span: Span, busy: Sequence[Span], options: HoldOptions = HoldOptions()
) -> Iterator[Bout]:
    """Where the body keeps a posture that is an exercise, in ``span`` but not in ``busy``, in order."""
    count = max(1, round(span.duration_s / options.window_s))
    edges_s = np.linspace(span.start_s, span.end_s, count + 1).tolist()
    name, start_s, end_s = None, 0.0, 0.0
    for first_s, last_s in pairwise(edges_s):
        window = Span(first_s, last_s)
        label = None if any(window.overlap_s(one) > 0 for one in busy) else _hold_at(body, window)
        if label is None or (label == name and first_s - end_s <= options.longest_gap_s):
            end_s = end_s if label is None else last_s
            continue
        yield from _hold(body, name, Span(start_s, end_s), options) if name else ()
        name, start_s, end_s = label, first_s, last_s
    yield from _hold(body, name, Span(start_s, end_s), options) if name else ()


def _hold_at(body: BodySignals, window: Span) -> str | None:
    posture = posture_of(body, window)
    label = None if posture is None else pose_evidence(posture).label
    return label if label in HELD else None


def _hold(body: BodySignals, name: str, span: Span, options: HoldOptions) -> Iterator[Bout]:
    posture = posture_of(body, span)
    if span.duration_s >= options.least_s and posture is not None and pose_evidence(posture).label == name:
        yield Bout(span, posture, None)


def joined_holds(bouts: Sequence[Bout], options: HoldOptions = HoldOptions()) -> tuple[Bout, ...]:
    """The same, with holds of one name that follow each other as one: who trembles is looked at in parts."""
    joined: list[Bout] = []
    for bout in bouts:
        before = joined[-1] if joined else None
        if before is not None and _is_one_hold(before, bout, options):
            joined[-1] = replace(before, span=Span(before.span.start_s, bout.span.end_s))
        else:
            joined.append(bout)
    return tuple(joined)


def _is_one_hold(one: Bout, other: Bout, options: HoldOptions) -> bool:
    if one.measured is not None or other.measured is not None or one.posture is None or other.posture is None:
        return False
    near = other.span.start_s - one.span.end_s <= options.longest_gap_s
    return near and pose_evidence(one.posture).label == pose_evidence(other.posture).label


def name_of(bout: Bout, step: str, options: AnalysisOptions, look: Looker) -> Choice | Skipped:
    """What the posture and the model say together; of either alone, where the other says nothing."""
    seen = choose(look_at(bout, look), step, options, look)
    posed = None if bout.posture is None else pose_evidence(bout.posture)
    if isinstance(seen, Skipped):
        return posed or seen
    both = combined(posed, seen) or seen
    return posed if posed is not None and bout.measured is None and both.label is None else both


def look_at(bout: Bout, look: Looker) -> Look:
    """What the model is shown to name it."""
    at_s = None if bout.measured is None else turning_points_s(bout.measured, look.model.frames_wanted)
    return Look(bout.span, at_s or None)


def choose(shown: Look, step: str, options: AnalysisOptions, look: Looker) -> Choice | Skipped:
    """The exercise that the model sees; a durable step."""

    def question(view: SegmentView) -> JSONValue:
        choice = look.model.choose(view, exercise_labels(), options.criteria, look.run.check)
        look.run.log("exercise_chosen", step=step, label=choice.label or "unknown")
        return [choice.label, choice.confidence, choice.probabilities]

    reply = look.ask(step, shown.span, question, shown.seen)
    return reply if isinstance(reply, Skipped) else Choice(*reply)


def turning_points_s(found: MeasuredSet, most: int) -> tuple[float, ...]:
    """At most so many times, rising: where repetitions spread over the set begin, and where they turn."""
    chosen = np.linspace(0, len(found.repetitions) - 1, max(1, min(most // 2, len(found.repetitions))))
    repetitions = [found.repetitions[index] for index in chosen.round().astype(int).tolist()]
    times_s = sorted({time_s for one in repetitions for time_s in (one.span.start_s, one.turn_s)})
    return tuple(times_s[: max(most, 0)])
