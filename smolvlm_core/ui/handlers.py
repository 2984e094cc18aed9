"""What happens on each event of the page: asks ``JobService``, answers with updates of components.

The page keeps no state: the browser holds the session id, ``JobService`` everything else. So a reload, a
second tab and a restarted server all find the same session.
"""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from smolvlm_core.analysis.reading import is_workout
from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Criteria, ModelState, Status, Thoroughness
from smolvlm_core.errors import (
    AlreadyAnalyzing,
    NotCompleted,
    NothingToCancel,
    SessionExpired,
    SessionNotFound,
    SmolVLMError,
)
from smolvlm_core.jobs.estimates import estimate_words, time_left_words
from smolvlm_core.jobs.service import JobService
from smolvlm_core.jobs.views import SessionView
from smolvlm_core.log import log_failure
from smolvlm_core.ui import links, render, results_view
from smolvlm_core.ui.correcting import Answer, wish_of
from smolvlm_core.ui.examples import Examples
from smolvlm_core.ui.layout import DEFAULTS, HIGHLIGHTS_MAX, REEL_MAX_S, Layout
from smolvlm_core.ui.player import player
from smolvlm_core.ui.recut_panel import cut_of, note, panel_updates
from smolvlm_core.ui.retelling import retold
from smolvlm_core.ui.session_view import session
from smolvlm_core.ui.timeline import running_timeline, timeline
from smolvlm_core.ui.uploads import Upload, received
from smolvlm_core.ui.words import _

Updates = dict[Any, Any]
"""Component to its new value or ``gr.update``; components left out stay as they are."""

EXAMPLE_SEGMENT_S = 4  # the examples last half a minute: two parts of the usual length would tell little


