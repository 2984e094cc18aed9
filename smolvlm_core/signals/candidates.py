"""Every curve of a body that swings back and forth, and where: what may be a set. Decides nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.exercise import Drive, Unit
from smolvlm_core.signals.bins import Curve, smooth
from smolvlm_core.signals.joints import BodySignals
from smolvlm_core.signals.movement import SAMPLE_HZ
from smolvlm_core.signals.turning import Chain, ChainOptions, Leg, chains_of, legs_of, without_odd_ends


class Effort(Enum):
    """Which way of a curve is the work."""

    RISING = "rising"
    FALLING = "falling"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class DrivingSignal:
    """A curve whose turning points may be counted. ``least`` and ``usual`` amplitude are in the drive's unit.

    Below ``least`` it is posture, not movement; ``usual`` makes amplitudes of different curves comparable.
    """

    curve: str
    drive: Drive
    least: float
    usual: float
    effort: Effort


def _angle(curve: str, name: str, least: float, usual: float, effort: Effort) -> DrivingSignal:
    return DrivingSignal(curve, Drive(f"{name} angle", Unit.DEGREES), least, usual, effort)


def _height(curve: str, name: str, least: float, usual: float, effort: Effort) -> DrivingSignal:
    return DrivingSignal(curve, Drive(name, Unit.BODY_LENGTHS), least, usual, effort)


DRIVING_SIGNALS = (
    _angle("knee_left", "left knee", 35, 80, Effort.RISING),
    _angle("knee_right", "right knee", 35, 80, Effort.RISING),
    _angle("hip_left", "left hip", 32, 80, Effort.RISING),
    _angle("hip_right", "right hip", 32, 80, Effort.RISING),
    _angle("knee", "knee", 30, 60, Effort.RISING),
    _angle("hip", "hip", 28, 60, Effort.RISING),
    _angle("elbow", "elbow", 35, 70, Effort.EITHER),
    _angle("shoulder", "shoulder", 32, 70, Effort.EITHER),
    _angle("tilt", "torso", 25, 50, Effort.FALLING),
    _height("stature", "height of the shoulders above the ankles", 0.10, 0.25, Effort.RISING),
    _height("shoulder_height", "height of the shoulders", 0.09, 0.22, Effort.RISING),
    _height("hip_height", "height of the hips", 0.09, 0.22, Effort.RISING),
    _height("nose_height", "height of the head", 0.10, 0.25, Effort.RISING),
    _height("wrist_reach", "height of the hands above the shoulders", 0.20, 0.50, Effort.EITHER),
)
"""Amplitudes chosen on 33 clips with counted repetitions. Extending a joint against gravity is the work."""


@dataclass(frozen=True, slots=True)
class CandidateOptions:
    """How chains are found and told apart. Chosen on 33 clips with counted repetitions."""

    chains: ChainOptions = field(default_factory=ChainOptions)
    smoothing_s: float = 0.13
    """Of the curves (sigma): a landmark trembles, a limb does not turn twice within it."""
    least_legs: int = 3
    """One repetition and a half."""
    second_look_share: float = 0.45
    """Of the chain's usual amplitude: in a second look smaller legs are tremor."""
    usual_pauses: float = 3.0
    """Between two legs of one set, so many times its median pause and half a second more ..."""
    least_pause_limit_s: float = 2.0
    """... but always as long as this."""
    change_distance: float = 1.1
    """Between the usual repetition before and after a moment, less their spread: from here on the exercise changed
    there without a rest. In units of a usual range of movement."""
    change_least_legs: int = 6
    """Shorter chains are not divided."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chain of legs on one curve. ``period_s`` is the median time between turns of one kind, None with one."""

    signal: DrivingSignal
    chain: Chain
    amplitude: float
    period_s: float | None
    irregularity: float
    score: float
    presence: float

    @property
    def start(self) -> int:
        return self.chain[0].start

    @property
    def end(self) -> int:
        return self.chain[-1].end

    @property
    def strength(self) -> float:
        """Amplitude over the usual one of its curve."""
        return self.amplitude / self.signal.usual


def smoothed(body: BodySignals, options: CandidateOptions) -> Mapping[str, Curve]:
    """The curves of the driving signals without tremor."""
    names = {signal.curve for signal in DRIVING_SIGNALS}
    return {name: smooth(body.curves[name], options.smoothing_s * SAMPLE_HZ) for name in names}


def candidates_of(
    curves: Mapping[str, Curve], presence: Curve, options: CandidateOptions = CandidateOptions()
) -> list[Candidate]:
    """Best score first: regular, large, long ones of a body that was seen."""
    found = [
        candidate_of(signal, chain, presence)
        for signal in DRIVING_SIGNALS
        for chain in _chains_on(signal, curves, options)
    ]
    return sorted(found, key=lambda candidate: -candidate.score)


def _chains_on(signal: DrivingSignal, curves: Mapping[str, Curve], options: CandidateOptions) -> Iterator[Chain]:
    for part in steady_parts(curves[signal.curve], signal.least, options):
        for same in _same_exercise(curves, part, options):
            chain = without_odd_ends(same, options.chains)
            if len(chain) >= options.least_legs:
                yield chain


