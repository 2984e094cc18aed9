"""The components of the page and where they stand. No behaviour: ``page.py`` wires it."""

from dataclasses import dataclass
from html import escape

import gradio as gr

from smolvlm_core.domain import AnalysisOptions, AnalysisType, Limits, Thoroughness
from smolvlm_core.ui.browser import (
    ARROWS_JS,
    PLAYHEAD_JS,
    SEEK_JS,
    STORAGE_KEY,
    STORAGE_SECRET,
    TAB_JS,
    films_js,
    sets_js,
)
from smolvlm_core.ui.intake import refusals
from smolvlm_core.ui.links import copied_place
from smolvlm_core.ui.player import PLAYER_JS
from smolvlm_core.ui.playing import PEEK_JS, PLAY_ONE_JS, STOP_AT_END_JS
from smolvlm_core.ui.recut_panel import RecutPanel, build_recut_panel
from smolvlm_core.ui.render import limits_line
from smolvlm_core.ui.words import _, everywhere, label, marked

DEFAULTS = AnalysisOptions(AnalysisType.HIGHLIGHTS)
SEGMENT_MIN_S, SEGMENT_MAX_S = 2, 60  # of the slider; the API takes more
HIGHLIGHTS_MAX = 50  # of the slider; the API takes more
REEL_MAX_S = 300  # of the slider; the API takes more
EFFORTS = [
    (marked("Quick: the most promising parts only"), Thoroughness.FAST.value),
    (marked("Balanced"), Thoroughness.BALANCED.value),
    (marked("Thorough: every part, however long it takes"), Thoroughness.EXHAUSTIVE.value),
]

TIMELINE_JS = SEEK_JS + PLAYHEAD_JS + STOP_AT_END_JS + PEEK_JS
# The first line of each choice is its name; the style sheet makes it stand out.
CHOICES = [
    (
        marked("Highlights\nThe moments that stand out, scored from 1 to 10 and described."),
        AnalysisType.HIGHLIGHTS.value,
    ),
    (
        marked("Workout\nEvery set with its repetitions and tempo, and the rests between."),
        AnalysisType.WORKOUT.value,
    ),
]
PLACEHOLDERS = {
    AnalysisType.HIGHLIGHTS: (
        marked("Goals, near misses and celebrations"),
        marked("You are a football coach who reviews training footage."),
    ),
    AnalysisType.WORKOUT: (
        marked("Squats, lunges and push-ups"),
        marked("You are a personal trainer who writes down what was done."),
    ),
}
"""What to look for, and instructions: a suggestion of each."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Step one: a video of one's own, or an example."""

    box: gr.Column
    note: gr.HTML
    upload: gr.Video
    example_highlights: gr.Button
    example_workout: gr.Button
    link: gr.Textbox
    open_link: gr.Button
    link_note: gr.HTML


@dataclass(frozen=True, slots=True)
class Stage:
    """The video at hand."""

    box: gr.Row
    player: gr.HTML
    timeline: gr.HTML
    facts: gr.HTML
    another: gr.Button
    copy: gr.Button
    delete: gr.Button


@dataclass(frozen=True, slots=True)
class Setup:
    """Step two: what to look for."""

    box: gr.Column
    kind: gr.Radio
    min_significance: gr.Slider
    max_highlights: gr.Slider
    max_reel_s: gr.Slider
    thoroughness: gr.Radio
    segment_s: gr.Slider
    user_prompt: gr.Textbox
    system_prompt: gr.Textbox
    analyze: gr.Button
    estimate: gr.HTML


@dataclass(frozen=True, slots=True)
class Running:
    """While it runs."""

    box: gr.Column
    progress: gr.HTML
    best: gr.HTML
    cancel: gr.Button


@dataclass(frozen=True, slots=True)
class Results:
    """What was found; ``head`` stands beside the video, ``box`` below it."""

    head: gr.Column
    summary: gr.HTML
    again: gr.Button
    box: gr.Column
    recut: RecutPanel
    found: gr.HTML
    segments: gr.HTML
    segments_box: gr.Accordion


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything on the page that handlers read or write. ``session`` holds this browser's session id, or ''."""

    session: gr.BrowserState
    tick: gr.Timer
    model_tick: gr.Timer
    model: gr.HTML
    intake: Intake
    stage: Stage
    note: gr.HTML
    setup: Setup
    running: Running
    results: Results


