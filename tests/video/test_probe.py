"""``probe`` measures instead of believing, and refuses what is too much before decoding it."""

import struct
import time
from fractions import Fraction
from pathlib import Path

import pytest

from smolvlm_core.domain import Limits
from smolvlm_core.errors import FrameTooLarge, Undecodable, VideoTooLong
from smolvlm_core.video.container import open_video
from smolvlm_core.video.probe import probe
from tests.clips import ClipSpec, plain, time_code, tone, write_clip, write_truncated


def patch_box(path: Path, box: bytes, offset: int, value: int) -> None:
    """Overwrites 32 bits, ``offset`` bytes after the box type."""
    data = bytearray(path.read_bytes())
    struct.pack_into(">I", data, data.index(box) + offset, value)
    path.write_bytes(bytes(data))


def test_header_that_claims_49_days_is_not_believed(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4")
    patch_box(path, b"mvhd", 20, 0xFFFFFFF0)
    assert probe(path, "a.mp4", Limits()).duration_s == pytest.approx(2.0)


def test_time_scale_of_zero_is_refused_in_plain_words(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4")
    patch_box(path, b"mdhd", 16, 0)
    with pytest.raises(Undecodable, match="clock of this video is damaged"):
        probe(path, "a.mp4", Limits())


def test_slow_slide_show_is_no_broken_clock(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(times_s=(0.0, 120.0, 240.0), duration_s=360.0))
    assert probe(path, "a.mp4", Limits()).frames == 3


def test_header_of_a_truncated_file_is_not_believed(tmp_path: Path) -> None:
    spec = ClipSpec(picture=time_code, duration_s=4.0, container_options=(("movflags", "+faststart"),))
    whole = write_clip(tmp_path / "whole.mp4", spec)
    info = probe(write_truncated(tmp_path / "half.mp4", whole, 0.6), "half.mp4", Limits())
    assert 0.5 < info.duration_s < 3.5
    assert info.frames == pytest.approx(info.duration_s * 10, abs=2)


def test_missing_duration_is_measured(tmp_path: Path) -> None:
    spec = ClipSpec(codec="libvpx", container_options=(("live", "1"),))
    info = probe(write_clip(tmp_path / "a.webm", spec), "a.webm", Limits())
    assert info.duration_s == pytest.approx(2.0)
    assert info.frames == 20


def test_joined_transport_streams_are_one_video(tmp_path: Path) -> None:
    first = write_clip(tmp_path / "first.ts")
    second = write_clip(tmp_path / "second.ts", ClipSpec(start_s=500.0))
    joined = tmp_path / "joined.ts"
    for parts in ((first, second), (second, first)):
        joined.write_bytes(b"".join(part.read_bytes() for part in parts))
        info = probe(joined, "joined.ts", Limits())
        assert info.duration_s == pytest.approx(4.0, abs=0.25)
        assert info.frames == 40


def test_variable_rate_is_an_average(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(times_s=(0.0, 0.05, 0.1, 1.0, 1.9)))
    info = probe(path, "a.mp4", Limits())
    assert float(info.fps) == pytest.approx(5 / info.duration_s, rel=0.02)


def test_exact_rate_is_kept(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(fps=Fraction(30_000, 1001)))
    assert probe(path, "a.mp4", Limits()).fps == Fraction(30_000, 1001)


@pytest.mark.parametrize("rotation", [0, 90, -90, 180])
def test_size_is_as_displayed(rotation: int, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(width=96, height=160, rotation=rotation))
    info = probe(path, "a.mp4", Limits())
    assert info.resolution == "96x160"
    assert info.rotation % 360 == rotation % 360


def test_wide_pixels_do_not_change_the_size(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(sample_aspect=Fraction(4, 3)))
    assert probe(path, "a.mp4", Limits()).resolution == "160x96"


def test_sound_and_file_are_described(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.webm", ClipSpec(codec="libvpx", sound=tone(), audio_codec="libopus"))
    info = probe(path, "a.webm", Limits())
    assert info.has_audio
    assert info.size_bytes == path.stat().st_size
    assert (info.codec, info.container) == ("vp8", "matroska")


def test_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VideoTooLong, match="min"):
        probe(write_clip(tmp_path / "a.mp4"), "a.mp4", Limits(max_duration_s=1.5))


BIG = {
    "a.mp4": ClipSpec(),
    "a.mkv": ClipSpec(),
    "a.ts": ClipSpec(),
    "a.avi": ClipSpec(codec="mjpeg", pix_fmt="yuvj420p"),
    "a.mpg": ClipSpec(codec="mpeg2video", fps=Fraction(25)),
    "a.flv": ClipSpec(codec="flv"),
    "a.gif": ClipSpec(codec="gif", pix_fmt="rgb8"),
    "a.webm": ClipSpec(codec="libvpx-vp9"),
}


@pytest.mark.parametrize(
    "limits", [Limits(max_frame_px=160 * 96 - 1), Limits(max_side_px=159)], ids=["area", "side"]
)
@pytest.mark.parametrize("name", BIG)
def test_too_large_a_picture_is_refused(name: str, limits: Limits, tmp_path: Path) -> None:
    path = write_clip(tmp_path / name, BIG[name])
    with pytest.raises(FrameTooLarge, match="160x96"):
        probe(path, name, limits)


@pytest.mark.parametrize("name", BIG)
def test_picture_at_the_limit_is_taken(name: str, tmp_path: Path) -> None:
    path = write_clip(tmp_path / name, BIG[name])
    limits = Limits(max_frame_px=160 * 96, max_side_px=160)
    assert probe(path, name, limits).resolution == "160x96"


@pytest.mark.parametrize("suffix", [".mov", ".avi", ".mkv"])
def test_picture_larger_than_its_header_says_is_not_decoded(suffix: str, tmp_path: Path) -> None:
    """A small file of 16000 x 16000 pictures behind a header of 160 x 96: each would take a gigabyte."""
    path = write_clip(tmp_path / f"a{suffix}", ClipSpec(picture=plain(), codec="mjpeg", pix_fmt="yuvj420p"))
    start_of_frame = b"\xff\xc0\x00\x11\x08"
    small, huge = (start_of_frame + struct.pack(">HH", *size) for size in ((96, 160), (16_000, 16_000)))
    path.write_bytes(path.read_bytes().replace(small, huge))
    started_s = time.monotonic()
    with pytest.raises((FrameTooLarge, Undecodable)):
        probe(path, path.name, Limits())
    assert time.monotonic() - started_s < 2.0


def test_size_is_checked_before_any_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "a.mp4")
    monkeypatch.setattr("smolvlm_core.video.probe._Survey.run", lambda _self: pytest.fail("decoded"))
    with pytest.raises(FrameTooLarge):
        probe(path, "a.mp4", Limits(max_side_px=159))


def test_decoder_itself_refuses_larger_pictures(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.avi", ClipSpec(codec="mjpeg", pix_fmt="yuvj420p"))
    for max_frame_px, expected in ((160 * 96, (160, 96)), (160 * 96 - 1, (0, 0))):
        with open_video(path, max_frame_px) as opened:
            assert (opened.video.width, opened.video.height) == expected
