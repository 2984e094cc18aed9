"""``Renderer``: clips and reels of a session's video, made once, one at a time, kept in the session's folder."""

import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

from smolvlm_core.analysis.reel import ClipMoment, reel_of
from smolvlm_core.domain import CheckCancelled
from smolvlm_core.errors import (
    Cancelled,
    ClipError,
    RendererBusy,
    ServiceClosing,
    SessionNotFound,
)
from smolvlm_core.jobs.sessions import SessionManager
from smolvlm_core.jobs.views import FILM_READY, FilmState, FilmView
from smolvlm_core.log import log_event
from smolvlm_core.video.clips import cut_clip
from smolvlm_core.video.framing import Aspect, Framing
from smolvlm_core.video.reel import Piece, render

VERSION = 1  # raise when the same request makes another file
WAIT_S = 120.0  # how long a request waits; the work goes on, and the next request finds it
WAITING_MOST = 16  # requests: each holds one of the server's 40 threads
QUEUED_MOST = 32  # files to be made
WORK_MOST_S = 900.0  # for one file: a video that decodes slower than this holds up all others
SETTLE_S = 5.0  # how long work that was stopped may take to notice
KEPT_MOST_BYTES = 2 * 1024**3  # of one session, the longest unused go first
NAME_CHARS = 80  # of the video's own name in that of a clip
STALE_PARTIAL_S = 3600.0


@dataclass(frozen=True, slots=True)
class Look:
    """How clips are shown. ``captions``: what happens, in words, in the picture."""

    aspect: Aspect = Aspect.ORIGINAL
    captions: bool = False
    longest_side_px: int = 1920


AS_IT_IS = Look()


@dataclass(slots=True)
class _Job:
    session_id: str
    target: Path
    future: "Future[None]" = field(init=False)
    stopped: threading.Event = field(default_factory=threading.Event)
    begun: bool = False
    share: float = 0.0  # that is done, 0..1

    def at(self, share: float) -> None:
        self.share = share


