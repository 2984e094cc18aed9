"""Pictures in which nothing new is to be seen are left out, others never."""

import cv2
import numpy as np

from smolvlm_core.domain import Frame, FrameRGB
from smolvlm_core.signals.alike import distinct

RNG = np.random.default_rng(5)
WALL = np.full((288, 512, 3), 110, np.uint8)


def noisy(picture: FrameRGB) -> FrameRGB:
    return np.clip(picture + RNG.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)


def with_ball(x: int) -> FrameRGB:
    picture = WALL.copy()
    cv2.circle(picture, (x, 140), 8, (250, 240, 60), -1)
    return noisy(picture)


def frames(pictures: list[FrameRGB]) -> list[Frame]:
    return [Frame(float(index), picture) for index, picture in enumerate(pictures)]


def test_a_still_scene_is_one_frame_whatever_the_noise() -> None:
    (only,) = distinct(frames([noisy(WALL) for _ in range(8)]))
    assert only.time_s == 0.0


def test_a_small_thing_that_moves_is_seen_in_every_frame() -> None:
    assert len(distinct(frames([with_ball(40 * index + 20) for index in range(8)]))) == 8


def test_what_changes_slowly_comes_once_in_a_while() -> None:
    fading = [np.clip(WALL.astype(int) + 4 * index, 0, 255).astype(np.uint8) for index in range(16)]
    assert [frame.time_s for frame in distinct(frames(fading))] == [0, 4, 8, 12]


def test_a_change_of_colour_alone_is_news() -> None:
    other = WALL.copy()
    other[100:140, 200:260] = (160, 80, 110)
    assert len(distinct(frames([WALL, other]))) == 2


def test_pictures_of_another_size_are_never_alike() -> None:
    assert len(distinct(frames([WALL, WALL[:, :300]]))) == 2
    assert distinct([]) == ()
