"""The page: its layout, wired to its handlers, and the named functions for Python clients."""

from typing import Any

import gradio as gr

from smolvlm_core.analysis.chart import settle_matplotlib
from smolvlm_core.domain import AnalysisType
from smolvlm_core.jobs.service import JobService
from smolvlm_core.ui.browser import CONFIRM_DELETE_JS, READ_ADDRESS_JS, SHOW_SIDE_JS, WRITE_ADDRESS_JS
from smolvlm_core.ui.endpoints import add_endpoints
from smolvlm_core.ui.handlers import Handlers
from smolvlm_core.ui.history import OPENED_JS, history
from smolvlm_core.ui.layout import CHOICES, EFFORTS, PLACEHOLDERS, Layout, build_layout
from smolvlm_core.ui.links import COPY_LINK_JS
from smolvlm_core.ui.look import LaunchOptions, page_options
from smolvlm_core.ui.words import ENGLISH, _, language

__all__ = ["LaunchOptions", "build_page", "page_options"]

TITLE = "Video highlights and workouts"

# How often Gradio looks for uploads it no longer needs, and their age then. A session keeps a link or copy of
# its own; Gradio's is only needed until that is made, and a deleted session should not live on in it.
CACHE_SWEEP_S, CACHE_AGE_S = 60, 300

QUEUE_SIZE = 1000  # uploads and calls that wait to be read; said aloud, for on ZeroGPU Gradio would take one

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
# Answered at once, beside Gradio's queue, so that nothing that waits in the queue holds the page up.
DIRECT: dict[str, Any] = PRIVATE | {"queue": False}
# Reading an upload takes a moment of CPU: a few at a time, in a line of their own.
READING: dict[str, Any] = PRIVATE | {"concurrency_limit": 4, "concurrency_id": "reading"}


def build_page(service: JobService) -> gr.Blocks:
    """The page of this service. Launch it with ``page_options``."""
    settle_matplotlib()  # Gradio imports it with the first event
    page: gr.Blocks
    with gr.Blocks(
        title=TITLE,
        analytics_enabled=False,
        delete_cache=(CACHE_SWEEP_S, CACHE_AGE_S),
        fill_width=True,
    ) as page:
        layout = build_layout(service.limits)
        on = Handlers(service, layout)
        _wire(page, layout, on)
        _wire_links(layout, on, history(service))
        add_endpoints(service)
    page.queue(max_size=QUEUE_SIZE)
    return page


def _wire(page: gr.Blocks, layout: Layout, on: Handlers) -> None:
    everything = _outputs(layout)
    page.load(_choices, None, [layout.setup.kind, layout.setup.thoroughness], **DIRECT)
    session, intake, stage = layout.session, layout.intake, layout.stage
    restored = page.load(on.restore, session, everything, js=READ_ADDRESS_JS, **DIRECT)
    for changed in (restored.then, session.change):
        changed(None, session, None, js=WRITE_ADDRESS_JS, **PRIVATE)
        changed(None, session, None, js=OPENED_JS, **PRIVATE)

    gr.on(
        [intake.upload.upload, intake.upload.stop_recording],
        on.take_upload,
        intake.upload,
        everything,
        preprocess=False,  # the file record as it came, with the upload's own name
        **READING,
    )
    intake.example_highlights.click(
        lambda: (yield from on.take_example(AnalysisType.HIGHLIGHTS)), None, everything, **READING
    )
    intake.example_workout.click(
        lambda: (yield from on.take_example(AnalysisType.WORKOUT)), None, everything, **READING
    )
    stage.another.click(on.forget, None, everything, **DIRECT)
    # "multiple": a click while the one before is still on its way would be dropped, question and all.
    stage.delete.click(on.delete, session, everything, js=CONFIRM_DELETE_JS, trigger_mode="multiple", **DIRECT)
    _wire_analysis(layout, on, everything)
    _wire_recut(layout, on, everything)


def _wire_links(layout: Layout, on: Handlers, videos: Any) -> None:
    """Other ways to a video that is on the server already; ``videos`` is the list of this browser's."""
    everything, intake = _outputs(layout), layout.intake
    gr.on([intake.link.submit, intake.open_link.click], on.open_link, intake.link, everything, **DIRECT)
    videos.open(on.open_listed, None, everything, **DIRECT)
    layout.stage.copy.click(None, None, None, js=COPY_LINK_JS, **PRIVATE)


