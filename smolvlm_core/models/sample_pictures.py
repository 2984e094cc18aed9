"""Pictures to try a model on, and to show a vision tower in int8 what to expect: generated, or of a folder."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from smolvlm_core.domain import FrameRGB

PICTURES = 24  # generated, or taken of a folder
SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp"))
WIDTH_PX, HEIGHT_PX = 512, 288
GRAINS_PX = (4, 16, 64, 256)  # sizes of structures, each as strong as the size is large: as in natural pictures


def generated_pictures(count: int = PICTURES, seed: int = 0) -> list[FrameRGB]:
    """Softly textured scenes of every brightness and contrast with hard-edged shapes and strokes before them."""
    rng = np.random.default_rng(seed)
    return [_scene(rng) for _ in range(count)]


def _scene(rng: np.random.Generator) -> FrameRGB:
    picture = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.float32)
    for grain_px in GRAINS_PX:
        coarse = rng.normal(size=(HEIGHT_PX // grain_px + 2, WIDTH_PX // grain_px + 2, 3)).astype(np.float32)
        picture += grain_px**0.5 * cv2.resize(coarse, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
    picture = picture / picture.std() * rng.uniform(10, 60) + rng.uniform(40, 215)
    scene = np.ascontiguousarray(np.clip(picture, 0, 255).astype(np.uint8))
    for _ in range(rng.integers(0, 9)):
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        (x, y), (width, height) = rng.integers(0, (WIDTH_PX, HEIGHT_PX)), rng.integers(4, HEIGHT_PX // 2, 2)
        match rng.integers(3):
            case 0:
                cv2.circle(scene, (int(x), int(y)), int(width) // 2, colour, -1)
            case 1:
                cv2.rectangle(scene, (int(x), int(y)), (int(x + width), int(y + height)), colour, -1)
            case _:
                cv2.putText(scene, "Aa 12:34", (int(x), int(y)), cv2.FONT_HERSHEY_SIMPLEX, height / 60, colour, 3)
    return scene


def pictures_of(folder: Path, count: int = PICTURES) -> list[FrameRGB]:
    """At most ``count`` pictures of a folder, evenly over its names; generated ones where it holds none."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    step = max(1, -(-len(files) // count))
    return list(_readable(files[::step])) or generated_pictures(count)


def _readable(files: list[Path]) -> Iterator[FrameRGB]:
    for path in files:
        bgr = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        if bgr is not None:
            yield cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8)
