"""A chain of legs as counted repetitions: when each began, turned and ended, how far and how fast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from smolvlm_core.domain import Span
from smolvlm_core.exercise import Curve as Drawn
from smolvlm_core.exercise import MeasuredSet, Repetition, Sides, Unit
from smolvlm_core.signals.bins import Curve
from smolvlm_core.signals.candidates import DrivingSignal, Effort
from smolvlm_core.signals.movement import SAMPLE_HZ
from smolvlm_core.signals.turning import Chain, Leg

LEAST_S = 0.05  # of anything


@dataclass(frozen=True, slots=True)
class RepetitionOptions:
    """Where repetitions and sets begin and end."""

    edge_share: float = 0.25
    """A leg is taken to begin and end this much of its duration earlier and later than where it left and reached
    its turning points by 15 %: it is slow there. Measured on 18 sets with known times."""
    sides_differ_deg: float = 15.0
    """Left and right by less than this are equal: the error of a landmark seen from the side."""
    begun_share: float = 0.25
    """Of the usual leg: less movement than this at a cut is none of the set. Chosen on the same sets."""
    begun_longest: float = 1.5
    """Usual legs: what takes longer up to a cut was no leg of the set. By eye."""


def measured_set(
    signal: DrivingSignal,
    chain: Chain,
    curves: Mapping[str, Curve],
    start_s: float,
    confidence: float,
    options: RepetitionOptions = RepetitionOptions(),
) -> MeasuredSet:
    """The set as counted on ``signal``. ``curves`` has its values, the first sample at ``start_s``."""
    relative = signal.drive.unit is Unit.RELATIVE
    scale = 1 / max(1e-9, float(np.median([leg.amplitude for leg in chain]))) if relative else 1.0
    first = start_s + _early(chain[0], options) / SAMPLE_HZ
    last = start_s + _late(chain[-1], options) / SAMPLE_HZ
    part = slice(chain[0].turn_from, chain[-1].turn_to + 1)
    values = curves[signal.curve][part] * scale
    times_s = start_s + np.arange(part.start, part.stop)[: len(values)] / SAMPLE_HZ
    return MeasuredSet(
        Span(max(0.0, first), last),
        signal.drive,
        _repetitions(signal.effort, chain, start_s, scale, options),
        confidence,
        Drawn(tuple(times_s.tolist()), tuple(values.tolist())),
        _sides(signal, chain, curves, options),
    )


def apart(sets: Sequence[MeasuredSet], end_s: float) -> tuple[MeasuredSet, ...]:
    """The same, ordered, none after ``end_s``, with what two neighbours share divided between them.

    A repetition goes to the side that its middle lies on; a set that keeps none is left out.
    """
    kept: list[MeasuredSet] = []
    whole = (_within(one, 0.0, end_s) for one in sets)
    for found in sorted((one for one in whole if one is not None), key=lambda one: one.span):
        if kept and found.span.start_s < kept[-1].span.end_s:
            border_s = (found.span.start_s + min(kept[-1].span.end_s, found.span.end_s)) / 2
            earlier = _within(kept.pop(), 0.0, border_s)
            later = _within(found, border_s, found.span.end_s)
            kept += [one for one in (earlier, later) if one is not None]
        else:
            kept.append(found)
    return tuple(kept)


def edges_s(
    chain: Chain, alike: Sequence[Chain], start_s: float, options: RepetitionOptions = RepetitionOptions()
) -> Span:
    """When the set of ``chain`` began and ended, by most of the chains that count it alike, itself among them.

    The head may nod once more when all joints are at rest. An edge that most have a leg or more away stays.
    """
    leg = float(np.median([one.duration for one in chain]))
    first = _by_most(_early(chain[0], options), [_early(other[0], options) for other in alike], leg)
    last = _by_most(_late(chain[-1], options), [_late(other[-1], options) for other in alike], leg)
    return Span(max(0.0, start_s + first / SAMPLE_HZ), start_s + max(last, first + 1) / SAMPLE_HZ)


def _by_most(own: float, all_of_them: Sequence[float], leg: float) -> float:
    most = float(np.median(all_of_them))
    return most if abs(most - own) <= leg else own


def up_to_cuts(
    span: Span, chain: Chain, curve: Curve, start_s: float, options: RepetitionOptions = RepetitionOptions()
) -> Span:
    """The same, from the start of the take if it began within a leg, and up to its end if it ended within one."""
    usual = float(np.median([leg.amplitude for leg in chain]))
    longest = options.begun_longest * float(np.median([leg.turn_to - leg.turn_from for leg in chain]))
    before, after = curve[: chain[0].turn_from + 1][::-1], curve[chain[-1].turn_to :]
    begin_s = start_s if _is_begun(before, options.begun_share * usual, longest) else span.start_s
    end_s = (
        start_s + (len(curve) - 1) / SAMPLE_HZ
        if _is_begun(after, options.begun_share * usual, longest)
        else span.end_s
    )
    return Span(min(begin_s, span.start_s), max(end_s, span.end_s))


def _is_begun(rest: Curve, least: float, longest: float) -> bool:
    """Whether the rest of a curve, from a turning point on, is one movement that the end of the take cuts off."""
    way = np.abs(rest - rest[0])
    return bool(way[-1] >= least and way[-1] >= 0.9 * way.max() and len(rest) <= longest)


def within(found: MeasuredSet, span: Span) -> MeasuredSet:
    """The same set with these edges; each repetition keeps what of it lies between them, and stays."""
    inside = tuple(
        replace(one, span=_clipped(one.span, span), turn_s=min(max(one.turn_s, span.start_s), span.end_s))
        for one in found.repetitions
    )
    return replace(found, span=span, repetitions=inside)


def _clipped(one: Span, edges: Span) -> Span:
    start_s = min(max(one.start_s, edges.start_s), edges.end_s - LEAST_S)
    return Span(start_s, max(start_s + LEAST_S, min(one.end_s, edges.end_s)))


def _within(found: MeasuredSet, start_s: float, end_s: float) -> MeasuredSet | None:
    repetitions = [
        replace(
            one,
            span=Span(max(one.span.start_s, start_s), min(one.span.end_s, end_s)),
            turn_s=min(max(one.turn_s, start_s), end_s),
        )
        for one in found.repetitions
        if start_s <= one.span.middle_s < end_s
    ]
    if not repetitions:
        return None
    span = Span(max(found.span.start_s, start_s), min(found.span.end_s, end_s))
    return replace(found, span=span, repetitions=tuple(repetitions))


def _early(leg: Leg, options: RepetitionOptions) -> float:
    return max(leg.turn_from, leg.start - options.edge_share * leg.duration)


def _late(leg: Leg, options: RepetitionOptions) -> float:
    return min(leg.turn_to, leg.end + options.edge_share * leg.duration)


def _repetitions(
    effort: Effort, chain: Chain, start_s: float, scale: float, options: RepetitionOptions
) -> tuple[Repetition, ...]:
    """One for each leg of the counted direction, with the other leg that belongs to it."""
    counted, before = _counted_direction(effort, chain)
    found: list[Repetition] = []
    for index, leg in enumerate(chain):
        if leg.rising != counted:
            continue
        other = index - 1 if before else index + 1
        pair = [leg]
        if 0 <= other < len(chain) and chain[other].rising != counted:  # an odd leg between may have been left out
            pair = sorted((leg, chain[other]), key=lambda one: one.start)
        begun_s = start_s + _early(pair[0], options) / SAMPLE_HZ
        ended_s = start_s + _late(pair[-1], options) / SAMPLE_HZ
        if found:
            begun_s = max(begun_s, found[-1].span.end_s)
        turn = (pair[0].end + pair[-1].start) / 2 if len(pair) > 1 else leg.start if before else leg.end
        lowering, lifting = _tempi(effort, pair)
        span = Span(max(0.0, begun_s), max(ended_s, begun_s + LEAST_S))
        turn_s = min(max(start_s + turn / SAMPLE_HZ, span.start_s), span.end_s)
        found.append(
            Repetition(span, turn_s, scale * float(np.mean([one.amplitude for one in pair])), lowering, lifting)
        )
    return tuple(found)


def _counted_direction(effort: Effort, chain: Chain) -> tuple[bool, bool]:
    """Which direction is counted, and whether the leg that goes with it comes before it (else after)."""
    if effort is not Effort.EITHER:
        return effort is Effort.RISING, True
    rising = sum(leg.rising for leg in chain)
    if 2 * rising == len(chain):
        return chain[0].rising, False
    return 2 * rising > len(chain), False


def _tempi(effort: Effort, pair: list[Leg]) -> tuple[float | None, float | None]:
    """Seconds of lowering and of lifting, where the curve tells which is which."""
    if effort is Effort.EITHER:
        return None, None
    lifts = effort is Effort.RISING
    lowering = [leg.duration / SAMPLE_HZ for leg in pair if leg.rising != lifts]
    lifting = [leg.duration / SAMPLE_HZ for leg in pair if leg.rising == lifts]
    return (lowering[0] if lowering else None), (lifting[0] if lifting else None)


def _sides(
    signal: DrivingSignal, chain: Chain, curves: Mapping[str, Curve], options: RepetitionOptions
) -> Sides | None:
    joint = signal.curve.removesuffix("_left").removesuffix("_right")
    if f"{joint}_left" not in curves:
        return None
    turns = [chain[0].turn_from, *(leg.turn_to for leg in chain)]
    left, right = (
        float(
            np.median(
                [abs(curves[f"{joint}_{side}"][b] - curves[f"{joint}_{side}"][a]) for a, b in pairwise(turns)]
            )
        )
        for side in ("left", "right")
    )
    return Sides(left, right) if abs(left - right) >= options.sides_differ_deg else None
