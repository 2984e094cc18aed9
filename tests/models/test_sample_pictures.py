"""Pictures to calibrate by: varied and repeatable, or the user's own."""

from pathlib import Path

import cv2
import numpy as np

from smolvlm_core.models.sample_pictures import generated_pictures, pictures_of


def test_generated_pictures_vary_and_repeat() -> None:
    pictures = generated_pictures(8)
    assert all(np.array_equal(a, b) for a, b in zip(pictures, generated_pictures(8), strict=True))
    means = [picture.mean() for picture in pictures]
    assert max(means) - min(means) > 50
    assert not np.array_equal(pictures[0], generated_pictures(1, seed=1)[0])


def test_a_folder_of_pictures_is_taken_evenly(tmp_path: Path) -> None:
    for level in range(10):
        cv2.imwrite(str(tmp_path / f"{level}.png"), np.full((4, 6, 3), (level, 0, 200), np.uint8))
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "broken.jpg").write_bytes(b"no picture either")
    taken = pictures_of(tmp_path, 4)
    assert [int(picture[0, 0, 2]) for picture in taken] == [0, 3, 6, 9]
    assert all(picture[0, 0, 0] == 200 for picture in taken), "the order is red, green, blue"


def test_a_folder_without_pictures_gives_generated_ones(tmp_path: Path) -> None:
    assert len(pictures_of(tmp_path, 3)) == 3
