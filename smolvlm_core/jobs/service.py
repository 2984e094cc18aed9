"""``JobService``: the one door behind the page and REST. Sessions in, results out; everything else is below."""

import json
import os
import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from smolvlm_core.analysis.corrections import Edit, corrected_report, edited
from smolvlm_core.analysis.recut import Cut, recut
from smolvlm_core.analysis.reel import moments_in
from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Limits, ModelStatus, Status
from smolvlm_core.errors import NotCompleted
from smolvlm_core.jobs.estimates import Job, options_of
from smolvlm_core.jobs.films import Films
from smolvlm_core.jobs.pictures import Pictures
from smolvlm_core.jobs.previews import Previews
from smolvlm_core.jobs.renders import AS_IT_IS, Renderer, movie_name
from smolvlm_core.jobs.sessions import PendingUpload, SessionManager, video_of
from smolvlm_core.jobs.task_run import QUEUED
from smolvlm_core.jobs.tasks import Engine, TaskManager
from smolvlm_core.jobs.views import (
    ErrorView,
    EstimateView,
    GlanceView,
    LoadView,
    MovieView,
    PreviewView,
    ResultsView,
    SessionView,
    TaskView,
)
from smolvlm_core.log import log_failure

TIDY_EVERY_S = 60.0
WAIT_POLL_S = 0.1


