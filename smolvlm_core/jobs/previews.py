"""``Previews``: of each session's video a version that every browser plays, made once, one at a time.

It is made beside the analyses, in a process that gets what processor they leave. Knows no browser.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import Any

import sqlalchemy as sa

from smolvlm_core.domain import CheckCancelled
from smolvlm_core.errors import (
    Cancelled,
    ClipError,
    JobError,
    PreviewNotReady,
    RendererBusy,
    ServiceClosing,
    SessionNotFound,
    SmolVLMError,
)
from smolvlm_core.jobs.preview_process import CANNOT_MAKE, PreviewOrder, make_apart
from smolvlm_core.jobs.sessions import SessionManager, video_of
from smolvlm_core.jobs.views import ErrorView, PreviewState, PreviewView
from smolvlm_core.log import log_event, log_failure
from smolvlm_core.video.playable import playability_of
from smolvlm_core.video.reel import ReportShare

QUEUED_MOST = 100  # previews to be made
FAILED_FOR_S = 300.0  # until a preview that could not be made is tried again
SETTLE_S = 6.0  # how long work that was stopped may take to notice, its process included
STALE_PARTIAL_S = 3600.0

Make = Callable[[PreviewOrder, CheckCancelled, ReportShare], None]


@dataclass(slots=True)
class _Job:
    session_id: str
    future: "Future[None]" = field(init=False)
    stopped: threading.Event = field(default_factory=threading.Event)
    begun: bool = False
    share: float = 0.0

    def report(self, share: float) -> None:
        self.share = share


@dataclass(frozen=True, slots=True)
class _Failure:
    error: SmolVLMError
    at_s: float

    @property
    def holds(self) -> bool:
        return time.monotonic() - self.at_s < FAILED_FOR_S


class Previews:
    """Safe from any thread. Nobody waits here: who asks is told where it stands."""

    def __init__(self, sessions: SessionManager, closing: threading.Event) -> None:
        """Args: closing: set when the service is about to end, which stops what is being made."""
        self._sessions = sessions
        self._closing = closing
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="previews")
        self._guard = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._failures: dict[str, _Failure] = {}
        self.make: Make = make_apart

    def view(self, row: sa.Row[Any]) -> PreviewView:
        """Where the preview of a session's row stands. Quick enough for an event loop: it looks at no file."""
        playable = playability_of(video_of(row.video))
        job, failure = self._jobs.get(row.id), self._failures.get(row.id)
        state, percent, error = PreviewState.NONE, 0.0, None
        if row.preview_bytes is not None:
            state, percent = PreviewState.READY, 100.0
        elif job is not None:
            state = PreviewState.MAKING if job.begun else PreviewState.WAITING
            percent = 100 * job.share
        elif failure is not None and failure.holds:
            state, error = PreviewState.FAILED, ErrorView(failure.error.code, failure.error.for_users)
        return PreviewView(not playable.plays, playable.reason, state, percent, error)

    def prepare(self, session_id: str) -> None:
        """Begin to make the preview if browsers need one; what hinders that is told who asks for it."""
        with suppress(JobError):
            if self.view(self._sessions.row(session_id)).needed:
                self.ask(session_id)

    def ask(self, session_id: str) -> PreviewView:
        """Where the preview stands; it is made from now on if it was not.

        Raises: SessionNotFound, SessionExpired, ServiceClosing, RendererBusy, DiskBudgetSpent.
        """
        if not self._is_there(self._sessions.row(session_id)):
            self._begin(session_id)
        return self.view(self._sessions.row(session_id))

    def path(self, session_id: str) -> Path:
        """The file.

        Raises: as ``ask``; PreviewNotReady: it is being made; ClipError and others: it cannot be.
        """
        row = self._sessions.row(session_id)
        if self._is_there(row):
            return self._sessions.preview_path(session_id)
        failure = self._begin(session_id)
        if failure is not None:
            raise failure.error
        percent = self.view(row).percent
        raise PreviewNotReady(
            f"The version that browsers play is being made: {percent:.0f} % are done.",
            hint="Ask for it again in some seconds.",
        )

    def drop(self, session_id: str) -> None:
        """Stop what is being made for the session. Its file goes with its folder."""
        with self._guard:
            job = self._jobs.get(session_id)
            self._failures.pop(session_id, None)
            if job is None or job.future.cancel():  # that was still waiting for its turn
                self._jobs.pop(session_id, None)
                return
        job.stopped.set()
        wait([job.future], SETTLE_S)

    def close(self) -> None:
        """Wait until what was being made has stopped; nothing half made stays."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    # -- Asking -------------------------------------------------------------------------------

    def _is_there(self, row: sa.Row[Any]) -> bool:
        """Whether the file is; a process may have died before it said so."""
        try:
            size_bytes = self._sessions.preview_path(row.id).stat().st_size
        except FileNotFoundError:
            return False
        if row.preview_bytes is None:
            self._sessions.note_preview(row.id, size_bytes)
        return True

    def _begin(self, session_id: str) -> _Failure | None:
        """See to it that the preview is made, unless that failed a short while ago."""
        self._sessions.require_room()
        with self._guard:
            failure = self._failures.get(session_id)
            if failure is not None and failure.holds:
                return failure
            if session_id in self._jobs:
                return None
            if self._closing.is_set():
                raise _closing()
            if len(self._jobs) >= QUEUED_MOST:
                raise RendererBusy("Many videos are being prepared at the moment.", hint="Try again later.")
            self._failures.pop(session_id, None)
            job = self._jobs[session_id] = _Job(session_id)
            job.future = self._pool.submit(self._work, job)
        return None

    # -- Making -------------------------------------------------------------------------------

    def _work(self, job: _Job) -> None:
        started_s, error = time.monotonic(), None
        try:
            self._make(job)
            log_event("preview_made", session=job.session_id, took_s=time.monotonic() - started_s)
        except (Cancelled, ServiceClosing, SessionNotFound):
            log_event("preview_stopped", session=job.session_id)
        except SmolVLMError as found:
            log_event("preview_failed", session=job.session_id, code=found.code, message=found.message)
            error = found
        except Exception as found:  # noqa: BLE001 - the job boundary
            log_failure("preview_broke", found, session=job.session_id)
            error = ClipError(CANNOT_MAKE)
        with self._guard:
            self._jobs.pop(job.session_id, None)
            if error is not None:
                held = {name: failure for name, failure in self._failures.items() if failure.holds}
                self._failures = held | {job.session_id: _Failure(error, time.monotonic())}

    def _make(self, job: _Job) -> None:
        """Raises: Cancelled, ServiceClosing: it is not wanted any more; SessionNotFound, ClipError."""

        def check() -> None:
            if self._closing.is_set():
                raise _closing()
            if job.stopped.is_set():
                raise Cancelled("The session was deleted while its preview was made.")

        check()
        job.begun = True
        source, target = self._sessions.source(job.session_id), self._sessions.preview_path(job.session_id)
        _sweep(target, STALE_PARTIAL_S)
        try:
            self.make(PreviewOrder(source.video_path, target, source.info.duration_s), check, job.report)
        finally:
            _sweep(target, 0.0)
        try:
            size_bytes = target.stat().st_size
        except FileNotFoundError as error:
            raise ClipError(CANNOT_MAKE) from error
        if not self._sessions.note_preview(job.session_id, size_bytes):
            rmtree(target.parent, ignore_errors=True)
            raise SessionNotFound("There is no such session any more.")


def _closing() -> ServiceClosing:
    return ServiceClosing("The server is being restarted.", hint="Try again in half a minute.")


def _sweep(target: Path, older_than_s: float) -> None:
    """Remove what processes that were killed left of their work."""
    for path in target.parent.glob(f"{target.stem}.*.partial"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime >= older_than_s:
                path.unlink()
