"""The sliders above the highlights: what they are set to, what they ask for, what they say came of it."""

import asyncio
from typing import Any

import gradio as gr
import pytest

from smolvlm_core.analysis.recut import Cut, recut
from smolvlm_core.analysis.report import Report, workout_report
from smolvlm_core.domain import AnalysisOptions, AnalysisType
from smolvlm_core.ui.recut_panel import HIGHLIGHTS_MAX, build_recut_panel, cut_of, note, panel_updates
from tests.kept import kept_report
from tests.workouts import workout


def updates_of(report: Report) -> dict[str, Any]:
    async def build() -> dict[str, Any]:
        with gr.Blocks():
            panel = build_recut_panel()
            found = panel_updates(panel, report)
        return {name: found[getattr(panel, name)] for name in panel.__slots__ if getattr(panel, name) in found}

    return asyncio.run(build())


def test_it_stands_where_the_results_were_cut() -> None:
    wide = updates_of(
        kept_report(AnalysisOptions(AnalysisType.HIGHLIGHTS, 3, 4 * HIGHLIGHTS_MAX, max_reel_s=30.0))
    )
    assert wide["box"]["visible"] is True
    assert (wide["least"]["value"], wide["reel_s"]["value"]) == (3, 30.0)
    assert (wide["most"]["value"], wide["most"]["maximum"]) == (4 * HIGHLIGHTS_MAX, 4 * HIGHLIGHTS_MAX)


def test_where_there_is_nothing_to_choose_it_is_hidden() -> None:
    for report in (workout_report(workout()), kept_report(moments=())):
        assert updates_of(report) == {"box": gr.update(visible=False)}


@pytest.mark.parametrize(
    ("sliders", "cut"),
    [
        ((6, 10, 0), Cut(6, 10, 0.0)),
        ((6.0, 3.0, 12.5), Cut(6, 3, 12.5)),
        ((99, 0, -4), Cut(10, 1, 0.0)),
        ((None, "", None), Cut()),
    ],
)
def test_what_is_out_of_range_is_fitted(sliders: tuple[object, object, object], cut: Cut) -> None:
    assert cut_of(*sliders) == cut


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        (Cut(), "3 of 5 moments, 2.4 s in all."),
        (Cut(min_significance=10), "Nothing scored 10 or more. The closest was 00:02 \u2013 00:02 with 9.2."),
        (
            Cut(max_reel_s=0.5),
            "No highlight fits into that many seconds. The best, 00:02 \u2013 00:02, lasts 0.8 s.",
        ),
    ],
)
def test_it_says_what_came_of_it(cut: Cut, words: str) -> None:
    assert f'<p role="status">{words}</p>' in note(recut(kept_report(), cut))
