"""Rarity is distance to what fills the rest of the video."""

import numpy as np
import pytest

from smolvlm_core.domain import Span
from smolvlm_core.signals.bins import Curve, shot_slices
from smolvlm_core.signals.curves import build_curves, evidence_of
from smolvlm_core.signals.rarity import distances_to_nearest_share, lone_shots
from tests.signals.scenes import Scene, filmed, times

GREY, GREEN = Scene(1), Scene(2, tint=(60, 170, 60))


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


def lone_seconds(shown: str) -> Curve:
    """Which tenths of a video are lone, by one letter for each of its shots of ten seconds: g is green."""
    duration_s, cuts_s = 10.0 * len(shown), [10.0 * index for index in range(1, len(shown))]
    features = filmed(
        duration_s,
        lambda t: (GREEN if shown[min(int(t / 10), len(shown) - 1)] == "g" else GREY).frame(),
        at_s=times(duration_s, 2),
    )
    middles_s = np.arange(0.5, duration_s)
    lone = lone_shots(features, middles_s, shot_slices(middles_s, cuts_s))
    return np.asarray(lone.reshape(-1, 10).mean(axis=1), np.float64)


@pytest.mark.parametrize(
    ("shown", "alone"),
    [
        ("...g.", [0, 0, 0, 1, 0]),
        (".g.g.", [0, 0, 0, 0, 0]),
        (".....", [0, 0, 0, 0, 0]),
        ("..g", [0, 0, 1]),
        (".g", [0, 0]),
        (".", [0]),
    ],
)
def test_a_shot_is_alone_of_its_kind_when_no_other_looks_like_it(shown: str, alone: list[int]) -> None:
    assert lone_seconds(shown).tolist() == alone


def test_evidence_is_of_a_lone_shot_only_where_all_of_it_is() -> None:
    curves = build_curves(filmed(30, lambda t: (GREEN if 10 <= t < 20 else GREY).frame()))
    assert curves.cuts_s == pytest.approx([10, 20], abs=1 / 7)
    inside = Span(*curves.cuts_s)
    assert evidence_of(curves, inside).lone_shot
    assert not evidence_of(curves, Span(inside.start_s - 2, inside.end_s)).lone_shot
    assert not evidence_of(curves, Span(0, 8)).lone_shot
