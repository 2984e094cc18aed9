"""A clip shows exactly its span of the video, upright and in sync, in a file that plays everywhere."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from smolvlm_core.domain import FrameRGB, Span
from smolvlm_core.errors import Cancelled, ClipError
from smolvlm_core.video import stretch
from smolvlm_core.video.clips import cut_clip
from smolvlm_core.video.frames import FrameReader
from smolvlm_core.video.framing import Aspect, Framing
from smolvlm_core.video.reel import Piece
from smolvlm_core.video.timeline import FrameClock
from tests.clips import (
    BLUE,
    GREEN,
    GREY,
    RED,
    ClipSpec,
    corners,
    plain,
    time_code,
    tone,
    write_clip,
    write_damaged,
    write_truncated,
)
from tests.movies import boxes_of, expected_times_s, read_movie, write_sound_behind, write_without_early_sound

BEEP = Span(3.3, 3.6)
CODED = ClipSpec(picture=time_code, duration_s=7.0, gop_frames=15, sound=tone(BEEP, quiet_level=0.0))
UNEVEN_S = (0.0, 0.1, 0.5, 0.55, 1.2, 2.0, 2.1, 2.9, 3.0, 3.1, 3.15, 4.4, 4.5, 5.5, 5.6, 6.0, 6.8)

SOURCES = {
    "even.mp4": CODED,
    "even.mkv": CODED,
    "late.mp4": replace(CODED, start_s=7.0),
    "one_key.mp4": replace(CODED, gop_frames=1000),
    "uneven.mp4": replace(CODED, times_s=UNEVEN_S),
    "uneven.mkv": replace(CODED, times_s=UNEVEN_S),
    "ntsc.mp4": replace(CODED, fps=Fraction(30000, 1001)),
    "a.ts": CODED,
    "late.ts": replace(CODED, start_s=100.0),
    "a.avi": replace(CODED, codec="mpeg4", options=(("bf", "2"),), audio_codec="pcm_s16le"),
    "a.flv": CODED,
    "a.mpg": replace(CODED, codec="mpeg2video", fps=Fraction(25), options=(("bf", "2"),), audio_codec="mp2"),
    "a.webm": replace(CODED, codec="libvpx-vp9", audio_codec="libopus"),
    "a.mov": replace(CODED, codec="libx265", pix_fmt="yuv420p10le"),
    "av1.mp4": replace(CODED, codec="libsvtav1", options=(("preset", "8"), ("crf", "15"))),
    "silent.mp4": replace(CODED, sound=None),
    "fragments.mp4": replace(CODED, container_options=(("movflags", "frag_keyframe+empty_moov"),)),
}
SPANS = (Span(0.0, 1.0), Span(2.95, 4.65), Span(5.0, 6.55))


@pytest.fixture(scope="module", params=SOURCES)
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ClipSpec]:
    spec = SOURCES[request.param]
    return write_clip(tmp_path_factory.mktemp("sources") / request.param, spec), spec


@pytest.mark.parametrize("span", SPANS, ids=str)
def test_a_clip_shows_its_span(source: tuple[Path, ClipSpec], span: Span, tmp_path: Path) -> None:
    path, spec = source
    done = cut_clip(Piece(path, span), tmp_path / "clip.mp4")
    movie = read_movie(tmp_path / "clip.mp4")
    times_s, codes_s = expected_times_s(spec.frame_times_s, span.start_s, span.end_s)
    step_s = float(1 / spec.fps)
    if done.copied:  # up to a picture more or less at the end
        assert abs(len(movie.times_s) - len(times_s)) <= 1
        times_s, codes_s = times_s[: len(movie.times_s)], codes_s[: len(movie.times_s)]
    assert movie.times_s[: len(times_s)] == pytest.approx(times_s, abs=0.002)
    assert movie.codes_s[: len(codes_s)] == pytest.approx(codes_s, abs=0.011)
    assert movie.duration_s == pytest.approx(span.duration_s, abs=step_s + 0.002 if done.copied else 0.002)
    assert done.duration_s == pytest.approx(movie.duration_s, abs=0.002)
    assert (movie.video_codec, movie.pix_fmt) == ("h264", "yuv420p")
    assert movie.audio_codec == ("aac" if spec.sound else None)
    names = boxes_of(tmp_path / "clip.mp4")
    assert names.index("moov") < names.index("mdat")
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_sound_is_in_sync(source: tuple[Path, ClipSpec], tmp_path: Path) -> None:
    path, spec = source
    if spec.sound is None:
        return
    for start_s in (2.0, 2.95, 3.0):
        cut_clip(Piece(path, Span(start_s, 4.65)), tmp_path / "clip.mp4")
        movie = read_movie(tmp_path / "clip.mp4")
        assert movie.loud_from_s() == pytest.approx(BEEP.start_s - start_s, abs=0.012)
        assert movie.sound is not None
        assert len(movie.sound) / 48_000 == pytest.approx(4.65 - start_s, abs=0.13)


def test_sound_that_begins_late_stays_in_its_place(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mp4", CODED)
    late = write_without_early_sound(tmp_path / "late.mp4", whole, 3.1)
    for start_s in (1.0, 1.55, 3.2):
        cut_clip(Piece(late, Span(start_s, 4.0)), tmp_path / "clip.mp4")
        assert read_movie(tmp_path / "clip.mp4").loud_from_s() == pytest.approx(BEEP.start_s - start_s, abs=0.012)


def test_sound_that_ends_early_leaves_silence(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", replace(CODED, sound=tone(loud_level=0.5)))
    cut_clip(Piece(path, Span(6.45, 6.95)), tmp_path / "clip.mp4")
    movie = read_movie(tmp_path / "clip.mp4")
    assert movie.sound is not None
    assert len(movie.sound) / 48_000 == pytest.approx(0.5, abs=0.03)


def test_sound_that_lies_behind_in_the_file_is_found(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mp4", CODED)
    path = write_sound_behind(tmp_path / "a.mkv", whole, 1.5)
    cut_clip(Piece(path, Span(2.05, 3.65)), tmp_path / "clip.mp4")
    assert read_movie(tmp_path / "clip.mp4").loud_from_s() == pytest.approx(BEEP.start_s - 2.05, abs=0.012)


def test_pictures_long_before_a_clip_are_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[float] = []
    place = FrameClock.place

    def noted(clock: FrameClock, frame: av.VideoFrame) -> float | None:
        time_s = place(clock, frame)
        decoded.append(time_s or 0.0)
        return time_s

    monkeypatch.setattr(FrameClock, "place", noted)
    for name in ("a.mp4", "a.ts", "a.mkv"):
        path = write_clip(tmp_path / name, replace(CODED, duration_s=20.0, gop_frames=20))
        decoded.clear()
        cut_clip(Piece(path, Span(18.05, 19.0)), tmp_path / "clip.mp4")
        assert len(decoded) < 50, name
        assert read_movie(tmp_path / "clip.mp4").codes_s[:2] == pytest.approx([18.0, 18.1], abs=0.011)


@pytest.mark.parametrize("name", ["slow.mp4", "slow.mkv", "slow.ts"])
@pytest.mark.parametrize("fps", [Fraction(1), Fraction(2)], ids=str)
def test_a_clip_of_a_slow_video_begins_with_what_is_shown_then(name: str, fps: Fraction, tmp_path: Path) -> None:
    spec = replace(CODED, fps=fps, duration_s=24.0, gop_frames=12, sound=None)
    path = write_clip(tmp_path / name, spec)
    for start_s in (10.45, 11.7, 12.95, 13.6, 14.45):
        cut_clip(Piece(path, Span(start_s, start_s + 3)), tmp_path / "clip.mp4")
        _, codes_s = expected_times_s(spec.frame_times_s, start_s, start_s + 3)
        assert read_movie(tmp_path / "clip.mp4").codes_s == pytest.approx(codes_s, abs=0.011)


def test_a_seek_that_lands_too_late_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "a.mp4", CODED)
    monkeypatch.setattr(stretch, "SEEK_MARGIN_S", -1.6)
    cut_clip(Piece(path, Span(5.05, 6.0)), tmp_path / "clip.mp4")
    assert read_movie(tmp_path / "clip.mp4").codes_s[:3] == pytest.approx([5.0, 5.1, 5.2], abs=0.011)


# -- Pictures -------------------------------------------------------------------------------

QUARTERS = ((0.25, 0.25, RED), (0.25, 0.75, GREEN), (0.75, 0.25, BLUE), (0.75, 0.75, GREY))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, -90])
def test_a_turned_video_is_upright(rotation: int, mirrored: bool, tmp_path: Path) -> None:
    spec = ClipSpec(picture=corners, rotation=rotation, mirrored=mirrored, width=160, height=96)
    cut_clip(Piece(write_clip(tmp_path / "a.mp4", spec), Span(0.55, 1.2)), tmp_path / "clip.mp4")
    movie = read_movie(tmp_path / "clip.mp4")
    assert movie.size == (160, 96)
    for y, x, colour in QUARTERS:
        assert movie.pixel(x * 160, y * 96) == pytest.approx(colour, abs=14)


@pytest.mark.parametrize(
    ("spec", "size"),
    [
        (ClipSpec(width=161, height=97, pix_fmt="yuv444p"), (160, 96)),
        (ClipSpec(width=160, height=96, sample_aspect=Fraction(4, 3)), (214, 96)),
        (ClipSpec(width=160, height=96, codec="libx265", pix_fmt="yuv420p10le"), (160, 96)),
        (ClipSpec(width=160, height=96, codec="libx265", pix_fmt="yuv422p10le"), (160, 96)),
        (ClipSpec(width=160, height=96, codec="mjpeg", pix_fmt="yuvj420p"), (160, 96)),
    ],
    ids=["odd", "oblong", "10 bit", "10 bit 4:2:2", "full range"],
)
def test_any_picture_becomes_one_that_plays(spec: ClipSpec, size: tuple[int, int], tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", replace(spec, picture=corners))
    cut_clip(Piece(path, Span(0.55, 1.2)), tmp_path / "clip.mp4")
    movie = read_movie(tmp_path / "clip.mp4")
    assert (movie.pix_fmt, movie.size) == ("yuv420p", size)
    for y, x, colour in QUARTERS:
        assert movie.pixel(x * size[0], y * size[1]) == pytest.approx(colour, abs=14)


def test_high_dynamic_range_looks_as_in_the_analysis(tmp_path: Path) -> None:
    tags = "log-level=none:pools=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    spec = ClipSpec(
        picture=corners, codec="libx265", pix_fmt="yuv420p10le", options=(("x265-params", tags),), sound=tone()
    )
    path = write_clip(tmp_path / "a.mp4", spec)
    cut_clip(Piece(path, Span(0.55, 1.2)), tmp_path / "clip.mp4")
    with FrameReader(path) as reader:
        (analyzed,) = reader.at([0.5])
    shown = read_movie(tmp_path / "clip.mp4")
    for x, y in ((20, 20), (120, 70)):
        assert shown.pixel(x, y) == pytest.approx(analyzed.rgb[y, x].tolist(), abs=12)
    assert np.abs(np.subtract(shown.pixel(20, 20), RED)).max() > 30, "it was converted, not passed through"


@pytest.mark.parametrize(
    ("aspect", "rotation", "size"),
    [
        (Aspect.PORTRAIT, 0, (54, 96)),
        (Aspect.SQUARE, 0, (96, 96)),
        (Aspect.PORTRAIT, 90, (54, 96)),
        (Aspect.SQUARE, 90, (96, 96)),
    ],
)
def test_another_shape_is_cut_from_the_middle(
    aspect: Aspect, rotation: int, size: tuple[int, int], tmp_path: Path
) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(picture=corners, rotation=rotation))
    cut_clip(Piece(path, Span(0.0, 1.0)), tmp_path / "clip.mp4", Framing(aspect))
    movie = read_movie(tmp_path / "clip.mp4")
    assert movie.size == size
    middle_x = size[0] // 2
    for y, x, colour in ((24, middle_x - 8, RED), (24, middle_x + 8, GREEN), (72, middle_x - 8, BLUE)):
        assert movie.pixel(x, y) == pytest.approx(colour, abs=14)


def ramps(_time_s: float, width: int, height: int) -> FrameRGB:
    """Brighter from left to right in red, and from top to bottom in blue."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[:, :, 0] = np.linspace(20, 220, width)[None, :]
    rgb[:, :, 2] = np.linspace(20, 220, height)[:, None]
    return rgb


