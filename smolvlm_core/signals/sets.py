"""Sets of repetitions out of candidates: which are exercise, how many repetitions, and when each began and ended.

Names no exercise. A set never crosses a cut.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from smolvlm_core.domain import CheckCancelled, never_cancelled
from smolvlm_core.exercise import Drive, MeasuredSet, Unit
from smolvlm_core.signals.bins import Curve, smooth
from smolvlm_core.signals.candidates import (
    DRIVING_SIGNALS,
    Candidate,
    CandidateOptions,
    DrivingSignal,
    Effort,
    candidate_of,
    candidates_of,
    smoothed,
    steady_parts,
)
from smolvlm_core.signals.flow_curves import FlowCurveOptions, FlowTables, flow_curves, flow_tables
from smolvlm_core.signals.joints import SIDES, BodyOptions, BodySignals, body_signals
from smolvlm_core.signals.movement import SAMPLE_HZ, Take
from smolvlm_core.signals.periodicity import Table, coherence, echo, leg_likeness
from smolvlm_core.signals.repetitions import RepetitionOptions, apart, edges_s, measured_set, up_to_cuts, within
from smolvlm_core.signals.turning import without_odd_ends


@dataclass(frozen=True, slots=True)
class SetOptions:
    """What makes a candidate a set. Chosen on 33 clips with counted repetitions and 19 without, at six tempi."""

    candidates: CandidateOptions = field(default_factory=CandidateOptions)
    flow: FlowCurveOptions = field(default_factory=FlowCurveOptions)
    repetitions: RepetitionOptions = field(default_factory=RepetitionOptions)
    body: BodyOptions = field(default_factory=BodyOptions)
    least_count: int = 2
    """A single repetition cannot be told from sitting down or picking something up."""
    least_strength: float = 0.5
    """Amplitude, of the usual one of its curve."""
    most_irregular: float = 0.6
    """Standard deviation of the periods over their mean; people rest within a set."""
    least_presence: float = 0.8
    """Share of the set in which a body was seen; in true sets it was at least .98."""
    longest_period_s: float = 11.0
    short_legs: int = 6
    """Chains with fewer legs are short: a few like movements happen by chance."""
    short_contrast: float = 0.5
    """A short chain needs this much contrast of its flow's echo (0..2), and ..."""
    short_coherence: float = 0.45
    """... this much coherence, or ..."""
    short_echo: float = 0.7
    """... this much of an echo in its pose; or"""
    sure_coherence: float = 0.7
    """this much coherence alone. Clips without repetitions reach 0.25."""
    long_coherence: float = 0.3
    """A long chain needs this much coherence, or ..."""
    long_contrast: float = 0.35
    """... this much contrast of its flow's echo and ..."""
    long_echo: float = 0.6
    """... this much of an echo in its pose."""
    plain_coherence: float = 0.6
    """Less coherence or echo than this lowers a candidate's score in proportion."""
    overlap_share: float = 0.3
    """Two candidates that share this much of the shorter one are one set."""
    whole_score: float = 0.7
    """A candidate gives way to a longer one that holds it, if that has this share of its score ..."""
    together_s: float = 0.5
    """Joints turn at the same time, give or take this. By eye."""
    whole_irregularity: float = 0.15
    """... its periods are not more irregular by more than this ..."""
    whole_likeness: float = 0.65
    """... and each further leg is as like to the others: -1..1, in another exercise mostly below .6."""
    joined_gap_per_period: float = 1.5
    """Two sets that one curve counts are fragments of one if less time than so many repetitions is between (a leg
    of another size breaks a chain) ..."""
    joined_gap_s: float = 4.0
    """... and less than this; longer is a rest. By eye."""
    joined_ratio: float = 1.8
    """Their periods and amplitudes may differ by this factor; all legs have to be alike (``whole_likeness``)."""
    vote_share: float = 0.7
    """Curves that cover this much of the same time have a say in the count ..."""
    angle_worth: float = 1.6
    """Of curves that count alike, an angle that tells lowering from lifting is worth so many times its score."""
    edge_score: float = 0.5
    """... and those with this share of the best one's score in when the set begins and ends."""
    flow_least_share: float = 0.35
    """Without a pose: least amplitude of a leg, of the curve's range (5th to 95th percentile)."""
    flow_most_irregular: float = 0.35
    flow_longest_period_s: float = 9.0
    flow_short_coherence: float = 0.4
    flow_long_coherence: float = 0.3
    flow_plain_coherence: float = 0.8
    flow_most_strength: float = 1.5
    """Amplitude above its curve's range by this counts no more: it is a jerk of the camera."""
    flow_least_s: float = 1.4
    """No two repetitions fit into less."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A candidate, with its score as judged, and whether it may be a set."""

    candidate: Candidate
    coherence: float
    passes: bool


