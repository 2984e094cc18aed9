"""A video in which no picture comes twice: a camera over a textured landscape, shapes that fly, cuts."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from benchmarks.workout_footage import Size, film
from smolvlm_core.domain import FrameRGB

SIZE_PX: Size = (1920, 1080)
FPS = Fraction(25)
MARGIN_PX = 600  # the landscape is larger than the picture by so much
SHOT_S = 7.0
SHAPES = 6
GRAINS_PX = {8: 40, 32: 60, 128: 80}  # sizes of structures, and their contrast in grey levels


def write_landscape(path: Path, seconds: float, seed: int = 0) -> None:
    """Encodes H.264 without sound."""
    landscape = _landscape(np.random.default_rng(seed))
    with film(path, SIZE_PX, FPS) as add:
        for index in range(round(seconds * FPS)):
            add(_picture(landscape, float(index / FPS)))


def _landscape(rng: np.random.Generator) -> FrameRGB:
    width, height = (side + MARGIN_PX for side in SIZE_PX)
    picture = np.full((height, width, 3), 128, np.float32)
    for grain_px, contrast in GRAINS_PX.items():
        coarse = rng.normal(size=(height // grain_px + 2, width // grain_px + 2, 3)).astype(np.float32)
        picture += contrast * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _picture(landscape: FrameRGB, time_s: float) -> FrameRGB:
    shot = int(time_s / SHOT_S)
    way = np.array([np.sin(time_s / 1.9 + shot), np.cos(time_s / 2.4 + 3 * shot)]) / 2 + 0.5
    x, y = (int(share * MARGIN_PX) for share in way)
    picture = np.ascontiguousarray(landscape[y : y + SIZE_PX[1], x : x + SIZE_PX[0], :: 1 if shot % 2 else -1])
    for index in range(SHAPES):
        speed_px_s = 150.0 + 90.0 * index
        centre = (int((time_s * speed_px_s + index * 300) % SIZE_PX[0]), 180 + 140 * index)
        cv2.circle(picture, centre, 60 + 10 * index, (40 * index, 255 - 40 * index, 120), -1)
    return picture
