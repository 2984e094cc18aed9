"""Pictures that the scan keeps: which, how large, and what becomes of them on disk."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from smolvlm_core.video.scan import ScanOptions, Still, scan
from smolvlm_core.video.stills import Stills, StillWriter
from tests.clips import ClipSpec, read_time_code, time_code, write_clip

RNG = np.random.default_rng(3)
PHOTO = np.repeat(np.repeat(RNG.integers(0, 255, (18, 32, 3), np.uint8), 16, axis=0), 16, axis=1)


def kept(path: Path, still_hz: float) -> list[Still]:
    return [item for item in scan(path, ScanOptions(still_hz=still_hz)) if isinstance(item, Still)]


@contextmanager
def room_for(size_bytes: int) -> Iterator[None]:
    """No file of this process can grow larger, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = ClipSpec(6.0, Fraction(25), 1280, 720, time_code)
    return write_clip(tmp_path_factory.mktemp("stills") / "large.mp4", spec)


def test_stills_come_at_their_rate_in_a_size_for_the_model(large: Path) -> None:
    stills = kept(large, 2.0)
    assert [still.time_s for still in stills] == pytest.approx([index / 2 for index in range(12)], abs=0.15)
    assert {still.rgb.shape for still in stills} == {(288, 512, 3)}
    for still in stills:
        assert read_time_code(still.rgb) == pytest.approx(still.time_s, abs=0.02)


def test_stills_stand_upright(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "phone.mp4", ClipSpec(1.0, Fraction(10), 720, 1280, rotation=90))
    assert {still.rgb.shape for still in kept(path, 2.0)} == {(512, 288, 3)}


def test_none_are_kept_of_a_small_video_or_when_nobody_asks(large: Path, tmp_path: Path) -> None:
    small = write_clip(tmp_path / "small.mp4", ClipSpec(2.0, Fraction(10), 640, 360))
    assert kept(small, 2.0) == []
    assert kept(large, 0.0) == []


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    with StillWriter(tmp_path / "a.stills") as writer:
        for index in range(5):
            writer.add(index / 2, np.roll(PHOTO, 40 * index, axis=1))
        writer.finish()
    stills = Stills(tmp_path / "a.stills")
    assert stills.between(0.5, 1.5) == range(1, 3)
    assert stills.between(3.0, 9.0) == range(5, 5)
    third, first = stills.read([2, 0])
    assert (third.time_s, first.time_s) == (1.0, 0.0)
    assert np.abs(first.rgb.astype(int) - PHOTO).mean() < 3
    assert np.abs(third.rgb.astype(int) - np.roll(PHOTO, 80, axis=1)).mean() < 3


def test_what_was_not_finished_leaves_nothing(tmp_path: Path) -> None:
    with StillWriter(tmp_path / "a.stills") as writer:
        writer.add(0.0, PHOTO)
    assert list(tmp_path.iterdir()) == []
    assert len(Stills(tmp_path / "a.stills").times_s) == 0


@pytest.mark.parametrize("room_bytes", [0, 100, 100_000])
def test_a_full_disk_costs_the_pictures_and_nothing_else(room_bytes: int, tmp_path: Path) -> None:
    with room_for(room_bytes), StillWriter(tmp_path / "a.stills") as writer:
        for index in range(20):
            writer.add(index / 2, RNG.integers(0, 255, (96, 128, 3), np.uint8))
        writer.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_just_before_the_end_leaves_nothing(tmp_path: Path) -> None:
    with StillWriter(tmp_path / "a.stills") as writer:
        writer.add(0.0, PHOTO)
        with room_for((tmp_path / "a.partial").stat().st_size):
            writer.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "a.stills").write_bytes(b"PK no zip file")
    assert Stills(tmp_path / "a.stills").between(0, 10) == range(0)


def test_a_file_that_vanished_is_an_error_of_the_file_system(tmp_path: Path) -> None:
    with StillWriter(tmp_path / "a.stills") as writer:
        writer.add(0.0, PHOTO)
        writer.finish()
    stills = Stills(tmp_path / "a.stills")
    (tmp_path / "a.stills").unlink()
    with pytest.raises(OSError, match="stills"):
        stills.read([0])