def build_layout(limits: Limits) -> Layout:
    """Create the components, inside the ``gr.Blocks`` that is open."""
    session = gr.BrowserState("", storage_key=STORAGE_KEY, secret=STORAGE_SECRET)
    tick = gr.Timer(1, active=False)
    model_tick = gr.Timer(2, active=False)
    gr.HTML(everywhere(_intro), js_on_load=TAB_JS + ARROWS_JS)
    model = gr.HTML(elem_id="sv-model")
    intake = _intake(limits)
    with gr.Row(visible=False, elem_id="sv-stage") as stage_box:
        with gr.Column(scale=3, min_width=320):
            player = gr.HTML(elem_id="sv-player", js_on_load=PLAYER_JS)
            timeline = gr.HTML(elem_id="sv-timeline", visible=False, js_on_load=TIMELINE_JS)
            facts = gr.HTML(elem_id="sv-facts")
            with gr.Row(elem_classes="sv-actions"):
                another = gr.Button(label("Use another video"), size="sm", elem_id="sv-another")
                copy = gr.Button(label("Copy link"), size="sm", elem_id="sv-copy")
                delete = gr.Button(label("Delete this video now"), size="sm", elem_id="sv-delete")
            gr.HTML(everywhere(copied_place))
        with gr.Column(scale=2, min_width=320, elem_id="sv-side"):
            note = gr.HTML(elem_id="sv-note", visible=False)
            setup, running = _setup(), _running()
            head, summary, again = _head()
    results = _results(head, summary, again)
    stage = Stage(stage_box, player, timeline, facts, another, copy, delete)
    return Layout(session, tick, model_tick, model, intake, stage, note, setup, running, results)


def _intro() -> str:
    title = _("Find the moments that matter")
    text = _("Drop in a video and get its best moments, or every exercise of a workout, with the exact times.")
    tab = escape(_("Video highlights and workouts"))
    return f'<header class="sv-intro" data-tab="{tab}"><h1>{escape(title)}</h1><p>{escape(text)}</p></header>'


def _intake(limits: Limits) -> Intake:
    with gr.Column(elem_id="sv-intake") as box:
        upload = gr.Video(
            label=label("Your video"),
            sources=["upload", "webcam"],
            include_audio=True,
            webcam_options=gr.WebcamOptions(mirror=False),
            height=320,
            elem_id="sv-upload",
        )
        note = gr.HTML(elem_id="sv-intake-note", visible=False)
        refusals(limits)
        gr.HTML(everywhere(lambda: limits_line(limits)))
        with gr.Row(elem_classes="sv-actions", elem_id="sv-examples"):
            gr.HTML(
                everywhere(lambda: f"<p>{_('No video at hand? Try an example:')}</p>"), elem_classes="sv-muted"
            )
            example_highlights = gr.Button(label("Highlights example"), size="sm", elem_id="sv-example-highlights")
            example_workout = gr.Button(label("Workout example"), size="sm", elem_id="sv-example-workout")
        link, open_link, link_note = _link()
    return Intake(box, note, upload, example_highlights, example_workout, link, open_link, link_note)


def _link() -> tuple[gr.Textbox, gr.Button, gr.HTML]:
    """A way to a video that was added on another device."""
    with gr.Accordion(label("Open a link"), open=False, elem_id="sv-open-link"):
        link = gr.Textbox(
            label=label("Link to a video on this page"),
            info=label("On the other device, press “Copy link” below the video."),
            placeholder="https://…?session=…",
            max_lines=1,
        )
        open_link = gr.Button(label("Open"), elem_id="sv-open")
        note = gr.HTML(elem_id="sv-link-note", visible=False)
    return link, open_link, note


