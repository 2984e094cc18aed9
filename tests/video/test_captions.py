"""Words are drawn into a strip along the lower edge, and nowhere else."""

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from smolvlm_core.video.captions import ELLIPSIS, Caption, text_width_px, wrapped

SIZES = [(1920, 1080), (1080, 1920), (640, 360), (322, 180), (136, 240)]


GREY, BROWN = (150, 150, 150), (180, 120, 60)


def burnt(text: str, size: tuple[int, int], colour: tuple[int, int, int] = GREY) -> NDArray[np.int64]:
    """RGB after drawing into one colour."""
    picture = np.full((size[1], size[0], 3), colour, np.uint8)
    frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p")
    Caption(text, size).burn(frame)
    return frame.to_ndarray(format="rgb24").astype(np.int64)


@pytest.mark.parametrize("size", SIZES)
def test_only_the_strip_changes(size: tuple[int, int]) -> None:
    top = Caption("A dog runs after the ball.", size).top_px
    assert top is not None
    assert top > size[1] / 2
    picture = burnt("A dog runs after the ball.", size, BROWN)
    assert np.abs(picture[:top] - BROWN).max() <= 4
    strip = picture[top:]
    dark = np.median(strip.reshape(-1, 3), axis=0)
    assert dark.max() < 100, "dark ..."
    assert dark[0] > dark[2] + 20, "... but what is behind it shows through"
    assert strip.min(axis=2).max() > 220, "with white letters"


@pytest.mark.parametrize("size", SIZES)
def test_words_stay_inside_the_strip(size: tuple[int, int]) -> None:
    text = "Ägyptische Pyramiden, gjpqy: " * 20
    top = Caption(text, size).top_px
    assert top is not None
    strip = burnt(text, size)[top:]
    for edge in (strip[:2], strip[-2:], strip[:, :2], strip[:, -2:]):
        assert edge.max() < 100


def test_letters_have_a_height_that_is_legible_on_a_phone() -> None:
    picture = burnt("HHHH", (1080, 1920))
    rows = np.flatnonzero((picture[:, :, 0] > 200).any(axis=1))
    assert len(rows) / 1080 > 0.03


@pytest.mark.parametrize("text", ["Größe éñçłő", "Ωλ", "Жук", "日本語かな", "한국", "العربية"])
def test_letters_of_many_scripts_are_there(text: str) -> None:
    drawn, missing = burnt(text, (640, 360)), burnt("?" * len(text), (640, 360))
    assert (drawn > 220).sum() > 100
    assert np.abs(drawn - missing).max() > 100


@pytest.mark.parametrize("text", ["", "   ", "\n\t\x00"])
def test_without_words_nothing_changes(text: str) -> None:
    assert Caption(text, (320, 180)).top_px is None
    assert np.abs(burnt(text, (320, 180)) - 150).max() <= 3


def test_a_tiny_picture_stays_as_it_is() -> None:
    assert Caption("words", (32, 16)).top_px is None
    assert np.abs(burnt("words", (32, 16)) - 150).max() <= 3


def test_the_picture_of_a_decoder_is_not_written_to() -> None:
    frame = av.VideoFrame.from_ndarray(np.full((180, 320, 3), 150, np.uint8), "rgb24").reformat(format="yuv420p")
    graph = av.filter.Graph()
    source = graph.add("buffer", "video_size=320x180:pix_fmt=yuv420p:time_base=1/1000:pixel_aspect=1/1")
    graph.link_nodes(source, graph.add("buffersink"))
    graph.configure()
    graph.vpush(frame)
    Caption("words", (320, 180)).burn(graph.vpull())
    assert frame.to_ndarray(format="rgb24").max() < 160


def test_lines_break_between_words() -> None:
    lines = wrapped("one two three four five six", 20, text_width_px("three four", 20), 9)
    assert lines == ["one two", "three four", "five six"]


def test_a_word_that_is_too_long_breaks_between_letters() -> None:
    width = text_width_px("日本語日本", 20)
    lines = wrapped("日本語日本語日本語", 20, width, 9)
    assert "".join(lines) == "日本語日本語日本語"
    assert all(text_width_px(line, 20) <= width for line in lines)


def test_too_many_words_end_in_an_ellipsis() -> None:
    width = text_width_px("one two three", 20)
    lines = wrapped("one two three four five six seven eight", 20, width, 2)
    assert len(lines) == 2
    assert lines[-1].endswith(ELLIPSIS)
    assert all(text_width_px(line, 20) <= width for line in lines)
