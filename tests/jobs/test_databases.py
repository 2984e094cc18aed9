"""One story over every database: SQLite, the default, and PostgreSQL, where a fleet meets."""

import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from smolvlm_core.analysis.corrections import Edit, SetFields
from smolvlm_core.analysis.report import workout_report
from smolvlm_core.domain import Limits, Status
from smolvlm_core.errors import QueueFull, SessionExpired, SessionNotFound
from smolvlm_core.jobs.store import Store
from tests.services import HIGHLIGHTS, finished, running_service
from tests.workouts import counted, exercise, workout


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'jobs.sqlite'}"


def test_a_session_from_birth_to_death(database_url: str, tmp_path: Path, clip: Path) -> None:
    with running_service(tmp_path / "data", database_url=database_url) as service:
        session_id = service.adopt(clip, "Übung 日本.mp4").session_id
        service.start_analysis(session_id, HIGHLIGHTS)
        done = service.wait(session_id, 30)
        assert (done.status, done.video.filename) == (Status.COMPLETED, "Übung 日本.mp4")
        assert service.results(session_id).results["total_segments_analyzed"] == 4
        service.delete(session_id)
        with pytest.raises(SessionNotFound):
            service.session(session_id)


OLDER_TASKS = """
CREATE TABLE tasks (
    id VARCHAR(36) NOT NULL PRIMARY KEY, session_id VARCHAR(36) NOT NULL, state VARCHAR(16) NOT NULL,
    options JSON NOT NULL, created_at FLOAT NOT NULL, percent FLOAT NOT NULL, step TEXT NOT NULL,
    segments_completed INTEGER NOT NULL, segments_total INTEGER NOT NULL, busy_s FLOAT NOT NULL,
    error_code VARCHAR(64), error_message TEXT)
"""
"""As version 0.1 made it: without the column ``best``."""


def test_a_database_of_an_older_version_gets_what_is_new(tmp_path: Path, clip: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as older, older:
        older.execute(OLDER_TASKS)
        older.execute(
            "INSERT INTO tasks VALUES ('old', 'gone', 'completed', '{}', 1, 100, 'Done', 1, 1, 2, NULL, NULL)"
        )
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    for again in (False, True):
        with running_service(tmp_path / "data", database_url=url) as service:
            session_id = service.adopt(clip, "clip.mp4").session_id
            service.start_analysis(session_id, HIGHLIGHTS)
            assert service.wait(session_id, 30).status is Status.COMPLETED, f"opened again: {again}"
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as newer:
        columns = [column[1] for column in newer.execute("PRAGMA table_info(tasks)")]
        kept = newer.execute("SELECT state, step, best FROM tasks WHERE id = 'old'").fetchall()
    assert columns.count("best") == 1
    assert kept == [("completed", "Done", None)]


def test_corrections_made_at_once_all_arrive(database_url: str, tmp_path: Path, clip: Path) -> None:
    report = workout_report(workout(*(exercise("Squat", counted(10.0 * place, 4, 2.0)) for place in range(6))))
    edits = [Edit(SetFields(note=f"note {number}"), set_number=number) for number in range(1, 7)]
    edits += [Edit(SetFields(repetitions=number), set_number=number) for number in range(1, 7)]
    with running_service(tmp_path / "data", database_url=database_url) as service:
        session_id = finished(service, clip, report)
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda edit: service.correct(session_id, edit), edits))
        steps = service.results(session_id).results["exercise_steps"]
    assert [step["corrected"]["note"] for step in steps] == [f"note {number}" for number in range(1, 7)]
    assert [step["repetitions"] for step in steps] == [1, 2, 3, 4, 5, 6]


def test_claims_are_exclusive_and_the_queue_is_bounded(database_url: str, tmp_path: Path, clip: Path) -> None:
    limits = Limits(queue_limit=1)
    with running_service(tmp_path / "data", limits=limits, database_url=database_url, concurrency=0) as service:
        first, second = (service.adopt(clip, name).session_id for name in ("1.mp4", "2.mp4"))
        service.start_analysis(first, HIGHLIGHTS)
        with pytest.raises(QueueFull):
            service.start_analysis(second, HIGHLIGHTS)
        service.cancel(first)
        service.start_analysis(second, HIGHLIGHTS)
        assert service.session(second).queue_position == 1
        assert service.load().queued == 1


def test_time_runs_out(database_url: str, tmp_path: Path, clip: Path) -> None:
    with running_service(
        tmp_path / "data", database_url=database_url, limits=Limits(session_ttl_s=0.1)
    ) as service:
        session_id = service.adopt(clip, "clip.mp4").session_id
        time.sleep(0.2)
        service.tidy()
        with pytest.raises(SessionExpired):
            service.session(session_id)


@pytest.mark.postgres
def test_a_worker_on_another_process_does_the_work(postgres_url: str, tmp_path: Path, clip: Path) -> None:
    environment = os.environ | {
        "SMOLVLM_DATABASE_URL": postgres_url,
        "SMOLVLM_DATA_DIR": str(tmp_path / "data"),
        "SMOLVLM_BACKEND": "signals",
        "SMOLVLM_POSE": "off",
        "SMOLVLM_WORKER_ID": "worker-1",
    }
    with running_service(tmp_path / "data", database_url=postgres_url, concurrency=0) as service:
        session_id = service.adopt(clip, "clip.mp4").session_id
        service.start_analysis(session_id, HIGHLIGHTS)
        worker = subprocess.Popen([sys.executable, "-m", "smolvlm_core.worker"], env=environment)
        try:
            assert service.wait(session_id, 60).status is Status.COMPLETED
            assert service.results(session_id).results["model"]["backend"] == "signals"
        finally:
            worker.terminate()
            assert worker.wait(20) == 0


@pytest.mark.postgres
def test_workers_that_start_at_once_add_a_new_column_once(postgres_url: str) -> None:
    Store(postgres_url).close()
    engine = sa.create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://", 1))
    for _ in range(5):
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE tasks DROP COLUMN best")
        with ThreadPoolExecutor(4) as workers:
            for store in workers.map(Store, [postgres_url] * 4):
                store.close()
        columns = [column["name"] for column in sa.inspect(engine).get_columns("tasks")]
        assert columns.count("best") == 1
    engine.dispose()
