"""What the model is shown is what the checkpoint's own processor would show it."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from smolvlm_core.domain import FrameRGB
from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.models.checkpoint import Checkpoint
from smolvlm_core.models.loading import load_processor
from smolvlm_core.models.openvino.pixels import Pixels, picture_form_of
from smolvlm_core.models.sample_pictures import generated_pictures
from smolvlm_core.models.vision import processed

SIDE_PX = 64
GREY_LEVEL = 2 / 255  # the values span -1 to 1
MEAN_LEVELS, MOST_LEVELS = 0.05, 2.01


@pytest.fixture(scope="module")
def processor(tiny_folder: Path) -> Any:
    return load_processor(Checkpoint(tiny_folder, "tests/tiny", None))


def scaled(size: tuple[int, int], count: int) -> list[FrameRGB]:
    """Scenes of this width and height."""
    shrunk = (cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) for rgb in generated_pictures(count))
    return [rgb.astype(np.uint8) for rgb in shrunk]


@pytest.mark.parametrize(
    "size", [(64, 36), (36, 64), (64, 48), (64, 63), (64, 64), (64, 16), (32, 18), (640, 360), (65, 64), (7, 5)]
)
def test_pictures_of_any_size_are_the_processors_own(processor: Any, size: tuple[int, int]) -> None:
    pictures = scaled(size, 6)
    pixels = Pixels(picture_form_of(processor)).of(pictures)
    exact = processed(processor, pictures)[0].numpy()
    assert pixels.shape == exact.shape == (6, 3, SIDE_PX, SIDE_PX)
    assert pixels.dtype == np.float32
    difference = np.abs(pixels - exact)
    assert difference.mean() <= MEAN_LEVELS * GREY_LEVEL
    assert difference.max() <= MOST_LEVELS * GREY_LEVEL


def test_a_processor_that_does_something_else_is_refused(processor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor.video_processor, "do_normalize", False)
    with pytest.raises(ModelUnavailable, match="not known"):
        picture_form_of(processor)


def test_channels_and_levels_stay(processor: Any) -> None:
    square = np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)
    square[..., 0], square[..., 2] = 255, 51
    red, green, blue = Pixels(picture_form_of(processor)).of([square])[0]
    assert (red == 1).all()
    assert (green == -1).all()
    assert blue == pytest.approx(np.full_like(blue, -0.6), abs=1e-6)