def find_sets(
    take: Take, with_pose: bool, options: SetOptions = SetOptions(), check: CheckCancelled = never_cancelled
) -> tuple[MeasuredSet, ...]:
    """The sets of one take, in time order; none overlaps the next.

    Args: with_pose: count on the body; a take without one has no sets then. Else on the movement of the picture.
    Raises: Cancelled: from ``check``.
    """
    end_s = float(take.times_s[-1])
    if not with_pose:
        return apart(_sets_of_flow(flow_tables(take, options.flow), options, check), end_s)
    body = body_signals(take, options.body)
    return () if body is None else apart(_sets_of_body(take, body, options, check), end_s)


# -- With a body ------------------------------------------------------------------------------


def _sets_of_body(take: Take, body: BodySignals, options: SetOptions, check: CheckCancelled) -> list[MeasuredSet]:
    curves = smoothed(body, options.candidates)
    pose = np.stack(
        [curves[signal.curve] / signal.usual for signal in DRIVING_SIGNALS if not signal.curve.endswith(SIDES)],
        axis=1,
    )
    velocity = smooth(flow_tables(take, options.flow).velocity, 1.5)

    def judge(candidate: Candidate) -> _Judged:
        check()
        alike = coherence(pose, candidate.chain)
        part = slice(candidate.start, candidate.end + 1)
        period_s = candidate.period_s or 0.0
        pose_echo = echo(pose[part], period_s)[0] if period_s else 0.0
        contrast = echo(velocity[part], period_s)[1] if period_s else 0.0
        factor = min(1.0, max(0.02, alike, pose_echo) / options.plain_coherence)
        weighed = replace(candidate, score=candidate.score * factor)
        return _Judged(weighed, alike, _is_set(candidate, alike, pose_echo, contrast, options))

    judged = [judge(candidate) for candidate in candidates_of(curves, body.presence, options.candidates)]
    judged.sort(key=lambda one: -one.candidate.score)
    kept: list[_Judged] = []
    for one in judged:
        if one.passes and _is_apart(one, kept, options):
            free = [other for other in judged if other.passes and _is_apart(other, kept, options)]
            kept.append(_whole(one, free, pose, options))
    return _body_sets(sorted(kept, key=lambda one: one.candidate.start), judged, pose, body, options)


def _body_sets(
    kept: Sequence[_Judged], judged: Sequence[_Judged], pose: Table, body: BodySignals, options: SetOptions
) -> list[MeasuredSet]:
    """Each kept candidate as most curves count it, neighbours of one movement as one set."""
    everyone = [one.candidate for one in judged]
    parts: list[tuple[list[Candidate], float]] = []
    for one in kept:
        agreeing, sure = _agreeing(one.candidate, everyone, options), _sure(one)
        if _count(agreeing[0]) < options.least_count:
            continue
        if parts and _is_one_set(parts[-1][0][0], agreeing[0], pose, options):
            before, sure_before = parts.pop()
            chain = before[0].chain + agreeing[0].chain
            agreeing = [candidate_of(agreeing[0].signal, chain, body.presence)]
            sure = min(sure, sure_before)
        parts.append((agreeing, sure))
    return [_body_set(agreeing, body.curves, body.start_s, sure, options) for agreeing, sure in parts]


