"""How near counted sets come to the true ones: counts, times, names. Knows no video and no analysis.

A measure is None where there is nothing to take it over, so that all of them can be written as JSON.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.truth import iou
from benchmarks.workout_truth import TrueSet, Truth
from smolvlm_core.domain import Span
from smolvlm_core.models.exercises import canonical_name

MATCHED = 0.5  # IoU from which a counted set is the true one
NEAR = 1  # repetitions: off by one is as good as people agree on where a set starts


@dataclass(frozen=True, slots=True)
class CountedSet:
    """One set as an analysis found it; ``name`` None: it abstained."""

    span: Span
    turns_s: tuple[float, ...]
    name: str | None

    @property
    def repetitions(self) -> int:
        return len(self.turns_s)


@dataclass(frozen=True, slots=True)
class Row:
    """One video with what was found in it. ``failure`` is why nothing is known; then ``sets`` is empty."""

    truth: Truth
    sets: tuple[CountedSet, ...]
    duration_s: float
    processing_s: float
    failure: str | None = None

    @property
    def counted(self) -> int:
        return sum(one.repetitions for one in self.sets)

    @property
    def error(self) -> int | None:
        """Counted minus true."""
        return None if self.truth.repetitions is None else self.counted - self.truth.repetitions

    @property
    def named(self) -> str | None:
        """What the set with most repetitions is called."""
        return max(self.sets, key=lambda one: one.repetitions).name if self.sets else None

    @property
    def false_sets(self) -> int:
        """Sets where there are none; a failure is no clean bill."""
        return 0 if self.truth.repetitions != 0 else len(self.sets) + (self.failure is not None)

    @property
    def pairs(self) -> tuple["Pair", ...]:
        return match_sets(self.truth.sets or (), self.sets)


@dataclass(frozen=True, slots=True)
class Pair:
    """A true set and the counted one that overlaps it best, each used once."""

    true: TrueSet
    found: CountedSet | None

    @property
    def iou(self) -> float:
        return 0.0 if self.found is None else iou(self.true.span, self.found.span)

    @property
    def match(self) -> CountedSet | None:
        """The counted set where it covers enough of the true one, and not too much beside."""
        return self.found if self.iou >= MATCHED else None

    @property
    def count_error(self) -> int | None:
        """Counted minus true; a set that was missed has no repetitions."""
        if self.true.repetitions is None:
            return None
        return (self.match.repetitions if self.match else 0) - self.true.repetitions


def match_sets(true: Sequence[TrueSet], found: Sequence[CountedSet]) -> tuple[Pair, ...]:
    """One pair a true set, in their order: those with the highest IoU find each other first."""
    overlaps = sorted(
        (
            (-iou(one.span, other.span), row, column)
            for row, one in enumerate(true)
            for column, other in enumerate(found)
            if one.span.overlap_s(other.span) > 0
        ),
    )
    partner: dict[int, int] = {}
    for _, row, column in overlaps:
        if row not in partner and column not in partner.values():
            partner[row] = column
    return tuple(Pair(one, found[partner[row]] if row in partner else None) for row, one in enumerate(true))


# -- Measures -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counts:
    """Shares within one and exact, mean error over the true number, of ``n`` numbers."""

    n: int
    obo: float | None
    exact: float | None
    mae_relative: float | None


@dataclass(frozen=True, slots=True)
class Times:
    """Of ``n`` true sets: the share matched, mean absolute errors of the matched, and counted sets beside."""

    n: int
    matched: float | None
    start_error_s: float | None
    end_error_s: float | None
    extra_sets: int


@dataclass(frozen=True, slots=True)
class Names:
    """Of ``n`` exercises the table knows: the share abstained, and the share right of the others.

    ``unknown`` are those the table does not know, which say nothing.
    """

    n: int
    right: float | None
    abstained: float | None
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """Everything about one pass over a folder. ``clip_times`` are of clips whose sets have times."""

    counts: Counts
    false_sets: int | None
    negatives: int
    names: Names
    clip_times: Times
    composite_counts: Counts
    composite_times: Times
    composite_names: Names
    realtime_factor: float | None


def mean(values: Iterable[float]) -> float | None:
    """None of nothing."""
    numbers = [float(value) for value in values]
    return sum(numbers) / len(numbers) if numbers else None


def measure_counts(errors: Sequence[tuple[int, int]]) -> Counts:
    """Of pairs (counted minus true, true); where nothing is to be counted there is no relative error."""
    pairs = [(error, true) for error, true in errors if true > 0]
    return Counts(
        n=len(pairs),
        obo=mean(abs(error) <= NEAR for error, _ in pairs),
        exact=mean(error == 0 for error, _ in pairs),
        mae_relative=mean(abs(error) / true for error, true in pairs),
    )


def measure_times(rows: Sequence[Row]) -> Times:
    """Over rows whose true sets are known."""
    pairs = [pair for row in rows for pair in row.pairs]
    matches = [(pair.true.span, pair.match.span) for pair in pairs if pair.match is not None]
    return Times(
        n=len(pairs),
        matched=mean(pair.match is not None for pair in pairs),
        start_error_s=mean(abs(found.start_s - true.start_s) for true, found in matches),
        end_error_s=mean(abs(found.end_s - true.end_s) for true, found in matches),
        extra_sets=sum(len(row.sets) for row in rows) - len(matches),
    )


def measure_names(pairs: Sequence[tuple[str, str | None]]) -> Names:
    """Of pairs (true exercise, name given)."""
    known = [(canonical_name(true), name) for true, name in pairs if canonical_name(true) is not None]
    given = [(true, canonical_name(name) or name) for true, name in known if name is not None]
    return Names(
        n=len(known),
        right=mean(true == name for true, name in given),
        abstained=mean(name is None for _, name in known),
        unknown=tuple(sorted({true for true, _ in pairs if canonical_name(true) is None})),
    )


def measure(rows: Sequence[Row]) -> Measures:
    clips = [row for row in rows if not row.truth.composite]
    composites = [row for row in rows if row.truth.composite]
    negatives = [row for row in clips if row.truth.repetitions == 0]
    counted = [row for row in clips if row.truth.counted]
    pairs = [pair for row in composites for pair in row.pairs]
    video_s = sum(row.duration_s for row in rows if row.failure is None)
    work_s = sum(row.processing_s for row in rows if row.failure is None)
    return Measures(
        counts=measure_counts(
            [
                (row.error, row.truth.repetitions)
                for row in counted
                if row.error is not None and row.truth.repetitions is not None
            ]
        ),
        false_sets=sum(row.false_sets for row in negatives) if negatives else None,
        negatives=len(negatives),
        names=measure_names([(row.truth.exercise, row.named) for row in counted]),
        clip_times=measure_times([row for row in clips if row.truth.sets]),
        composite_counts=measure_counts(
            [
                (pair.count_error, pair.true.repetitions)
                for pair in pairs
                if pair.count_error is not None and pair.true.repetitions is not None
            ]
        ),
        composite_times=measure_times(composites),
        composite_names=measure_names([(pair.true.exercise, pair.match.name) for pair in pairs if pair.match]),
        realtime_factor=work_s / video_s if video_s > 0 else None,
    )