def steady_parts(curve: Curve, least: float, options: CandidateOptions) -> Iterator[Chain]:
    """Chains of legs of at least ``least``, in a second look without tremor, divided at longer pauses."""
    for rough in chains_of(legs_of(curve, least, options=options.chains), options.chains):
        if len(rough) >= options.least_legs:
            yield from _without_pauses(_second_look(curve, rough, least, options), options)


def _second_look(curve: Curve, chain: Chain, least: float, options: CandidateOptions) -> Sequence[Leg]:
    usual = float(np.median([leg.amplitude for leg in chain]))
    first = max(0, chain[0].start - 3)
    least = max(least, options.second_look_share * usual)
    return legs_of(curve[first : chain[-1].end + 4], least, first, options.chains)


def _without_pauses(legs: Sequence[Leg], options: CandidateOptions) -> list[Chain]:
    """Divided where somebody rested longer than between the others."""
    if len(legs) < options.least_legs:
        return []
    pauses_s = [(after.start - before.end) / SAMPLE_HZ for before, after in pairwise(legs)]
    limit_s = max(options.least_pause_limit_s, options.usual_pauses * float(np.median(pauses_s)) + 0.5)
    parts: list[list[Leg]] = [[legs[0]]]
    for leg, pause_s in zip(legs[1:], pauses_s, strict=True):
        if pause_s > limit_s:
            parts.append([])
        parts[-1].append(leg)
    return [tuple(part) for part in parts if len(part) >= options.least_legs]


_DESCRIBING = (
    "knee_left",
    "knee_right",
    "hip",
    "elbow",
    "shoulder",
    "tilt",
    "stature",
    "hip_height",
    "wrist_reach",
)
_USUAL = {signal.curve: signal.usual for signal in DRIVING_SIGNALS}


def _same_exercise(curves: Mapping[str, Curve], chain: Chain, options: CandidateOptions) -> list[Chain]:
    """Divided, again and again, where the repetitions before look unlike those after."""
    if len(chain) < options.change_least_legs:
        return [chain]
    looks = looks_of_cycles(curves, chain)
    best, at = options.change_distance, 0
    for index in range(2, len(looks) - 1):
        # the cycle in which the change falls belongs to neither side
        before = looks[: index - 1] if index > 2 else looks[:index]
        after = looks[index + 1 :] if len(looks) - index > 2 else looks[index:]
        distance = distance_of_looks(before, after)
        if distance >= best:
            best, at = distance, index
    if not at:
        return [chain]
    after_the_change = chain[at + 1 :] if len(chain) - at - 1 >= options.least_legs else chain[at:]
    return [*_same_exercise(curves, chain[:at], options), *_same_exercise(curves, after_the_change, options)]


def distance_of_looks(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    middles = np.median(before, axis=0), np.median(after, axis=0)
    spreads = [
        np.linalg.norm(part - middle, axis=1).mean() for part, middle in zip((before, after), middles, strict=True)
    ]
    return float(np.linalg.norm(middles[0] - middles[1]) - np.mean(spreads))


def looks_of_cycles(curves: Mapping[str, Curve], chain: Chain) -> NDArray[np.float64]:
    """One row for each two legs: how far every curve goes in them, how the body lies, how long it takes."""
    turns = [chain[0].turn_from, *(leg.turn_to for leg in chain)]
    rows = []
    for first, last in zip(turns, turns[2:], strict=False):
        cycle = slice(first, last + 1)
        ranges = [min(2.0, float(np.ptp(curves[name][cycle])) / _USUAL[name]) for name in _DESCRIBING]
        lying = 1.5 * float(curves["tilt"][first:last].mean()) / _USUAL["tilt"]
        upright = 0.5 * float(curves["stature"][first:last].mean()) / _USUAL["stature"]
        rows.append([*ranges, lying, upright, 0.5 * np.log((last - first) / SAMPLE_HZ)])
    return np.array(rows)


def candidate_of(signal: DrivingSignal, chain: Chain, presence: Curve) -> Candidate:
    amplitudes = np.array([leg.amplitude for leg in chain])
    turns = [leg.turn_to for leg in chain if leg.rising == chain[0].rising]
    periods_s = np.diff(turns) / SAMPLE_HZ
    irregularity = float(periods_s.std() / periods_s.mean()) if len(periods_s) > 1 else 0.3
    seen = np.linspace(chain[0].start, chain[-1].end, 20)
    seen_share = float(np.interp(seen, np.arange(len(presence)), presence).mean())
    steadiness = np.exp(-irregularity - amplitudes.std() / amplitudes.mean())
    score = amplitudes.mean() / signal.usual * steadiness * seen_share * np.sqrt(len(chain))
    return Candidate(
        signal,
        chain,
        float(amplitudes.mean()),
        float(np.median(periods_s)) if len(periods_s) else None,
        irregularity,
        float(score),
        seen_share,
    )
