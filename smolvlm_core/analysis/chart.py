"""A picture of one counted set: its driving signal over the video's time, with every repetition marked.

Reads the report (the content of ``results.json``), so stored results can be drawn at any time. Safe from any
thread: no pyplot, no global state. matplotlib is imported with the first chart, for the time it takes.
"""

import atexit
import os
import tempfile
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from smolvlm_core.analysis.clock import clock
from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import Span
from smolvlm_core.exercise import Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE_IN = (4.8, 3.0)
"""Of CSS that is 460 by 288: a phone shows three quarters of it, a desktop somewhat more."""
DOTS_PER_IN = 200  # sharp on screens with two dots for a unit
PLOT_BOX = (0.14, 0.18, 0.80, 0.57)  # left, bottom, width, height: the same in every chart ...
WORDLESS_BOX = (0.14, 0.11, 0.80, 0.84)  # ... and in every one without words
LEFT = 0.03  # of the texts; as much stays free at the right
TITLE_PT, LABEL_PT, NUMBER_PT = 12.0, 10.5, 10.0
TITLE_WIDTH = 43  # characters of a title that fit on one line
NAME_LENGTH = 38  # of an exercise, on a line of its own
NUMBERS_MOST = 14  # numbered repetitions: more would touch each other
NUMBER_STEPS = (1, 2, 5, 10, 20, 50, 100)
TICKS_MOST = 6
TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
HEADROOM = 0.16  # above the curve, for the numbers; of its height
DOT = " \N{MIDDLE DOT} "
INK, QUIET, GRID = "#1f2933", "#52606d", "#d5dde4"
CURVE, BAND, TURN = "#0f766e", "#0f766e", "#b45309"


def chart_png(step: Report, *, words: bool = True) -> bytes:
    """The chart of a step that has a curve, white, 960 by 600 pixels. ``words``: with title and axis names."""
    settle_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - see above
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=SIZE_IN, dpi=DOTS_PER_IN, facecolor="white")
    FigureCanvasAgg(figure)  # its canvas from here on
    axes: Axes = figure.add_axes(PLOT_BOX if words else WORDLESS_BOX)
    times_s, values = np.asarray(step["curve"]["times_seconds"]), np.asarray(step["curve"]["values"])
    repetitions = [Span(one["start_timestamp"], one["end_timestamp"]) for one in step["repetition_times"]]
    _draw_repetitions(axes, repetitions)
    if len(times_s):
        turns_s = [one["turn_timestamp"] for one in step["repetition_times"]]
        axes.plot(times_s, values, color=CURVE, linewidth=1.8, zorder=3)
        dots: dict[str, Any] = {"s": 20, "color": TURN, "edgecolors": "white", "linewidths": 0.8}
        axes.scatter(turns_s, np.interp(turns_s, times_s, values), zorder=4, **dots)
    _set_scales(axes, _extent(step, times_s), values)
    if words:
        _write(axes, step)
    picture = BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _extent(step: Report, times_s: "np.ndarray[Any, Any]") -> Span:
    start_s, end_s = float(step["start_timestamp"]), float(step["end_timestamp"])
    if len(times_s):
        start_s, end_s = min(start_s, float(times_s[0])), max(end_s, float(times_s[-1]))
    return Span(start_s, end_s)


def _draw_repetitions(axes: "Axes", repetitions: Sequence[Span]) -> None:
    """A band each, every other one darker, and the numbers on top."""
    every = next((step for step in NUMBER_STEPS if len(repetitions) / step <= NUMBERS_MOST), NUMBER_STEPS[-1])
    for number, span in enumerate(repetitions, 1):
        axes.axvspan(span.start_s, span.end_s, color=BAND, alpha=0.16 if number % 2 else 0.07, linewidth=0)
        if number % every == 0 or (number == 1 and every > NUMBER_STEPS[1]):
            axes.text(
                span.middle_s,
                0.975,
                str(number),
                transform=axes.get_xaxis_transform(),
                ha="center",
                va="top",
                fontsize=NUMBER_PT,
                fontweight="bold",
                color=INK,
            )