class JobService:
    """All methods are synchronous and safe from any thread; they raise the errors of ``errors.py``.

    ``session``, ``load`` and ``model_status`` are quick enough for an event loop; the others read
    or write files: call them in a thread.
    """

    def __init__(self, sessions: SessionManager, tasks: TaskManager, engine: Engine, limits: Limits) -> None:
        self._sessions = sessions
        self._tasks = tasks
        self._engine = engine
        self._closing = threading.Event()
        self._tasks_started = False
        self._renderer = Renderer(sessions, self._closing)
        self.films = Films(self._renderer, self.results)
        self.previews = Previews(sessions, self._closing)
        self._pictures = Pictures(sessions)
        self._janitor = threading.Thread(target=self._tidy_regularly, name="janitor", daemon=True)
        self.limits = limits

    def start_tasks(self) -> None:
        """The part of ``start`` that takes longest, where there is time for it: interrupted tasks go on."""
        if not self._tasks_started:
            self._tasks_started = True
            self._tasks.start()

    def start(self) -> None:
        """Begin to work: interrupted tasks go on, the model warms up, the janitor makes its rounds."""
        self.start_tasks()
        self._engine.warm_up()
        self._janitor.start()

    def announce_end(self) -> None:
        """Let requests that wait for progress or a clip go, so that the server can close at once."""
        self._closing.set()

    @property
    def closing(self) -> bool:
        """Whether the end was announced."""
        return self._closing.is_set()

    def close(self) -> None:
        """Stop between two units of work. What runs goes on at the next start."""
        self.announce_end()
        self._renderer.close()
        self.previews.close()
        if self._janitor.ident is not None:
            self._janitor.join()  # first: it asks for tasks
        self._tasks.close()
        self._engine.close()
        self._sessions.close()

    # -- Sessions -----------------------------------------------------------------------------

    def new_upload(self, filename: str, description: str = "", expected_bytes: int | None = None) -> PendingUpload:
        """Where to write an upload that streams in; see ``PendingUpload``.

        Raises: UploadTooLarge, DiskBudgetSpent.
        """
        return self._sessions.new_upload(filename, description, expected_bytes)

    def adopt(self, source: Path, filename: str, description: str = "") -> SessionView:
        """Make a session of a file on this machine, by hard link where the disk allows, else by copy.

        Raises: InputError, DiskBudgetSpent.
        """
        upload = self.new_upload(filename, description, source.stat().st_size)
        try:
            try:
                os.link(source, upload.path)
            except OSError:
                shutil.copyfile(source, upload.path)
        except BaseException:
            upload.discard()
            raise
        return self.session(upload.commit())

    def session(self, session_id: str) -> SessionView:
        """The session as of now.

        Raises: SessionNotFound, SessionExpired.
        """
        return self._view(self._sessions.row(session_id))

    def _view(self, row: sa.Row[Any]) -> SessionView:
        position = self._tasks.queue_position(row.task_created_at) if row.task_state == QUEUED else None
        return _view(row, position, self.previews.view(row))

    def glance(self, session_ids: Sequence[str]) -> tuple[tuple[GlanceView, ...], frozenset[str]]:
        """Those of these sessions that there are, in no order; and the ids of those whose time was up."""
        rows, expired = self._sessions.rows(session_ids)
        return tuple(_glance(self._view(row), row.task_found) for row in rows), expired

    def video_path(self, session_id: str) -> Path:
        """The session's video, for a player."""
        return self._sessions.source(session_id).video_path

    def delete(self, session_id: str) -> None:
        """Cancel what runs and remove every file and row of the session.

        Raises: SessionNotFound, SessionExpired.
        """
        self._sessions.row(session_id)
        self._remove(session_id, expired=False)

    # -- Tasks --------------------------------------------------------------------------------

    def start_analysis(self, session_id: str, options: AnalysisOptions) -> TaskView:
        """Queue an analysis of the session's video.

        Raises: SessionNotFound, SessionExpired, AlreadyAnalyzing, QueueFull.
        """
        self._sessions.row(session_id)
        task_id = self._tasks.enqueue(session_id, options)
        self._sessions.keep_alive(session_id)
        self._renderer.drop(session_id)
        return TaskView(task_id, session_id, options.analysis_type)

    def cancel(self, session_id: str) -> SessionView:
        """Cancel the queued or running analysis.

        Raises: SessionNotFound, SessionExpired, NothingToCancel.
        """
        self._tasks.cancel(session_id, self._sessions.row(session_id).task_id)
        return self.session(session_id)

    def estimate(self, session_id: str, options: AnalysisOptions) -> EstimateView | None:
        """How long an analysis of the session's video would take now; None while the model is not known.

        Raises: SessionNotFound, SessionExpired.
        """
        source = self._sessions.source(session_id)
        job = Job(source.info, options, scanned=source.curves_path.exists())
        return self._estimated(session_id, job, time.time())

    def time_left(self, session_id: str) -> EstimateView | None:
        """How long the session's analysis still takes; None where none runs or waits, or no model is known.

        Raises: SessionNotFound, SessionExpired.
        """
        row = self._sessions.row(session_id)
        if row.status != Status.ANALYZING:
            return None
        job = Job(video_of(row.video), options_of(row.task_options), row.task_percent)
        view = self._estimated(session_id, job, row.task_created_at if row.task_state == QUEUED else 0.0)
        if view is None or row.task_left_s is None:
            return view
        return replace(view, work_s=row.task_left_s, runs=view.runs + 1)  # its own pace knows better

    def _estimated(self, session_id: str, job: Job, asked_at: float) -> EstimateView | None:
        model = self._engine.status().info
        if model is None:
            return None
        own, ahead = self._tasks.estimate(job, model), self._tasks.ahead(asked_at)
        waits_s = [self._tasks.estimate(other, model).seconds for other in ahead]
        known_s = [wait_s for wait_s in waits_s if wait_s is not None]
        wait_s = sum(known_s) / self._tasks.at_once if len(known_s) == len(ahead) else None
        return EstimateView(session_id, job.options.analysis_type, own.seconds, wait_s, len(ahead), own.runs)

    def wait(self, session_id: str, timeout_s: float | None = None) -> SessionView:
        """Block until nothing is queued or running for the session, or the time is up."""
        end_s = time.monotonic() + timeout_s if timeout_s is not None else float("inf")
        while (view := self.session(session_id)).status is Status.ANALYZING and time.monotonic() < end_s:
            time.sleep(WAIT_POLL_S)
        return view

    def results(self, session_id: str) -> ResultsView:
        """The latest results, with what people corrected in them.

        Raises: SessionNotFound, SessionExpired, NotCompleted.
        """
        row, report = self._measured(session_id)
        return ResultsView(session_id, video_of(row.video), corrected_report(report, row.task_corrections or {}))

    def correct(self, session_id: str, edit: Edit) -> ResultsView:
        """Correct one set of the latest results, and have them. The next analysis starts without corrections.

        Raises: SessionNotFound, SessionExpired, NotCompleted, NotAWorkout, SetNotFound, InvalidParameter,
        CorrectionConflict.
        """
        row, report = self._measured(session_id)
        self._tasks.correct(session_id, row.task_id, lambda stored: edited(report, stored, edit))
        self._sessions.keep_alive(session_id)
        return self.results(session_id)

    def _measured(self, session_id: str) -> tuple[sa.Row[Any], Report]:
        """The latest results as they were measured, and the session's row, whose task they are of."""
        before = self._sessions.row(session_id)
        report = json.loads(self.results_path(session_id).read_text(encoding="utf-8"))
        row = self._sessions.row(session_id)
        if row.status != Status.COMPLETED:
            raise NotCompleted(row.status)
        return (row, report) if row.task_id == before.task_id else self._measured(session_id)

    def recut(self, session_id: str, cut: Cut) -> ResultsView:
        """Choose the highlights of the latest results anew, without a model; reload, exports and clips follow.

        Raises: SessionNotFound, SessionExpired, NotCompleted, NothingToRecut, AlreadyAnalyzing.
        """
        row, before = self._measured(session_id)
        after = recut(before, cut)
        if after != before:
            self._sessions.replace_results(session_id, row.task_id, after)
            self._renderer.keep_only(session_id, moments_in(after))
        return ResultsView(session_id, video_of(row.video), after)

    def results_path(self, session_id: str) -> Path:
        """The file with the latest results, as they were measured.

        Raises: SessionNotFound, SessionExpired, NotCompleted.
        """
        view = self.session(session_id)
        if view.status is not Status.COMPLETED:
            raise NotCompleted(view.status)
        return self._sessions.results_path(session_id)

    # -- Pictures -----------------------------------------------------------------------------

    def picture(self, session_id: str, time_s: float) -> Path:
        """A small JPEG of what the session's video shows at this time, made now if it was not before.

        Raises: SessionNotFound, SessionExpired, PictureNotFound, RendererBusy, DiskBudgetSpent.
        """
        return self._pictures.at(session_id, time_s)

    # -- A version for browsers ---------------------------------------------------------------

    def prepare_preview(self, session_id: str) -> None:
        """Begin to make the session's preview if browsers need one; what hinders that is told who asks for it."""
        self.previews.prepare(session_id)

    def ask_for_preview(self, session_id: str) -> PreviewView:
        """Where the session's preview stands. It is made from now on if it was not, needed or not.

        Raises: SessionNotFound, SessionExpired, ServiceClosing, RendererBusy, DiskBudgetSpent.
        """
        return self.previews.ask(session_id)

    def preview(self, session_id: str) -> MovieView:
        """The version of the session's video that every browser plays.

        Raises: as ``ask_for_preview``; PreviewNotReady: it is being made; ClipError: it cannot be.
        """
        path = self.previews.path(session_id)
        return MovieView(path, movie_name(self.session(session_id).video.filename, "preview", AS_IT_IS))

    # -- The whole ----------------------------------------------------------------------------

    def load(self) -> LoadView:
        """How busy the service is."""
        queued, running = self._tasks.counts()
        return LoadView(queued, running, self._sessions.count(), self._sessions.disk_used_bytes())

    def model_status(self) -> ModelStatus:
        """Where the model stands."""
        return self._engine.status()

    def tidy(self) -> None:
        """Remove sessions whose time is up, and what killed processes left behind."""
        for session_id in self._sessions.expired():
            self._remove(session_id, expired=True)
        self._sessions.tidy()
        self._tasks.reconcile()

    def _tidy_regularly(self) -> None:
        while not self._closing.wait(min(TIDY_EVERY_S, self.limits.session_ttl_s / 4)):
            try:
                self.tidy()
            except Exception as error:  # noqa: BLE001 - one bad round must not end the rounds
                log_failure("tidying_failed", error)

    def _remove(self, session_id: str, *, expired: bool) -> None:
        self._tasks.forget(session_id)
        self._renderer.drop(session_id)
        self.previews.drop(session_id)
        self._sessions.delete(session_id, expired=expired)