@pytest.mark.parametrize("rotation", [0, 90, 180, -90])
def test_the_middle_is_not_stretched(rotation: int, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(picture=ramps, rotation=rotation))
    cut_clip(Piece(path, Span(0.0, 1.0)), tmp_path / "clip.mp4", Framing(Aspect.PORTRAIT))
    movie = read_movie(tmp_path / "clip.mp4")
    (left, top), (right, bottom) = ((movie.pixel(x, y)[0], movie.pixel(x, y)[2]) for x, y in ((2, 2), (51, 93)))
    assert [left, right] == pytest.approx([20 + 200 * share for share in (55 / 160, 105 / 160)], abs=8)
    assert [top, bottom] == pytest.approx([24, 216], abs=10)


def test_a_portrait_video_becomes_square_from_the_middle(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(picture=corners, width=96, height=160))
    cut_clip(Piece(path, Span(0.0, 1.0)), tmp_path / "clip.mp4", Framing(Aspect.SQUARE))
    assert read_movie(tmp_path / "clip.mp4").size == (96, 96)


def test_large_pictures_become_smaller(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(picture=time_code, width=320, height=180))
    done = cut_clip(Piece(path, Span(0.0, 1.0)), tmp_path / "clip.mp4", Framing(longest_side_px=200))
    assert (done.width, done.height, done.copied) == (200, 112, False)
    assert read_movie(tmp_path / "clip.mp4").codes_s[:3] == pytest.approx([0.0, 0.1, 0.2], abs=0.011)


