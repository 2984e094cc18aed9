"""A real ``JobService`` on a SQLite file in a temporary folder, with a scripted model."""

import json
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import pytest

from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Limits, Status
from smolvlm_core.jobs import estimates
from smolvlm_core.jobs.service import JobService
from smolvlm_core.jobs.sessions import SessionManager
from smolvlm_core.jobs.store import Store
from smolvlm_core.jobs.task_run import Clock
from smolvlm_core.jobs.tasks import Engine, TaskManager, TaskOptions
from smolvlm_core.jobs.visits import Visits, nobody_asks
from smolvlm_core.models.base import PoseSource
from tests.fakes import NoPose, ScriptedEngine

NO_LIMITS = Limits()
HIGHLIGHTS = AnalysisOptions(AnalysisType.HIGHLIGHTS, segment_duration_s=2.0)
WORKOUT = AnalysisOptions(AnalysisType.WORKOUT)
DATABASE = "jobs.sqlite"  # in the data folder


def make_service(
    data_dir: Path,
    engine: Engine | None = None,
    limits: Limits = NO_LIMITS,
    database_url: str | None = None,
    concurrency: int = 1,
    poses: PoseSource | None = None,
    *,
    clock: Clock = time.monotonic,
    visits: Visits = nobody_asks,
) -> JobService:
    """A service over ``data_dir``, not started."""
    engine = engine or ScriptedEngine()
    data_dir.mkdir(parents=True, exist_ok=True)
    url = database_url or f"sqlite:///{data_dir / DATABASE}"
    store = Store(url)
    sessions = SessionManager(store, data_dir, limits)
    options = TaskOptions(url, concurrency=concurrency, queue_limit=limits.queue_limit, clock=clock)
    return JobService(
        sessions, TaskManager(store, sessions, engine, poses or NoPose(), options, visits), engine, limits
    )


@contextmanager
def running_service(
    data_dir: Path,
    engine: Engine | None = None,
    limits: Limits = NO_LIMITS,
    database_url: str | None = None,
    concurrency: int = 1,
    poses: PoseSource | None = None,
    *,
    clock: Clock = time.monotonic,
    visits: Visits = nobody_asks,
) -> Iterator[JobService]:
    """The same, started, and closed at the end. One at a time in a process: DBOS is one per process."""
    if database_url is None and not (data_dir / DATABASE).exists():
        used = used_database()
        data_dir.mkdir(parents=True, exist_ok=True)
        (data_dir / DATABASE).write_bytes(used)
    service = make_service(data_dir, engine, limits, database_url, concurrency, poses, clock=clock, visits=visits)
    service.start()
    try:
        yield service
    finally:
        service.close()


@cache
def used_database() -> bytes:
    """A database that a service was started on before, without sessions and tasks.

    In a new one, DBOS makes its tables first, and looks for the new queue only after a second.
    """
    with tempfile.TemporaryDirectory() as folder:
        service = make_service(Path(folder))
        service.start()
        service.close()
        with closing(sqlite3.connect(Path(folder) / DATABASE)) as database:
            return database.serialize()


def finished(service: JobService, clip: Path, report: Report) -> str:
    """The id of a session of ``clip`` whose workout came out as ``report``."""
    session_id = service.adopt(clip, clip.name).session_id
    service.start_analysis(session_id, WORKOUT)
    assert service.wait(session_id, timeout_s=60).status is Status.COMPLETED
    service.results_path(session_id).write_text(json.dumps(report), encoding="utf-8")
    return session_id


def time_short_work_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Estimates are learned of any analysis, however little it takes."""
    monkeypatch.setattr(estimates, "LEAST_S", 0.0)
    monkeypatch.setattr(estimates, "FIXED_S", 0.0)
