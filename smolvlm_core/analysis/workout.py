"""Workout: sets of counted repetitions and other activity, named by the model's choice among labels, as steps.

Numbers are measured, never guessed: what repeats too little to be counted has none.
"""

from collections.abc import Sequence
from dataclasses import replace

from smolvlm_core.analysis.movement import measure_sets
from smolvlm_core.analysis.pipeline import Looker, looker, measure, require_an_answer, scan_share
from smolvlm_core.analysis.run import Run, Source
from smolvlm_core.domain import AnalysisOptions, Choice, JSONValue, Progress, SegmentView, Skipped, Span
from smolvlm_core.exercise import ExerciseStep, LabelledSegment, MeasuredSet, Phase, PoseInfo, WorkoutResult
from smolvlm_core.models.base import VideoModel
from smolvlm_core.models.exercises import exercise_labels
from smolvlm_core.models.signals import words_of
from smolvlm_core.signals.activity import active_spans
from smolvlm_core.signals.segments import split_into_segments

DESCRIBE_SHARE = 0.1  # of the progress bar
COUNT_SHARE = 0.3  # of what the scan leaves of it
NO_POSE = "no pose estimator is built in yet"
COUNTED_WITHOUT_POSE = "Repetitions were counted from movement alone: no pose was estimated."
ACTIVE_LEAST = 0.5  # a segment counts as active from this share of movement
AT_REST = Skipped("nobody moves here")


def analyze_workout(source: Source, options: AnalysisOptions, model: VideoModel, run: Run) -> WorkoutResult:
    """Find the exercises of ``source`` in time order, with the rests between them.

    Raises: Undecodable; ModelError: the model failed on every active segment; Cancelled.
    """
    measured = measure(source, model, run)
    active = active_spans(measured.curves)
    first = scan_share(model)
    sets = measure_sets(source, measured, run, (first, first + COUNT_SHARE * (1 - first)))
    edges_s = (edge for one in (*active, *(found.span for found in sets)) for edge in (one.start_s, one.end_s))
    borders_s = sorted({*measured.curves.cuts_s, *edges_s})
    spans = split_into_segments(measured.duration_s, borders_s, options.segment_duration_s)
    with looker(source, measured, model, run) as look:
        segments = _label_all(spans, (*active, *(found.span for found in sets)), options, look)
        steps = _describe_all(join_steps(segments, sets), len(segments), options, look)
    return WorkoutResult(
        options=options,
        model=model.info,
        pose=PoseInfo(None, NO_POSE),
        steps=steps,
        segments=segments,
        duration_s=measured.duration_s,
        processing_s=run.elapsed_s(),
        warnings=(*measured.warnings, *([COUNTED_WITHOUT_POSE] if sets else [])),
    )


def _label_all(
    spans: Sequence[Span], active: Sequence[Span], options: AnalysisOptions, look: Looker
) -> tuple[LabelledSegment, ...]:
    first = scan_share(look.model)
    first += COUNT_SHARE * (1 - first)
    labelled: list[LabelledSegment] = []
    for index, span in enumerate(spans):
        percent = 100 * (first + (1 - DESCRIBE_SHARE - first) * index / len(spans))
        look.run.report(Progress(percent, f"Analyzing segment {index + 1}/{len(spans)}", index, len(spans)))
        moving_share = min(1.0, sum(span.overlap_s(period) for period in active) / span.duration_s)
        choice: Choice | Skipped = AT_REST
        if moving_share >= ACTIVE_LEAST:
            choice = _choose(index, span, options, look)
        labelled.append(LabelledSegment(index, span, choice, moving_share, look.measured.evidence(span)))
    require_an_answer(segment.choice for segment in labelled if segment.choice is not AT_REST)
    return tuple(labelled)


def _choose(index: int, span: Span, options: AnalysisOptions, look: Looker) -> Choice | Skipped:
    def question(view: SegmentView) -> JSONValue:
        choice = look.model.choose(view, exercise_labels(), options.criteria, look.run.check)
        look.run.log("segment_labelled", segment=index + 1, label=choice.label or "unknown")
        return [choice.label, choice.confidence, choice.probabilities]

    reply = look.ask(f"label-{index}", span, question)
    return reply if isinstance(reply, Skipped) else Choice(*reply)


