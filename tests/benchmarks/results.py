"""Results of an analysis as a test wants them: spans and scores, nothing else of interest."""

from smolvlm_core.domain import (
    AnalysisOptions,
    AnalysisType,
    Evidence,
    Highlight,
    HighlightsResult,
    ScoredSegment,
    Skipped,
    Span,
)
from tests.fakes import SCRIPTED_INFO

CALM = Evidence(1.0, 0.0, None, 0, 0.0)


def result_of(
    segments: list[tuple[Span, float | Skipped]], highlights: list[tuple[Span, float]]
) -> HighlightsResult:
    return HighlightsResult(
        options=AnalysisOptions(AnalysisType.HIGHLIGHTS),
        model=SCRIPTED_INFO,
        highlights=tuple(Highlight(f"h{i}", span, score, "", CALM) for i, (span, score) in enumerate(highlights)),
        segments=tuple(ScoredSegment(i, span, score, CALM) for i, (span, score) in enumerate(segments)),
        duration_s=10.0,
        processing_s=0.0,
    )
