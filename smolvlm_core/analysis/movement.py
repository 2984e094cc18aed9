"""The second, closer look at a workout: fifteen pictures a second wherever something moves, and the sets in them.

Every stretch is a durable step: a killed process goes on with the next one. Only one stretch is in memory.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from smolvlm_core.analysis.pipeline import Measured
from smolvlm_core.analysis.run import Run, Source
from smolvlm_core.domain import JSONValue, Progress, Span
from smolvlm_core.exercise import Curve, Drive, MeasuredSet, Repetition, Sides, Unit
from smolvlm_core.signals.activity import active_spans
from smolvlm_core.signals.movement import SAMPLE_HZ, MovementMeter
from smolvlm_core.signals.sets import find_sets
from smolvlm_core.video.frames import FrameReader

PICTURES_AT_A_TIME = 16
HALF_A_TICK_S = 1e-3  # a stamp rounded to a millisecond still counts as reached
LEAST_PICTURES = 8  # half a second


@dataclass(frozen=True, slots=True)
class StretchOptions:
    """Where to look closer. Chosen by eye: pauses of a set stay inside, long rests are passed over."""

    margin_s: float = 1.5
    """Looked at before and after movement: a set begins and ends slowly."""
    joined_gap_s: float = 6.0
    """Stretches with less than this between them are one; no pause within a set is longer."""


def stretches(measured: Measured, options: StretchOptions = StretchOptions()) -> tuple[Span, ...]:
    """Where something moves, with margins; none across a cut."""
    found: list[Span] = []
    cuts_s = measured.curves.cuts_s
    for span in active_spans(measured.curves):
        first_s = max([0.0, *(cut_s for cut_s in cuts_s if cut_s <= span.start_s + HALF_A_TICK_S)])
        last_s = min([measured.duration_s, *(cut_s for cut_s in cuts_s if cut_s >= span.end_s - HALF_A_TICK_S)])
        start_s, end_s = max(first_s, span.start_s - options.margin_s), min(last_s, span.end_s + options.margin_s)
        if end_s <= start_s:
            continue
        near = found and first_s <= found[-1].start_s and start_s - found[-1].end_s < options.joined_gap_s
        if near:
            found[-1] = Span(found[-1].start_s, max(found[-1].end_s, end_s))
        else:
            found.append(Span(start_s, end_s))
    return tuple(found)


def measure_sets(
    source: Source, measured: Measured, run: Run, share: tuple[float, float]
) -> tuple[MeasuredSet, ...]:
    """All sets of repetitions, in time order.

    Args: share: of the progress bar, 0..1: where this begins and ends.
    Raises: Undecodable; Cancelled.
    """
    sets: list[MeasuredSet] = []
    spans = stretches(measured)
    total_s = sum(span.duration_s for span in spans) or 1.0
    done_s = 0.0
    with FrameReader(source.video_path) as reader:
        for index, span in enumerate(spans):
            percent = 100 * (share[0] + (share[1] - share[0]) * done_s / total_s)
            run.report(Progress(percent, f"Counting repetitions: {done_s / total_s:.0%}"))

            def work(span: Span = span) -> JSONValue:
                return [dataclasses.asdict(found) for found in _sets_in(reader, span, run)]

            run.check()
            sets += [_restored(value) for value in run.step(f"sets-{index}", work)]
            done_s += span.duration_s
    return tuple(sorted(sets, key=lambda found: found.span))


def _sets_in(reader: FrameReader, span: Span, run: Run) -> Sequence[MeasuredSet]:
    meter = MovementMeter()
    seen, last_s = 0, -1.0
    for times_s in _batches(span):
        for frame in reader.at(times_s, run.check):
            if frame.time_s > last_s and frame.time_s >= span.start_s - HALF_A_TICK_S:
                meter.add(frame.time_s, frame.rgb, None)
                seen, last_s = seen + 1, frame.time_s
    return find_sets(meter.take(), with_pose=False) if seen >= LEAST_PICTURES else ()


def _batches(span: Span) -> Iterator[list[float]]:
    count = int(span.duration_s * SAMPLE_HZ)
    for first in range(0, count, PICTURES_AT_A_TIME):
        ticks = range(first, min(count, first + PICTURES_AT_A_TIME))
        yield [span.start_s + tick / SAMPLE_HZ + HALF_A_TICK_S for tick in ticks]


def _restored(value: Any) -> MeasuredSet:
    """The inverse of ``dataclasses.asdict``, after JSON."""
    return MeasuredSet(
        Span(**value["span"]),
        Drive(value["drive"]["name"], Unit(value["drive"]["unit"])),
        tuple(Repetition(**{**one, "span": Span(**one["span"])}) for one in value["repetitions"]),
        value["confidence"],
        Curve(tuple(value["curve"]["times_s"]), tuple(value["curve"]["values"])),
        None if value["sides"] is None else Sides(**value["sides"]),
    )
