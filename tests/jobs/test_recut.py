"""Highlights chosen anew in finished sessions: kept for whoever looks next, refused where there are none."""

import json
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from smolvlm_core.analysis.recut import Cut
from smolvlm_core.analysis.report import workout_report
from smolvlm_core.domain import Status
from smolvlm_core.errors import (
    AlreadyAnalyzing,
    Cancelled,
    ModelError,
    NotCompleted,
    NothingToRecut,
    SessionNotFound,
)
from smolvlm_core.jobs.renders import Look
from smolvlm_core.jobs.service import JobService
from smolvlm_core.video.framing import Aspect
from tests.clips import ClipSpec, time_code, write_clip
from tests.fakes import YES, ScriptedEngine
from tests.jobs.studio import Studio
from tests.jobs.test_service import Gate
from tests.kept import kept_report
from tests.services import HIGHLIGHTS, finished, running_service
from tests.workouts import workout


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "coded.mp4", ClipSpec(picture=time_code, duration_s=8.0))


@pytest.fixture
def session_id(service: JobService, coded: Path) -> str:
    return finished(service, coded, kept_report())


def test_a_recut_is_what_everybody_sees_from_then_on(tmp_path: Path, coded: Path) -> None:
    with running_service(tmp_path) as service:
        session_id = finished(service, coded, kept_report())
        told = service.recut(session_id, Cut(min_significance=9))
        assert told.results["highlights_found"] == 1
        assert service.results(session_id) == told
        (listed,) = service.glance([session_id])[0]
        assert listed.found == 1
        assert [one.id for one in service.films.highlights(session_id)] == ["h1"]
        assert service.session(session_id).status is Status.COMPLETED
    with running_service(tmp_path) as service:
        assert service.results(session_id) == told


def test_an_analysis_keeps_what_a_recut_needs(service: JobService, engine: ScriptedEngine, coded: Path) -> None:
    engine.model.log_odds = deque([YES])
    engine.model.descriptions = deque(["First.", "Second.", "Third.", "Fourth."])
    session_id = service.adopt(coded, "clip.mp4").session_id
    service.start_analysis(session_id, replace(HIGHLIGHTS, max_highlights=2))
    assert service.wait(session_id, 30).status is Status.COMPLETED
    analyzed = service.results(session_id).results
    questions = len(engine.model.calls)
    assert service.recut(session_id, Cut()).results == analyzed
    away = service.recut(session_id, Cut(min_significance=10)).results
    assert (away["highlights"], analyzed["highlights_found"] > 0) == ([], True)
    again = service.recut(session_id, Cut(min_significance=6)).results
    assert again == analyzed
    assert len(engine.model.calls) == questions, "no model is asked"


def test_what_cannot_be_recut_says_why(service: JobService, engine: ScriptedEngine, coded: Path) -> None:
    with pytest.raises(SessionNotFound):
        service.recut("00000000-0000-4000-8000-000000000000", Cut())
    fresh = service.adopt(coded, "clip.mp4").session_id
    with pytest.raises(NotCompleted, match="uploaded"):
        service.recut(fresh, Cut())
    gate = Gate(engine.model)
    service.start_analysis(fresh, HIGHLIGHTS)
    assert gate.entered.wait(20)
    with pytest.raises(NotCompleted, match="analyzing"):
        service.recut(fresh, Cut())
    gate.opened.set()
    engine.model.log_odds = deque([ModelError("It is out of order.")])
    service.wait(fresh, 30)
    service.start_analysis(fresh, HIGHLIGHTS)
    assert service.wait(fresh, 30).status is Status.FAILED
    with pytest.raises(NotCompleted, match="failed"):
        service.recut(fresh, Cut())
    with pytest.raises(NothingToRecut):
        service.recut(finished(service, coded, workout_report(workout())), Cut())


def test_another_analysis_has_the_last_word(
    service: JobService, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins and ends between the recut's look at the results and its own writing."""
    read = service._measured

    def read_and_overtaken(asked_id: str) -> object:
        found = read(asked_id)
        monkeypatch.undo()
        service.start_analysis(asked_id, HIGHLIGHTS)
        assert service.wait(asked_id, 30).status is Status.COMPLETED
        return found

    monkeypatch.setattr(service, "_measured", read_and_overtaken)
    with pytest.raises(AlreadyAnalyzing):
        service.recut(session_id, Cut(min_significance=9))
    assert service.results(session_id).results["settings"]["min_significance"] == 6
    assert list(service.results_path(session_id).parent.glob("*.partial")) == []


def test_recuts_at_once_leave_whole_results(service: JobService, session_id: str) -> None:
    stop = threading.Event()

    def read() -> int:
        count = 0
        while not stop.is_set():
            count += (
                len(json.loads(service.results_path(session_id).read_text(encoding="utf-8"))["highlights"]) >= 0
            )
        return count

    with ThreadPoolExecutor(5) as pool:
        reader = pool.submit(read)
        done = [pool.submit(service.recut, session_id, Cut(least)) for least in (1, 5, 7, 9, 10) * 4]
        told = [one.result(30).results for one in done]
        stop.set()
        assert reader.result(30) > 0
    assert service.results(session_id).results in told
    assert list(service.results_path(session_id).parent.glob("*.partial")) == []


# -- Clips ------------------------------------------------------------------------------------


def test_films_that_no_longer_fit_are_dropped_and_the_others_stay(
    service: JobService, session_id: str, studio: Studio
) -> None:
    studio.opened.set()
    best, upright, last = (
        service.films.clip(session_id, "h1").path,
        service.films.clip(session_id, "h1", Look(Aspect.PORTRAIT, captions=True)).path,
        service.films.clip(session_id, "h3").path,
    )
    reel = service.films.reel(session_id).path
    service.recut(session_id, Cut(max_highlights=2))
    assert [path.exists() for path in (best, upright, last, reel)] == [True, True, False, False]
    kept_bytes = best.stat().st_size + upright.stat().st_size
    assert service.load().disk_used_bytes == service.session(session_id).video.size_bytes + kept_bytes
    service.recut(session_id, Cut(max_highlights=2))
    assert best.exists()
    service.recut(session_id, Cut(min_significance=10))
    assert not best.exists()


def test_what_is_being_made_and_no_longer_fits_is_stopped(
    service: JobService, session_id: str, studio: Studio
) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(service.films.clip, session_id, "h3")
        assert studio.entered.wait(10)
        service.recut(session_id, Cut(max_highlights=2))
        assert isinstance(asked.exception(10), Cancelled)
    assert not studio.made