def _setup() -> Setup:
    with gr.Column(elem_id="sv-setup") as box:
        kind = gr.Radio(
            CHOICES,
            value=DEFAULTS.analysis_type.value,
            label=label("What are you looking for?"),
            elem_id="sv-kind",
        )
        with gr.Accordion(label("Options"), open=False, elem_id="sv-options"):
            user_prompt, system_prompt = _wishes()
            least, most, reel_s = _selection()
            thoroughness, segment_s = _effort()
        analyze = gr.Button(label("Analyze"), variant="primary", size="lg", elem_id="sv-analyze")
        estimate = gr.HTML(elem_id="sv-estimate")
    return Setup(
        box, kind, least, most, reel_s, thoroughness, segment_s, user_prompt, system_prompt, analyze, estimate
    )


def _selection() -> tuple[gr.Slider, gr.Slider, gr.Slider]:
    """What makes the list of highlights."""
    least = gr.Slider(
        1,
        10,
        value=DEFAULTS.min_significance,
        step=1,
        label=label("Minimum score"),
        info=label("Leave out what scores less."),
    )
    most = gr.Slider(
        1,
        HIGHLIGHTS_MAX,
        value=DEFAULTS.max_highlights,
        step=1,
        label=label("How many at most"),
        info=label("The best are kept."),
    )
    reel_s = gr.Slider(
        0,
        REEL_MAX_S,
        value=DEFAULTS.max_reel_s,
        step=5,
        label=label("How long all together, in seconds"),
        info=label("0 is as long as it takes."),
    )
    return least, most, reel_s


def _effort() -> tuple[gr.Radio, gr.Slider]:
    """How closely the video is looked at."""
    thoroughness = gr.Radio(
        EFFORTS,
        value=DEFAULTS.thoroughness.value,
        label=label("How closely to look"),
        info=label("Matters for long videos, and only when SmolVLM2 looks at the pictures."),
    )
    segment_s = gr.Slider(
        SEGMENT_MIN_S,
        SEGMENT_MAX_S,
        value=DEFAULTS.segment_duration_s,
        step=1,
        label=label("Length of the parts, in seconds"),
        info=label("The video is looked at part by part. Shorter parts miss less and take longer."),
    )
    return thoroughness, segment_s


def _wishes() -> tuple[gr.Textbox, gr.Textbox]:
    """What the user asks for, in words."""
    look_for, instructions = PLACEHOLDERS[DEFAULTS.analysis_type]
    user_prompt = gr.Textbox(
        label=label("What to look for"),
        info=label("In your own words. Leave empty for the usual."),
        placeholder=label(look_for),
        lines=2,
    )
    system_prompt = gr.Textbox(
        label=label("Instructions for the model"),
        info=label("How it should judge and write. Leave empty for the built-in ones."),
        placeholder=label(instructions),
        lines=2,
    )
    return user_prompt, system_prompt


def _running() -> Running:
    with gr.Column(visible=False, elem_id="sv-running") as box:
        progress = gr.HTML(elem_id="sv-progress")
        cancel = gr.Button(label("Cancel"), variant="secondary", elem_id="sv-cancel")
        best = gr.HTML(elem_id="sv-best", js_on_load=SEEK_JS + PLAY_ONE_JS)
    return Running(box, progress, best, cancel)


def _head() -> tuple[gr.Column, gr.HTML, gr.Button]:
    with gr.Column(visible=False, elem_id="sv-head") as head:
        summary = gr.HTML(elem_id="sv-summary")
        again = gr.Button(label("Analyze again with other options"), elem_id="sv-again")
    return head, summary, again


def _results(head: gr.Column, summary: gr.HTML, again: gr.Button) -> Results:
    with gr.Column(visible=False, elem_id="sv-results") as box:
        recut = build_recut_panel()
        found = gr.HTML(elem_id="sv-found", js_on_load=SEEK_JS + PLAY_ONE_JS + sets_js() + films_js())
        with gr.Accordion(label("Every part of the video"), open=False, elem_id="sv-parts") as segments_box:
            segments = gr.HTML(elem_id="sv-segments", js_on_load=SEEK_JS)
    return Results(head, summary, again, box, recut, found, segments, segments_box)