def test_nothing_is_made_larger(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(width=64, height=48))
    done = cut_clip(Piece(path, Span(0.05, 1.0)), tmp_path / "clip.mp4")
    assert (done.width, done.height) == (64, 48)


# -- Damage ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "a.mp4"])
def test_a_truncated_video_goes_as_far_as_it_goes(name: str, tmp_path: Path) -> None:
    options = (("movflags", "frag_keyframe+empty_moov"),) if name == "a.mp4" else ()
    whole = write_clip(tmp_path / f"whole_{name}", replace(CODED, container_options=options))
    path = write_truncated(tmp_path / name, whole, 0.6)
    done = cut_clip(Piece(path, Span(2.05, 6.9)), tmp_path / "clip.mp4")
    movie = read_movie(tmp_path / "clip.mp4")
    assert 1.0 < done.duration_s < 3.5
    assert movie.duration_s == pytest.approx(done.duration_s, abs=0.002)
    assert movie.codes_s[0] == pytest.approx(2.0, abs=0.011)
    assert movie.loud_from_s() == pytest.approx(BEEP.start_s - 2.05, abs=0.012)
    with pytest.raises(ClipError) as raised:
        cut_clip(Piece(path, Span(6.0, 6.9)), tmp_path / "beyond.mp4")
    assert raised.value.hint
    assert not list(tmp_path.glob("beyond*"))


