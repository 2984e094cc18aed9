"""``FrameReader`` returns exactly the picture that is shown at a time, upright, in square pixels."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from smolvlm_core.domain import Frame, FrameRGB
from smolvlm_core.errors import Cancelled, Undecodable
from smolvlm_core.video import frames as frames_module
from smolvlm_core.video.container import open_video
from smolvlm_core.video.frames import FrameReader
from smolvlm_core.video.scan import scan
from tests.clips import (
    BLUE,
    GREEN,
    GREY,
    RED,
    ClipSpec,
    Colour,
    calm,
    corners,
    moving_ball,
    plain,
    read_time_code,
    time_code,
    write_clip,
    write_damaged,
)

LONG = ClipSpec(picture=time_code, duration_s=40.0, gop_frames=15)

LONG_CLIPS = {
    "a.mp4": LONG,
    "a.mkv": LONG,
    "late.mp4": ClipSpec(picture=time_code, duration_s=40.0, gop_frames=15, start_s=7.0),
    "one_key.mp4": ClipSpec(picture=time_code, duration_s=40.0, gop_frames=1000),
    "fragments.mp4": ClipSpec(
        picture=time_code, duration_s=40.0, container_options=(("movflags", "frag_keyframe+empty_moov"),)
    ),
    "a.avi": ClipSpec(picture=time_code, duration_s=40.0, codec="mpeg4", options=(("bf", "2"),)),
    "a.ts": LONG,
    "a.flv": LONG,
    "a.webm": ClipSpec(picture=time_code, duration_s=40.0, codec="libvpx-vp9", gop_frames=15),
}


@pytest.mark.parametrize("name", LONG_CLIPS)
def test_any_order_of_times_gets_the_right_pictures(name: str, tmp_path: Path) -> None:
    path = write_clip(tmp_path / name, LONG_CLIPS[name])
    rounds_s = ([0.0, 0.1, 20.05, 39.9], [31.23, 2.5, 31.23, 12.0], [12.05, 12.15, 30.0], [0.0], [39.95])
    with FrameReader(path) as reader:
        for times_s in rounds_s:
            for wanted_s, frame in zip(times_s, reader.at(times_s), strict=True):
                shown_s = int(wanted_s * 10 + 1e-6) / 10
                assert frame.time_s == pytest.approx(shown_s, abs=0.002)
                assert read_time_code(frame.rgb) == pytest.approx(shown_s, abs=0.011)


def test_no_seek_for_each_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "a.mp4", LONG)
    seeks: list[float] = []
    seek = FrameReader._seek

    def counted(self: FrameReader, time_s: float, reached_s: float) -> None:
        seeks.append(time_s)
        seek(self, time_s, reached_s)

    monkeypatch.setattr(FrameReader, "_seek", counted)
    with FrameReader(path) as reader:
        reader.at([20.0 + index * 0.5 for index in range(8)])
        reader.at([24.0 + index * 0.5 for index in range(8)])
    assert seeks == [20.0]


def test_seek_that_lands_late_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "a.mp4", LONG)
    monkeypatch.setattr(frames_module, "SEEK_MARGIN_S", -9.0)  # as a broken index would
    with FrameReader(path) as reader:
        (frame,) = reader.at([20.0])
    assert read_time_code(frame.rgb) == pytest.approx(20.0, abs=0.011)


def test_before_the_start_and_after_the_end(tmp_path: Path) -> None:
    with FrameReader(write_clip(tmp_path / "a.mp4", ClipSpec(picture=time_code))) as reader:
        first, last = reader.at([-1.0, 1000.0])
        assert reader.at([]) == ()
    assert first.time_s == 0.0
    assert last.time_s == pytest.approx(1.9)


@pytest.mark.parametrize(
    ("size", "longest_px", "expected"),
    [
        ((640, 360), 512, (288, 512)),
        ((360, 640), 512, (512, 288)),
        ((160, 96), 512, (96, 160)),
        ((64, 64), 16, (16, 16)),
    ],
)
def test_size_is_capped_never_raised(
    size: tuple[int, int], longest_px: int, expected: tuple[int, int], tmp_path: Path
) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(width=size[0], height=size[1], duration_s=0.1))
    with FrameReader(path, longest_px) as reader:
        assert reader.at([0.0])[0].rgb.shape == (*expected, 3)


def test_wide_pixels_become_square(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(width=80, height=96, sample_aspect=Fraction(2), duration_s=0.1))
    with FrameReader(path) as reader:
        assert reader.at([0.0])[0].rgb.shape == (96, 160, 3)


def corner_colours(rgb: FrameRGB) -> list[Colour]:
    """The named colour nearest to each quarter's middle: top left, top right, bottom left, bottom right."""
    height, width = rgb.shape[:2]
    found: list[Colour] = []
    for y, x in ((1, 1), (1, 3), (3, 1), (3, 3)):
        pixel = rgb[height * y // 4, width * x // 4].astype(int)
        found.append(min((RED, GREEN, BLUE, GREY), key=lambda colour: int(np.abs(pixel - colour).sum())))
    return found


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, -90, 180])
def test_pictures_are_upright(rotation: int, mirrored: bool, tmp_path: Path) -> None:
    spec = ClipSpec(rotation=rotation, mirrored=mirrored, picture=corners, duration_s=0.3)
    path = write_clip(tmp_path / "a.mp4", spec)
    with FrameReader(path) as reader:
        frames = [*reader.at([0.0]), next(item for item in scan(path) if isinstance(item, Frame))]
    for frame in frames:
        assert frame.rgb.shape[0] < frame.rgb.shape[1]
        assert corner_colours(frame.rgb) == [RED, GREEN, BLUE, GREY]
        assert frame.rgb.flags.c_contiguous


