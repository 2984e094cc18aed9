"""Workout: sets of counted repetitions and other activity, named by the model's choice among labels, as steps.

Numbers are measured, never guessed: what repeats too little to be counted has none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from smolvlm_core.analysis.foresight import Coming
from smolvlm_core.analysis.looker import Looker, looker
from smolvlm_core.analysis.looking import Look
from smolvlm_core.analysis.movement import PoseFinder, measure_bouts
from smolvlm_core.analysis.naming import choose, look_at, name_of
from smolvlm_core.analysis.pipeline import Measured, measure, require_an_answer, scan_share
from smolvlm_core.analysis.run import Run, Source
from smolvlm_core.analysis.set_report import measured_words
from smolvlm_core.domain import AnalysisOptions, Choice, Progress, Skipped, Span
from smolvlm_core.exercise import Bout, ExerciseStep, LabelledSegment, Phase, Unit, WorkoutResult
from smolvlm_core.models.base import PoseSource, VideoModel
from smolvlm_core.models.exercises import exercise_labels
from smolvlm_core.models.signals import words_of
from smolvlm_core.signals.activity import active_spans
from smolvlm_core.signals.segments import split_into_segments

DESCRIBE_SHARE = 0.1  # of the progress bar
SCAN_PART = 0.3  # of what is done before anything is named, the rest is counting; measured on 1080p
COUNTED_WITHOUT_POSE = (
    "Repetitions were counted from movement alone: no pose was estimated ({reason}). "
    "Other movement that repeats may be among them."
)
AT_REST = Skipped("nobody moves here")


@dataclass(frozen=True, slots=True)
class StepOptions:
    """What is a step. By eye."""

    active_least: float = 0.5
    """A segment counts as active from this share of movement; below, somebody rests."""
    least_pause_s: float = 1.0
    """A shorter rest or transition is a breath."""


STEPS = StepOptions()


def analyze_workout(
    source: Source, options: AnalysisOptions, model: VideoModel, run: Run, poses: PoseSource
) -> WorkoutResult:
    """Find the exercises of ``source`` in time order, with the rests between them.

    Raises: Undecodable; ModelError: the model failed on every active segment; ModelUnavailable: the pose model
    that ran before an interruption is gone; Cancelled.
    """
    counted = scan_share(model)
    scanned = SCAN_PART * counted
    measured = measure(source, run, scanned, stills=model.frames_wanted > 0)
    finder = PoseFinder(poses, run, 100 * scanned)
    bouts = measure_bouts(source, measured, finder, run, (scanned, counted))
    active = active_spans(measured.curves)
    spans = segments_around(bouts, measured, active, options.segment_duration_s)
    with looker(source, measured, model, run) as look:
        segments = _label_all(spans, active, bouts, options, look)
        steps = _describe_all(join_steps(segments, bouts), segments, options, look)
    return WorkoutResult(
        options=options,
        model=model.info,
        pose=finder.info,
        steps=steps,
        segments=segments,
        duration_s=measured.duration_s,
        processing_s=run.elapsed_s(),
        warnings=(*measured.warnings, *_without_pose(bouts, finder)),
    )


def _without_pose(bouts: Sequence[Bout], finder: PoseFinder) -> Iterator[str]:
    counted = [bout.measured for bout in bouts if bout.measured is not None]
    if any(found.drive.unit is Unit.RELATIVE for found in counted):
        yield COUNTED_WITHOUT_POSE.format(reason=finder.info.reason.rstrip("."))


def segments_around(
    bouts: Sequence[Bout], measured: Measured, active: Sequence[Span], segment_s: float
) -> tuple[Span, ...]:
    """Segments that cover the video in order; one starts and one ends exactly where a bout does.

    Within and between bouts they start and end at cuts and where movement does, as far as they can.
    """
    edges_s = [edge for span in active for edge in (span.start_s, span.end_s)]
    bout_edges_s = (edge for bout in bouts for edge in (bout.span.start_s, bout.span.end_s))
    marks_s = sorted({0.0, measured.duration_s, *bout_edges_s})
    segments: list[Span] = []
    for start_s, end_s in pairwise(marks_s):
        inside_s = [edge - start_s for edge in (*measured.curves.cuts_s, *edges_s) if start_s < edge < end_s]
        parts = split_into_segments(end_s - start_s, inside_s, segment_s)
        borders_s = [start_s, *(start_s + part.start_s for part in parts[1:]), end_s]
        segments += [Span(a, b) for a, b in pairwise(borders_s)]
    return tuple(segments)


def _label_all(
    spans: Sequence[Span],
    active: Sequence[Span],
    bouts: Sequence[Bout],
    options: AnalysisOptions,
    look: Looker,
) -> tuple[LabelledSegment, ...]:
    first = scan_share(look.model)
    moving_shares = [
        min(1.0, sum(span.overlap_s(period) for period in active) / span.duration_s) for span in spans
    ]
    shown = _shown(spans, moving_shares, bouts, look)
    look.tell(Coming("choose", options.criteria, [one for one in shown if one], exercise_labels()))
    labelled: list[LabelledSegment] = []
    names: dict[Span, Choice | Skipped] = {}
    for index, (span, moving_share, here) in enumerate(zip(spans, moving_shares, shown, strict=True)):
        percent = 100 * (first + (1 - DESCRIBE_SHARE - first) * index / len(spans))
        look.run.report(Progress(percent, f"Analyzing segment {index + 1}/{len(spans)}", index, len(spans)))
        bout = _bout_at(span, bouts)
        choice: Choice | Skipped = AT_REST
        if bout is not None:
            if bout.span not in names:
                names[bout.span] = name_of(bout, f"name-{index}", options, look)
            choice = names[bout.span]
        elif here is not None:
            choice = choose(here, f"label-{index}", options, look)
        labelled.append(LabelledSegment(index, span, choice, moving_share, look.measured.evidence(span)))
    require_an_answer(segment.choice for segment in labelled if segment.choice is not AT_REST)
    return tuple(labelled)


def _shown(
    spans: Sequence[Span], moving_shares: Sequence[float], bouts: Sequence[Bout], look: Looker
) -> list[Look | None]:
    """What the model is shown of each segment: the bout that it lies in, itself, or nothing where nobody moves."""
    shown: list[Look | None] = []
    for span, moving_share in zip(spans, moving_shares, strict=True):
        bout = _bout_at(span, bouts)
        if bout is not None:
            shown.append(look_at(bout, look))
        else:
            shown.append(Look(span) if moving_share >= STEPS.active_least else None)
    return shown


def join_steps(segments: Sequence[LabelledSegment], bouts: Sequence[Bout] = ()) -> tuple[ExerciseStep, ...]:
    """The segments of one bout become one step, and so do neighbours with the same name; others get their phase.

    What is no exercise is Setup before the first one, Rest between two of the same name (and at the end),
    Transition between different ones. Where bouts were measured, movement that neither repeats nor has a name lies
    between them; where none was, it is taken for exercise. A video without exercise has no steps.
    """
    groups: list[_Group] = []
    for segment in segments:
        bout = _bout_at(segment.span, bouts)
        is_exercise = bout is not None or (_moves(segment) and (_name_of(segment) is not None or not bouts))
        group = _Group((segment,), bout, is_exercise)
        if groups and groups[-1].goes_on_with(group):
            groups[-1] = replace(groups[-1], segments=(*groups[-1].segments, segment))
        else:
            groups.append(group)
    if not any(group.is_exercise for group in groups):
        return ()
    steps = (_step(index, groups) for index in range(len(groups)))
    return tuple(
        step for step in steps if step.phase is Phase.EXECUTION or step.span.duration_s >= STEPS.least_pause_s
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """Neighbouring segments that become one step; ``bout`` is what was measured of it, if anything."""

    segments: tuple[LabelledSegment, ...]
    bout: Bout | None
    is_exercise: bool

    def goes_on_with(self, other: "_Group") -> bool:
        if self.bout is not None or other.bout is not None:
            return self.bout is other.bout
        return self.is_exercise == other.is_exercise and self.name == other.name

    @property
    def span(self) -> Span:
        return Span(self.segments[0].span.start_s, self.segments[-1].span.end_s)

    @property
    def name(self) -> str | None:
        """The one that most of the time has."""
        seconds: dict[str, float] = {}
        for segment in self.segments:
            name = _name_of(segment)
            if name is not None:
                seconds[name] = seconds.get(name, 0.0) + segment.span.duration_s
        return max(seconds, key=lambda name: seconds[name]) if seconds else None

    @property
    def confidence(self) -> float:
        """0..1: that the name is right; without one, that it is exercise; of a rest, that nobody moves."""
        if self.name is None and self.bout is not None and self.bout.measured is not None:
            return self.bout.measured.confidence
        sure_s = sum(self._certainty(segment) * segment.span.duration_s for segment in self.segments)
        return min(1.0, sure_s / self.span.duration_s)

    def _certainty(self, segment: LabelledSegment) -> float:
        if not self.is_exercise:
            return 1 - segment.moving_share
        choice = segment.choice
        return choice.confidence if isinstance(choice, Choice) and choice.label == self.name else 0.0


def _step(index: int, groups: Sequence[_Group]) -> ExerciseStep:
    group = groups[index]
    if group.is_exercise:
        measured = None if group.bout is None else group.bout.measured
        return ExerciseStep(group.span, Phase.EXECUTION, group.name, "", group.confidence, measured)
    before = next((other for other in reversed(groups[:index]) if other.is_exercise), None)
    after = next((other for other in groups[index + 1 :] if other.is_exercise), None)
    phase = Phase.REST
    if before is None:
        phase = Phase.SETUP
    elif after is not None and before.name != after.name:
        phase = Phase.TRANSITION
    return ExerciseStep(group.span, phase, None, "", group.confidence)


def _bout_at(span: Span, bouts: Sequence[Bout]) -> Bout | None:
    return next((bout for bout in bouts if bout.span.contains(span.middle_s)), None)


def _moves(segment: LabelledSegment) -> bool:
    return segment.choice is not AT_REST


def _name_of(segment: LabelledSegment) -> str | None:
    return None if isinstance(segment.choice, Skipped) else segment.choice.label


def _describe_all(
    steps: Sequence[ExerciseStep], segments: Sequence[LabelledSegment], options: AnalysisOptions, look: Looker
) -> tuple[ExerciseStep, ...]:
    """The same steps with words: the model's for exercises, measured ones for the rest."""
    described: list[ExerciseStep] = []
    exercises = [step.span for step in steps if step.phase is Phase.EXECUTION]
    look.tell(Coming("describe", options.criteria, [Look(span) for span in exercises]))
    for index, step in enumerate(steps):
        percent = 100 * (1 - DESCRIBE_SHARE * (1 - index / len(steps)))
        at = f"Describing step {index + 1}/{len(steps)}"
        look.run.report(Progress(percent, at, len(segments), len(segments)))
        evidence = look.measured.evidence(step.span)
        calm = step.confidence >= STEPS.active_least  # of a step that is no exercise: how surely nobody moves
        measured = measured_words(step)
        words: str | Skipped = f"{step.phase}: {'little or no movement' if calm else 'movement that is no set'}."
        if step.phase is Phase.EXECUTION and (look.model.frames_wanted or not measured):
            words = look.ask(
                f"describe-{index}",
                step.span,
                lambda view: look.model.describe(view, options.criteria, look.run.check),
            )
            words = words_of(evidence) if isinstance(words, Skipped) else words
        elif measured:
            words = ""  # a model that looks at nothing knows no more of a set than its numbers
        described.append(replace(step, description=f"{words} {measured}".strip()))
    return tuple(described)
