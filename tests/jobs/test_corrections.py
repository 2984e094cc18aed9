"""Corrections through the service: kept with the results, seen by everybody, gone with the next analysis."""

import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from smolvlm_core.analysis.corrections import Edit, SetFields
from smolvlm_core.analysis.report import workout_report
from smolvlm_core.domain import CheckCancelled, JSONValue
from smolvlm_core.errors import (
    CorrectionConflict,
    InvalidParameter,
    ModelError,
    NotAWorkout,
    NotCompleted,
    SessionNotFound,
    SetNotFound,
)
from smolvlm_core.jobs.service import JobService
from tests.fakes import ScriptedEngine
from tests.services import HIGHLIGHTS, WORKOUT, finished, running_service
from tests.workouts import counted, exercise, workout

REPORT = workout_report(workout(*(exercise("Squat", counted(10.0 * place, 4, 2.0)) for place in range(6))))
NOTHING = SetFields()


def edit(number: int, seen: SetFields = NOTHING, **fields: JSONValue) -> Edit:
    return Edit(SetFields(**fields), seen, set_number=number)


def names(service: JobService, session_id: str) -> list[str]:
    return [step["exercise_name"] for step in service.results(session_id).results["exercise_steps"]]


@pytest.fixture
def session_id(service: JobService, clip: Path) -> str:
    return finished(service, clip, REPORT)


def test_a_correction_comes_back_with_the_results_and_stays(service: JobService, session_id: str) -> None:
    before = service.session(session_id).expires_at
    view = service.correct(session_id, edit(2, exercise_name="Lunge", repetitions=9))
    assert view == service.results(session_id)
    assert names(service, session_id) == ["Squat", "Lunge", *["Squat"] * 4]
    assert view.results["summary"]["total_repetitions"] == 29
    assert service.results_path(session_id).read_text(encoding="utf-8").count("Lunge") == 0, "measured as it was"
    assert service.session(session_id).expires_at > before, "who corrects uses the session"


def test_undo_gives_the_measured_back(service: JobService, session_id: str) -> None:
    service.correct(session_id, edit(2, exercise_name="Lunge", removed=True, note="a"))
    assert service.correct(session_id, edit(2, exercise_name=None, removed=None, note=None)).results == REPORT


def test_a_restart_forgets_no_correction(tmp_path: Path, clip: Path) -> None:
    with running_service(tmp_path) as service:
        session_id = finished(service, clip, REPORT)
        service.correct(session_id, edit(1, exercise_name="Lunge"))
    with running_service(tmp_path) as service:
        assert names(service, session_id)[0] == "Lunge"
        service.correct(session_id, edit(2, exercise_name="Plank"))
        assert names(service, session_id)[:2] == ["Lunge", "Plank"]


def test_another_analysis_starts_afresh(service: JobService, session_id: str) -> None:
    service.correct(session_id, edit(1, exercise_name="Lunge"))
    service.start_analysis(session_id, WORKOUT)
    service.wait(session_id, timeout_s=60)
    assert "Lunge" not in names(service, session_id)
    service.results_path(session_id).write_text("{}", encoding="utf-8")


def test_of_two_who_saw_the_same_one_hears_of_the_other(service: JobService, session_id: str) -> None:
    seen = SetFields(exercise_name="Squat")
    service.correct(session_id, edit(1, seen, exercise_name="Lunge"))
    with pytest.raises(CorrectionConflict):
        service.correct(session_id, edit(1, seen, exercise_name="Plank"))
    assert names(service, session_id)[0] == "Lunge"


def test_what_cannot_be_corrected_is_left_alone(service: JobService, session_id: str) -> None:
    for wrong, error in (
        (edit(7, exercise_name="Lunge"), SetNotFound),
        (edit(1, exercise_name=" "), InvalidParameter),
        (edit(1, exercise_name="x" * 81), InvalidParameter),
        (edit(1, repetitions=1001), InvalidParameter),
        (edit(1, repetitions=-1), InvalidParameter),
    ):
        with pytest.raises(error):
            service.correct(session_id, wrong)
    assert service.results(session_id).results == REPORT


@pytest.fixture
def held(engine: ScriptedEngine) -> Iterator[threading.Event]:
    """The model answers only once this is set."""
    go_on = threading.Event()

    def hold(check: CheckCancelled) -> None:
        while not go_on.wait(0.01):
            check()

    engine.model.before_reply = hold
    yield go_on
    go_on.set()


def test_only_a_completed_workout_can_be_corrected(
    service: JobService, engine: ScriptedEngine, clip: Path, held: threading.Event
) -> None:
    wanted = edit(1, exercise_name="Lunge")
    with pytest.raises(SessionNotFound):
        service.correct("nonsense", wanted)
    session_id = service.adopt(clip, "clip.mp4").session_id
    statuses = []

    def refused() -> None:
        with pytest.raises(NotCompleted) as caught:
            service.correct(session_id, wanted)
        statuses.append(caught.value.status)

    refused()
    service.start_analysis(session_id, HIGHLIGHTS)
    refused()
    service.cancel(session_id)
    refused()
    held.set()
    engine.model.log_odds = deque([ModelError("The model is out of order.")])
    service.start_analysis(session_id, HIGHLIGHTS)
    service.wait(session_id, 30)
    refused()
    assert statuses == ["uploaded", "analyzing", "cancelled", "failed"]
    engine.model.log_odds = deque([0.0])
    service.start_analysis(session_id, HIGHLIGHTS)
    service.wait(session_id, 30)
    with pytest.raises(NotAWorkout):
        service.correct(session_id, wanted)
