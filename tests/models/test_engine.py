"""The choice of the model: made once, in the background, with a reason; falls back aloud, and tries again."""

import logging
import queue
import threading

import pytest

from smolvlm_core.domain import ModelState, ModelStatus
from smolvlm_core.errors import Cancelled, ModelUnavailable
from smolvlm_core.models.base import VideoModel
from smolvlm_core.models.engine import EngineOptions, ModelEngine, Report
from tests.fakes import ScriptedModel

NO_NETWORK = ModelUnavailable("SmolVLM2 could not be downloaded: no network.")


class Loads:
    """A loader that plays outcomes back, the last one for ever, and counts."""

    def __init__(self, *outcomes: VideoModel | Exception) -> None:
        self._outcomes = list(outcomes)
        self.calls = 0
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def __call__(self, options: EngineOptions, report: Report) -> VideoModel:
        self.calls += 1
        report(ModelStatus(ModelState.DOWNLOADING, "Downloading SmolVLM2: 40 %", 40.0))
        assert self.may_go_on.wait(5)
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def test_the_model_is_loaded_once_for_everybody() -> None:
    model = ScriptedModel()
    loads = Loads(model)
    engine = ModelEngine(EngineOptions(), loads)
    assert engine.status().state is ModelState.WAITING
    got: list[VideoModel] = []
    callers = [threading.Thread(target=lambda: got.append(engine.acquire())) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(5)
    assert got == [model] * 8
    assert loads.calls == 1
    assert engine.status() == ModelStatus(ModelState.READY, "Ready: tests/scripted on cpu", info=model.info)


def test_progress_shows_while_it_downloads_and_waiting_can_be_cancelled() -> None:
    loads = Loads(ScriptedModel())
    loads.may_go_on.clear()
    engine = ModelEngine(EngineOptions(), loads)
    engine.warm_up()

    def cancelled() -> None:
        if engine.status().state is ModelState.DOWNLOADING:
            raise Cancelled("The work was cancelled.")

    with pytest.raises(Cancelled):
        engine.acquire(cancelled)
    assert engine.status().percent == 40
    loads.may_go_on.set()
    assert engine.acquire()
    assert loads.calls == 1


def test_auto_falls_back_aloud(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "smolvlm")
    engine = ModelEngine(EngineOptions(), Loads(NO_NETWORK))
    info = engine.acquire().info
    reason = "SmolVLM2 could not be downloaded: no network; measuring motion, sound and shots instead"
    assert (info.backend, info.reason) == ("signals", reason)
    status = engine.status()
    assert (status.state, status.message, status.info) == (ModelState.READY, reason, info)
    chosen = [r.getMessage() for r in caplog.records if "event=model_chosen" in r.getMessage()]
    assert len(chosen) == 1
    assert "backend=signals" in chosen[0]
    assert "no network" in chosen[0]


def test_a_fallback_never_waits_and_gives_way_later() -> None:
    model = ScriptedModel()
    loads = Loads(NO_NETWORK, model)
    engine = ModelEngine(EngineOptions(), loads, retry_s=0.0)
    assert engine.acquire().info.backend == "signals"
    loads.may_go_on.clear()
    assert engine.acquire().info.backend == "signals"  # the second try runs, and nobody waits for it
    assert engine.status().state is ModelState.READY
    loads.may_go_on.set()
    for _ in range(100):
        if engine.acquire() is model:
            break
        threading.Event().wait(0.02)
    assert engine.acquire() is model


def test_a_fallback_is_kept_until_it_is_time_to_try_again() -> None:
    loads = Loads(NO_NETWORK)
    engine = ModelEngine(EngineOptions(), loads, retry_s=600)
    assert engine.acquire() is engine.acquire()
    assert loads.calls == 1


def test_torch_on_request_fails_instead() -> None:
    loads = Loads(NO_NETWORK)
    engine = ModelEngine(EngineOptions(backend="torch"), loads)
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="no network"):
            engine.acquire()
    assert engine.status().state is ModelState.FAILED
    assert loads.calls == 1


def test_signals_on_request_loads_nothing() -> None:
    loads = Loads(ScriptedModel())
    engine = ModelEngine(EngineOptions(backend="signals"), loads)
    info = engine.acquire().info
    assert (info.backend, info.reason) == ("signals", "SMOLVLM_BACKEND asks for signals")
    assert loads.calls == 0


def test_a_bug_in_loading_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: queue.SimpleQueue[type[BaseException]] = queue.SimpleQueue()
    monkeypatch.setattr(threading, "excepthook", lambda failure: seen.put(failure.exc_type))
    engine = ModelEngine(EngineOptions(), Loads(ZeroDivisionError("a bug")))
    assert engine.acquire().info.reason.startswith("SmolVLM2 could not be loaded; ")
    assert seen.get(timeout=5) is ZeroDivisionError


def test_a_closed_engine_says_so() -> None:
    engine = ModelEngine(EngineOptions(), Loads(ScriptedModel()))
    engine.close()
    with pytest.raises(ModelUnavailable, match="stopping"):
        engine.acquire()
