"""How well ranked spans match what really happens in a video: hits, recall, edges. Knows spans and truth only."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.baselines import random_hit_rate
from benchmarks.truth import Truth, iou, nearest
from smolvlm_core.domain import Span

TOUCHED = 0.3  # IoU from which a moment counts as found
MATCHED = 0.5  # IoU from which its edges are worth comparing
TOP = 3


@dataclass(frozen=True, slots=True)
class Find:
    """How the best span of one method did on one video, and how many of the wanted events its top three found.

    ``event`` is the true interval that ``top`` matches best, None where it touches none.
    """

    top: Span | None
    iou: float
    event: Span | None
    recall3: float

    @property
    def edge_errors_s(self) -> tuple[float, float] | None:
        """Start and end, found minus true: negative is too early."""
        if self.top is None or self.event is None:
            return None
        return self.top.start_s - self.event.start_s, self.top.end_s - self.event.end_s


def judge(ranked: Sequence[Span], truth: Truth) -> Find:
    """Compare spans, best first, with the truth."""
    recall3 = recall_of(ranked[:TOP], truth.wanted)
    if not ranked:
        return Find(None, 0.0, None, recall3)
    best_iou, event = nearest(ranked[0], truth.events)
    return Find(ranked[0], best_iou, event, recall3)


def recall_of(spans: Sequence[Span], wanted: Sequence[Span]) -> float:
    """Wanted events that some span finds, over as many as ``TOP`` spans can find; 0 where none is wanted."""
    if not wanted:
        return 0.0
    found = sum(any(iou(span, event) >= TOUCHED for span in spans) for event in wanted)
    return min(1.0, found / min(TOP, len(wanted)))


@dataclass(frozen=True, slots=True)
class Chance:
    """What windows of the median wanted length, placed anywhere, can expect of one video."""

    hit1_iou30: float
    hit1_iou50: float
    recall3: float


def chance(truth: Truth, duration_s: float) -> Chance:
    """``recall3`` is that of three windows placed independently; capped at 1 after averaging, so slightly high."""
    if not truth.wanted or duration_s <= 0:
        return Chance(0.0, 0.0, 0.0)
    length_s = statistics.median(event.duration_s for event in truth.wanted)
    one = [random_hit_rate(duration_s, [event], length_s, TOUCHED) for event in truth.wanted]
    found = sum(1 - (1 - rate) ** TOP for rate in one)
    return Chance(
        random_hit_rate(duration_s, truth.events, length_s, TOUCHED),
        random_hit_rate(duration_s, truth.events, length_s, MATCHED),
        min(1.0, found / min(TOP, len(truth.wanted))),
    )


@dataclass(frozen=True, slots=True)
class Measures:
    """Over some videos with events. None where there is nothing to measure; ``n`` videos, ``n_edges`` edges."""

    hit1_iou30: float | None
    hit1_iou50: float | None
    recall3: float | None
    median_edge_error_s: float | None
    n: int
    n_edges: int


def measure_finds(finds: Sequence[Find]) -> Measures:
    """Shares of videos whose best span hits an event, mean recall of the best three, and edges.

    ``median_edge_error_s`` is the median of all ``|start error|`` and ``|end error|``, two for each video whose
    best span reaches an IoU of ``MATCHED`` with a true interval (the one it matches best).
    """
    edges_s = [abs(error_s) for find in finds if find.iou >= MATCHED for error_s in find.edge_errors_s or ()]
    return Measures(
        hit1_iou30=mean([find.iou >= TOUCHED for find in finds]),
        hit1_iou50=mean([find.iou >= MATCHED for find in finds]),
        recall3=mean([find.recall3 for find in finds]),
        median_edge_error_s=statistics.median(edges_s) if edges_s else None,
        n=len(finds),
        n_edges=len(edges_s),
    )


def measure_chances(chances: Sequence[Chance]) -> Measures:
    """The same for windows placed anywhere; their edges mean nothing."""
    return Measures(
        hit1_iou30=mean([one.hit1_iou30 for one in chances]),
        hit1_iou50=mean([one.hit1_iou50 for one in chances]),
        recall3=mean([one.recall3 for one in chances]),
        median_edge_error_s=None,
        n=len(chances),
        n_edges=0,
    )


def mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None
