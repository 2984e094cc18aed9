"""Work is done on the account of whoever asked for it, and what tells the account is written nowhere."""

import gc
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from dbos import DBOS

from smolvlm_core.domain import CheckCancelled, Status
from smolvlm_core.jobs.visits import Visit, nobody, nobody_asks
from tests.fakes import ScriptedEngine
from tests.jobs.conftest import until
from tests.services import HIGHLIGHTS, running_service

NOBODY = "nobody"
ACCOUNT: ContextVar[str] = ContextVar("account", default=NOBODY)


class Visits:
    """Everybody who asks is the one whose name is set at that moment."""

    def __init__(self) -> None:
        self.name = NOBODY
        self.made: list[weakref.ref[object]] = []

    def __call__(self) -> Visit:
        name = self.name

        @contextmanager
        def visit() -> Iterator[None]:
            before = ACCOUNT.set(name)
            try:
                yield
            finally:
                ACCOUNT.reset(before)

        self.made.append(weakref.ref(visit))
        return visit


class Ledger:
    """Writes down on whose account each question is answered; holds the first one until it is opened."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self.accounts: list[str] = []
        self.entered, self.opened = threading.Event(), threading.Event()
        engine.model.before_reply = self.note

    def note(self, check: CheckCancelled) -> None:
        self.accounts.append(ACCOUNT.get())
        self.entered.set()
        while not self.opened.wait(0.01):
            check()


def test_each_task_is_on_the_account_of_whoever_asked(tmp_path: Path, clip: Path, engine: ScriptedEngine) -> None:
    visits, ledger = Visits(), Ledger(engine)
    ledger.opened.set()
    with running_service(tmp_path / "data", engine, visits=visits) as service:
        sessions = [service.adopt(clip, clip.name).session_id for _ in range(2)]
        for visits.name, session_id in zip(("Ada", "Bea"), sessions, strict=True):
            service.start_analysis(session_id, HIGHLIGHTS)
        assert [service.wait(session_id, 60).status for session_id in sessions] == [Status.COMPLETED] * 2
    half = len(ledger.accounts) // 2
    assert ledger.accounts == ["Ada"] * half + ["Bea"] * half
    assert ACCOUNT.get() == NOBODY


def test_what_tells_the_account_is_in_no_file(tmp_path: Path, clip: Path, engine: ScriptedEngine) -> None:
    visits, ledger = Visits(), Ledger(engine)
    visits.name = "a-secret-of-a-visitor"
    with running_service(tmp_path / "data", engine, visits=visits) as service:
        session_id = service.adopt(clip, clip.name).session_id
        service.start_analysis(session_id, HIGHLIGHTS)
        assert ledger.entered.wait(30)
        texts = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
        assert len(texts) >= 3
        assert not any(visits.name.encode() in text for text in texts)
        ledger.opened.set()
        assert service.wait(session_id, 60).status is Status.COMPLETED
        assert visits.name not in str(service.results(session_id))
    assert set(ledger.accounts) == {visits.name}


def test_after_a_restart_the_work_goes_on_and_is_nobodys(
    tmp_path: Path, clip: Path, engine: ScriptedEngine
) -> None:
    visits, ledger = Visits(), Ledger(engine)
    visits.name = "Ada"
    with running_service(tmp_path / "data", engine, visits=visits) as service:
        session_id = service.adopt(clip, clip.name).session_id
        service.start_analysis(session_id, HIGHLIGHTS)
        assert ledger.entered.wait(30)
    ledger.opened.set()
    before = len(ledger.accounts)
    with running_service(tmp_path / "data", engine, visits=visits) as service:
        assert service.wait(session_id, 60).status is Status.COMPLETED
    assert ledger.accounts[:before] == ["Ada"] * before
    assert set(ledger.accounts[before:]) == {NOBODY}


def has_ended(task_id: str) -> bool:
    status = DBOS.get_workflow_status(task_id)
    return status is not None and status.status not in ("ENQUEUED", "PENDING")


def test_nothing_is_kept_of_a_task_that_ended_or_never_began(
    tmp_path: Path, clip: Path, engine: ScriptedEngine
) -> None:
    visits, ledger = Visits(), Ledger(engine)
    with running_service(tmp_path / "data", engine, visits=visits) as service:
        first, second = (service.adopt(clip, clip.name).session_id for _ in range(2))
        service.start_analysis(first, HIGHLIGHTS)
        assert ledger.entered.wait(30)
        cancelled = service.start_analysis(second, HIGHLIGHTS).task_id
        service.cancel(second)
        ledger.opened.set()
        assert service.wait(first, 60).status is Status.COMPLETED
        until(lambda: has_ended(cancelled))  # or DBOS may begin with it just as it is closed, and log an error
        gc.collect()
        assert [made() for made in visits.made] == [None, None]


def test_a_process_that_only_queues_keeps_nothing(tmp_path: Path, clip: Path, engine: ScriptedEngine) -> None:
    visits = Visits()
    with running_service(tmp_path / "data", engine, concurrency=0, visits=visits) as service:
        service.start_analysis(service.adopt(clip, clip.name).session_id, HIGHLIGHTS)
        assert visits.made == []


def test_usually_nobody_is_asked_who_asks() -> None:
    assert nobody_asks() is nobody
    with nobody():
        assert ACCOUNT.get() == NOBODY