def _wire_analysis(layout: Layout, on: Handlers, everything: list[Any]) -> None:
    session, setup, results = layout.session, layout.setup, layout.results
    controls: set[gr.blocks.Block] = {
        session,
        setup.kind,
        setup.min_significance,
        setup.max_highlights,
        setup.max_reel_s,
        setup.thoroughness,
        setup.segment_s,
        setup.user_prompt,
        setup.system_prompt,
    }
    _wire_estimate(layout, on, controls)
    fitted = [
        setup.min_significance,
        setup.max_highlights,
        setup.max_reel_s,
        setup.thoroughness,
        setup.user_prompt,
        setup.system_prompt,
    ]
    setup.kind.change(_fit_options, setup.kind, fitted, **DIRECT)
    setup.analyze.click(on.start, controls, everything, **DIRECT).then(
        None, None, None, js=SHOW_SIDE_JS, **PRIVATE
    )
    layout.running.cancel.click(on.cancel, session, everything, **DIRECT)
    layout.tick.tick(on.poll, session, everything, **DIRECT)
    # "multiple": the cards send one change after the other, and each waits for its answer.
    results.found.correct(on.correct, None, everything, trigger_mode="multiple", **DIRECT)
    layout.model_tick.tick(on.poll_model, None, [layout.model, layout.model_tick], **DIRECT)
    results.again.click(lambda: gr.update(visible=True), None, setup.box, **DIRECT)


def _wire_estimate(layout: Layout, on: Handlers, controls: set[gr.blocks.Block]) -> None:
    """Whatever changes how long it takes."""
    setup = layout.setup
    for changed in (
        layout.session.change,
        setup.kind.change,
        setup.max_highlights.change,
        setup.thoroughness.change,
        setup.segment_s.change,
        setup.user_prompt.blur,
        setup.system_prompt.blur,
        layout.results.again.click,
        layout.running.cancel.click,
    ):
        changed(on.estimate, controls, setup.estimate, **DIRECT)


def _wire_recut(layout: Layout, on: Handlers, everything: list[Any]) -> None:
    session, setup, recut = layout.session, layout.setup, layout.results.recut
    gr.on(
        [event for slider in (recut.least, recut.most, recut.reel_s) for event in (slider.input, slider.release)],
        on.recut,
        [session, recut.least, recut.most, recut.reel_s],
        [*everything, setup.min_significance, setup.max_highlights, setup.max_reel_s],
        preprocess=False,  # a number that is typed may be out of range for a moment: it is fitted, not refused
        trigger_mode="always_last",  # while a slider moves, what it passes by meanwhile is left out
        **DIRECT,
    )
    recut.note.click(on.look_again, session, everything, **DIRECT)


def _choices() -> tuple[Any, ...]:
    """Of all that stands on the page, Gradio's ``I18n`` leaves only choices as they are."""
    if language() == ENGLISH:
        return gr.skip(), gr.skip()
    return tuple(gr.update(choices=[(_(text), value) for text, value in told]) for told in (CHOICES, EFFORTS))


def _fit_options(kind: str | None) -> tuple[Any, ...]:
    """A workout lists everything: there is nothing to choose from. None: the page is still being built."""
    if kind is None:
        return tuple(gr.skip() for _ in range(6))
    ranked = kind == AnalysisType.HIGHLIGHTS
    look_for, instructions = PLACEHOLDERS[AnalysisType(kind)]
    return (
        *(gr.update(visible=ranked) for _ in range(4)),
        gr.update(placeholder=_(look_for)),
        gr.update(placeholder=_(instructions)),
    )


def _outputs(layout: Layout) -> list[Any]:
    """Everything a handler may update."""
    return [
        layout.session,
        layout.tick,
        layout.model_tick,
        layout.model,
        layout.intake.box,
        layout.intake.upload,
        layout.intake.note,
        layout.intake.link,
        layout.intake.link_note,
        layout.stage.box,
        layout.stage.player,
        layout.stage.timeline,
        layout.stage.facts,
        layout.note,
        layout.setup.box,
        layout.setup.kind,
        layout.setup.segment_s,
        layout.running.box,
        layout.running.progress,
        layout.running.best,
        layout.results.head,
        layout.results.summary,
        layout.results.box,
        layout.results.recut.box,
        layout.results.recut.note,
        layout.results.recut.least,
        layout.results.recut.most,
        layout.results.recut.reel_s,
        layout.results.found,
        layout.results.segments,
        layout.results.segments_box,
    ]
