"""An update that changes the steps of an analysis: what was queued or running before it ends, and says why."""

from pathlib import Path

import pytest

from smolvlm_core.domain import Status
from smolvlm_core.errors import TaskLost
from smolvlm_core.jobs import tasks
from smolvlm_core.jobs.service import JobService
from tests.fakes import ScriptedEngine
from tests.jobs.test_service import Gate
from tests.services import HIGHLIGHTS, running_service

OLDER, OURS, NEWER = str(int(tasks.STEPS_VERSION) - 1), tasks.STEPS_VERSION, str(int(tasks.STEPS_VERSION) + 1)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "LOST_AFTER_S", 0.0)


def queued_by(version: str, folder: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The session of a task that waits in the queue of a process that is gone."""
    monkeypatch.setattr(tasks, "STEPS_VERSION", version)
    with running_service(folder, concurrency=0) as service:
        session_id = service.adopt(clip, "clip.mp4").session_id
        service.start_analysis(session_id, HIGHLIGHTS)
    monkeypatch.setattr(tasks, "STEPS_VERSION", OURS)
    return session_id


def interrupted_by(version: str, folder: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same of one that ran."""
    monkeypatch.setattr(tasks, "STEPS_VERSION", version)
    engine = ScriptedEngine()
    gate = Gate(engine.model)
    with running_service(folder, engine) as service:
        session_id = service.adopt(clip, "clip.mp4").session_id
        service.start_analysis(session_id, HIGHLIGHTS)
        assert gate.entered.wait(20)
    monkeypatch.setattr(tasks, "STEPS_VERSION", OURS)
    return session_id


def assert_lost(service: JobService, session_id: str) -> None:
    view = service.session(session_id)
    assert view.status is Status.FAILED
    assert view.error is not None
    assert view.error.code == TaskLost.code
    assert "updated" in view.error.message
    service.start_analysis(session_id, HIGHLIGHTS)
    assert service.wait(session_id, 30).status is Status.COMPLETED


def test_a_queued_task_of_an_older_version_ends_as_lost(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = queued_by(OLDER, tmp_path, clip, monkeypatch)
    with running_service(tmp_path) as service:
        service.tidy()
        assert_lost(service, session_id)


def test_an_interrupted_task_of_an_older_version_ends_as_lost(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = interrupted_by(OLDER, tmp_path, clip, monkeypatch)
    with running_service(tmp_path) as service:
        service.tidy()
        assert_lost(service, session_id)


def test_a_task_of_a_newer_version_waits_for_a_worker_of_it(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a fleet is updated one by one, the older processes leave alone what they cannot do."""
    session_id = queued_by(NEWER, tmp_path, clip, monkeypatch)
    with running_service(tmp_path) as service:
        service.tidy()
        assert service.session(session_id).status is Status.ANALYZING
