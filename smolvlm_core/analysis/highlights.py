"""Highlights: score every segment, find the exact moments, judge those, describe only what made the list.

The curves say where and when; the model, where there is one, says what it means. A segment bounds what the
model sees at once, not what comes out.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from smolvlm_core.analysis.foresight import Coming
from smolvlm_core.analysis.judging import meaning_of, score_of, scoring_of
from smolvlm_core.analysis.looker import Looker, looker
from smolvlm_core.analysis.looking import EFFORTS, Look, segment_frames, shortlist
from smolvlm_core.analysis.moments import MomentJudge, glimpses, shown_of
from smolvlm_core.analysis.overview import overview_of
from smolvlm_core.analysis.pipeline import measure, require_an_answer, scan_share
from smolvlm_core.analysis.run import Run, Source
from smolvlm_core.analysis.selection import choose_moments, closest_of, reel_warnings, wordless_warnings
from smolvlm_core.analysis.so_far import measured_so_far, parts_so_far, tell_next_at
from smolvlm_core.domain import (
    AnalysisOptions,
    Criteria,
    Evidence,
    Highlight,
    HighlightsResult,
    Progress,
    ScoredMoment,
    ScoredSegment,
    Scoring,
    SegmentView,
    Skipped,
    Span,
)
from smolvlm_core.models.base import VideoModel
from smolvlm_core.models.signals import words_of
from smolvlm_core.signals.segments import split_into_segments

MOMENTS_SHARE = 0.2  # of the progress bar: judging moments, after the segments
DESCRIBE_SHARE = 0.1  # of the progress bar; describing is a few moments of many


def analyze_highlights(source: Source, options: AnalysisOptions, model: VideoModel, run: Run) -> HighlightsResult:
    """Find the moments of ``source`` that meet the criteria of ``options``.

    Raises: Undecodable; ModelError: the model failed on every segment it was asked about; Cancelled.
    """
    looks = model.frames_wanted > 0
    told = None if looks else partial(measured_so_far, segment_s=options.segment_duration_s)
    measured = measure(source, run, scan_share(model), told, stills=looks)
    spans = split_into_segments(measured.duration_s, measured.curves.cuts_s, options.segment_duration_s)
    with looker(source, measured, model, run, EFFORTS[options.thoroughness].frames_per_s) as look:
        segments, scoring = _score_segments(spans, options, look)
        judge = MomentJudge(look, options, scoring, segments, 1 - DESCRIBE_SHARE - MOMENTS_SHARE, MOMENTS_SHARE)
        moments = judge.moments()
        chosen = choose_moments(moments, options, measured.duration_s)
        highlights, undescribed = _describe_all(chosen, judge, options, look)
    closest = None if chosen else closest_of(moments or _scored(segments))
    return HighlightsResult(
        options=options,
        model=model.info,
        highlights=highlights,
        segments=segments,
        duration_s=measured.duration_s,
        processing_s=run.elapsed_s(),
        warnings=(
            measured.warnings
            + wordless_warnings(undescribed, 0, len(chosen))
            + reel_warnings(chosen, moments, options)
        ),
        moments=_with_words(moments, highlights, judge),
        closest=closest,
        overview=overview_of(highlights, closest, options, measured.duration_s),
        scoring=scoring,
    )


def _scored(segments: Sequence[ScoredSegment]) -> list[ScoredMoment]:
    """What stands in for moments where there is none."""
    return [
        ScoredMoment(one.span, one.score, one.evidence, one.meaning)
        for one in segments
        if not isinstance(one.score, Skipped)
    ]


def _with_words(
    moments: Sequence[ScoredMoment], highlights: Sequence[Highlight], judge: MomentJudge
) -> tuple[ScoredMoment, ...]:
    """The moments, each with what was written on it, so that another choice among them need not ask again."""
    words: dict[Span, str] = {span: said for span, said in judge.words.items() if isinstance(said, str)}
    words |= {highlight.span: highlight.description for highlight in highlights}
    return tuple(replace(moment, description=words.get(moment.span)) for moment in moments)


def _score_segments(
    spans: Sequence[Span], options: AnalysisOptions, look: Looker
) -> tuple[tuple[ScoredSegment, ...], Scoring]:
    """Every segment with its score, or why it has none, and the rule they were scored by."""
    first, last = scan_share(look.model), 1 - DESCRIBE_SHARE - MOMENTS_SHARE
    evidence = [look.measured.evidence(span) for span in spans]
    wanted = shortlist([one.strength for one in evidence], options) if look.model.frames_wanted else ()
    most = segment_frames(options)
    shown = [Look(span, seen, most) for span, seen in zip(spans, glimpses(spans, options, look), strict=True)]
    look.tell(Coming("judge", options.criteria, [shown[index] for index in sorted(wanted)]))
    replies: list[float | Skipped | None] = []
    tell_at = 1
    for index, span in enumerate(spans):
        percent = 100 * (first + (last - first) * index / len(spans))
        parts = None
        if look.model.frames_wanted and index >= tell_at:  # without a model the scan has told them already
            tell_at = tell_next_at(index)
            parts = parts_so_far(_judged(spans, evidence, replies, options.criteria)[0], len(spans))
        at = f"Analyzing segment {index + 1}/{len(spans)}"
        look.run.report(Progress(percent, at, index, len(spans), parts=parts))
        if look.model.frames_wanted and index not in wanted:
            replies.append(_not_looked_at(options))
            continue

        def question(view: SegmentView, index: int = index) -> float | None:
            log_odds = look.model.judge(view, options.criteria, look.run.check)
            look.run.log("segment_scored", segment=index + 1, of=len(spans), log_odds=log_odds)
            return log_odds

        replies.append(look.ask(f"score-{index}", span, question, shown[index].seen, most))
    require_an_answer(replies[index] for index in wanted)
    segments, scoring = _judged(spans, evidence, replies, options.criteria)
    parts = parts_so_far(segments, len(spans))
    look.run.report(Progress(100 * last, "Looking for moments", len(spans), len(spans), parts=parts))
    return segments, scoring


def _judged(
    spans: Sequence[Span],
    evidence: Sequence[Evidence],
    replies: Sequence[float | Skipped | None],
    criteria: Criteria,
) -> tuple[tuple[ScoredSegment, ...], Scoring]:
    """As many segments as there are replies, by a rule that follows from these replies."""
    scoring = scoring_of([reply for reply in replies if isinstance(reply, float | int)], criteria)
    segments = []
    for index, (span, measured, reply) in enumerate(zip(spans, evidence, replies, strict=False)):
        meaning = None if reply is None or isinstance(reply, Skipped) else meaning_of(reply, scoring)
        score = reply if isinstance(reply, Skipped) else score_of(measured.strength, meaning, scoring)
        segments.append(ScoredSegment(index, span, score, measured, meaning))
    return tuple(segments), scoring


def _not_looked_at(options: AnalysisOptions) -> Skipped:
    most = EFFORTS[options.thoroughness].segments
    return Skipped(
        f"not looked at: with thoroughness {options.thoroughness}, only the {most} most promising parts are"
    )


def _describe_all(
    chosen: Sequence[ScoredMoment], judge: MomentJudge, options: AnalysisOptions, look: Looker
) -> tuple[tuple[Highlight, ...], int]:
    """The highlights best first, and of how many the model had no words. In time order: decoding goes forward."""
    segments = len(judge.segments)
    described: dict[int, Highlight] = {}
    undescribed = 0
    in_time_order = sorted(enumerate(chosen, start=1), key=lambda ranked: ranked[1].span)
    wordless = [moment.span for _, moment in in_time_order if moment.span not in judge.words]
    shown = [Look(span, shown_of(span, look.measured)) for span in wordless]
    look.tell(Coming("describe", options.criteria, shown))
    for done, (rank, moment) in enumerate(in_time_order):
        percent = 100 * (1 - DESCRIBE_SHARE * (1 - done / len(chosen)))
        step = f"Describing highlight {done + 1}/{len(chosen)}"
        look.run.report(Progress(percent, step, segments, segments, tuple(chosen)))
        words = judge.words.get(moment.span) or look.ask(
            f"describe-{done}",
            moment.span,
            lambda view: look.model.describe(view, options.criteria, look.run.check),
            shown_of(moment.span, look.measured),
        )
        if isinstance(words, Skipped):
            undescribed += 1
            words = words_of(moment.evidence)
        described[rank] = Highlight(f"h{rank}", moment.span, moment.score, words, moment.evidence, moment.meaning)
    return tuple(described[rank] for rank in sorted(described)), undescribed
