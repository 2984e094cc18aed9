"""The version for browsers shows each moment at the time it has in the original, whatever the original is."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from smolvlm_core.domain import Frame, Limits, Span
from smolvlm_core.errors import Cancelled, ClipError, NothingToCut
from smolvlm_core.video.probe import probe
from smolvlm_core.video.proxy import make_proxy
from smolvlm_core.video.reel import Rendered
from smolvlm_core.video.scan import ScanOptions, scan
from tests.clips import (
    BLUE,
    GREEN,
    GREY,
    RED,
    ClipSpec,
    calm,
    corners,
    read_time_code,
    time_code,
    tone,
    write_clip,
    write_damaged,
    write_truncated,
)
from tests.movies import Movie, boxes_of, read_movie, write_without_early_sound

BEEP = Span(1.3, 1.6)
CODED = ClipSpec(picture=time_code, duration_s=3.0, sound=tone(BEEP, quiet_level=0.0))
SILENT = replace(CODED, sound=None)
VARIED_S = (0.0, 0.1, 0.5, 1.2, 1.25, 1.9, 2.0, 2.7)
NO_B = (("bf", "0"),)


def proxy_of(path: Path) -> tuple[Rendered, Movie]:
    """The proxy, made and read back; what holds for every one is checked."""
    info = probe(path, path.name, Limits())
    target = path.with_name("proxy.mp4")
    shares: list[float] = []
    done = make_proxy(path, target, info.duration_s, report=shares.append)
    movie = read_movie(target)
    assert (movie.video_codec, movie.pix_fmt) == ("h264", "yuv420p")
    assert movie.audio_codec in (None, "aac")
    assert movie.size == (done.width, done.height)
    names = boxes_of(target)
    assert names.index("moov") < names.index("mdat")
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert not list(path.parent.glob("*.partial"))
    return done, movie


def pictures_of(path: Path) -> list[Frame]:
    """The pictures of the original, with the times that analyses go by."""
    return [item for item in scan(path, ScanOptions(sample_hz=1000.0)) if isinstance(item, Frame)]


def shows_its_times(movie: Movie, expected_s: Sequence[float]) -> None:
    assert movie.times_s == pytest.approx(list(expected_s), abs=0.002)
    assert movie.codes_s == pytest.approx(list(expected_s), abs=0.011)


COPIED = {
    "b.mkv": CODED,
    "no_b.mkv": replace(CODED, options=NO_B),
    "late.mkv": replace(CODED, start_s=7.0),
    "varied.mkv": replace(SILENT, options=NO_B, times_s=VARIED_S),
    "a.ts": replace(CODED, fps=Fraction(25)),
    "late.ts": replace(CODED, fps=Fraction(25), start_s=5000.0),
    "a.flv": CODED,
    "no_b.avi": replace(SILENT, options=NO_B),
    "a.mp4": CODED,
    "ac3.mp4": replace(CODED, audio_codec="ac3"),
    "opus.mkv": replace(CODED, audio_codec="libopus"),
}


@pytest.mark.parametrize("name", COPIED)
def test_where_only_container_or_sound_is_wrong_nothing_is_encoded(name: str, tmp_path: Path) -> None:
    spec = COPIED[name]
    path = write_clip(tmp_path / name, spec)
    done, movie = proxy_of(path)
    assert done.copied
    shows_its_times(movie, spec.frame_times_s)
    assert [one.tobytes() for one in movie.pictures] == [one.tobytes() for one in read_movie(path).pictures]
    assert done.duration_s == pytest.approx(movie.duration_s, abs=0.05)
    if spec.sound is not None:
        assert movie.loud_from_s() == pytest.approx(BEEP.start_s, abs=0.03)


ENCODED = {
    "hevc.mp4": replace(CODED, codec="libx265"),
    "hevc_late.mkv": replace(CODED, codec="libx265", start_s=7.0),
    "hevc_varied.mp4": replace(CODED, codec="libx265", times_s=VARIED_S),
    "hevc_10bit.mov": replace(CODED, codec="libx265", pix_fmt="yuv420p10le"),
    "h264_10bit.mkv": replace(CODED, pix_fmt="yuv420p10le"),
    "h264_varied_b.mkv": replace(CODED, times_s=VARIED_S),
    "mpeg4.avi": replace(CODED, codec="mpeg4", audio_codec="libmp3lame"),
    "mpeg2.mpg": replace(CODED, codec="mpeg2video", fps=Fraction(25), audio_codec="mp2"),
    "prores.mov": replace(CODED, codec="prores_ks", pix_fmt="yuv422p10le", audio_codec="pcm_s16le"),
    "mjpeg.avi": replace(SILENT, codec="mjpeg", pix_fmt="yuvj420p"),
    "a.gif": replace(SILENT, codec="gif", pix_fmt="rgb8"),
}


@pytest.mark.parametrize("name", ENCODED)
def test_each_moment_keeps_its_time(name: str, tmp_path: Path) -> None:
    spec = ENCODED[name]
    path = write_clip(tmp_path / name, spec)
    done, movie = proxy_of(path)
    assert not done.copied
    original = pictures_of(path)
    assert len(original) >= len(spec.frame_times_s)
    assert movie.times_s == pytest.approx([one.time_s for one in original], abs=0.002)
    assert movie.codes_s == pytest.approx([read_time_code(one.rgb) for one in original], abs=0.011)
    if not name.endswith(".avi"):  # with B-pictures or sound it counts a picture more than it shows
        assert movie.codes_s == pytest.approx(movie.times_s, abs=0.011)
    assert (movie.sound is None) is (spec.sound is None)
    if spec.sound is not None:
        assert movie.loud_from_s() == pytest.approx(BEEP.start_s, abs=0.05)


def test_sound_that_begins_late_stays_late(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mkv", replace(CODED, codec="libx265", audio_codec="libopus"))
    _, movie = proxy_of(write_without_early_sound(tmp_path / "a.mkv", whole, 1.0))
    assert movie.loud_from_s() == pytest.approx(BEEP.start_s, abs=0.05)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_picture_stands_upright(rotation: int, tmp_path: Path) -> None:
    spec = ClipSpec(codec="libx265", picture=corners, duration_s=0.5, rotation=rotation)
    _, movie = proxy_of(write_clip(tmp_path / "a.mp4", spec))
    assert movie.size == (160, 96)
    for (x, y), colour in {(40, 24): RED, (120, 24): GREEN, (40, 72): BLUE, (120, 72): GREY}.items():
        assert movie.pixel(x, y) == pytest.approx(list(colour), abs=30)


@pytest.mark.parametrize(
    ("size", "expected"), [((1920, 1080), (1280, 720)), ((1080, 1920), (720, 1280)), ((640, 360), (640, 360))]
)
def test_the_shorter_side_is_at_most_720(size: tuple[int, int], expected: tuple[int, int], tmp_path: Path) -> None:
    spec = ClipSpec(codec="mpeg4", width=size[0], height=size[1], duration_s=0.3, picture=calm(noise=0.0))
    done, _ = proxy_of(write_clip(tmp_path / "a.avi", spec))
    assert (done.width, done.height) == expected


def test_a_video_that_breaks_off_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mp4", replace(SILENT, codec="libx265", container_options=FASTSTART))
    _, movie = proxy_of(write_truncated(tmp_path / "a.mp4", whole, 0.7))
    assert 0.3 < movie.duration_s < 3.0
    shows_its_times(movie, [index / 10 for index in range(len(movie.times_s))])


FASTSTART = (("movflags", "+faststart"),)
FINE = ClipSpec(picture=calm(), duration_s=6.0, gop_frames=10)


@pytest.mark.parametrize("codec", ["libx265", "libx264"])
def test_pictures_after_damage_keep_their_times(codec: str, tmp_path: Path) -> None:
    """Damaged H.264 is not copied either: a browser would stop there."""
    whole = write_clip(tmp_path / "whole.mkv", replace(FINE, codec=codec))
    path = write_damaged(tmp_path / "a.mkv", whole, 0.5, 0.55)
    done, movie = proxy_of(path)
    assert not done.copied
    assert movie.times_s == pytest.approx([one.time_s for one in pictures_of(path)], abs=0.002)
    assert movie.times_s[-1] == pytest.approx(5.9, abs=0.11)


def test_damage_may_leave_nothing(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mp4", replace(SILENT, codec="libx265", container_options=FASTSTART))
    path = write_damaged(tmp_path / "a.mp4", whole, 0.5, 1.0)
    duration_s = 3.0
    path.write_bytes(path.read_bytes().replace(b"hvcC", b"xxxx"))
    with pytest.raises((NothingToCut, ClipError)):
        make_proxy(path, tmp_path / "proxy.mp4", duration_s)
    assert not (tmp_path / "proxy.mp4").exists()
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("spec", [SILENT, replace(SILENT, codec="libx265")], ids=["copied", "encoded"])
def test_cancelled_work_leaves_nothing(spec: ClipSpec, tmp_path: Path) -> None:
    def cancelled() -> None:
        raise Cancelled("enough")

    path = write_clip(tmp_path / "a.mkv", spec)
    with pytest.raises(Cancelled):
        make_proxy(path, tmp_path / "proxy.mp4", 3.0, cancelled)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.mkv"]


def test_a_folder_that_is_gone_is_an_error_of_ours(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", SILENT)
    with pytest.raises(ClipError):
        make_proxy(path, tmp_path / "gone" / "proxy.mp4", 3.0)


def test_one_picture_is_a_movie_too(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.gif", replace(SILENT, codec="gif", pix_fmt="rgb8", duration_s=0.1))
    _, movie = proxy_of(path)
    assert read_time_code(movie.pictures[0]) == 0.0
    assert len(movie.pictures) == 1
