"""Angles and heights of a figure whose joints are known."""

import numpy as np
import pytest

from smolvlm_core.signals.joints import body_signals
from tests.signals.bodies import KNEE_BENT, KNEE_STRAIGHT, filmed, pose


def test_angles_are_those_of_the_figure() -> None:
    body = body_signals(filmed([pose(0.0)] * 20 + [pose(1.0)] * 20))
    assert body is not None
    assert body.curves["knee"][:10] == pytest.approx(KNEE_STRAIGHT, abs=0.5)
    assert body.curves["knee"][-10:] == pytest.approx(KNEE_BENT, abs=0.5)
    assert body.curves["tilt"][:10] == pytest.approx(0.0, abs=0.5)
    assert body.curves["tilt"][-10:] == pytest.approx(35.0, abs=0.5)


def test_each_side_has_its_own_angle() -> None:
    body = body_signals(filmed([pose(1.0, right_bent=0.0)] * 20))
    assert body is not None
    assert body.curves["knee_left"] == pytest.approx(KNEE_BENT, abs=0.5)
    assert body.curves["knee_right"] == pytest.approx(KNEE_STRAIGHT, abs=0.5)


def test_heights_are_in_lengths_of_the_same_body_however_bent_it_is() -> None:
    body = body_signals(filmed([pose(0.0)] * 60 + [pose(1.0)] * 15 + [pose(0.0)] * 60))
    assert body is not None
    assert body.curves["stature"][5] == pytest.approx(1.0, abs=0.02)
    assert 0.4 < body.curves["stature"][67] < 0.8


def test_a_body_that_is_lost_for_a_moment_is_bridged() -> None:
    poses = [pose(0.5)] * 10 + [None] * 5 + [pose(0.5)] * 10
    body = body_signals(filmed(poses))
    assert body is not None
    assert np.ptp(body.curves["knee"]) < 1.0
    assert body.presence[12] == 0.0
    assert body.presence[2] == 1.0


def test_too_little_of_a_body_is_none() -> None:
    assert body_signals(filmed([None] * 30)) is None
    assert body_signals(filmed([pose(0.0)] * 3 + [None] * 30)) is None


def test_the_grid_is_that_of_the_take() -> None:
    body = body_signals(filmed([pose(0.0)] * 31))
    assert body is not None
    assert len(body) == 31
    assert body.start_s == 0.0
