"""The chart of a set: a picture on which every repetition is marked, whatever the names in it."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from smolvlm_core.analysis.chart import PLOT_BOX, chart_png, drawable, signal_words, title
from smolvlm_core.analysis.report import Report, workout_report
from smolvlm_core.exercise import Curve, Drive, Unit
from tests.workouts import UNPOSED, counted, exercise, workout

TURN_RGB = (180, 83, 9)
SIZE = (960, 600)
BOXES = str.maketrans(dict.fromkeys("\u6df1\u8e72\U0001f389", "\N{WHITE SQUARE}"))


def squats(repetitions: int = 5, name: str | None = "Squat") -> Report:
    return step_of(name, repetitions)


def step_of(name: str | None = "Squat", repetitions: int = 5, drive: Drive | None = None) -> Report:
    measured = counted(63.0, repetitions, 2.4, drive) if drive else counted(63.0, repetitions, 2.4)
    step: Report = workout_report(workout(exercise(name, measured)))["exercise_steps"][0]
    return step


def pixels(png: bytes) -> NDArray[np.uint8]:
    picture = Image.open(BytesIO(png))
    assert (picture.format, picture.size) == ("PNG", SIZE)
    return np.asarray(picture.convert("RGB"))


def marks(picture: NDArray[np.uint8]) -> int:
    """Dots in the colour of turning points."""
    alike = np.abs(picture.astype(int) - TURN_RGB).sum(axis=2) < 12
    return int(ndimage.label(alike)[1])


def bands(picture: NDArray[np.uint8]) -> int:
    """Stretches of one shade along the top of the plot, where the numbers are not."""
    left, bottom, width, height = PLOT_BOX
    row = picture[round(SIZE[1] * (1 - bottom - height)) + 4]
    inside = row[round(SIZE[0] * left) + 4 : round(SIZE[0] * (left + width)) - 4].astype(int)
    return 1 + int((np.abs(np.diff(inside, axis=0)).sum(axis=1) > 12).sum())


@pytest.mark.parametrize("repetitions", [1, 2, 8, 13])
def test_every_repetition_has_a_band_and_a_turning_point(repetitions: int) -> None:
    picture = pixels(chart_png(squats(repetitions)))
    assert marks(picture) == repetitions
    assert bands(picture) == repetitions


def test_without_words_the_plot_takes_their_room_and_no_name_is_in_it() -> None:
    wordless = chart_png(squats(8), words=False)
    assert marks(pixels(wordless)) == 8
    assert wordless == chart_png(squats(8, name="Deadlift"), words=False)
    assert wordless != chart_png(squats(8))


def test_the_background_is_white_on_dark_pages_too() -> None:
    picture = Image.open(BytesIO(chart_png(squats())))
    assert picture.convert("RGBA").getpixel((3, 3)) == (255, 255, 255, 255)


def test_two_counts_give_two_pictures_and_one_count_the_same_twice() -> None:
    assert chart_png(squats(8)) == chart_png(squats(8))
    assert chart_png(squats(8)) != chart_png(squats(9))


def test_many_repetitions_are_numbered_in_steps() -> None:
    assert marks(pixels(chart_png(squats(30)))) == 30
    chart_png(squats(700))


def test_the_title_counts_in_words() -> None:
    assert title(squats(8)) == "Squat \u00b7 set 1 \u00b7 8 repetitions \u00b7 every 2.4 s"
    assert title(squats(1)) == "Squat \u00b7 set 1 \u00b7 1 repetition \u00b7 2.4 s"
    long = title(squats(8, "Alternating reverse lunge")).splitlines()
    assert long == ["Alternating reverse lunge", "Set 1 \u00b7 8 repetitions \u00b7 every 2.4 s"]
    assert max(len(line) for line in title(squats(8, "Burpee " * 40)).splitlines()) <= 40


def test_the_title_tells_where_somebody_counted_otherwise() -> None:
    assert title(squats(8) | {"repetitions": 9}).splitlines()[1] == (
        "Set 1 \u00b7 9 repetitions (8 marked) \u00b7 every 2.4 s"
    )


def test_the_signal_is_named_with_its_unit() -> None:
    assert signal_words(squats()) == "Knee angle, degrees"
    assert signal_words(step_of(drive=Drive("hip height", Unit.BODY_LENGTHS))) == "Hip height, body lengths"
    assert signal_words(step_of(drive=UNPOSED)) == "Movement, 1 is its usual range"


@pytest.mark.parametrize(
    "name",
    [
        "$\\frac{1}{$",
        "<script>alert(1)</script>",
        "\u6df1\u8e72 \U0001f389",
        "a\nb\r\tc\0",
        "",
        "%s {0}",
        "\ud800",
    ],
)
def test_hostile_names_are_drawn_as_they_are(name: str) -> None:
    step = squats() | {"exercise_name": name, "driving_signal": name}
    assert marks(pixels(chart_png(step))) == 5


def test_what_the_font_lacks_is_a_box() -> None:
    text = "Squat \u6df1\u8e72 \U0001f389 \u00dcbung \u043f\u0440\u0438"
    assert drawable(text) == text.translate(BOXES)


@pytest.mark.parametrize("spoil", [lambda c: Curve((), ()), lambda c: Curve(c.times_s[:1], c.values[:1])])
def test_a_curve_of_next_to_nothing_still_has_its_bands(spoil: Callable[[Curve], Curve]) -> None:
    measured = counted(63.0, 5, 2.4)
    measured = replace(measured, curve=spoil(measured.curve))
    step = workout_report(workout(exercise("Squat", measured)))["exercise_steps"][0]
    assert bands(pixels(chart_png(step))) == 5


def test_threads_do_not_disturb_each_other() -> None:
    steps = [squats(count) for count in range(1, 9)]
    alone = [chart_png(step) for step in steps]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(chart_png, steps * 2)) == alone * 2


# -- What matplotlib costs --------------------------------------------------------------------


def run_python(code: str, home: Path, **environment: str) -> None:
    inherited = {"HOME": str(home), "PATH": "/usr/bin:/bin", "TMPDIR": str(home / "tmp")}
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env=inherited | environment,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "matplotlib" not in done.stderr.lower(), done.stderr


DRAW = "from tests.analysis.test_chart import chart_png, squats; chart_png(squats())"


def test_drawing_leaves_nothing_at_home_and_nothing_behind(tmp_path: Path) -> None:
    run_python(DRAW, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert {path.name for path in tmp_path.iterdir()} == {"tmp"}


def test_drawing_works_without_a_home(tmp_path: Path) -> None:
    run_python(
        DRAW, tmp_path, HOME="/proc/nowhere", XDG_CACHE_HOME="/proc/nowhere", XDG_CONFIG_HOME="/proc/nowhere"
    )


def test_an_operators_own_folder_is_used(tmp_path: Path) -> None:
    run_python(DRAW, tmp_path, MPLCONFIGDIR=str(tmp_path / "own"))
    assert list((tmp_path / "own").glob("fontlist*"))


START = """
import os, sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from smolvlm_core.factory import create_app
from smolvlm_core.settings import Settings
app = create_app(Settings(data_dir=Path(os.environ["HOME"]) / "data", backend="signals"))
app.api.openapi()
assert "matplotlib" not in sys.modules, "the start pays for charts"
import matplotlib
assert matplotlib.get_backend() == "agg"
assert "matplotlib.pyplot" not in sys.modules, "the first event of the page pays for a search"
"""


@pytest.mark.slow
def test_the_start_does_not_wait_for_it_and_gradio_finds_it_settled(tmp_path: Path) -> None:
    run_python(START, tmp_path, GRADIO_ANALYTICS_ENABLED="False")
