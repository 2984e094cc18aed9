"""The measures of TVSum: F1 of a summary, and rank correlation of importance. Arrays in, numbers out.

Sources: Song et al. 2015, "TVSum: Summarizing Web Videos Using Titles" (shots of two seconds, a summary of 15 %,
F1 averaged over annotators); Otani et al. 2019, "Rethinking the Evaluation of Video Summaries" (rank correlation
with each annotator, averaged; a random summary already reaches a high F1).
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import stats

SHOT_S = 2.0
SUMMARY_SHARE = 0.15

Scores = NDArray[np.float64]


def shot_edges(frames: int, duration_s: float) -> NDArray[np.int64]:
    """Frame numbers (N + 1,) between shots of ``SHOT_S``, from 0 to ``frames``; the last shot may be shorter."""
    step = max(1.0, SHOT_S * frames / duration_s)
    inner = np.round(np.arange(0, frames, step)).astype(np.int64)
    return np.unique(np.append(inner, frames))


def shot_means(importance: Scores, edges: NDArray[np.int64]) -> Scores:
    """Mean importance of each shot (N,), from that of each frame."""
    return np.array([importance[first:end].mean() for first, end in pairwise(edges)])


def summary_frames(shots: Scores, edges: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which frames the best summary of ``SUMMARY_SHARE`` of the video shows, given each shot's importance (N,)."""
    lengths = np.diff(edges)
    chosen = knapsack(shots, lengths, int(SUMMARY_SHARE * edges[-1]))
    return np.repeat(chosen, lengths)


def knapsack(values: Scores, lengths: NDArray[np.int64], capacity: int) -> NDArray[np.bool_]:
    """Which items (N,) are worth most together and fit; of equal choices the one with the earlier items."""
    worth = np.round(values * 1000).astype(np.int64)  # whole numbers, so that equal sums are equal
    best = np.zeros(capacity + 1, np.int64)
    taken = np.zeros((len(values), capacity + 1), bool)
    for item, length in enumerate(lengths):
        if length > capacity:
            continue
        with_it = best[: capacity + 1 - length] + worth[item]
        taken[item, length:] = with_it > best[length:]
        best[length:] = np.maximum(with_it, best[length:])
    chosen = np.zeros(len(values), bool)
    room = capacity
    for item in range(len(values) - 1, -1, -1):
        chosen[item] = taken[item, room]
        room -= int(lengths[item]) if chosen[item] else 0
    return chosen


def f1(predicted: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Of two summaries, frame by frame; 0 where either is empty."""
    return 2 * float((predicted & truth).sum()) / max(1, int(predicted.sum()) + int(truth.sum()))


def summary_f1(shots: Scores, annotators: Scores, edges: NDArray[np.int64]) -> float:
    """Mean F1 of our summary with that of each annotator.

    Args: shots: our importance (N,); annotators: theirs of each frame (annotators, frames).
    """
    ours = summary_frames(shots, edges)
    return float(np.mean([f1(ours, summary_frames(shot_means(one, edges), edges)) for one in annotators]))


def rank_correlations(shots: Scores, annotators: Scores, edges: NDArray[np.int64]) -> tuple[float, float]:
    """Kendall's tau-b and Spearman's rho of importance over frames, with each annotator, averaged.

    Where one side is the same throughout there is no order to agree on: 0.
    """
    ours = np.repeat(shots, np.diff(edges))
    pairs = [_correlations(ours, theirs) for theirs in annotators]
    return float(np.mean([tau for tau, _ in pairs])), float(np.mean([rho for _, rho in pairs]))


def _correlations(ours: Scores, theirs: Scores) -> tuple[float, float]:
    if np.ptp(ours) == 0 or np.ptp(theirs) == 0:
        return 0.0, 0.0
    tau = stats.kendalltau(ours, theirs, variant="b").statistic
    return float(tau), float(stats.spearmanr(ours, theirs).statistic)
