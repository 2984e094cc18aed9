"""Sets counted on the movement of generated pictures: a bar that goes up and down a known number of times."""

import numpy as np
import pytest

from smolvlm_core.signals.movement import SAMPLE_HZ, MovementMeter, Take
from smolvlm_core.signals.sets import find_sets

SIDE_PX = 160


def filmed(heights: list[float]) -> Take:
    """A textured block at these heights (0..1), before a textured wall."""
    rng = np.random.default_rng(1)
    wall = rng.integers(60, 120, (SIDE_PX, SIDE_PX, 3), np.uint8)
    block = rng.integers(130, 255, (50, 60, 3), np.uint8)
    meter = MovementMeter()
    for index, height in enumerate(heights):
        picture = wall.copy()
        top = round(10 + 90 * (1 - height))
        picture[top : top + 50, 50:110] = block
        meter.add(index / SAMPLE_HZ, picture, None)
    return meter.take()


def repetitions(count: int, period_s: float) -> list[float]:
    steps = round(period_s * SAMPLE_HZ)
    return [0.5 + 0.5 * np.cos(2 * np.pi * step / steps) for _ in range(count) for step in range(steps)]


STILL = [1.0] * round(4 * SAMPLE_HZ)


@pytest.mark.parametrize(("count", "period_s"), [(4, 2.0), (7, 1.2), (12, 1.6), (5, 3.5)])
def test_repetitions_are_counted_and_placed(count: int, period_s: float) -> None:
    (found,) = find_sets(filmed([*STILL, *repetitions(count, period_s), *STILL]), with_pose=False)
    assert len(found.repetitions) == count
    assert found.span.start_s == pytest.approx(4.0, abs=0.5)
    assert found.span.end_s == pytest.approx(4.0 + count * period_s, abs=0.5)
    assert found.tempo_s == pytest.approx(period_s, rel=0.1)
    ends_s = [one.span.end_s for one in found.repetitions]
    assert ends_s == sorted(ends_s)
    assert all(one.span.start_s <= one.turn_s <= one.span.end_s for one in found.repetitions)


def test_nothing_is_counted_where_nothing_repeats() -> None:
    assert find_sets(filmed(STILL), with_pose=False) == ()
    rising = np.linspace(0, 1, 90).tolist()
    assert find_sets(filmed([*rising, *STILL]), with_pose=False) == ()


def test_a_body_that_is_never_seen_has_no_sets() -> None:
    assert find_sets(filmed([*STILL, *repetitions(6, 2.0)]), with_pose=True) == ()