def _is_one_set(one: Candidate, other: Candidate, pose: Table, options: SetOptions) -> bool:
    """Whether two that follow each other are fragments of one set: a leg of another size lies between them."""
    period_s, other_period_s = one.period_s or 0.0, other.period_s or 0.0
    gap_s = (other.start - one.end) / SAMPLE_HZ
    most_s = min(options.joined_gap_s, options.joined_gap_per_period * max(period_s, other_period_s))
    return (
        one.signal is other.signal
        and gap_s <= most_s
        and _is_near(period_s, other_period_s, options.joined_ratio)
        and _is_near(one.amplitude, other.amplitude, options.joined_ratio)
        and all(leg_likeness(pose, one.chain, leg) >= options.whole_likeness for leg in other.chain)
    )


def _is_near(one: float, other: float, ratio: float) -> bool:
    return one <= ratio * other and other <= ratio * one


def _body_set(
    agreeing: Sequence[Candidate], curves: Mapping[str, Curve], start_s: float, sure: float, options: SetOptions
) -> MeasuredSet:
    """The set as the best of these counts it, where most of them begin and end it.

    The angle of a joint is preferred where it shows all of the set: people know what 90 degrees are.
    """
    together = round(options.together_s * SAMPLE_HZ)

    def worth(one: Candidate) -> float:
        told = one.signal.drive.unit is Unit.DEGREES and one.signal.effort is not Effort.EITHER
        whole = one.start <= agreeing[0].start + together and one.end >= agreeing[0].end - together
        return one.score * (options.angle_worth if told and whole else 1.0)

    best = max(agreeing, key=worth)
    found = measured_set(best.signal, best.chain, curves, start_s, sure, options.repetitions)
    alike = [one.chain for one in agreeing if one.score >= options.edge_score * best.score]
    span = edges_s(best.chain, alike, start_s, options.repetitions)
    return within(found, up_to_cuts(span, best.chain, curves[best.signal.curve], start_s, options.repetitions))


def _is_apart(one: _Judged, kept: Sequence[_Judged], options: SetOptions) -> bool:
    return not any(_overlap(one.candidate, other.candidate) > options.overlap_share for other in kept)


def _whole(one: _Judged, others: Sequence[_Judged], pose: Table, options: SetOptions) -> _Judged:
    """The longest of those that hold all of this one and go on in the same way.

    The curve of the clearest joint may show only a part of a set: where it goes less far, its legs are lost.
    """
    part = one.candidate

    def holds_it(other: Candidate) -> bool:
        more = [leg for leg in other.chain if leg.start >= part.end or leg.end <= part.start]
        return (
            other.start <= part.start + round(options.together_s * SAMPLE_HZ)
            and other.end >= part.end - round(options.together_s * SAMPLE_HZ)
            and other.score >= options.whole_score * part.score
            and other.irregularity <= part.irregularity + options.whole_irregularity
            and all(leg_likeness(pose, part.chain, leg) >= options.whole_likeness for leg in more)
        )

    wider = [other for other in others if holds_it(other.candidate)]
    return max([one, *wider], key=lambda other: (len(other.candidate.chain), other.candidate.score))


def _is_set(candidate: Candidate, alike: float, pose_echo: float, contrast: float, options: SetOptions) -> bool:
    if (
        len(candidate.chain) < options.candidates.least_legs
        or _count(candidate) < options.least_count
        or candidate.strength < options.least_strength
        or candidate.irregularity > options.most_irregular
        or candidate.presence < options.least_presence
        or (candidate.period_s or 0.0) > options.longest_period_s
    ):
        return False
    if len(candidate.chain) < options.short_legs:
        repeats = pose_echo >= options.short_echo or alike >= options.short_coherence
        return (contrast >= options.short_contrast and repeats) or alike >= options.sure_coherence
    return alike >= options.long_coherence or (
        pose_echo >= options.long_echo and contrast >= options.long_contrast
    )


# -- Without one ------------------------------------------------------------------------------


