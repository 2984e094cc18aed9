"""Small synthetic scenes: a textured wall, a textured thing in front of it, a camera that may move."""

from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import FrameRGB
from smolvlm_core.signals.features import FeatureMeter, Features

HZ = 7.0
WIDTH, HEIGHT = 160, 90
DIAGONAL_PX = float(np.hypot(WIDTH, HEIGHT))
SOUND_HZ = 16_000

Place = tuple[float, float]


def pattern(width: int, height: int, seed: int, tint: tuple[int, int, int] = (128, 128, 128)) -> FrameRGB:
    """Blotches some pixels wide around a tint, as walls, lawns and clothes have."""
    noise = np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)
    blotches = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), np.float32)
    blotches *= 35 / float(blotches.std())
    return np.clip(np.asarray(tint) + blotches[..., None], 0, 255).astype(np.uint8)


class Scene:
    """A wall three pictures wide and a thing that is drawn where it is told to be."""

    def __init__(self, seed: int = 1, tint: tuple[int, int, int] = (128, 128, 128)) -> None:
        self.wall = pattern(3 * WIDTH, 3 * HEIGHT, seed, tint)
        self.thing = pattern(30, 40, seed + 1000, (200, 60, 40))

    def frame(self, thing: Place | None = None, camera: Place = (0, 0)) -> FrameRGB:
        """What the camera sees; places in px, (0, 0) is the top left corner / the middle of the wall."""
        matrix = np.array([[1, 0, camera[0] + WIDTH], [0, 1, camera[1] + HEIGHT]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        picture = np.asarray(cv2.warpAffine(self.wall, matrix, (WIDTH, HEIGHT), flags=flags), np.uint8)
        if thing is not None:
            place = np.array([[1, 0, thing[0]], [0, 1, thing[1]]], np.float32)
            mask = cv2.warpAffine(np.full(self.thing.shape[:2], 255, np.uint8), place, (WIDTH, HEIGHT))
            drawn = cv2.warpAffine(self.thing, place, (WIDTH, HEIGHT))
            picture = np.where(np.asarray(mask)[..., None] > 127, drawn, picture).astype(np.uint8)
        return picture


def jumping(time_s: float, middle: Place = (60, 25), reach_px: float = 18, period_s: float = 1.1) -> Place:
    """Somewhere on a wild loop, the way a playing child or a dancer is."""
    turn = 2 * np.pi * time_s / period_s
    return middle[0] + reach_px * float(np.sin(turn)), middle[1] + 0.6 * reach_px * float(np.cos(1.7 * turn))


def times(duration_s: float, hz: float = HZ) -> list[float]:
    return [index / hz for index in range(round(duration_s * hz))]


def measured(
    frames: Iterable[tuple[float, FrameRGB]],
    duration_s: float,
    sound: NDArray[np.float32] | None = None,
) -> Features:
    meter = FeatureMeter()
    for time_s, rgb in frames:
        meter.add_frame(time_s, rgb)
    if sound is not None:
        for start in range(0, len(sound), 5000):
            meter.add_audio(start / SOUND_HZ, sound[start : start + 5000])
    return meter.features(duration_s)


def filmed(
    duration_s: float,
    show: Callable[[float], FrameRGB],
    sound: NDArray[np.float32] | None = None,
    at_s: Sequence[float] | None = None,
) -> Features:
    """Features of a video whose picture at each time is ``show(time_s)``."""
    return measured(((time_s, show(time_s)) for time_s in at_s or times(duration_s)), duration_s, sound)


def hum(duration_s: float, level: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> NDArray[np.float32]:
    """White noise with an amplitude (n,) that depends on the time (n,)."""
    time_s = np.arange(round(duration_s * SOUND_HZ)) / SOUND_HZ
    noise = np.random.default_rng(5).normal(size=len(time_s))
    return np.clip(noise * level(time_s), -1, 1).astype(np.float32)
