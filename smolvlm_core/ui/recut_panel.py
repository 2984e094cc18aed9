"""The sliders above the highlights, which choose them anew without another analysis: components and values."""

from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from smolvlm_core.analysis.clock import duration_words
from smolvlm_core.analysis.reading import is_workout, when
from smolvlm_core.analysis.recut import Cut
from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import AnalysisOptions, AnalysisType
from smolvlm_core.ui.playing import LOOK_AGAIN_JS
from smolvlm_core.ui.render import sentence
from smolvlm_core.ui.words import _, label, plural

DEFAULTS = AnalysisOptions(AnalysisType.HIGHLIGHTS)
SCORE_MAX = 10
HIGHLIGHTS_MAX = 50  # of the slider, unless the results have a larger one ...
REEL_MAX_S = 300  # ... and so here


@dataclass(frozen=True, slots=True)
class RecutPanel:
    """What makes the list, to be changed; ``note`` says what came of it."""

    box: gr.Column
    note: gr.HTML
    least: gr.Slider
    most: gr.Slider
    reel_s: gr.Slider


def build_recut_panel() -> RecutPanel:
    """Inside the column that is open."""
    with gr.Column(visible=False, elem_id="sv-recut") as box:
        note = gr.HTML(elem_id="sv-recut-note", js_on_load=LOOK_AGAIN_JS)
        with gr.Row():
            least = _slider(label("Minimum score"), "least", 1, SCORE_MAX, DEFAULTS.min_significance)
            most = _slider(label("How many at most"), "most", 1, HIGHLIGHTS_MAX, DEFAULTS.max_highlights)
            reel_s = _slider(
                label("Seconds all together (0: no limit)"), "reel", 0, REEL_MAX_S, DEFAULTS.max_reel_s
            )
    return RecutPanel(box, note, least, most, reel_s)


def _slider(title: str, name: str, low: int, high: int, value: float) -> gr.Slider:
    """Without Gradio's button that goes back to where it began: that is no particular place here."""
    return gr.Slider(
        low, high, value=value, step=1, label=title, buttons=[], min_width=220, elem_id=f"sv-recut-{name}"
    )


def panel_updates(panel: RecutPanel, report: Report) -> dict[Any, Any]:
    """The panel for these results; hidden where there is nothing to choose from."""
    if is_workout(report) or not report.get("all_moments"):
        return {panel.box: gr.update(visible=False)}
    used = report["settings"]
    most, reel_s = int(used["max_highlights"]), float(used.get("max_reel_duration", 0.0))
    return {
        panel.box: gr.update(visible=True),
        panel.note: note(report),
        panel.least: gr.update(value=int(used["min_significance"])),
        panel.most: gr.update(value=most, maximum=max(HIGHLIGHTS_MAX, most)),
        panel.reel_s: gr.update(value=reel_s, maximum=max(REEL_MAX_S, reel_s)),
    }


def cut_of(least: object, most: object, reel_s: object) -> Cut:
    """The sliders as they stand. What is out of range counts as the nearest; an emptied field changes nothing."""
    number, count, length_s = _number(least), _number(most), _number(reel_s)
    return Cut(
        None if number is None else round(min(SCORE_MAX, max(1, number))),
        None if count is None else round(max(1, count)),
        None if length_s is None else max(0.0, length_s),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def note(report: Report) -> str:
    """What the sliders have come to, where they are: said by screen readers when it changes."""
    return (
        f'<div class="sv-cut"><h3>{_("Adjust the highlights")}</h3>'
        f'<p role="status">{escape(_outcome(report))}</p></div>'
    )


def _outcome(report: Report) -> str:
    found, scored = int(report["highlights_found"]), len(report["all_moments"])
    if found:
        length = duration_words(sum(float(one["duration"]) for one in report["highlights"]))
        return plural(
            "{found} of {count} moment, {length} in all.",
            "{found} of {count} moments, {length} in all.",
            scored,
            found=found,
            length=length,
        )
    closest = report["closest"]
    least, score = report["settings"]["min_significance"], closest["significance_score"]
    if score >= least:  # only the length keeps it out
        length = duration_words(float(closest["duration"]))
        return _(
            "No highlight fits into that many seconds. The best, {when}, lasts {length}.",
            when=when(closest),
            length=length,
        )
    nothing = _("Nothing scored {least} or more", least=least)
    return (
        f"{sentence(nothing)} {_('The closest was {when} with {score}.', when=when(closest), score=f'{score:g}')}"
    )
