"""What the meter collects: lengths, odd input, memory."""

import dataclasses

import numpy as np
import pytest

from smolvlm_core.signals.features import FeatureMeter, Features
from tests.signals.scenes import HEIGHT, HZ, WIDTH, Scene, filmed, hum, jumping, pattern, times

HOURS_4 = 4 * 3600

SCENE = Scene()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9])
def test_one_value_per_frame(count: int) -> None:
    meter = FeatureMeter()
    for time_s in times(count / HZ):
        meter.add_frame(time_s, SCENE.frame())
    features = meter.features(2.0)
    per_frame = ("time_s", "step_s", "motion", "area", "camera", "change", "changed_area")
    assert {len(getattr(features, name)) for name in per_frame} == {count}
    assert features.heading.shape == (count, 8)
    assert features.pan.shape == (count, 2)
    assert len(features.shape_likeness) == len(features.look_likeness) == count
    assert features.look.shape == (len(features.look_time_s), 160)
    assert features.duration_s == 2.0


def test_only_arrays_and_floats_that_numpy_stores_without_pickle() -> None:
    features = filmed(2, lambda t: SCENE.frame(), hum(2, lambda t: 0.1 + 0 * t))
    for field in dataclasses.fields(Features):
        value = getattr(features, field.name)
        assert isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
        assert np.isfinite(value).all()


def test_a_frame_that_does_not_come_later_is_dropped() -> None:
    meter = FeatureMeter()
    for time_s in (0.0, 0.5, 0.5, 0.3, 1.0):
        meter.add_frame(time_s, SCENE.frame())
    features = meter.features(1.5)
    assert features.time_s.tolist() == [0.0, 0.5, 1.0]
    assert features.step_s.tolist() == [0.0, 0.5, 0.5]


def test_a_frame_of_another_size_is_scaled_to_the_first() -> None:
    meter = FeatureMeter()
    meter.add_frame(0.0, pattern(WIDTH, HEIGHT, 1))
    meter.add_frame(0.1, pattern(200, 50, 2))
    assert len(meter.features(1.0).time_s) == 2


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (3, 500)])
def test_tiny_frames(size: tuple[int, int]) -> None:
    meter = FeatureMeter()
    for index in range(12):
        meter.add_frame(index / 8, np.full((*size, 3), 20 * index, np.uint8))
    assert np.isfinite(meter.features(1.5).change).all()


def test_asking_in_between_changes_nothing() -> None:
    def measure(ask: bool) -> Features:
        meter = FeatureMeter()
        for time_s in times(2):
            meter.add_frame(time_s, SCENE.frame(thing=jumping(time_s)))
            if ask:
                meter.features(time_s)
        return meter.features(2.0)

    quiet, asked = measure(False), measure(True)
    for field in dataclasses.fields(Features):
        assert np.array_equal(getattr(quiet, field.name), getattr(asked, field.name)), field.name


def test_four_hours_fit_in_memory() -> None:
    features = filmed(5, lambda t: SCENE.frame(thing=jumping(t)), hum(5, lambda t: 0.1 + 0 * t))
    size = sum(np.asarray(getattr(features, field.name)).nbytes for field in dataclasses.fields(Features))
    assert size / 5 * HOURS_4 < 40e6


def test_slow_movement_is_seen_over_half_a_second() -> None:
    features = filmed(6, lambda t: SCENE.frame(thing=(50, 20 + 4 * max(0.0, t - 3))))
    assert features.motion.max() < 0.01
    resting, moving = features.time_s < 3, features.time_s > 3.7
    assert features.changed_area[resting].max() == 0
    assert features.changed_area[moving].mean() > 0.005


def test_a_slow_pan_changes_nothing() -> None:
    features = filmed(4, lambda t: SCENE.frame(camera=(6 * t, 2 * t)))
    assert np.median(features.changed_area) < 0.005