class Handlers:
    """One method an event. Errors of ours become a note in place; others are Gradio's to report."""

    def __init__(self, service: JobService, layout: Layout) -> None:
        self._service = service
        self._layout = layout
        self._examples = Examples()

    # -- Getting a video ------------------------------------------------------------------

    def take_upload(self, upload: dict[str, Any] | None) -> Iterator[Updates]:
        """``upload`` is Gradio's file record; see ``received``."""
        if upload is None:
            return
        yield {self._layout.intake.note: gr.update(value=render.waiting(_("Reading the video")), visible=True)}
        yield self._adopt(received(upload))

    def take_example(self, kind: AnalysisType) -> Iterator[Updates]:
        """Make the example (a few seconds the first time), and open it with the fitting choice set."""
        yield {self._layout.intake.note: gr.update(value=render.waiting(_("Making the example")), visible=True)}
        path = self._examples.path_of(kind)
        setup = self._layout.setup
        yield self._adopt(Upload(path, path.name)) | {setup.kind: kind.value, setup.segment_s: EXAMPLE_SEGMENT_S}

    def _adopt(self, upload: Upload) -> Updates:
        try:
            view = self._service.adopt(upload.path, upload.filename)
            self._service.prepare_preview(view.session_id)
        except SmolVLMError as error:
            return self._empty(render.problem(error, _("This file cannot be used")))
        except OSError as error:  # a full disk, or a file that Gradio swept while it waited for its turn
            log_failure("upload_lost", error)
            lost, again = _("The upload was lost"), _("Please add the video again.")
            return self._empty(render.notice(lost, again, "error"))
        return self._show(view)

    def restore(self, session_id: str) -> Updates:
        """The page as this session left it. Without one it stays: a file may have been dropped already."""
        return self._model_updates() | (self._restored(session_id) if session_id else {})

    def _restored(self, session_id: str) -> Updates:
        if not session_id:
            return self._empty()
        try:
            return self._show(self._service.session(session_id))
        except (SessionNotFound, SessionExpired):
            return self._gone()

    def open_link(self, text: str) -> Updates:
        """The session that a pasted link names, or why there is none, beside the link."""
        session_id = links.session_id_in(text)
        try:
            if session_id is not None:
                return self._show(self._service.session(session_id))
            reason = links.NO_LINK
        except SessionExpired:
            reason = links.EXPIRED
        except SessionNotFound:
            reason = links.UNKNOWN
        note = render.notice(_("This link does not open"), _(reason), "error")
        return {self._layout.intake.link_note: gr.update(value=note, visible=True)}

    def open_listed(self, event: gr.EventData) -> Updates:
        """One of the videos that this browser remembers."""
        return self._restored(str(event.session))

    def forget(self) -> Updates:
        """Start over; the session stays reachable by its link until it expires."""
        return self._empty()

    def delete(self, session_id: str) -> Updates:
        """An empty id means that the question before was answered with no."""
        if not session_id:
            return {self._layout.session: gr.skip()}
        try:
            self._service.delete(session_id)
        except (SessionNotFound, SessionExpired):
            return self._gone()
        return self._empty(render.notice(_("The video and its results were deleted.")))

    # -- Analyzing ------------------------------------------------------------------------

    def start(self, values: dict[Any, Any]) -> Updates:
        """``values`` of all controls, by component."""
        session_id, options = str(values[self._layout.session]), self._options(values)
        try:
            self._service.start_analysis(session_id, options)
        except AlreadyAnalyzing:
            gr.Info(_("It is being analyzed already."))
        except (SessionNotFound, SessionExpired):
            return self._gone()
        except SmolVLMError as error:
            return {self._layout.note: gr.update(value=render.problem(error, _("Not started")), visible=True)}
        return self._restored(session_id)

    def estimate(self, values: dict[Any, Any]) -> str:
        """How long an analysis with the controls as they are would take; ``values`` as for ``start``."""
        session_id = str(values[self._layout.session])
        try:
            view = self._service.estimate(session_id, self._options(values)) if session_id else None
        except (SessionNotFound, SessionExpired):
            view = None  # the next click tells
        return render.muted(retold(estimate_words(view))) if view else ""

    def _options(self, values: dict[Any, Any]) -> AnalysisOptions:
        setup = self._layout.setup
        return AnalysisOptions(
            AnalysisType(values[setup.kind]),
            int(values[setup.min_significance]),
            int(values[setup.max_highlights]),
            float(values[setup.segment_s]),
            Criteria(values[setup.system_prompt] or "", values[setup.user_prompt] or ""),
            Thoroughness(values[setup.thoroughness]),
            float(values[setup.max_reel_s]),
        )

    def poll(self, session_id: str) -> Updates:
        """Only the progress while it runs; everything once it is done."""
        try:
            view = self._service.session(session_id)
        except (SessionNotFound, SessionExpired):
            return self._gone()
        if view.status is Status.ANALYZING:
            return self._running_updates(view)
        return self._show(view)

    def recut(self, session_id: str, least: object, most: object, reel_s: object) -> Updates:
        """The sliders above the highlights were moved; another analysis starts from where they stand."""
        page, cut = self._layout, cut_of(least, most, reel_s)
        try:
            report = self._service.recut(session_id, cut).results
        except (SessionNotFound, SessionExpired):
            return self._gone()
        except SmolVLMError:  # another tab has just started it again, or as a workout
            return self._restored(session_id)
        used = report["settings"]
        return self._found_updates(report, session_id) | {
            page.results.recut.note: note(report),
            page.setup.min_significance: used["min_significance"],
            # beyond what its sliders hold, nothing could be started
            page.setup.max_highlights: min(HIGHLIGHTS_MAX, used["max_highlights"]),
            page.setup.max_reel_s: min(REEL_MAX_S, used["max_reel_duration"]),
        }

    def look_again(self, session_id: str) -> Updates:
        """The tab is looked at again: another one may have changed the highlights, or started anew."""
        try:
            report = self._service.results(session_id).results
        except (NotCompleted, SessionNotFound, SessionExpired):
            return self._restored(session_id)
        panel = self._layout.results.recut
        return self._found_updates(report, session_id) | panel_updates(panel, report)

    def cancel(self, session_id: str) -> Updates:
        try:
            return self._show(self._service.cancel(session_id))
        except NothingToCancel:
            return self._restored(session_id)
        except (SessionNotFound, SessionExpired):
            return self._gone()

    def correct(self, event: gr.EventData) -> Updates:
        """Correct a set, or only look whether another tab did; answer with what depends on it alone."""
        wish = wish_of(event.correction)
        answer = Answer(wish.answer)
        try:
            if wish.edit is not None:
                self._service.correct(wish.session_id, wish.edit)
                answer = Answer(wish.answer, _("Saved."))
        except (SessionNotFound, SessionExpired):
            return self._gone()
        except NotCompleted:  # another tab has started it again
            return self._restored(wish.session_id)
        except SmolVLMError as error:
            answer = Answer(wish.answer, render.told(error), failed=True)
        try:
            return self._corrected_updates(wish.session_id, answer)
        except SmolVLMError:  # it went away since the lines above
            return self._restored(wish.session_id)

    def poll_model(self) -> Updates:
        return self._model_updates()

    # -- States of the page ---------------------------------------------------------------

    def _gone(self) -> Updates:
        why = _("Videos are deleted after a while. Please add yours again.")
        return self._empty(render.notice(_("That video is gone"), why))

    def _empty(self, note: str = "") -> Updates:
        page = self._layout
        return {
            page.session: "",
            page.tick: gr.Timer(active=False),
            page.intake.box: gr.update(visible=True),
            page.intake.upload: None,
            page.intake.note: gr.update(value=note, visible=bool(note)),
            page.stage.box: gr.update(visible=False),
            page.stage.player: "",
            page.setup.segment_s: DEFAULTS.segment_duration_s,
            page.results.box: gr.update(visible=False),
        }

    def _show(self, view: SessionView) -> Updates:
        """The page for a session, whatever its status."""
        page, session_id = self._layout, view.session_id
        running = view.status is Status.ANALYZING
        completed = view.status is Status.COMPLETED
        note = _status_note(view)
        updates: Updates = {
            page.session: session_id,
            page.tick: gr.Timer(active=running),
            page.intake.box: gr.update(visible=False),
            page.intake.upload: None,
            page.intake.note: gr.update(value="", visible=False),
            page.intake.link: "",
            page.intake.link_note: gr.update(value="", visible=False),
            page.stage.box: gr.update(visible=True),
            page.stage.player: player(session_id, view.video),
            page.stage.timeline: gr.update(visible=completed),
            page.stage.facts: render.facts(view),
            page.note: gr.update(value=note, visible=bool(note)),
            page.setup.box: gr.update(visible=not running and not completed),
            page.running.box: gr.update(visible=running),
            page.results.head: gr.update(visible=completed),
            page.results.box: gr.update(visible=completed),
        }
        updates |= self._running_updates(view) if running else {page.running.progress: "", page.running.best: ""}
        if view.analysis_type is not None:
            updates[page.setup.kind] = view.analysis_type.value
        if completed:
            try:
                updates |= self._result_updates(view)
            except NotCompleted:  # another tab has just started it again: the next poll shows that
                updates[page.tick] = gr.Timer(active=True)
        return updates

    def _running_updates(self, view: SessionView) -> Updates:
        page, line = self._layout, running_timeline(view)
        return {
            page.stage.timeline: gr.update(value=line, visible=bool(line)),
            page.running.progress: render.progress(view, self._time_left(view.session_id)),
            page.running.best: results_view.best_so_far(view.best_so_far, view.session_id),
        }

    def _time_left(self, session_id: str) -> str:
        try:
            left = self._service.time_left(session_id)
        except (SessionNotFound, SessionExpired):
            return ""  # deleted in another tab: the next poll tells
        return retold(time_left_words(left)) if left else ""

    def _result_updates(self, view: SessionView) -> Updates:
        page, report = self._layout, self._service.results(view.session_id).results
        return self._found_updates(report, view.session_id) | {
            **panel_updates(page.results.recut, report),
            page.results.segments: results_view.segments_table(report),
            page.results.segments_box: gr.Accordion(open=not results_view.found_table(report, view.session_id)),
        }

    def _found_updates(self, report: Report, session_id: str) -> Updates:
        """What depends on which highlights were chosen."""
        page, line = self._layout, timeline(report, session_id)
        found = results_view.found_table(report, session_id)
        return {
            page.stage.timeline: gr.update(value=line, visible=bool(line)),
            page.results.summary: results_view.summary(report, session_id),
            page.results.found: gr.update(value=found, visible=bool(found)),
        }

    def _corrected_updates(self, session_id: str, answer: Answer) -> Updates:
        page, report = self._layout, self._service.results(session_id).results
        if not is_workout(report):
            return self._restored(session_id)
        return {
            page.stage.timeline: timeline(report, session_id),
            page.results.summary: results_view.summary(report, session_id),
            page.results.found: session(report, session_id, answer),
        }

    def _model_updates(self) -> Updates:
        status = self._service.model_status()
        settled = status.state in (ModelState.READY, ModelState.FAILED)
        return {
            self._layout.model: render.model_line(status),
            self._layout.model_tick: gr.Timer(active=not settled),
        }


def _status_note(view: SessionView) -> str:
    if view.status is Status.FAILED and view.error is not None:
        return render.notice(_("The analysis failed"), retold(view.error.message), "error")
    if view.status is Status.CANCELLED:
        return render.notice(_("Cancelled"), _("You can start again whenever you like."))
    return ""