class Renderer:
    """Safe from any thread. Who asks for a file that is being made waits for that one."""

    def __init__(self, sessions: SessionManager, closing: threading.Event) -> None:
        """Args: closing: set when the service is about to end, which stops what is being made."""
        self._sessions = sessions
        self._closing = closing
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="renderer")
        self._guard = threading.Lock()
        self._jobs: dict[Path, _Job] = {}
        self._failed: dict[Path, Exception] = {}  # to tell who asks next
        self._waiting = 0

    def movie(self, session_id: str, moments: Sequence[ClipMoment], look: Look) -> Path:
        """The file that shows these moments of the session's video one after another.

        Raises: SessionNotFound, SessionExpired; RendererBusy, DiskBudgetSpent, ServiceClosing; ClipError.
        """
        target = self._target(session_id, moments, look)
        if not target.is_file():
            with self._one_more_waits():
                job = self._job(session_id, target, moments, look)
                if job is not None:
                    _wait_for(job)
        _mark_used(target)
        return target

    def ask(
        self, session_id: str, moments: Sequence[ClipMoment], look: Look, *, give_up: bool = False
    ) -> FilmView:
        """How far the same file is, without waiting: it is made from now on if it was not.

        Args: give_up: once it cannot be made, count it as made and do not try again.
        Raises: as ``movie``; what went wrong in the making, once, and the next to ask begins it anew.
        """
        target = self._target(session_id, moments, look)
        if target.is_file():
            return FILM_READY
        with self._guard:
            failed = self._failed.get(target) if give_up else self._failed.pop(target, None)
        if failed is not None and not give_up:
            raise failed
        if failed is not None:
            return FILM_READY
        job = self._job(session_id, target, moments, look)
        if job is None:
            return FILM_READY
        return FilmView(FilmState.MAKING if job.begun else FilmState.WAITING, 100.0 * job.share)

    def _target(self, session_id: str, moments: Sequence[ClipMoment], look: Look) -> Path:
        return self._sessions.renders_path(session_id) / f"{_key(moments, look)}.mp4"

    def drop(self, session_id: str) -> None:
        """Stop what is being made for the session, and remove what was made."""
        with self._guard:
            jobs = [job for job in self._jobs.values() if job.session_id == session_id]
        for job in jobs:
            job.stopped.set()
        wait([job.future for job in jobs], SETTLE_S)
        folder = self._sessions.renders_path(session_id)
        if folder.exists():
            rmtree(folder, ignore_errors=True)
            self._sessions.note_renders(session_id, 0)

    def keep_only(self, session_id: str, moments: Sequence[ClipMoment]) -> None:
        """Stop and remove what shows anything but one of these moments, or the reel of all; waits for nothing."""
        folder = self._sessions.renders_path(session_id)
        if not folder.exists():
            return
        films = [[moment] for moment in moments] + [list(reel_of(moments))]
        looks = [Look(aspect, captions) for aspect in Aspect for captions in (False, True)]
        fitting = {folder / f"{_key(film, look)}.mp4" for film in films for look in looks}
        with self._guard:
            jobs = [job for job in self._jobs.values() if job.session_id == session_id]
        for job in jobs:
            if job.target not in fitting:
                job.stopped.set()
        left = 0
        for path in folder.glob("*.mp4"):
            if path in fitting:
                left += path.stat().st_size
            else:
                path.unlink(missing_ok=True)
        self._sessions.note_renders(session_id, left)

    def close(self) -> None:
        """Wait until what was being made has stopped; nothing half made stays."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    # -- Asking -------------------------------------------------------------------------------

    @contextmanager
    def _one_more_waits(self) -> Iterator[None]:
        with self._guard:
            if self._waiting >= WAITING_MOST:
                raise _busy()
            self._waiting += 1
        try:
            yield
        finally:
            with self._guard:
                self._waiting -= 1

    def _job(self, session_id: str, target: Path, moments: Sequence[ClipMoment], look: Look) -> _Job | None:
        """The job that makes ``target``, begun by this request or an earlier one; None once it is there."""
        pieces = self._pieces(session_id, moments, look)
        self._sessions.require_room()
        with self._guard:
            known = self._jobs.get(target)
            if known is not None:
                return known
            if target.is_file():
                return None
            if self._closing.is_set():
                raise _closing()
            if len(self._jobs) >= QUEUED_MOST:
                raise _busy()
            job = self._jobs[target] = _Job(session_id, target)
            job.future = self._pool.submit(self._make, job, pieces, Framing(look.aspect, look.longest_side_px))
        return job

    def _pieces(self, session_id: str, moments: Sequence[ClipMoment], look: Look) -> list[Piece]:
        path = self._sessions.source(session_id).video_path
        return [Piece(path, one.span, one.description if look.captions else "") for one in moments]

    # -- Making -------------------------------------------------------------------------------

    def _make(self, job: _Job, pieces: Sequence[Piece], framing: Framing) -> None:
        started_s = time.monotonic()
        job.begun = True

        def check() -> None:
            if self._closing.is_set():
                raise _closing()
            if job.stopped.is_set():
                raise Cancelled("The video was deleted, or its highlights were changed, while the clip was made.")
            if time.monotonic() - started_s > WORK_MOST_S:
                raise ClipError("Making this clip takes too long.", hint="Ask for a shorter one.")

        try:
            if job.target.is_file():  # made since it was asked for
                return
            check()
            self._write(job, pieces, framing, check)
            log_event("rendered", session=job.session_id, took_s=time.monotonic() - started_s, pieces=len(pieces))
        except (Cancelled, ServiceClosing):
            raise
        except Exception as error:  # whatever it is: who only asks would else begin it again and again
            self._remember(job.target, error)
            raise
        finally:
            with self._guard:
                self._jobs.pop(job.target, None)

    def _remember(self, target: Path, error: Exception) -> None:
        with self._guard:
            while len(self._failed) >= QUEUED_MOST:
                self._failed.pop(next(iter(self._failed)))
            self._failed[target] = error

    def _write(self, job: _Job, pieces: Sequence[Piece], framing: Framing, check: CheckCancelled) -> None:
        """Raises: SessionNotFound: it was deleted meanwhile; ClipError; Cancelled from ``check``."""
        folder = job.target.parent
        try:
            folder.mkdir(exist_ok=True)
        except FileNotFoundError as error:
            raise SessionNotFound("There is no such session any more.") from error
        if len(pieces) == 1:
            cut_clip(pieces[0], job.target, framing, check, job.at)
        else:
            render(pieces, job.target, framing, check, job.at)
        if not self._sessions.note_renders(job.session_id, _make_room(folder, job.target)):
            rmtree(folder.parent, ignore_errors=True)
            raise SessionNotFound("There is no such session any more.")


def movie_name(video_name: str, what: str, look: Look) -> str:
    """What to save a file as: ``holiday h1 9x16.mp4``."""
    shape = "" if look.aspect is Aspect.ORIGINAL else f" {look.aspect.replace(':', 'x')}"
    return f"{Path(video_name).stem[:NAME_CHARS].strip() or 'video'} {what}{shape}.mp4"


def _busy() -> RendererBusy:
    return RendererBusy("Many clips are being made at the moment.", hint="Try again in some seconds.")


def _closing() -> ServiceClosing:
    return ServiceClosing("The server is being restarted.", hint="Try again in half a minute.")


def _wait_for(job: _Job) -> None:
    try:
        job.future.result(WAIT_S)
    except TimeoutError as error:
        raise RendererBusy("This clip is still being made.", hint="Ask for it again in some seconds.") from error
    except CancelledError as error:
        raise _closing() from error


def _key(moments: Sequence[ClipMoment], look: Look) -> str:
    """What tells one file from another: times and, where they are shown, words."""
    shown = [[one.span.start_s, one.span.end_s, one.description if look.captions else ""] for one in moments]
    parameters = json.dumps([VERSION, shown, look.aspect, look.longest_side_px])
    return sha256(parameters.encode()).hexdigest()[:32]


def _mark_used(path: Path) -> None:
    """The time of use; that of the change stays, as clients know the file by it."""
    with suppress(FileNotFoundError):
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))


def _make_room(folder: Path, newest: Path) -> int:
    """Removes the longest unused files over the limit, and what killed processes left; the bytes that stay."""
    for path in folder.glob("*.partial"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > STALE_PARTIAL_S:
                path.unlink()
    sizes = {path: path.stat() for path in folder.glob("*.mp4")}
    total = sum(one.st_size for one in sizes.values())
    for path, found in sorted(sizes.items(), key=lambda item: item[1].st_atime_ns):
        if total > KEPT_MOST_BYTES and path != newest:
            path.unlink(missing_ok=True)
            total -= found.st_size
    return total
