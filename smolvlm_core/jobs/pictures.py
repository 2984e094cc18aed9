"""``Pictures``: small stills of a session's video, made when first asked for, kept in the session's folder."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smolvlm_core.analysis.clock import DECIMALS
from smolvlm_core.errors import PictureNotFound, RendererBusy, SessionNotFound
from smolvlm_core.jobs.sessions import SessionManager
from smolvlm_core.video.thumbnails import thumbnails

MAKE_MOST_S = 5.0  # for one: a video without an index is decoded from its start
WAIT_S = 30.0  # until it is one's turn
WAITING_MOST = 12  # requests: each holds one of the server's 40 threads
AGAIN_AFTER_S = 600.0  # it is looked for once more where there was none
KEPT_MOST = 200  # of one session, 10 to 40 KB each; the oldest go first


class Pictures:
    """Safe from any thread. One is made at a time, so that an analysis goes on beside it."""

    def __init__(self, sessions: SessionManager) -> None:
        self._sessions = sessions
        self._making = threading.Lock()
        self._waiting = threading.BoundedSemaphore(WAITING_MOST)

    def at(self, session_id: str, time_s: float) -> Path:
        """The JPEG of what is shown at this time; after the end, of the last picture.

        Raises: SessionNotFound, SessionExpired; PictureNotFound, RendererBusy, DiskBudgetSpent.
        """
        source = self._sessions.source(session_id)
        time_s = round(min(time_s, source.info.duration_s), DECIMALS)
        path = self._sessions.pictures_path(session_id) / f"{round(time_s * 10**DECIMALS)}.jpg"
        if not _is_settled(path):
            with self._my_turn():
                if not _is_settled(path):  # made meanwhile
                    self._make(session_id, source.video_path, time_s, path)
        if not path.is_file() or not path.stat().st_size:
            raise PictureNotFound("The video has no picture that can be shown at this time.")
        return path

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        busy = RendererBusy("Many pictures are being made at the moment.", hint="Try again in some seconds.")
        if not self._waiting.acquire(blocking=False):
            raise busy
        try:
            if not self._making.acquire(timeout=WAIT_S):
                raise busy
            try:
                yield
            finally:
                self._making.release()
        finally:
            self._waiting.release()

    def _make(self, session_id: str, video_path: Path, time_s: float, path: Path) -> None:
        """An empty file where there is no picture: it would hardly be there a moment later either."""
        self._sessions.require_room()
        (jpeg,) = thumbnails(video_path, [time_s], MAKE_MOST_S)
        partial = path.with_suffix(".partial")
        try:
            path.parent.mkdir(exist_ok=True)
            partial.write_bytes(jpeg or b"")
            partial.replace(path)
        except FileNotFoundError as error:
            raise SessionNotFound("There is no such session any more.") from error
        self._sessions.note_pictures(session_id, _make_room(path.parent))


def _is_settled(path: Path) -> bool:
    """Whether it is there, or was looked for in vain not long ago: the machine may have been busy."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return found.st_size > 0 or time.time() - found.st_mtime < AGAIN_AFTER_S


def _make_room(folder: Path) -> int:
    """Removes the oldest over the limit; the bytes that stay."""
    found = sorted(((path, path.stat()) for path in folder.glob("*.jpg")), key=lambda one: one[1].st_mtime_ns)
    for path, _ in found[:-KEPT_MOST]:
        path.unlink(missing_ok=True)
    return sum(stat.st_size for _, stat in found[-KEPT_MOST:])
