"""Highlights: score every segment, keep those above the threshold, describe only what made the list."""

from collections.abc import Sequence
from dataclasses import replace

from smolvlm_core.analysis.pipeline import Looker, looker, measure, require_an_answer, scan_share
from smolvlm_core.analysis.run import Run, Source
from smolvlm_core.domain import (
    AnalysisOptions,
    Highlight,
    HighlightsResult,
    Progress,
    ScoredSegment,
    SegmentView,
    Skipped,
    Span,
)
from smolvlm_core.models.base import VideoModel
from smolvlm_core.models.signals import words_of
from smolvlm_core.signals.segments import split_into_segments

DESCRIBE_SHARE = 0.1  # of the progress bar; describing is a few segments of many
MERGED_MOST = 2.0  # merged highlights last at most this many segment durations
TOUCH_S = 1e-3  # seconds between two segments that still count as neighbours


def analyze_highlights(source: Source, options: AnalysisOptions, model: VideoModel, run: Run) -> HighlightsResult:
    """Find the moments of ``source`` that meet the criteria of ``options``.

    Raises: Undecodable; ModelError: the model failed on every segment; Cancelled.
    """
    measured = measure(source, model, run)
    cuts_s = measured.curves.cuts_s
    spans = split_into_segments(measured.duration_s, cuts_s, options.segment_duration_s)
    with looker(source, measured, model, run) as look:
        segments = _score_all(spans, options, look)
        chosen = choose_highlights(segments, options, cuts_s)
        highlights, warnings = _describe_all(chosen, len(segments), options, look)
    return HighlightsResult(
        options=options,
        model=model.info,
        highlights=highlights,
        segments=segments,
        duration_s=measured.duration_s,
        processing_s=run.elapsed_s(),
        warnings=measured.warnings + warnings,
    )


def _score_all(spans: Sequence[Span], options: AnalysisOptions, look: Looker) -> tuple[ScoredSegment, ...]:
    first = scan_share(look.model)
    scored: list[ScoredSegment] = []
    for index, span in enumerate(spans):
        percent = 100 * (first + (1 - DESCRIBE_SHARE - first) * index / len(spans))
        look.run.report(Progress(percent, f"Analyzing segment {index + 1}/{len(spans)}", index, len(spans)))

        def question(view: SegmentView, index: int = index) -> float:
            # One decimal is what users see, so the threshold decides on it too.
            score = round(look.model.score(view, options.criteria, look.run.check), 1)
            look.run.log("segment_scored", segment=index + 1, of=len(spans), score=score)
            return score

        score = look.ask(f"score-{index}", span, question)
        scored.append(ScoredSegment(index, span, score, look.measured.evidence(span)))
    require_an_answer(segment.score for segment in scored)
    return tuple(scored)


def choose_highlights(
    segments: Sequence[ScoredSegment], options: AnalysisOptions, cuts_s: Sequence[float]
) -> tuple[ScoredSegment, ...]:
    """The best segments at or above the threshold, best first, ties by time.

    Neighbours that touch without a cut between them are one event over an arbitrary border: they are
    merged while together they last no more than ``MERGED_MOST`` segment durations.
    """
    passed = [s for s in segments if not isinstance(s.score, Skipped) and s.score >= options.min_significance]
    merged: list[ScoredSegment] = []
    for segment in sorted(passed, key=lambda s: s.span):
        before = merged[-1] if merged else None
        if before is not None and _same_event(before.span, segment.span, options.segment_duration_s, cuts_s):
            merged[-1] = _merge(before, segment)
        else:
            merged.append(segment)
    best = sorted(merged, key=lambda s: (-_score(s), s.span.start_s))
    return tuple(best[: options.max_highlights])


def _score(segment: ScoredSegment) -> float:
    if isinstance(segment.score, Skipped):
        raise ValueError("a skipped segment has no score")
    return segment.score


def _same_event(left: Span, right: Span, segment_s: float, cuts_s: Sequence[float]) -> bool:
    touches = right.start_s - left.end_s <= TOUCH_S
    cut_between = any(abs(cut_s - right.start_s) <= TOUCH_S for cut_s in cuts_s)
    return touches and not cut_between and left.union(right).duration_s <= MERGED_MOST * segment_s


def _merge(left: ScoredSegment, right: ScoredSegment) -> ScoredSegment:
    best = left if _score(left) >= _score(right) else right
    return replace(best, span=left.span.union(right.span))


def _describe_all(
    chosen: Sequence[ScoredSegment], segments: int, options: AnalysisOptions, look: Looker
) -> tuple[tuple[Highlight, ...], tuple[str, ...]]:
    """The highlights best first, and warnings. Described in time order, so that decoding goes forward."""
    described: dict[int, Highlight] = {}
    undescribed = 0
    in_time_order = sorted(enumerate(chosen, start=1), key=lambda ranked: ranked[1].span)
    for done, (rank, segment) in enumerate(in_time_order):
        percent = 100 * (1 - DESCRIBE_SHARE * (1 - done / len(chosen)))
        step = f"Describing highlight {done + 1}/{len(chosen)}"
        look.run.report(Progress(percent, step, segments, segments))
        words = look.ask(
            f"describe-{segment.index}",
            segment.span,
            lambda view: look.model.describe(view, options.criteria, look.run.check),
        )
        evidence = look.measured.evidence(segment.span)
        if isinstance(words, Skipped):
            undescribed += 1
            words = words_of(evidence)
        described[rank] = Highlight(f"h{rank}", segment.span, _score(segment), words, evidence)
    warning = f"{undescribed} of {len(chosen)} highlights carry measured words only: the model had none."
    return tuple(described[rank] for rank in sorted(described)), (warning,) if undescribed else ()
