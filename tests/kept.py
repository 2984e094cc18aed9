"""Results of a highlights analysis with every moment it scored, as a recut needs them."""

from collections.abc import Sequence

from smolvlm_core.analysis.overview import overview_of
from smolvlm_core.analysis.report import Report, highlights_report
from smolvlm_core.analysis.selection import choose_moments, closest_of, reel_warnings
from smolvlm_core.domain import (
    AnalysisOptions,
    AnalysisType,
    Evidence,
    Highlight,
    HighlightsResult,
    ModelInfo,
    ScoredMoment,
    ScoredSegment,
    Scoring,
    Span,
)
from tests.workouts import SMOL

MEASURED = ModelInfo("signals", "measured-signals", None, "cpu", "float32", "no checkpoint")
OPTIONS = AnalysisOptions(AnalysisType.HIGHLIGHTS)
STEADY = Evidence(1.2, 0.1, None, 0, 0.3)
MEASURED_WORDS = "Nothing measured stands out: motion is 1.2\u00d7 this video's usual."
SCORES = {1.0: 4.1, 2.0: 9.2, 3.0: 6.5, 4.0: 7.7, 5.0: 2.0}
"""Where a moment of 0.8 s begins, and its score."""


def moments_of(scores: dict[float, float] = SCORES) -> list[ScoredMoment]:
    return [ScoredMoment(Span(start_s, start_s + 0.8), score, STEADY) for start_s, score in scores.items()]


MOMENTS = moments_of()


def kept_report(
    options: AnalysisOptions = OPTIONS,
    moments: Sequence[ScoredMoment] = MOMENTS,
    model: ModelInfo = SMOL,
    duration_s: float = 8.0,
    warnings: tuple[str, ...] = (),
) -> Report:
    """As the analysis would have made it: what is on the list is described by its start."""
    chosen = choose_moments(moments, options, duration_s)
    highlights = tuple(
        Highlight(f"h{rank}", one.span, one.score, f"At {one.span.start_s:g} s something happens.", one.evidence)
        for rank, one in enumerate(chosen, 1)
    )
    said = {one.span: one.description for one in highlights}
    closest = None if chosen else closest_of(moments)
    result = HighlightsResult(
        options=options,
        model=model,
        highlights=highlights,
        segments=(ScoredSegment(0, Span(0.0, duration_s), 3.3, STEADY),),
        duration_s=duration_s,
        processing_s=1.0,
        warnings=warnings + reel_warnings(chosen, moments, options),
        moments=tuple(
            ScoredMoment(one.span, one.score, one.evidence, one.meaning, said.get(one.span)) for one in moments
        ),
        closest=closest,
        overview=overview_of(highlights, closest, options, duration_s),
        scoring=Scoring(0.6, 0.0, "a rule"),
    )
    return highlights_report(result)
