"""How strongly something repeats itself at a given period. Knows neither bodies nor pictures."""

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.signals.movement import SAMPLE_HZ
from smolvlm_core.signals.turning import Chain, Leg

Table = NDArray[np.float64]
"""(N, D), one row a sample."""

LEAST_OVERLAP = 6  # samples that two shifted copies must share to be compared
AROUND = 0.25  # of the period: how far from it its echo is looked for
COMPARED_AT = 8  # places along a leg


def autocorrelation(table: Table, lags: int) -> NDArray[np.float64]:
    """(lags + 1,) likeness -1..1 of the table with itself so many samples later, by the overlap's energy."""
    centred = table - table.mean(axis=0)
    count = len(centred)
    likeness = np.zeros(lags + 1)
    for lag in range(lags + 1):
        early, late = centred[: count - lag], centred[lag:]
        energy = np.sqrt((early * early).sum() * (late * late).sum())
        likeness[lag] = (early * late).sum() / max(1e-9, float(energy))
    return likeness


def echo(table: Table, period_s: float) -> tuple[float, float]:
    """Likeness one period later, and its contrast to that between (0..2); zeros where the table is too short."""
    lag = round(period_s * SAMPLE_HZ)
    count = len(table)
    if lag + LEAST_OVERLAP >= count:
        return 0.0, 0.0
    farthest = int((1 + AROUND) * lag)
    likeness = autocorrelation(table, min(count - 4, farthest + 1))
    peak = likeness[max(1, int((1 - AROUND) * lag)) : farthest + 1].max()
    first, last = int(AROUND * lag), int((1 - AROUND) * lag)
    return float(peak), float(peak - likeness[first : max(first + 1, last)].min())


def coherence(table: Table, chain: Chain) -> float:
    """How alike the legs of one direction are, whatever their tempo: mean likeness -1..1 of each with the others.

    Unlike an echo it knows no period, so repetitions that grow slower keep theirs. 0 where no direction has two.
    """
    centred = table - table[chain[0].turn_from : chain[-1].turn_to + 1].mean(axis=0)
    likeness: list[float] = []
    for rising in (True, False):
        legs = np.array([_at_places(centred, leg) for leg in chain if leg.rising == rising])
        if len(legs) > 1:
            others = legs.sum(axis=0) - legs
            energy = np.linalg.norm(legs, axis=1) * np.linalg.norm(others, axis=1)
            likeness += ((legs * others).sum(axis=1) / np.maximum(energy, 1e-9)).tolist()
    return float(np.mean(likeness)) if likeness else 0.0


def leg_likeness(table: Table, chain: Chain, leg: Leg) -> float:
    """How alike the leg is to those of ``chain`` in its direction, all together: -1..1, 0 where there are none."""
    centred = table - table[chain[0].turn_from : chain[-1].turn_to + 1].mean(axis=0)
    usual = sum((_at_places(centred, other) for other in chain if other.rising == leg.rising), np.zeros(1))
    own = _at_places(centred, leg)
    return float((usual * own).sum() / max(1e-9, float(np.linalg.norm(usual) * np.linalg.norm(own))))


def _at_places(table: Table, leg: Leg) -> Table:
    places = np.linspace(leg.turn_from, leg.turn_to, COMPARED_AT)
    before = np.clip(places.astype(np.int64), 0, len(table) - 2)
    share = (places - before)[:, None]
    return np.asarray((table[before] * (1 - share) + table[before + 1] * share).ravel(), np.float64)
