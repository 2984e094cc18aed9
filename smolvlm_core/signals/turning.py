"""Turning points of a curve, the legs between them, and chains of legs that belong together. Knows no body.

A leg is one way of a movement, up or down; two of them make a repetition.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from smolvlm_core.signals.bins import Curve
from smolvlm_core.signals.movement import SAMPLE_HZ


@dataclass(frozen=True, slots=True)
class ChainOptions:
    """What keeps two legs together. Chosen on 33 clips with counted repetitions, unless said otherwise."""

    settled_share: float = 0.15
    """A leg begins and ends where the curve has left or reached its turning point by this share of the way: what
    lies before and after is a pause."""
    longest_pause_s: float = 3.5
    """Between two legs; a breath at the top."""
    pause_per_leg: float = 2.0
    """... or so many times the usual leg, for slow movements."""
    longest_leg_s: float = 6.5
    """Slower than the slowest tempo that is trained."""
    smaller_share: float = 0.45
    """A leg of less than this share of the usual amplitude is another movement ..."""
    greater_share: float = 2.2
    """... and so is one of more than this."""
    edge_smaller_share: float = 0.5
    """At either end of a chain: less of the usual amplitude is getting into or out of position;"""
    edge_greater_share: float = 1.6
    """more is, too;"""
    edge_slower: float = 5.0
    """and so is a leg of so many usual ones, if it takes"""
    edge_slow_s: float = 3.0
    """this long."""
    edge_pause_s: float = 2.5
    """A pause beside the first or last leg; longer, and the leg stands alone ..."""
    edge_pause_per_leg: float = 1.5
    """... for slow movements, so many times the usual leg."""


@dataclass(frozen=True, slots=True)
class Leg:
    """From one turning point to the next, in samples of the curve.

    The movement itself lasts from ``start`` to ``end``, between ``turn_from`` and ``turn_to``.
    """

    turn_from: int
    start: int
    end: int
    turn_to: int
    amplitude: float
    rising: bool

    @property
    def duration(self) -> int:
        return self.end - self.start


Chain = tuple[Leg, ...]
"""Alternating legs of one movement, in time order."""


def turning_points(curve: Curve, least: float) -> list[int]:
    """Indices of alternating highs and lows that lie at least ``least`` apart in value; plateaus count once."""
    found: list[int] = []
    high = low = 0
    heading = 0
    for index, value in enumerate(curve.tolist()):
        if heading >= 0 and value > curve[high]:
            high = index
        if heading <= 0 and value < curve[low]:
            low = index
        if heading >= 0 and curve[high] - value >= least:
            found.append(high)
            heading, low = -1, index
        elif heading <= 0 and value - curve[low] >= least:
            found.append(low)
            heading, high = 1, index
    if heading:
        found.append(high if heading > 0 else low)
    return found


def legs_of(curve: Curve, least: float, offset: int = 0, options: ChainOptions = ChainOptions()) -> list[Leg]:
    """The legs of at least ``least``; their indices count from ``offset`` samples before the curve."""
    settled = options.settled_share
    legs: list[Leg] = []
    for a, b in pairwise(turning_points(curve, least)):
        rise = float(curve[b] - curve[a])
        done = (curve[a : b + 1] - curve[a]) / rise
        start = int(np.flatnonzero(done <= settled)[-1])
        arrived = np.flatnonzero(done[start:] >= 1 - settled)
        end = max(start + 1, start + int(arrived[0]) if len(arrived) else b - a)
        legs.append(Leg(offset + a, offset + a + start, offset + a + end, offset + b, abs(rise), rise > 0))
    return legs


def chains_of(legs: Sequence[Leg], options: ChainOptions = ChainOptions()) -> list[Chain]:
    """Consecutive legs of like size without a longer pause between."""
    chains: list[list[Leg]] = []
    for leg in legs:
        if chains and _belongs(chains[-1], leg, options):
            chains[-1].append(leg)
        else:
            chains.append([leg])
    return [tuple(chain) for chain in chains]


def _belongs(chain: Sequence[Leg], leg: Leg, options: ChainOptions) -> bool:
    usual_s = float(np.median([one.duration for one in chain])) / SAMPLE_HZ
    pause_s = (leg.start - chain[-1].end) / SAMPLE_HZ
    share = leg.amplitude / float(np.median([one.amplitude for one in chain]))
    return (
        pause_s <= max(options.longest_pause_s, options.pause_per_leg * usual_s)
        and leg.duration / SAMPLE_HZ <= options.longest_leg_s
        and options.smaller_share < share < options.greater_share
    )


def without_odd_ends(chain: Chain, options: ChainOptions = ChainOptions()) -> Chain:
    """Drops legs at either end that are no part of the exercise: getting into position and out of it."""
    while len(chain) > 4:
        usual = float(np.median([leg.amplitude for leg in chain]))
        usual_s = float(np.median([leg.duration for leg in chain])) / SAMPLE_HZ

        def is_odd(leg: Leg, usual: float = usual, usual_s: float = usual_s) -> bool:
            slow_s = max(options.edge_slower * usual_s, options.edge_slow_s)
            share = leg.amplitude / usual
            return (
                not options.edge_smaller_share <= share <= options.edge_greater_share
                or leg.duration / SAMPLE_HZ > slow_s
            )

        def is_apart(one: Leg, other: Leg, usual_s: float = usual_s) -> bool:
            gap_s = (other.start - one.end) / SAMPLE_HZ
            return gap_s > max(options.edge_pause_s, options.edge_pause_per_leg * usual_s)

        if is_odd(chain[0]) or is_apart(chain[0], chain[1]):
            chain = chain[1:]
        elif is_odd(chain[-1]) or is_apart(chain[-2], chain[-1]):
            chain = chain[:-1]
        else:
            break
    return chain