def _set_scales(axes: "Axes", extent: Span, values: "np.ndarray[Any, Any]") -> None:
    axes.set_xlim(extent.start_s, extent.end_s)
    step_s = next((step for step in TICK_STEPS_S if extent.duration_s / step <= TICKS_MOST), TICK_STEPS_S[-1])
    ticks_s = np.arange(-(-extent.start_s // step_s) * step_s, extent.end_s + 1e-6, step_s)
    axes.set_xticks(ticks_s, [clock(float(tick_s)) for tick_s in ticks_s])
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    height = max(high - low, 1e-3)
    axes.set_ylim(low - 0.06 * height, high + HEADROOM * height)
    axes.locator_params(axis="y", nbins=5)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=QUIET, labelsize=LABEL_PT, length=3)
    for name, spine in axes.spines.items():
        spine.set_visible(name in {"left", "bottom"})
        spine.set_color(GRID)


def _write(axes: "Axes", step: Report) -> None:
    """Title and axis names. Names come from users and models: they are drawn as they are, never as formulas."""
    plain: dict[str, Any] = {"parse_math": False, "fontsize": LABEL_PT, "color": QUIET}
    figure = axes.figure
    bold = plain | {"fontsize": TITLE_PT, "color": INK, "fontweight": "bold"}
    heading = figure.text(LEFT, 0.84, title(step), va="bottom", **bold)
    room_px, width_px = (1 - 2 * LEFT) * figure.bbox.width, heading.get_window_extent().width
    if width_px > room_px:
        heading.set_fontsize(TITLE_PT * room_px / width_px)
    figure.text(LEFT, 0.765, drawable(signal_words(step)), va="bottom", **plain)
    axes.set_xlabel("time in the video", labelpad=3, **plain)


def title(step: Report) -> str:
    """``Squat · set 2 · 8 repetitions · every 2.4 s``, on two lines where the name is long."""
    name = drawable(" ".join(str(step["exercise_name"]).split()))
    if len(name) > NAME_LENGTH:
        name = name[: NAME_LENGTH - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    count = int(step["repetitions"])
    marked = len(step["repetition_times"])
    counted = f"{count} {'repetition' if count == 1 else 'repetitions'}"
    facts = [f"set {step['set_number']}", counted if marked == count else f"{counted} ({marked} marked)"]
    if step["tempo_seconds"] is not None:
        facts.append(f"{'every ' if count > 1 else ''}{step['tempo_seconds']:.1f} s")
    line = DOT.join([name, *facts])
    return line if len(line) <= TITLE_WIDTH else f"{name}\nS{DOT.join(facts)[1:]}"


def signal_words(step: Report) -> str:
    """What the curve is, and its unit: ``Knee angle, degrees``."""
    signal, unit = str(step["driving_signal"]), str(step["range_of_motion_unit"])
    named = {Unit.DEGREES.value: "degrees", Unit.RELATIVE.value: "1 is its usual range"}.get(unit, unit)
    return f"{signal[:1].upper()}{signal[1:]}, {named}"


def drawable(text: str) -> str:
    """The text with what the chart's font lacks (emoji, CJK) shown as a box of its own."""
    known = _characters()
    return "".join(character if ord(character) in known else "\N{WHITE SQUARE}" for character in text)


@cache
def _characters() -> frozenset[int]:
    settle_matplotlib()
    from matplotlib import font_manager  # noqa: PLC0415 - see the head of this file

    path = font_manager.findfont(font_manager.FontProperties())
    return frozenset(font_manager.get_font(path).get_charmap())


@cache
def settle_matplotlib() -> None:
    """Tell matplotlib, before anybody imports it, to draw without a screen and to leave no files at home.

    Gradio imports it, too, with the first event of a page; without a backend named it would search for one.
    An operator's own ``MPLBACKEND`` or ``MPLCONFIGDIR`` stays.
    """
    os.environ.setdefault("MPLBACKEND", "agg")
    if "MPLCONFIGDIR" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="matplotlib-")
        atexit.register(folder.cleanup)
        os.environ["MPLCONFIGDIR"] = folder.name
