"""The README's film: its pictures last as long as they should, and are those that were taken."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image, ImageSequence

from benchmarks.tour import SHOWN_PX, VIEW_PX, Film


def test_pictures_are_shown_in_order_each_for_its_time(tmp_path: Path) -> None:
    colours = iter([(200, 30, 30), (30, 200, 30), (30, 30, 200)])

    def screenshot() -> bytes:
        file = io.BytesIO()
        Image.new("RGB", VIEW_PX, next(colours)).save(file, "PNG")
        return file.getvalue()

    film = Film(SimpleNamespace(screenshot=screenshot))  # type: ignore[arg-type]
    for length_s in (1.5, 0.2, 0.7):
        film.take(length_s)
    film.write(tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as written:
        assert written.size == SHOWN_PX
        shown = [
            (one.info["duration"], one.convert("RGB").getpixel((5, 5))) for one in ImageSequence.Iterator(written)
        ]
    assert [length_ms for length_ms, _ in shown] == [1500, 200, 700]
    assert film.length_s == pytest.approx(2.4)
    for (_, pixel), strongest in zip(shown, range(3), strict=True):
        assert isinstance(pixel, tuple)
        assert max(range(3), key=lambda channel: pixel[channel]) == strongest
