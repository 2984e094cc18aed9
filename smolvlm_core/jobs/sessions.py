"""``SessionManager``: a session is a row and a folder, both made together and gone together.

Knows no analysis: what a task does with the folder is not its business.
"""

import shutil
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from smolvlm_core.analysis.report import Report, found_in
from smolvlm_core.analysis.run import Source
from smolvlm_core.domain import JSONValue, Limits, Status, VideoInfo
from smolvlm_core.errors import AlreadyAnalyzing, DiskBudgetSpent, SessionExpired, SessionNotFound, UploadTooLarge
from smolvlm_core.jobs.reports import draft
from smolvlm_core.jobs.store import EXPIRED, SESSIONS, TASKS, Store
from smolvlm_core.log import log_event
from smolvlm_core.video.probe import probe

ORPHAN_AFTER_S = 3600.0  # a folder without a row is an upload under way until it is this old
TOMBSTONE_S = 30 * 86400.0  # how long an expired id still answers 410
PARTIAL_NAME = "upload.partial"
VIDEO_SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".3gp", ".mkv", ".webm", ".avi", ".mpg", ".mpeg"),
    *(".ts", ".mts", ".m2ts", ".flv", ".ogv", ".gif", ".wmv"),
)


# Built once: pollers ask this many times a second.
_JOINED = sa.select(
    SESSIONS, *(column.label(f"task_{column.name}") for column in TASKS.c if column.name != "id")
).select_from(SESSIONS.outerjoin(TASKS, TASKS.c.id == SESSIONS.c.task_id))
WITH_TASK = _JOINED.where(SESSIONS.c.id == sa.bindparam("session_id"))


def gibibytes(size_bytes: int) -> str:
    """For people: ``2 GiB``, ``350 MiB``."""
    gib = size_bytes / 1024**3
    return f"{gib:.3g} GiB" if gib >= 1 else f"{size_bytes / 1024**2:.3g} MiB"


@dataclass(slots=True)
class PendingUpload:
    """A place for bytes on their way in. Write to ``path``, then ``commit`` or ``discard``."""

    session_id: str
    path: Path
    write_limit_bytes: int
    filename: str
    description: str
    _sessions: "SessionManager"
    _committed: bool = False

    def commit(self) -> str:
        """Probe the file and make it a session; its id. Nothing is left when it cannot be used.

        Raises: InputError: why the video cannot be used.
        """
        try:
            self._sessions.insert(self)
            self._committed = True
        finally:
            self.discard()
        return self.session_id

    def discard(self) -> None:
        """Remove every trace; does nothing after a commit that succeeded."""
        self._sessions.arrived(self.session_id)
        if not self._committed:
            shutil.rmtree(self.path.parent, ignore_errors=True)


