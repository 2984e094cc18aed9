"""What can be copied is copied, to a picture; what cannot is left to the encoder."""

from dataclasses import replace
from pathlib import Path

import pytest

from smolvlm_core.domain import Span
from smolvlm_core.video.clips import cut_clip
from smolvlm_core.video.copying import copy_clip
from smolvlm_core.video.framing import Aspect, Framing
from smolvlm_core.video.reel import Piece
from tests.clips import ClipSpec, time_code, tone, write_clip
from tests.movies import boxes_of, read_movie

BEEP = Span(2.3, 2.6)
CODED = ClipSpec(picture=time_code, duration_s=6.0, gop_frames=15, sound=tone(BEEP, quiet_level=0.0))
KEY = Span(1.5, 4.5)
NO_B = (("bf", "0"),)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
@pytest.mark.parametrize("start_s", [0.0, 7.0])
@pytest.mark.parametrize("options", [(), NO_B], ids=["B", "no B"])
def test_from_a_key_frame_on_the_packets_are_copied(
    name: str, start_s: float, options: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    path = write_clip(tmp_path / name, replace(CODED, start_s=start_s, options=options))
    done = cut_clip(Piece(path, KEY), tmp_path / "clip.mp4")
    assert done.copied
    original, movie = read_movie(path), read_movie(tmp_path / "clip.mp4")
    assert [picture.tobytes() for picture in movie.pictures] == [
        picture.tobytes() for picture in original.pictures[15:45]
    ]
    assert movie.times_s == pytest.approx([index / 10 for index in range(30)], abs=0.002)
    assert movie.loud_from_s() == pytest.approx(BEEP.start_s - KEY.start_s, abs=0.012)
    names = boxes_of(tmp_path / "clip.mp4")
    assert names.index("moov") < names.index("mdat")


def test_a_whole_video_is_copied(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", CODED)
    assert cut_clip(Piece(path, Span(0.0, 6.0)), tmp_path / "clip.mp4").copied
    assert len(read_movie(tmp_path / "clip.mp4").pictures) == 60


@pytest.mark.parametrize("end_s", [round(3.0 + index / 10, 1) for index in range(9)])
def test_an_end_between_pictures_that_need_each_other_is_at_most_one_picture_off(
    end_s: float, tmp_path: Path
) -> None:
    options = (("bf", "3"), ("x264-params", "log-level=error:b-adapt=0:b-pyramid=normal"))
    path = write_clip(tmp_path / "a.mp4", replace(CODED, options=options, sound=None))
    done = cut_clip(Piece(path, Span(1.5, end_s)), tmp_path / "clip.mp4")
    movie = read_movie(tmp_path / "clip.mp4")
    assert movie.duration_s == pytest.approx(end_s - 1.5, abs=0.101)
    assert done.duration_s == pytest.approx(movie.duration_s, abs=0.002)
    assert movie.codes_s == pytest.approx([1.5 + index / 10 for index in range(len(movie.codes_s))], abs=0.011)
    assert len(movie.codes_s) == round(movie.duration_s * 10)


UNEVEN_S = tuple(0.1 * index + (0.04 if index % 3 == 1 else 0.0) for index in range(60))


@pytest.mark.parametrize(
    ("name", "spec", "span"),
    [
        ("a.mp4", CODED, Span(1.6, 4.5)),
        ("a.mp4", CODED, Span(1.44, 4.5)),
        ("a.ts", CODED, KEY),
        ("a.mp4", replace(CODED, codec="libx265"), KEY),
        ("a.mp4", replace(CODED, codec="mpeg4"), KEY),
        ("a.mp4", replace(CODED, pix_fmt="yuv444p"), KEY),
        ("a.mp4", replace(CODED, pix_fmt="yuv420p10le"), KEY),
        ("a.mkv", replace(CODED, audio_codec="libopus"), KEY),
        ("a.mp4", replace(CODED, rotation=90), KEY),
        ("a.mp4", replace(CODED, times_s=UNEVEN_S), Span(UNEVEN_S[15], UNEVEN_S[45])),
        ("a.mp4", CODED, Span(4.5, 8.0)),
    ],
    ids=[
        "late",
        "early",
        "ts",
        "hevc",
        "mpeg4",
        "4:4:4",
        "10 bit",
        "opus",
        "turned",
        "uneven with B",
        "ends early",
    ],
)
def test_what_cannot_be_copied_is_encoded(name: str, spec: ClipSpec, span: Span, tmp_path: Path) -> None:
    path = write_clip(tmp_path / name, spec)
    assert copy_clip(path, span, tmp_path / "copy.mp4", 1920) is None
    assert not (tmp_path / "copy.mp4").exists()
    assert not cut_clip(Piece(path, span), tmp_path / "clip.mp4").copied


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_pictures_before_the_key_frame_are_never_shown(name: str, tmp_path: Path) -> None:
    """An open group: pictures that follow a key frame in the file but are shown before it."""
    x264 = "log-level=error:open-gop=1:bframes=2:b-adapt=0:keyint=12:scenecut=0"
    options = (("preset", "fast"), ("bf", "2"), ("x264-params", x264))
    path = write_clip(tmp_path / name, replace(CODED, options=options, gop_frames=12))
    assert copy_clip(path, Span(2.4, 3.5), tmp_path / "copy.mp4", 1920) is None
    for start_s in (2.2, 2.3, 2.4, 2.5):
        cut_clip(Piece(path, Span(start_s, 3.5)), tmp_path / "clip.mp4")
        codes_s = read_movie(tmp_path / "clip.mp4").codes_s
        assert codes_s[:5] == pytest.approx([start_s + index / 10 for index in range(5)], abs=0.011)


@pytest.mark.parametrize(
    ("caption", "framing"),
    [("words", Framing()), ("", Framing(Aspect.SQUARE)), ("", Framing(longest_side_px=100))],
    ids=["caption", "shape", "size"],
)
def test_a_changed_picture_is_encoded(caption: str, framing: Framing, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", CODED)
    assert not cut_clip(Piece(path, KEY, caption), tmp_path / "clip.mp4", framing).copied
