"""Hard cuts are found where they are; flashes, light, pans and action are none."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from smolvlm_core.domain import FrameRGB
from smolvlm_core.signals.features import Features
from smolvlm_core.signals.shots import CutOptions, cut_times, find_cuts
from tests.signals.scenes import Scene, filmed, jumping

HALF_SAMPLE_S = CutOptions().latest_s + 1e-6
TINY = np.zeros((1, 1, 3), np.uint8)
ONE, OTHER = Scene(1), Scene(2, tint=(90, 140, 100))


def cuts_of(features: Features) -> tuple[float, ...]:
    return cut_times(features, find_cuts(features))


def test_a_cut_is_found_within_half_a_sample() -> None:
    found = cuts_of(filmed(6, lambda t: ONE.frame() if t < 3.1 else OTHER.frame()))
    assert found == pytest.approx([3.1], abs=HALF_SAMPLE_S)


def test_two_cuts_a_second_apart() -> None:
    found = cuts_of(filmed(6, lambda t: OTHER.frame() if 2.0 <= t < 3.0 else ONE.frame()))
    assert found == pytest.approx([2.0, 3.0], abs=HALF_SAMPLE_S)


def test_a_cut_in_the_middle_of_action() -> None:
    found = cuts_of(filmed(6, lambda t: (ONE if t < 3 else OTHER).frame(thing=jumping(t), camera=(8 * t, 0))))
    assert found == pytest.approx([3.0], abs=HALF_SAMPLE_S)


def test_a_slow_video_is_cut_where_the_frame_changes() -> None:
    found = cuts_of(
        filmed(12, lambda t: ONE.frame() if t < 6 else OTHER.frame(), at_s=[float(t) for t in range(12)])
    )
    assert found == pytest.approx([6.0], abs=HALF_SAMPLE_S)


def test_variable_frame_times_keep_the_cut_where_it_is() -> None:
    random = np.random.default_rng(4)
    at_s = np.concatenate([[0], np.cumsum(random.uniform(0.125, 0.3, 30))]).tolist()
    found = cuts_of(filmed(8, lambda t: ONE.frame() if t < 3.3 else OTHER.frame(), at_s=at_s))
    first_after = min(t for t in at_s if t >= 3.3)
    assert len(found) == 1
    assert first_after - HALF_SAMPLE_S <= found[0] <= first_after


def flash(time_s: float) -> FrameRGB:
    white = np.full_like(ONE.frame(), 255)
    return white if 3.0 <= time_s < 3.1 else ONE.frame()


def fading(time_s: float) -> FrameRGB:
    return (ONE.frame() * min(1.0, abs(time_s - 3))).astype(np.uint8)


NO_CUTS: dict[str, Callable[[float], FrameRGB]] = {
    "still": lambda t: ONE.frame(),
    "flash": flash,
    "flicker": lambda t: (ONE.frame() * (0.5 + 0.5 * (round(t * 8) % 2))).astype(np.uint8),
    "pan": lambda t: ONE.frame(camera=(20 * t - 60, 0)),
    "shake": lambda t: ONE.frame(camera=(10 * np.sin(9 * t), 8 * np.cos(11 * t))),
    "action": lambda t: ONE.frame(thing=jumping(t)),
    "something appears": lambda t: ONE.frame(thing=(60, 20) if t >= 3 else None),
    "to black and back": fading,
}


@pytest.mark.parametrize("name", NO_CUTS)
def test_no_cut(name: str) -> None:
    assert cuts_of(filmed(6, NO_CUTS[name])) == ()


def features_with(change: list[float], shape: float, look: float) -> Features:
    """Eight samples a second; likenesses of every one."""
    plain = filmed(len(change) / 8, lambda t: TINY)
    return replace(
        plain,
        change=np.array(change, np.float32),
        shape_likeness=np.full(len(change), shape, np.float32),
        look_likeness=np.full(len(change), look, np.float32),
    )


CALM, RESTLESS = [0.05] * 8, [0.6] * 8


@pytest.mark.parametrize(
    ("around", "spike", "shape", "look", "cuts"),
    [
        (CALM, 0.5, 0.3, 0.5, 1),
        (CALM, 0.3, 0.3, 0.5, 0),
        (CALM, 0.5, 0.7, 0.5, 0),
        (CALM, 0.5, 0.3, 0.9, 0),
        (RESTLESS, 0.9, 0.1, 0.5, 1),
        (RESTLESS, 0.9, 0.3, 0.5, 0),
        (RESTLESS, 0.9, 0.1, 0.9, 0),
        (RESTLESS, 0.7, 0.1, 0.5, 0),
    ],
)
def test_what_makes_a_cut(around: list[float], spike: float, shape: float, look: float, cuts: int) -> None:
    assert len(find_cuts(features_with([*around, spike, *around], shape, look))) == cuts


def test_a_change_right_after_a_cut_belongs_to_it() -> None:
    changes = [*CALM, 0.9, 0.05, 0.9, 0.05, *CALM]
    assert find_cuts(features_with(changes, 0.1, 0.5)) == (8,)


@pytest.mark.parametrize(
    ("key_frames_s", "wanted_s"),
    [
        ([0.0, 3.08, 5.0], 3.08),  # the encoder saw the new shot
        ([0.0, 3.02, 3.06, 3.1], None),  # every picture is a key frame: nothing to tell by
        ([0.0, 2.5, 3.6], None),
        ([0.0, 1.02, 2.04, 3.06, 4.08], None),  # it comes every 1.02 s, cut or not
        ([0.0, 1.02, 2.04, 3.05, 4.07], None),
        ([0.0, 1.02, 2.04, 3.06, 3.08, 4.1, 5.12], None),
        ([0.0, 1.2, 2.4, 3.08, 4.28, 5.48], 3.08),
    ],
)
def test_the_one_key_frame_since_the_sample_before_is_the_cut(
    key_frames_s: list[float], wanted_s: float | None
) -> None:
    features = filmed(6, lambda t: ONE.frame() if t < 3.08 else OTHER.frame())
    (estimate_s,) = cuts_of(features)
    (found_s,) = cuts_of(replace(features, key_frame_s=np.array(key_frames_s)))
    assert found_s == (estimate_s if wanted_s is None else wanted_s)