class SessionManager:
    """Owns the rows of ``sessions`` and the folders ``<data_dir>/<session id>/``."""

    def __init__(self, store: Store, data_dir: Path, limits: Limits) -> None:
        self._store = store
        self._data_dir = data_dir.resolve()
        self._limits = limits
        self._data_dir.mkdir(parents=True, exist_ok=True)
        self._incoming: dict[str, int] = {}  # bytes expected of each upload under way

    def close(self) -> None:
        """Give the database's connections back."""
        self._store.close()

    # -- Coming in ---------------------------------------------------------------------------

    def new_upload(self, filename: str, description: str = "", expected_bytes: int | None = None) -> PendingUpload:
        """A folder for an upload that begins now.

        Raises: UploadTooLarge, DiskBudgetSpent: known before the first byte.
        """
        most = self._limits.max_upload_bytes
        if expected_bytes is not None and expected_bytes > most:
            raise self.too_large()
        self.require_room(sum(list(self._incoming.values())) + (expected_bytes or 0))
        session_id = str(uuid.uuid4())
        folder = self._data_dir / session_id
        folder.mkdir()
        self._incoming[session_id] = expected_bytes or 0
        return PendingUpload(session_id, folder / PARTIAL_NAME, most, filename, description, self)

    def require_room(self, coming_bytes: int = 0) -> None:
        """Raises: DiskBudgetSpent: with so many bytes more, the files of all sessions would take too much."""
        if self.disk_used_bytes() + coming_bytes > self._limits.disk_budget_bytes:
            raise DiskBudgetSpent(
                "The server's storage is full at the moment.", hint="Try again in a few minutes."
            )

    def arrived(self, session_id: str) -> None:
        """The upload's bytes are counted by its row from here on, or not at all."""
        self._incoming.pop(session_id, None)

    def too_large(self) -> UploadTooLarge:
        """The error of an upload over the limit, for whoever counts the bytes."""
        most = gibibytes(self._limits.max_upload_bytes)
        return UploadTooLarge(
            f"The file is larger than {most}, the most this server takes.", hint="Send a shorter part."
        )

    def insert(self, upload: PendingUpload) -> None:
        """Probe the uploaded file and add its row. Called by ``PendingUpload.commit``."""
        if upload.path.stat().st_size > upload.write_limit_bytes:
            raise self.too_large()
        info = probe(upload.path, upload.filename, self._limits)
        file_name = "video" + _safe_suffix(upload.filename)
        upload.path.rename(upload.path.with_name(file_name))
        now = time.time()
        row = {
            "id": upload.session_id,
            "status": Status.UPLOADED,
            "description": upload.description,
            "video": _video_row(info),
            "file_name": file_name,
            "size_bytes": info.size_bytes,
            "created_at": now,
            "expires_at": now + self._limits.session_ttl_s,
        }
        with self._store.writing() as connection:
            connection.execute(SESSIONS.insert().values(row))
        log_event("session_created", session=upload.session_id, codec=info.codec, duration_s=info.duration_s)

    # -- Looking up --------------------------------------------------------------------------

    def row(self, session_id: str) -> sa.Row[Any]:
        """The session joined with its latest task (columns of the task are None without one).

        Raises: SessionNotFound, SessionExpired.
        """
        with self._store.reading() as connection:
            row = connection.execute(WITH_TASK, {"session_id": session_id}).one_or_none()
            if row is not None:
                return row
            expired = connection.execute(sa.select(EXPIRED.c.id).where(EXPIRED.c.id == session_id)).one_or_none()
        if expired is not None:
            raise SessionExpired(
                "This session's time is up and its files were deleted.", hint="Upload the video again."
            )
        raise SessionNotFound("There is no such session.", hint="Check the link, or upload the video again.")

    def rows(self, session_ids: Sequence[str]) -> tuple[Sequence[sa.Row[Any]], frozenset[str]]:
        """Those of these sessions that there are, as ``row``; and the ids of those whose time was up."""
        with self._store.reading() as connection:
            rows = connection.execute(_JOINED.where(SESSIONS.c.id.in_(session_ids))).all()
            expired = connection.execute(sa.select(EXPIRED.c.id).where(EXPIRED.c.id.in_(session_ids)))
            return rows, frozenset(expired.scalars())

    def source(self, session_id: str) -> Source:
        """Where the session's video lies and what was probed of it."""
        row = self.row(session_id)
        folder = self._data_dir / row.id
        return Source(folder / row.file_name, folder / "curves.npz", video_of(row.video))

    def results_path(self, session_id: str) -> Path:
        """Where the latest results are written."""
        return self._data_dir / session_id / "results.json"

    def replace_results(self, session_id: str, task_id: str | None, report: Report) -> None:
        """Put another report in the place of the one this task ended with, and start the time to live anew.

        Raises: AlreadyAnalyzing: another analysis began since; SessionNotFound: it was deleted.
        """
        path = self.results_path(session_id)
        expires_at = time.time() + self._limits.session_ttl_s
        still_so = SESSIONS.update().where(
            SESSIONS.c.id == session_id, SESSIONS.c.status == Status.COMPLETED, SESSIONS.c.task_id == task_id
        )
        try:
            # An analysis that begins waits for this transaction, so what it will write stays the last word.
            with draft(path, report) as written, self._store.writing() as connection:
                if connection.execute(still_so.values(expires_at=expires_at)).rowcount == 0:
                    raise AlreadyAnalyzing("This video has been analyzed again.", hint="Look at that first.")
                connection.execute(TASKS.update().where(TASKS.c.id == task_id).values(found=found_in(report)))
                written.replace(path)
        except FileNotFoundError as error:
            raise SessionNotFound("There is no such session any more.") from error

    def renders_path(self, session_id: str) -> Path:
        """The folder of the session's clips and reels."""
        return self._data_dir / session_id / "renders"

    def note_renders(self, session_id: str, size_bytes: int) -> bool:
        """Have the session's clips and reels count with this many bytes; False if there is no such session."""
        with self._store.writing() as connection:
            update = SESSIONS.update().where(SESSIONS.c.id == session_id).values(renders_bytes=size_bytes)
            return connection.execute(update).rowcount > 0

    def preview_path(self, session_id: str) -> Path:
        """Where the version for browsers lies, once there is one."""
        return self._data_dir / session_id / "preview.mp4"

    def note_preview(self, session_id: str, size_bytes: int) -> bool:
        """Have the session's preview be there and count; False if there is no such session."""
        with self._store.writing() as connection:
            update = SESSIONS.update().where(SESSIONS.c.id == session_id).values(preview_bytes=size_bytes)
            return connection.execute(update).rowcount > 0

    def pictures_path(self, session_id: str) -> Path:
        """The folder of the session's stills."""
        return self._data_dir / session_id / "pictures"

    def note_pictures(self, session_id: str, size_bytes: int) -> None:
        """Have the session's stills count with this many bytes."""
        with self._store.writing() as connection:
            mine = SESSIONS.update().where(SESSIONS.c.id == session_id)
            connection.execute(mine.values(pictures_bytes=size_bytes))

    def disk_used_bytes(self) -> int:
        """What uploads, previews, clips, reels and stills of all sessions take together."""
        columns = (SESSIONS.c.renders_bytes, SESSIONS.c.preview_bytes, SESSIONS.c.pictures_bytes)
        each = sum((sa.func.coalesce(column, 0) for column in columns), SESSIONS.c.size_bytes)
        with self._store.reading() as connection:
            return int(connection.execute(sa.select(sa.func.coalesce(sa.func.sum(each), 0))).scalar_one())

    def count(self) -> int:
        """How many sessions there are."""
        with self._store.reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(SESSIONS)).scalar_one())

    # -- Going out ---------------------------------------------------------------------------

    def keep_alive(self, session_id: str) -> None:
        """Start the session's time to live anew."""
        expires_at = time.time() + self._limits.session_ttl_s
        with self._store.writing() as connection:
            connection.execute(SESSIONS.update().where(SESSIONS.c.id == session_id).values(expires_at=expires_at))

    def expired(self) -> tuple[str, ...]:
        """Ids of sessions whose time is up, those under analysis excepted."""
        query = sa.select(SESSIONS.c.id).where(
            SESSIONS.c.expires_at < time.time(), SESSIONS.c.status != Status.ANALYZING
        )
        with self._store.reading() as connection:
            return tuple(connection.execute(query).scalars())

    def delete(self, session_id: str, *, expired: bool = False) -> None:
        """Remove the session's rows and folder; an expired one leaves its id behind."""
        with self._store.writing() as connection:
            connection.execute(TASKS.delete().where(TASKS.c.session_id == session_id))
            deleted = connection.execute(SESSIONS.delete().where(SESSIONS.c.id == session_id)).rowcount
            if expired and deleted:  # two rounds of tidying may meet here
                connection.execute(EXPIRED.insert().values(id=session_id, expired_at=time.time()))
        shutil.rmtree(self._data_dir / session_id, ignore_errors=True)
        log_event("session_expired" if expired else "session_deleted", session=session_id)

    def tidy(self) -> None:
        """Remove folders that no session owns, left by a killed process, and old tombstones."""
        with self._store.writing() as connection:
            connection.execute(EXPIRED.delete().where(EXPIRED.c.expired_at < time.time() - TOMBSTONE_S))
        with self._store.reading() as connection:
            known = set(connection.execute(sa.select(SESSIONS.c.id)).scalars())
        for folder in self._data_dir.iterdir():
            if folder.name in known or not folder.is_dir() or not _is_session_id(folder.name):
                continue
            if time.time() - _last_change(folder) > ORPHAN_AFTER_S:
                shutil.rmtree(folder, ignore_errors=True)
                log_event("orphan_removed", session=folder.name)


def _safe_suffix(filename: str) -> str:
    """The file's own suffix where it is a video's, so that browsers know what they get; else ``.mp4``."""
    suffix = Path(filename).suffix.lower()
    return suffix if suffix in VIDEO_SUFFIXES else ".mp4"


def _is_session_id(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _last_change(folder: Path) -> float:
    return max((path.stat().st_mtime for path in (folder, *folder.iterdir())), default=0.0)


def _video_row(info: VideoInfo) -> dict[str, JSONValue]:
    return {name: getattr(info, name) for name in VideoInfo.__slots__} | {"fps": str(info.fps)}


def video_of(stored: dict[str, JSONValue]) -> VideoInfo:
    return VideoInfo(**(stored | {"fps": Fraction(stored["fps"])}))
