"""Where the pose model comes from: one fetches and the others wait; a failure is remembered for a while."""

import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from smolvlm_core.domain import CheckCancelled, never_cancelled
from smolvlm_core.errors import Cancelled, ModelUnavailable
from smolvlm_core.exercise import PoseInfo
from smolvlm_core.models.base import PoseModel
from smolvlm_core.models.pose_source import BlazePoseSource, PoseSourceOptions
from tests.fakes import ScriptedPose

NO_NETWORK = ModelUnavailable("The pose model could not be fetched: no network.", hint="Set SMOLVLM_POSE_DIR.")
FETCHED = Path("fetched")
WAIT_S = 5


class Fetches:
    """A fetch that plays outcomes back, the last one for ever; each waits for ``may_end``."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self._outcomes = list(outcomes or [None])
        self.data_dirs: list[Path] = []
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self, data_dir: Path, check: CheckCancelled) -> Path:
        self.data_dirs.append(data_dir)
        self.begun.release()
        assert self.may_end.wait(WAIT_S)
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if outcome is not None:
            raise outcome
        return FETCHED


def open_folder(folder: Path, reason: str) -> PoseModel:
    return ScriptedPose(info=PoseInfo(str(folder), reason))


@pytest.fixture(autouse=True)
def litert(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is as good as installed."""
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", SimpleNamespace(Interpreter=object))


def source(fetches: Fetches, options: PoseSourceOptions | None = None, retry_s: float = 600) -> BlazePoseSource:
    return BlazePoseSource(options or PoseSourceOptions(Path("data")), fetches, open_folder, retry_s)


def test_files_are_fetched_into_the_data_folder() -> None:
    fetches = Fetches()
    info = source(fetches).open(never_cancelled).info
    assert info == PoseInfo("fetched", "its files are in the data folder")
    assert fetches.data_dirs == [Path("data")]


def test_every_video_gets_a_model_of_its_own() -> None:
    poses = source(Fetches())
    assert poses.open(never_cancelled) is not poses.open(never_cancelled)


def test_a_folder_somebody_named_is_taken_as_it_is() -> None:
    fetches = Fetches()
    poses = source(fetches, PoseSourceOptions(Path("data"), folder=Path("named")))
    assert poses.open(never_cancelled).info == PoseInfo("named", "SMOLVLM_POSE_DIR names its folder")
    assert fetches.data_dirs == []


def test_off_is_off() -> None:
    fetches = Fetches()
    poses = source(fetches, PoseSourceOptions(Path("data"), folder=Path("named"), mode="off"))
    with pytest.raises(ModelUnavailable, match="SMOLVLM_POSE is off"):
        poses.open(never_cancelled)
    assert fetches.data_dirs == []


def test_without_litert_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    fetches = Fetches()
    with pytest.raises(ModelUnavailable, match="LiteRT is not installed"):
        source(fetches).open(never_cancelled)
    assert fetches.data_dirs == []


def test_a_failure_is_told_again_without_another_try() -> None:
    fetches = Fetches(NO_NETWORK, None)
    poses = source(fetches)
    for _ in range(3):
        with pytest.raises(ModelUnavailable, match="no network") as caught:
            poses.open(never_cancelled)
        assert caught.value.hint == NO_NETWORK.hint
    assert len(fetches.data_dirs) == 1


def test_after_a_while_it_is_tried_again() -> None:
    fetches = Fetches(NO_NETWORK, None)
    poses = source(fetches, retry_s=0.05)
    with pytest.raises(ModelUnavailable):
        poses.open(never_cancelled)
    threading.Event().wait(0.06)
    assert poses.open(never_cancelled).info.id == "fetched"
    assert poses.open(never_cancelled)  # and the failure is forgotten


def test_one_fetches_and_the_others_wait() -> None:
    fetches = Fetches()
    fetches.may_end.clear()
    poses = source(fetches)
    with ThreadPoolExecutor(4) as pool:
        opened = [pool.submit(poses.open, never_cancelled) for _ in range(4)]
        assert fetches.begun.acquire(timeout=WAIT_S)
        assert not fetches.begun.acquire(timeout=0.1)
        fetches.may_end.set()
        models = [future.result(WAIT_S) for future in opened]
    assert len({id(model) for model in models}) == 4


def test_those_who_waited_are_told_of_the_failure() -> None:
    fetches = Fetches(NO_NETWORK)
    fetches.may_end.clear()
    poses = source(fetches)
    waiting = threading.Semaphore(0)
    with ThreadPoolExecutor(3) as pool:
        opened = [pool.submit(poses.open, waiting.release) for _ in range(3)]
        for _ in range(3):
            assert waiting.acquire(timeout=WAIT_S)
        fetches.may_end.set()
        assert [type(future.exception(WAIT_S)) for future in opened] == [ModelUnavailable] * 3
    assert len(fetches.data_dirs) == 1


def test_who_waits_can_be_cancelled() -> None:
    fetches = Fetches()
    fetches.may_end.clear()
    poses = source(fetches)
    checks = 0

    def cancelled_while_it_waits() -> None:
        nonlocal checks
        checks += 1
        if checks == 3:
            raise Cancelled("The work was cancelled.")

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(poses.open, never_cancelled)
        assert fetches.begun.acquire(timeout=WAIT_S)
        with pytest.raises(Cancelled):
            poses.open(cancelled_while_it_waits)
        fetches.may_end.set()
        assert first.result(WAIT_S).info.id == "fetched"


@pytest.mark.parametrize("end", [Cancelled("The work was cancelled."), ZeroDivisionError("a bug")])
def test_where_the_one_who_fetches_gives_up_the_next_one_does(end: Exception) -> None:
    fetches = Fetches(end, None)
    fetches.may_end.clear()
    poses = source(fetches)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(poses.open, never_cancelled)
        assert fetches.begun.acquire(timeout=WAIT_S)
        second = pool.submit(poses.open, never_cancelled)
        fetches.may_end.set()
        assert first.exception(WAIT_S) is end
        assert second.result(WAIT_S).info.id == "fetched"


def test_the_one_who_fetches_can_be_cancelled() -> None:
    checks = 0

    def cancelled_while_it_fetches() -> None:
        nonlocal checks
        checks += 1
        if checks > 1:
            raise Cancelled("The work was cancelled.")

    def fetch(data_dir: Path, check: CheckCancelled) -> Path:
        check()
        return FETCHED

    with pytest.raises(Cancelled):
        BlazePoseSource(PoseSourceOptions(Path("data")), fetch, open_folder).open(cancelled_while_it_fetches)


def test_the_log_says_what_was_chosen_and_why_there_is_none(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "smolvlm")
    poses = source(Fetches(NO_NETWORK, None), retry_s=0)
    with pytest.raises(ModelUnavailable):
        poses.open(never_cancelled)
    poses.open(never_cancelled)
    unavailable, chosen = [record.getMessage() for record in caplog.records]
    assert "event=pose_unavailable" in unavailable
    assert "no network" in unavailable
    assert "event=pose_chosen id=fetched" in chosen
