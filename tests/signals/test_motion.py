"""Own movement is told apart from the camera's, from light and from noise."""

import numpy as np
import pytest

from smolvlm_core.domain import FrameRGB
from smolvlm_core.signals.motion import HEADINGS, Motion, MotionMeter
from smolvlm_core.signals.pictures import picture_of
from tests.signals.scenes import DIAGONAL_PX, HEIGHT, HZ, WIDTH, Scene

SCENE = Scene()


def between(before: FrameRGB, now: FrameRGB) -> Motion:
    return MotionMeter().measure(picture_of(before), picture_of(now), 1 / HZ)


def pct_s(pixels: float) -> float:
    """Pixels a sample as % of the diagonal per second."""
    return 100 * pixels / DIAGONAL_PX * HZ


def test_nothing_moves_in_a_still_scene() -> None:
    motion = between(SCENE.frame(), SCENE.frame())
    assert motion.speed == motion.area == motion.change == 0
    assert motion.camera == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize(("gain", "offset"), [(1.3, 0), (0.6, 0), (1, 40), (0.8, -20)])
def test_light_is_not_movement(gain: float, offset: float) -> None:
    frame = SCENE.frame()
    lit = np.clip(frame * gain + offset, 0, 255).astype(np.uint8)
    motion = between(frame, lit)
    assert motion.speed < 0.02
    assert motion.change < 0.1


def test_sensor_noise_is_not_movement() -> None:
    random = np.random.default_rng(3)
    noisy = [
        np.clip(SCENE.frame() + random.normal(0, 3, (HEIGHT, WIDTH, 3)), 0, 255).astype(np.uint8) for _ in range(2)
    ]
    assert between(noisy[0], noisy[1]).speed < 0.02


@pytest.mark.parametrize("step", [(2.0, 0.0), (-1.5, 1.0), (0.0, 3.0)])
def test_a_pan_is_the_cameras(step: tuple[float, float]) -> None:
    motion = between(SCENE.frame(), SCENE.frame(camera=step))
    assert motion.camera == pytest.approx(pct_s(float(np.hypot(*step))), rel=0.1)
    assert motion.pan_px == pytest.approx(step, abs=0.2)
    assert motion.speed < 0.02 * motion.camera
    assert motion.change < 0.2


def test_a_shake_beyond_the_reach_of_flow_is_still_the_cameras() -> None:
    motion = between(SCENE.frame(), SCENE.frame(camera=(25, -11)))
    assert motion.pan_px == pytest.approx((25, -11), abs=1)
    assert motion.speed < 0.05 * motion.camera


@pytest.mark.parametrize("camera", [(0.0, 0.0), (2.0, 1.0)])
def test_a_thing_moves_on_its_own_whatever_the_camera_does(camera: tuple[float, float]) -> None:
    motion = between(SCENE.frame(thing=(50, 20)), SCENE.frame(thing=(54, 20), camera=camera))
    own_px = float(np.hypot(4 + camera[0], camera[1]))
    area = 30 * 40 / (WIDTH * HEIGHT)
    # flow at a quarter of the size sees the speed of a thing this small at about half
    assert 0.4 < motion.speed / (pct_s(own_px) * area) < 1.1
    assert motion.area == pytest.approx(area, rel=0.35)
    assert motion.pan_px == pytest.approx(camera, abs=0.4)


def test_heading_tells_directions_apart() -> None:
    places = {"right": (54.0, 20.0), "left": (46.0, 20.0), "down": (50.0, 24.0), "up": (50.0, 16.0)}
    sectors = {
        name: int(np.argmax(between(SCENE.frame(thing=(50, 20)), SCENE.frame(thing=place)).heading))
        for name, place in places.items()
    }
    circular = {frozenset((2 * a, 2 * a + 1)) for a in range(HEADINGS // 2)}
    assert circular
    assert len(set(sectors.values())) == 4


def test_another_picture_is_change_that_no_movement_explains() -> None:
    assert between(Scene(1).frame(), Scene(2).frame()).change > 0.6


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (16, 16), (23, 300), (24, 24)])
def test_tiny_pictures_are_measured_without_failing(size: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    before, now = (random.integers(0, 255, (*size, 3)).astype(np.uint8) for _ in range(2))
    motion = between(before, now)
    assert motion.heading.shape == (HEADINGS,)
    assert all(np.isfinite([motion.speed, motion.area, motion.camera, *motion.pan, motion.change]))
    assert 0 <= motion.change <= 1


def test_two_blank_pictures_are_equal() -> None:
    black = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    motion = between(black, np.full_like(black, 255))
    assert motion.speed == 0
    assert motion.change == pytest.approx(0, abs=1e-6)


def test_pictures_are_left_as_they_were() -> None:
    before, now = picture_of(Scene(1).frame()), picture_of(Scene(1).frame(camera=(9, 0)))
    copies = [before.texture.copy(), now.texture.copy()]
    MotionMeter().measure(before, now, 1 / HZ)
    assert np.array_equal(before.texture, copies[0])
    assert np.array_equal(now.texture, copies[1])
