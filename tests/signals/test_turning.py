"""Turning points, legs and chains on curves whose swings are known."""

import numpy as np
import pytest

from smolvlm_core.signals.movement import SAMPLE_HZ
from smolvlm_core.signals.periodicity import coherence
from smolvlm_core.signals.turning import chains_of, legs_of, turning_points, without_odd_ends

Array = np.ndarray[tuple[int], np.dtype[np.float64]]


def swings(count: int, period_s: float = 2.0, pause_s: float = 0.0, amplitude: float = 60.0) -> Array:
    """``count`` times down and up again, with a rest at the top after each."""
    moving = round(period_s * SAMPLE_HZ)
    one = amplitude * (1 + np.cos(2 * np.pi * np.arange(moving) / moving)) / 2
    return np.concatenate([one, np.full(round(pause_s * SAMPLE_HZ), amplitude)] * count)


@pytest.mark.parametrize("count", [2, 3, 8, 30])
@pytest.mark.parametrize("period_s", [0.6, 2.0, 6.0])
def test_each_swing_has_two_legs(count: int, period_s: float) -> None:
    legs = legs_of(swings(count, period_s), least=30)
    assert sum(not leg.rising for leg in legs) == count
    assert len(legs) in {2 * count, 2 * count - 1}


def test_noise_and_drift_make_no_leg() -> None:
    rng = np.random.default_rng(3)
    curve = swings(10)
    noisy = curve + rng.normal(0, 4, len(curve)) + np.linspace(0, 25, len(curve))
    assert sum(not leg.rising for leg in legs_of(noisy, least=30)) == 10


def test_turning_points_alternate_and_ignore_small_ones() -> None:
    assert turning_points(np.array([0.0, 5, 4, 9, 0, 1, 0, 8]), least=3) == [0, 3, 4, 7]
    assert turning_points(np.zeros(20), least=1) == []


def test_a_long_pause_divides_a_chain_and_a_breath_does_not() -> None:
    breath = chains_of(legs_of(swings(5, pause_s=1.5), least=30))
    rest = chains_of(legs_of(np.concatenate([swings(4), np.full(150, 60.0), swings(3)]), least=30))
    assert len(breath) == 1
    assert [len(chain) // 2 for chain in rest] == [4, 3]


def test_getting_into_position_is_no_part_of_the_chain() -> None:
    into = np.linspace(-70, 60, 30)
    (chain,) = chains_of(legs_of(np.concatenate([into, swings(5)]), least=30))[-1:]
    assert sum(not leg.rising for leg in without_odd_ends(chain)) == 5


def test_coherence_knows_no_tempo_but_shapes() -> None:
    slower = np.concatenate([swings(1, period_s=period_s) for period_s in (1.0, 1.4, 2.0, 2.8, 4.0)])
    table = np.stack([slower, np.gradient(slower) * 10], axis=1)
    chain = tuple(legs_of(slower, least=30))
    assert coherence(table[:, :1], chain) > 0.95
    noise = np.random.default_rng(5).normal(size=(len(slower), 20))
    assert abs(coherence(noise, chain)) < 0.3