def _glance(view: SessionView, found: int | None) -> GlanceView:
    return GlanceView(
        session_id=view.session_id,
        filename=view.video.filename,
        status=view.status,
        analysis_type=view.analysis_type,
        percent=view.percent,
        queue_position=view.queue_position,
        found=found if view.status is Status.COMPLETED else None,
    )


def _view(row: sa.Row[Any], queue_position: int | None, preview: PreviewView) -> SessionView:
    options = row.task_options
    running, failed = row.status == Status.ANALYZING, row.status == Status.FAILED
    step = f"Waiting in the queue, position {queue_position}" if queue_position else row.task_step
    return SessionView(
        session_id=row.id,
        status=Status(row.status),
        video=video_of(row.video),
        description=row.description,
        expires_at=datetime.fromtimestamp(row.expires_at, UTC),
        task_id=row.task_id,
        analysis_type=AnalysisType(options["analysis_type"]) if options else None,
        percent=row.task_percent or 0.0,
        current_step=step or "",
        segments_completed=row.task_segments_completed or 0,
        segments_total=row.task_segments_total or 0,
        queue_position=queue_position,
        best_so_far=tuple(row.task_best or ()) if running else (),
        scored_so_far=tuple(row.task_parts or ()) if running else (),
        left_s=row.task_left_s if running else None,
        error=ErrorView(row.task_error_code, row.task_error_message) if failed else None,
        preview=preview,
    )