def join_steps(segments: Sequence[LabelledSegment], sets: Sequence[MeasuredSet] = ()) -> tuple[ExerciseStep, ...]:
    """The segments of one set become one step, and so do neighbours with the same name; others get their phase.

    Stillness before the first exercise is Setup, between two of the same name (and at the end) Rest,
    between different ones Transition. A video in which nobody moves has no steps.
    """
    groups: list[list[LabelledSegment]] = []
    for segment in segments:
        if groups and _belongs(groups[-1][-1], segment, sets):
            groups[-1].append(segment)
        else:
            groups.append([segment])
    moving = [index for index, group in enumerate(groups) if _moves(group[0])]
    if not moving:
        return ()
    steps = (_step(index, groups, moving) for index in range(len(groups)))
    return tuple(_with_set(step, _set_at(step.span, sets)) for step in steps)


def _belongs(one: LabelledSegment, other: LabelledSegment, sets: Sequence[MeasuredSet]) -> bool:
    in_one, in_other = _set_at(one.span, sets), _set_at(other.span, sets)
    if in_one is not None or in_other is not None:
        return in_one is in_other
    return _name_of(one) == _name_of(other) and _moves(one) == _moves(other)


def _set_at(span: Span, sets: Sequence[MeasuredSet]) -> MeasuredSet | None:
    return next((found for found in sets if found.span.contains(span.middle_s)), None)


def _with_set(step: ExerciseStep, found: MeasuredSet | None) -> ExerciseStep:
    """A set is exercise, whatever a model thought of it; its times are those that were measured."""
    if found is None:
        return step
    sure = step.confidence if step.exercise_name is not None else found.confidence
    return replace(step, span=found.span, phase=Phase.EXECUTION, confidence=sure, measured=found)


def _moves(segment: LabelledSegment) -> bool:
    return segment.choice is not AT_REST


def _name_of(segment: LabelledSegment) -> str | None:
    return None if isinstance(segment.choice, Skipped) else segment.choice.label


def _step(index: int, groups: Sequence[Sequence[LabelledSegment]], moving: Sequence[int]) -> ExerciseStep:
    group = groups[index]
    span = Span(group[0].span.start_s, group[-1].span.end_s)
    name = _commonest_name(group)
    sure_s = sum(_certainty(segment) * segment.span.duration_s for segment in group)
    confidence = min(1.0, sure_s / span.duration_s)
    if index in moving:
        return ExerciseStep(span, Phase.EXECUTION, name, "", confidence)
    before = max((other for other in moving if other < index), default=None)
    after = min((other for other in moving if other > index), default=None)
    phase = Phase.REST
    if before is None:
        phase = Phase.SETUP
    elif after is not None and _name_of(groups[before][0]) != _name_of(groups[after][0]):
        phase = Phase.TRANSITION
    return ExerciseStep(span, phase, None, "", confidence)


def _commonest_name(group: Sequence[LabelledSegment]) -> str | None:
    """By time. Only the segments of a set can differ in it."""
    seconds: dict[str, float] = {}
    for segment in group:
        name = _name_of(segment)
        if name is not None:
            seconds[name] = seconds.get(name, 0.0) + segment.span.duration_s
    return max(seconds, key=lambda name: seconds[name]) if seconds else None


def _certainty(segment: LabelledSegment) -> float:
    """0..1: of the label where there is one, else of stillness."""
    if isinstance(segment.choice, Choice):
        return segment.choice.confidence
    return 0.0 if _moves(segment) else 1 - segment.moving_share


def _describe_all(
    steps: Sequence[ExerciseStep], segments: int, options: AnalysisOptions, look: Looker
) -> tuple[ExerciseStep, ...]:
    """The same steps with words: the model's for exercises, measured ones for the rest."""
    described: list[ExerciseStep] = []
    for index, step in enumerate(steps):
        percent = 100 * (1 - DESCRIBE_SHARE * (1 - index / len(steps)))
        look.run.report(Progress(percent, f"Describing step {index + 1}/{len(steps)}", segments, segments))
        evidence = look.measured.evidence(step.span)
        words: str | Skipped = f"{step.phase}: little or no movement."
        if step.phase is Phase.EXECUTION:
            words = look.ask(
                f"describe-{index}",
                step.span,
                lambda view: look.model.describe(view, options.criteria, look.run.check),
            )
        described.append(replace(step, description=words_of(evidence) if isinstance(words, Skipped) else words))
    return tuple(described)
