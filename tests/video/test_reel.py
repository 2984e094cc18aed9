"""A reel joins pieces in their order, without a click, whatever the pieces are."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from smolvlm_core.domain import Span
from smolvlm_core.errors import Cancelled, NothingToCut
from smolvlm_core.video.framing import Aspect, Framing
from smolvlm_core.video.reel import Piece, render
from tests.clips import AUDIO_HZ, BLUE, GREEN, RED, ClipSpec, in_turn, plain, time_code, tone, write_clip
from tests.movies import boxes_of, read_movie

CODED = ClipSpec(picture=time_code, duration_s=7.0, gop_frames=15, sound=tone(Span(0, 9), loud_level=0.5))


@pytest.fixture
def coded(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "coded.mp4", CODED)


def test_pieces_follow_each_other(coded: Path, tmp_path: Path) -> None:
    spans = (Span(1.0, 2.0), Span(3.05, 3.55), Span(5.5, 6.25))
    done = render([Piece(coded, span) for span in spans], tmp_path / "reel.mp4")
    movie = read_movie(tmp_path / "reel.mp4")
    assert done.duration_s == pytest.approx(2.25, abs=1e-6)
    assert movie.duration_s == pytest.approx(2.25, abs=0.002)
    assert movie.sound is not None
    assert len(movie.sound) / AUDIO_HZ == pytest.approx(2.25, abs=0.022)
    first = [index / 10 for index in range(10)]
    second = [1.0, 1.05, 1.15, 1.25, 1.35, 1.45]
    third = [1.5 + index / 10 for index in range(8)]
    assert movie.times_s == pytest.approx([*first, *second, *third], abs=0.002)
    codes = [1.0 + index / 10 for index in range(10)], [3.0, 3.1, 3.2, 3.3, 3.4, 3.5]
    assert movie.codes_s == pytest.approx(
        [*codes[0], *codes[1], *[5.5 + index / 10 for index in range(8)]], abs=0.011
    )
    names = boxes_of(tmp_path / "reel.mp4")
    assert names.index("moov") < names.index("mdat")


def test_sound_neither_clicks_nor_drifts_at_the_joints(tmp_path: Path) -> None:
    loud = [Span(0.2 + index, 0.3 + index) for index in range(7)]
    sounds = [tone(span, quiet_level=0.0) for span in loud]
    path = write_clip(
        tmp_path / "a.mp4", replace(CODED, sound=lambda times_s: np.sum([one(times_s) for one in sounds], axis=0))
    )
    # each piece ends in the middle of a beep, and the next one begins in another's
    pieces = [Piece(path, Span(0.25 + index, 1.25 + index)) for index in range(5)]
    render(pieces, tmp_path / "reel.mp4")
    sound = read_movie(tmp_path / "reel.mp4").sound
    assert sound is not None
    for joint in range(1, 5):
        at = joint * AUDIO_HZ
        assert np.abs(sound[at - 20 : at + 20]).max() < 0.05, "faded"
        assert np.abs(sound[at - 2_000 : at - 1_000]).max() > 0.4
        assert np.abs(sound[at + 1_000 : at + 2_000]).max() > 0.4
        begins = at - AUDIO_HZ // 2 + np.argmax(np.abs(sound[at - AUDIO_HZ // 2 : at]) > 0.25)
        assert begins / AUDIO_HZ == pytest.approx(joint - 0.05, abs=0.012)


def test_other_sizes_get_bars_and_silent_pieces_silence(tmp_path: Path) -> None:
    wide = write_clip(tmp_path / "wide.mp4", ClipSpec(picture=plain(RED), duration_s=2.0, sound=tone(Span(0, 9))))
    tall_spec = ClipSpec(picture=plain(GREEN), duration_s=2.0, width=96, height=160, fps=Fraction(25))
    tall = write_clip(tmp_path / "tall.mp4", tall_spec)
    large = write_clip(tmp_path / "large.webm", replace(tall_spec, width=320, height=192, codec="libvpx-vp9"))
    pieces = [Piece(path, Span(0.5, 1.5)) for path in (wide, tall, large)]
    done = render(pieces, tmp_path / "reel.mp4")
    movie = read_movie(tmp_path / "reel.mp4")
    assert ((done.width, done.height), movie.size) == ((160, 96), (160, 96))
    first, second, third = (
        next(picture for time_s, picture in zip(movie.times_s, movie.pictures, strict=True) if time_s >= from_s)
        for from_s in (0.3, 1.3, 2.3)
    )
    assert first[48, 80].tolist() == pytest.approx(RED, abs=14)
    assert second[48, 80].tolist() == pytest.approx(GREEN, abs=14)
    assert second[48, 20].tolist() == pytest.approx((0, 0, 0), abs=14)
    assert third[48, 10].tolist() == pytest.approx(GREEN, abs=14)
    assert movie.sound is not None
    assert len(movie.sound) / AUDIO_HZ == pytest.approx(3.0, abs=0.022)
    assert np.abs(movie.sound[: AUDIO_HZ - 2_000]).max() > 0.4
    assert np.abs(movie.sound[AUDIO_HZ + 2_000 :]).max() < 0.01


def test_a_silent_video_makes_a_silent_reel(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", ClipSpec(duration_s=3.0))
    render([Piece(path, Span(0.5, 1.0)), Piece(path, Span(2.0, 2.5))], tmp_path / "reel.mp4")
    assert read_movie(tmp_path / "reel.mp4").sound is None


def test_a_size_that_changes_within_a_video_is_no_obstacle(tmp_path: Path) -> None:
    first = write_clip(tmp_path / "1.ts", ClipSpec(picture=plain(RED), duration_s=2.0))
    second = write_clip(tmp_path / "2.ts", ClipSpec(picture=plain(BLUE), duration_s=2.0, width=96, height=160))
    joined = tmp_path / "joined.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    render([Piece(joined, Span(1.0, 3.0))], tmp_path / "reel.mp4")
    movie = read_movie(tmp_path / "reel.mp4")
    assert movie.size == (160, 96)
    assert movie.pictures[0][48, 80].tolist() == pytest.approx(RED, abs=14)
    assert movie.pictures[-1][48, 80].tolist() == pytest.approx(BLUE, abs=14)
    assert movie.pictures[-1][48, 20].tolist() == pytest.approx((0, 0, 0), abs=14)


def test_a_piece_beyond_the_end_is_left_out(coded: Path, tmp_path: Path) -> None:
    done = render([Piece(coded, Span(30, 31)), Piece(coded, Span(1, 2)), Piece(coded, Span(8, 9))], tmp_path / "r")
    assert done.duration_s == pytest.approx(1.0, abs=1e-6)
    assert read_movie(tmp_path / "r").codes_s[0] == pytest.approx(1.0, abs=0.011)
    for none in ([Piece(coded, Span(30, 31))], []):
        with pytest.raises(NothingToCut):
            render(none, tmp_path / "none.mp4")
    assert {path.name for path in tmp_path.iterdir()} == {"coded.mp4", "r"}


def test_the_end_of_one_scene_does_not_show_in_the_next(tmp_path: Path) -> None:
    picture = in_turn((0.0, plain(RED)), (1.0, plain(GREEN)), (2.0, plain(BLUE)), (3.0, plain(RED)))
    path = write_clip(tmp_path / "a.mp4", ClipSpec(picture=picture, duration_s=4.0))
    render([Piece(path, Span(2.0, 3.0)), Piece(path, Span(1.0, 2.0))], tmp_path / "reel.mp4")
    for time_s, shown in zip(*_shown(tmp_path / "reel.mp4"), strict=True):
        assert shown == pytest.approx(BLUE if time_s < 0.999 else GREEN, abs=14)


def _shown(path: Path) -> tuple[tuple[float, ...], list[list[int]]]:
    movie = read_movie(path)
    return movie.times_s, [picture[48, 80].tolist() for picture in movie.pictures]


def test_captions_belong_to_their_pieces(coded: Path, tmp_path: Path) -> None:
    pieces = [Piece(coded, Span(1, 2), "one"), Piece(coded, Span(1, 2)), Piece(coded, Span(1, 2), "two words")]
    render(pieces, tmp_path / "reel.mp4")
    strips = [picture[64:, :, 0].astype(int) for picture in read_movie(tmp_path / "reel.mp4").pictures[5::10]]
    assert len(strips) == 3
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(strips[one] - strips[other]).max() > 60


def test_cancelling_in_the_second_piece_leaves_no_file(coded: Path, tmp_path: Path) -> None:
    shares: list[float] = []

    def cancel() -> None:
        if shares and shares[-1] > 0.6:
            raise Cancelled("cancelled")

    pieces = [Piece(coded, Span(1, 3)), Piece(coded, Span(4, 6))]
    with pytest.raises(Cancelled):
        render(pieces, tmp_path / "reel.mp4", Framing(Aspect.SQUARE), cancel, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] < 0.7
    assert [path.name for path in tmp_path.iterdir()] == ["coded.mp4"]