def _sets_of_flow(tables: FlowTables, options: SetOptions, check: CheckCancelled) -> list[MeasuredSet]:
    """The best set, and then what lies before and after it, each with components of its own."""
    if len(tables) < options.flow_least_s * SAMPLE_HZ:
        return []
    check()
    judged, curves = _judged_flow(tables, options)
    best = next((one for one in judged if one.passes), None)
    if best is None:
        return []
    winner = _agreeing(best.candidate, [one.candidate for one in judged], options)[0]
    found = measured_set(winner.signal, winner.chain, curves, tables.start_s, _sure(best), options.repetitions)
    before = _sets_of_flow(tables.part(0, winner.start), options, check)
    after = _sets_of_flow(tables.part(winner.end, len(tables)), options, check)
    return [*before, found, *after]


def _judged_flow(tables: FlowTables, options: SetOptions) -> tuple[list[_Judged], Mapping[str, Curve]]:
    always = np.ones(len(tables))
    velocity = smooth(tables.velocity, 1.0)
    judged: list[_Judged] = []
    curves: dict[str, Curve] = {}
    for curve in flow_curves(tables, options.flow):
        curves[curve.name] = curve.values
        usual = float(np.percentile(curve.values, 95) - np.percentile(curve.values, 5))
        if usual <= 1e-6:
            continue
        least = options.flow_least_share * usual
        signal = DrivingSignal(
            curve.name, Drive("movement of the picture", Unit.RELATIVE), least, usual, Effort.EITHER
        )
        for part in steady_parts(curve.values, least, options.candidates):
            chain = without_odd_ends(part, options.candidates.chains)
            if len(chain) < options.candidates.least_legs:
                continue
            candidate = candidate_of(signal, chain, always)
            alike = coherence(velocity, chain)
            period_s = candidate.period_s or 0.0
            contrast = echo(tables.velocity[candidate.start : candidate.end + 1], period_s)[1]
            strength = min(options.flow_most_strength, candidate.strength) / candidate.strength
            factor = min(1.0, max(0.02, alike) / options.flow_plain_coherence)
            weighed = replace(candidate, score=candidate.score * strength * curve.share**0.5 * factor)
            judged.append(_Judged(weighed, alike, _is_flow_set(candidate, alike, contrast, options)))
    return sorted(judged, key=lambda one: -one.candidate.score), curves


def _is_flow_set(candidate: Candidate, alike: float, contrast: float, options: SetOptions) -> bool:
    if (
        candidate.irregularity > options.flow_most_irregular
        or (candidate.period_s or 0.0) > options.flow_longest_period_s
        or _count(candidate) < options.least_count
    ):
        return False
    if len(candidate.chain) < options.short_legs:
        return alike >= options.flow_short_coherence and contrast >= options.short_contrast
    return alike >= options.flow_long_coherence


# -- Both -------------------------------------------------------------------------------------


def _sure(one: _Judged) -> float:
    return max(0.0, min(1.0, one.coherence))


def _agreeing(candidate: Candidate, everyone: Sequence[Candidate], options: SetOptions) -> list[Candidate]:
    """Those over the same time with the count that most of them, by score, agree on; the best first."""
    votes: dict[int, list[Candidate]] = {}
    for other in everyone:
        shared = min(candidate.end, other.end) - max(candidate.start, other.start)
        together = max(candidate.end, other.end) - min(candidate.start, other.start)
        if shared >= options.vote_share * together:
            votes.setdefault(_count(other), []).append(other)
    most = max(votes.values(), key=lambda side: sum(one.score for one in side))
    return sorted(most, key=lambda one: -one.score)


def _count(candidate: Candidate) -> int:
    rising = sum(leg.rising for leg in candidate.chain)
    falling = len(candidate.chain) - rising
    if candidate.signal.effort is Effort.EITHER:
        return max(rising, falling)
    return rising if candidate.signal.effort is Effort.RISING else falling


def _overlap(one: Candidate, other: Candidate) -> float:
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared / min(one.end - one.start, other.end - other.start)
