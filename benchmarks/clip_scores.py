"""Our result as one score for each clip of equal length, the form in which public data sets compare. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import HighlightsResult, Skipped, Span

CLIP_S = 2.0  # of QVHighlights and TVSum alike
LOWEST = 1.0  # what our scores start at


def clip_scores(result: HighlightsResult, edges_s: Sequence[float]) -> NDArray[np.float64]:
    """Scores (N,), 1..10, of the clips between N + 1 rising edges.

    The mean, over a clip's time, of the scores of the segment and of the highlight there, half each. Where no
    highlight is, or the segment was skipped, the lowest score stands in; so it does after the video's end.
    """
    segments = [
        (segment.span, segment.score) for segment in result.segments if not isinstance(segment.score, Skipped)
    ]
    highlights = [(highlight.span, highlight.score) for highlight in result.highlights]
    return (_means(segments, edges_s) + _means(highlights, edges_s)) / 2


def _means(scored: Sequence[tuple[Span, float]], edges_s: Sequence[float]) -> NDArray[np.float64]:
    """Mean score over each clip's time (N,); where spans overlap, the higher one counts."""
    edges = np.asarray(edges_s, np.float64)
    borders = np.unique(np.concatenate([edges, *[[span.start_s, span.end_s] for span, _ in scored]]))
    middles, lengths = (borders[:-1] + borders[1:]) / 2, np.diff(borders)
    level = np.full(len(middles), LOWEST)
    for span, score in scored:
        inside = (middles >= span.start_s) & (middles < span.end_s)
        level[inside] = np.maximum(level[inside], score)
    clip = np.searchsorted(edges, middles, side="right") - 1
    known = (clip >= 0) & (clip < len(edges) - 1)
    total = np.bincount(clip[known], (level * lengths)[known], minlength=len(edges) - 1)
    return np.asarray(total / np.diff(edges), np.float64)