@pytest.mark.parametrize("colour", [RED, GREEN, BLUE])
@pytest.mark.parametrize(
    ("codec", "pix_fmt"), [("libx264", "yuv420p"), ("libx265", "yuv420p10le"), ("ffv1", "rgb24")]
)
def test_colours_are_kept(colour: Colour, codec: str, pix_fmt: str, tmp_path: Path) -> None:
    if codec == "ffv1":
        pix_fmt = "bgr0"
    spec = ClipSpec(picture=plain(colour), codec=codec, pix_fmt=pix_fmt, duration_s=0.1)
    with FrameReader(write_clip(tmp_path / "a.mkv", spec)) as reader:
        rgb = reader.at([0.0])[0].rgb
    assert np.abs(rgb.reshape(-1, 3).mean(0) - colour).max() < 14


def test_damage_keeps_the_picture_before(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "a.mp4", ClipSpec(picture=time_code, duration_s=6.0, gop_frames=10))
    with FrameReader(write_damaged(tmp_path / "bad.mp4", whole, 0.4, 0.45)) as reader:
        frames = reader.at([0.0, 3.0, 5.9])
    assert [frame.time_s for frame in frames] == sorted(frame.time_s for frame in frames)
    assert read_time_code(frames[2].rgb) == pytest.approx(5.9, abs=0.011)


def test_nothing_to_decode_is_an_error(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(container_options=(("movflags", "+faststart"),)))
    data = path.read_bytes()
    pictures = data.index(b"mdat") + 4
    path.write_bytes(data[:pictures] + bytes(len(data) - pictures))
    with FrameReader(path) as reader, pytest.raises(Undecodable):
        reader.at([0.0])


def test_cancel_is_seen_on_the_way(tmp_path: Path) -> None:
    def check() -> None:
        raise Cancelled("no longer wanted")

    with FrameReader(write_clip(tmp_path / "a.ts", LONG)) as reader, pytest.raises(Cancelled):
        reader.at([39.0], check)


def test_test_pictures_differ(tmp_path: Path) -> None:
    """The generator's own promise: a ball that goes right is further right later."""
    path = write_clip(tmp_path / "a.mp4", ClipSpec(picture=moving_ball(RED, "right")))
    with open_video(path) as opened:
        assert opened.audio is None
    with FrameReader(path) as reader:
        early, late = (frame.rgb.astype(int) for frame in reader.at([0.4, 1.6]))
    red = [np.argwhere((rgb[..., 0] - rgb[..., 2]) > 80)[:, 1].mean() for rgb in (early, late)]
    assert red[0] < 60
    assert red[1] > 100
    assert calm()(0.0, 16, 8).shape == (8, 16, 3)
