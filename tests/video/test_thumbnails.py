"""Stills: JPEGs of the moments asked for, bounded in number, size and time, and never an error."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from smolvlm_core.domain import CheckCancelled, Frame, FrameRGB
from smolvlm_core.errors import Undecodable
from smolvlm_core.video.frames import FrameReader
from smolvlm_core.video.thumbnails import LONGEST_SIDE_PX, THUMBNAILS_MOST, thumbnails
from tests.clips import ClipSpec, corners, read_time_code, time_code, write_clip, write_empty, write_truncated


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds that show their own time."""
    spec = ClipSpec(duration_s=10.0, fps=Fraction(10), picture=time_code)
    return write_clip(tmp_path_factory.mktemp("clips") / "time.mp4", spec)


def picture(jpeg: bytes | None) -> FrameRGB:
    assert jpeg is not None
    assert jpeg.startswith(b"\xff\xd8\xff")
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return bgr[:, :, ::-1].astype(np.uint8)


def test_each_shows_its_moment_in_the_order_asked_for(clip: Path) -> None:
    times_s = [7.5, 0.0, 9.9, 7.5, 3.2]
    assert [read_time_code(picture(jpeg)) for jpeg in thumbnails(clip, times_s)] == pytest.approx(times_s)


def test_colours_are_those_of_the_video(tmp_path: Path) -> None:
    (jpeg,) = thumbnails(write_clip(tmp_path / "corners.mp4", ClipSpec(1.0, picture=corners)), [0.5])
    red, green, blue = picture(jpeg)[10, 10].astype(int)
    assert red > 180
    assert max(green, blue) < 100


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (360, 640)])
def test_they_are_small(tmp_path: Path, width: int, height: int) -> None:
    path = write_clip(tmp_path / "large.mp4", ClipSpec(0.5, width=width, height=height))
    (jpeg,) = thumbnails(path, [0.2])
    shape = picture(jpeg).shape
    assert max(shape) == LONGEST_SIDE_PX
    assert shape[1] / shape[0] == pytest.approx(width / height, rel=0.01)


def test_there_are_only_so_many(clip: Path) -> None:
    found = thumbnails(clip, [place / 10 for place in range(THUMBNAILS_MOST + 5)])
    assert [jpeg is not None for jpeg in found] == [True] * THUMBNAILS_MOST + [False] * 5


def test_without_time_there_are_none(clip: Path) -> None:
    assert thumbnails(clip, [1.0, 2.0], budget_s=-1.0) == (None, None)


def test_none_are_wanted_of_nothing(clip: Path) -> None:
    assert thumbnails(clip, []) == ()


@pytest.mark.parametrize("spoil", [lambda path, _: write_empty(path), lambda path, _: path, write_truncated])
def test_a_file_that_cannot_be_read_has_none(
    clip: Path, tmp_path: Path, spoil: Callable[[Path, Path], Path]
) -> None:
    assert thumbnails(spoil(tmp_path / "spoilt.mp4", clip), [1.0, 2.0]) == (None, None)


def test_one_damaged_frame_does_not_cost_the_others(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = FrameReader.at

    def damaged(self: FrameReader, times_s: list[float], check: CheckCancelled) -> tuple[Frame, ...]:
        if times_s == [2.0]:
            raise Undecodable("A picture of the video cannot be converted.")
        return read(self, times_s, check)

    monkeypatch.setattr(FrameReader, "at", damaged)
    assert [jpeg is not None for jpeg in thumbnails(clip, [1.0, 2.0, 3.0])] == [True, False, True]