def test_damage_in_the_middle_does_not_end_a_clip(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.ts", replace(CODED, gop_frames=5))
    path = write_damaged(tmp_path / "a.ts", whole, 0.5, 0.53)
    done = cut_clip(Piece(path, Span(1.05, 6.0)), tmp_path / "clip.mp4")
    assert done.duration_s == pytest.approx(4.95, abs=0.002)
    assert read_movie(tmp_path / "clip.mp4").codes_s[-1] == pytest.approx(5.9, abs=0.011)


def test_beyond_the_end_there_is_no_clip(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(duration_s=2.0))
    for span in (Span(2.1, 3.0), Span(9.0, 12.0)):
        with pytest.raises(ClipError):
            cut_clip(Piece(path, span), tmp_path / "clip.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_a_single_picture_is_a_clip(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(picture=plain(RED), times_s=(0.0,), duration_s=0.1))
    done = cut_clip(Piece(path, Span(0.0, 0.03)), tmp_path / "clip.mp4")
    movie = read_movie(tmp_path / "clip.mp4")
    assert len(movie.times_s) == 1
    assert done.duration_s <= 0.03


# -- Work that others watch -----------------------------------------------------------------


@pytest.mark.parametrize("start_s", [1.5, 1.55])
def test_cancelling_leaves_no_file(start_s: float, tmp_path: Path) -> None:
    """Copied from a key frame on, and encoded, where it is cancelled in the middle."""
    path = write_clip(tmp_path / "a.mp4", CODED)

    def cancel() -> None:
        if start_s == 1.5 or list(tmp_path.glob("*.partial")):
            raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        cut_clip(Piece(path, Span(start_s, 6.0)), tmp_path / "clip.mp4", Framing(), cancel)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_an_older_clip_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", CODED)
    (tmp_path / "clip.mp4").write_bytes(b"old")
    with pytest.raises(ClipError):
        cut_clip(Piece(path, Span(60.0, 61.0)), tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == b"old"


@pytest.mark.parametrize("start_s", [1.5, 1.55])
def test_progress_rises_to_one(start_s: float, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", CODED)
    shares: list[float] = []
    cut_clip(Piece(path, Span(start_s, 6.0)), tmp_path / "clip.mp4", report=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("start_s", [1.5, 1.55])
def test_a_folder_that_is_gone_is_an_error_fit_for_users(start_s: float, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", CODED)
    with pytest.raises(ClipError, match="cannot be written"):
        cut_clip(Piece(path, Span(start_s, 6.0)), tmp_path / "gone" / "clip.mp4")
