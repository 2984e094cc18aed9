"""The measures of QVHighlights, moment retrieval and highlight detection, for one query each. Pure.

Source: Lei, Berg & Bansal 2021, "QVHighlights: Detecting Moments and Highlights in Videos via Natural Language
Queries", and the definitions of its ``standalone_eval`` (github.com/jayleicn/moment_detr), written anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.truth import iou
from smolvlm_core.domain import Span

IOU_THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
MOST_PREDICTIONS = 10  # further windows are not looked at
VERY_GOOD = 4  # on the annotators' scale of 0 to 4
ANNOTATORS = 3


@dataclass(frozen=True, slots=True)
class Window:
    """A predicted moment and how sure it is."""

    span: Span
    score: float


def average_precision(windows: Sequence[Window], truth: Sequence[Span], least_iou: float) -> float:
    """Interpolated average precision (Pascal VOC since 2010) of windows for one query.

    The first ``MOST_PREDICTIONS`` windows are taken by falling score. Each claims the free true moment that it
    overlaps most, if their IoU is at least ``least_iou``; a window that gets none is wrong. 0 without windows.
    """
    ranked = sorted(windows[:MOST_PREDICTIONS], key=lambda window: -window.score)
    free = list(truth)
    right: list[bool] = []
    for window in ranked:
        best = max(free, key=lambda moment: iou(window.span, moment), default=None)
        right.append(best is not None and iou(window.span, best) >= least_iou)
        if right[-1] and best is not None:
            free.remove(best)
    hits = np.cumsum(right, dtype=np.float64)
    precision = hits / np.arange(1, len(hits) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best_from_here[np.asarray(right, bool)].sum() / len(truth)) if truth else 0.0


def first_iou(windows: Sequence[Window], truth: Sequence[Span]) -> float:
    """IoU of the first window with the true moment it overlaps most: what R1@IoU counts. 0 without windows."""
    return max((iou(windows[0].span, moment) for moment in truth), default=0.0) if windows else 0.0


def very_good_clips(clips: int, relevant: Sequence[int], scores: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
    """Which clips each annotator calls very good (clips, annotators); clips not relevant to the query are not.

    Args: relevant: ids of the scored clips; scores: for each of them one score by each annotator, 0..4.
    """
    table = np.zeros((clips, ANNOTATORS), bool)
    for clip, by_annotator in zip(relevant, scores, strict=True):
        table[clip] = np.asarray(by_annotator) >= VERY_GOOD
    return table


def hit_at_1(saliency: NDArray[np.float64], very_good: NDArray[np.bool_]) -> bool:
    """Does any annotator call the clip with the highest score (the first of equals) very good?"""
    best = int(saliency.argmax())
    return best < len(very_good) and bool(very_good[best].any())


def saliency_precision(saliency: NDArray[np.float64], very_good: NDArray[np.bool_]) -> float:
    """Average precision of the ranking by clip scores, against each annotator, then their mean.

    Clips that were not predicted count as scored 0, surplus ones are dropped.
    """
    padded = np.zeros(len(very_good))
    padded[: len(saliency)] = saliency[: len(very_good)]
    return float(
        np.mean([ranking_precision(padded, very_good[:, column]) for column in range(very_good.shape[1])])
    )


def ranking_precision(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Mean interpolated precision over the levels of recall that the ranking reaches; equal scores are one step.

    0 where nothing is positive, 1 where everything is, as the official evaluation has it.
    """
    if not positive.any() or positive.all():
        return float(positive.all())
    order = np.argsort(-scores, kind="stable")
    last_of_equals = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    hits = np.cumsum(positive[order])[last_of_equals]
    precision = hits / (last_of_equals + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best_from_here[np.diff(hits, prepend=0) > 0].mean())
