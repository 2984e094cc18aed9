"""Rarity is distance to what fills the rest of the video."""

import numpy as np
import pytest

from smolvlm_core.signals.rarity import distances_to_nearest_share


def test_the_odd_one_out_is_far_and_the_rest_is_near() -> None:
    looks = np.zeros((40, 3), np.float32)
    looks[7] = (0.6, 0.8, 0)
    distance = distances_to_nearest_share(looks, 0.2, 1500)
    assert distance[7] == pytest.approx(1, abs=1e-6)
    assert np.delete(distance, 7).max() == 0


def test_a_look_that_fills_a_third_is_not_rare() -> None:
    looks = np.zeros((30, 1), np.float32)
    looks[10:20] = 1
    assert distances_to_nearest_share(looks, 0.2, 1500).max() == 0


def test_fewer_references_say_about_the_same() -> None:
    looks = np.random.default_rng(2).normal(size=(3000, 8)).astype(np.float32)
    exact, quick = (distances_to_nearest_share(looks, 0.2, references) for references in (3000, 1000))
    assert np.abs(exact - quick).mean() < 0.1


def test_one_look_is_like_itself() -> None:
    assert distances_to_nearest_share(np.ones((1, 4), np.float32), 0.2, 1500).tolist() == [0]
