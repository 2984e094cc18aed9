"""Sessions and tasks through the one door: life, death and everything between, on a real engine and disk."""

import threading
import time
import uuid
from collections import deque
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import pytest

from smolvlm_core.analysis.looking import EFFORTS
from smolvlm_core.domain import CheckCancelled, Limits, Status
from smolvlm_core.errors import (
    AlreadyAnalyzing,
    DiskBudgetSpent,
    ModelError,
    NotCompleted,
    NothingToCancel,
    QueueFull,
    SessionExpired,
    SessionNotFound,
    SmolVLMError,
    UnsupportedContainer,
    UploadTooLarge,
)
from smolvlm_core.jobs.service import JobService
from tests.clips import ClipSpec, moving_ball, write_clip
from tests.fakes import NO, YES, ScriptedEngine, ScriptedModel
from tests.services import HIGHLIGHTS, make_service, running_service


class Gate:
    """Holds the model inside a question until it is opened; a cancelled task leaves at once."""

    def __init__(self, model: ScriptedModel) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()
        model.before_reply = self.wait

    def wait(self, check: CheckCancelled) -> None:
        self.entered.set()
        while not self.opened.wait(0.01):
            check()


@pytest.fixture
def gate(engine: ScriptedEngine) -> Gate:
    return Gate(engine.model)


def files_under(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if not path.name.startswith("jobs.sqlite")}


def test_a_video_goes_in_and_results_come_out(service: JobService, engine: ScriptedEngine, clip: Path) -> None:
    engine.model.log_odds = deque([NO, YES, NO, NO, YES])
    session = service.adopt(clip, "my clip.mp4", "a test")
    assert (session.status, session.video.filename, session.percent) == (Status.UPLOADED, "my clip.mp4", 0.0)
    task = service.start_analysis(session.session_id, HIGHLIGHTS)
    done = service.wait(session.session_id, 30)
    assert (done.status, done.percent, done.task_id) == (Status.COMPLETED, 100.0, task.task_id)
    assert done.segments_completed == done.segments_total == 4
    results = service.results(session.session_id).results
    assert [one["significance_score"] for one in results["all_analyses"]] == [1.0, 6.4, 1.0, 1.0]
    (highlight,) = results["highlights"]
    assert (highlight["start_timestamp"], highlight["end_timestamp"]) == (2.0, 4.0)
    assert highlight["description"] == "Something happens."
    assert [kind for kind, _, _ in engine.model.calls] == ["judge"] * 5 + ["describe"]


def test_the_model_sees_the_frames_of_its_segment(
    service: JobService, engine: ScriptedEngine, tmp_path: Path
) -> None:
    moving = write_clip(tmp_path / "moving.mp4", ClipSpec(8.0, Fraction(5), picture=moving_ball(period_s=5.3)))
    session = service.adopt(moving, "clip.mp4")
    service.start_analysis(session.session_id, HIGHLIGHTS)
    service.wait(session.session_id, 30)
    _, view, _ = engine.model.calls[1]
    assert len(view.frames) == EFFORTS[HIGHLIGHTS.thoroughness].segment_frames
    assert all(view.span.contains(frame.time_s) for frame in view.frames)


def test_progress_never_goes_back(service: JobService, engine: ScriptedEngine, clip: Path) -> None:
    engine.model.before_reply = lambda _check: time.sleep(0.1)
    session = service.adopt(clip, "clip.mp4")
    service.start_analysis(session.session_id, HIGHLIGHTS)
    seen = [service.session(session.session_id)]
    while seen[-1].status is Status.ANALYZING:
        seen.append(service.session(session.session_id))
        time.sleep(0.01)
    percents = [view.percent for view in seen]
    assert percents == sorted(percents)
    assert any(0 < percent < 100 for percent in percents)
    assert any(view.current_step == "Analyzing segment 2/4" for view in seen)


def test_the_best_so_far_show_while_an_analysis_runs_and_no_longer(
    service: JobService, engine: ScriptedEngine, clip: Path
) -> None:
    engine.model.log_odds = deque([YES])
    gate = Gate(engine.model)
    engine.model.before_reply = lambda check: gate.wait(check) if len(engine.model.calls) == 7 else None
    session_id = service.adopt(clip, "clip.mp4").session_id
    assert service.session(session_id).best_so_far == ()
    service.start_analysis(session_id, HIGHLIGHTS)
    assert gate.entered.wait(20), "four segments are judged and a moment is described, the second moment is not"
    (best,) = service.session(session_id).best_so_far
    assert (best["start_timestamp"], best["end_timestamp"]) == (0.0, 2.0)
    assert best["significance_score"] == 6.4
    assert best["evidence"]["words"]
    scored = service.session(session_id).scored_so_far
    assert [(one["start_timestamp"], one["significance_score"]) for one in scored] == [
        (start_s, 6.4) for start_s in (0.0, 2.0, 4.0, 6.0)
    ]
    gate.opened.set()
    done = service.wait(session_id, 30)
    assert (done.status, done.best_so_far) == (Status.COMPLETED, ())
    assert (done.scored_so_far, done.left_s) == ((), None)


def test_the_best_of_one_analysis_do_not_show_in_the_next(
    service: JobService, engine: ScriptedEngine, clip: Path
) -> None:
    engine.model.log_odds = deque([YES])
    gate = Gate(engine.model)
    engine.model.before_reply = lambda check: gate.wait(check) if len(engine.model.calls) == 6 else None
    session_id = service.adopt(clip, "clip.mp4").session_id
    service.start_analysis(session_id, HIGHLIGHTS)
    assert gate.entered.wait(20)
    assert service.cancel(session_id).best_so_far == ()
    again = Gate(engine.model)
    service.start_analysis(session_id, HIGHLIGHTS)
    assert again.entered.wait(20)
    view = service.session(session_id)
    assert (view.status, view.best_so_far) == (Status.ANALYZING, ())
    assert (view.scored_so_far, view.left_s) == ((), None)
    again.opened.set()
    service.wait(session_id, 30)


def test_cancelling_inside_a_segment_takes_less_than_a_second(service: JobService, gate: Gate, clip: Path) -> None:
    session = service.adopt(clip, "clip.mp4")
    service.start_analysis(session.session_id, HIGHLIGHTS)
    assert gate.entered.wait(20)
    assert service.cancel(session.session_id).status is Status.CANCELLED
    start_s = time.monotonic()
    while service.load().running:
        time.sleep(0.01)
    assert time.monotonic() - start_s < 1
    with pytest.raises(NothingToCancel):
        service.cancel(session.session_id)


def test_a_cancelled_or_failed_session_can_be_analyzed_again(
    service: JobService, engine: ScriptedEngine, gate: Gate, clip: Path
) -> None:
    session_id = service.adopt(clip, "clip.mp4").session_id
    service.start_analysis(session_id, HIGHLIGHTS)
    assert gate.entered.wait(20)
    service.cancel(session_id)
    gate.opened.set()
    engine.model.log_odds = deque([ModelError("The model is out of order.")])
    service.start_analysis(session_id, HIGHLIGHTS)
    failed = service.wait(session_id, 30)
    assert failed.status is Status.FAILED
    assert failed.error is not None
    assert "out of order" in failed.error.message
    engine.model.log_odds = deque([0.0])
    service.start_analysis(session_id, HIGHLIGHTS)
    assert service.wait(session_id, 30).status is Status.COMPLETED


def test_one_session_is_analyzed_once_at_a_time(service: JobService, gate: Gate, clip: Path) -> None:
    session_id = service.adopt(clip, "clip.mp4").session_id
    service.start_analysis(session_id, HIGHLIGHTS)
    with pytest.raises(AlreadyAnalyzing):
        service.start_analysis(session_id, HIGHLIGHTS)
    with pytest.raises(NotCompleted) as caught:
        service.results(session_id)
    assert caught.value.status == "analyzing"
    gate.opened.set()
    service.wait(session_id, 30)


def test_a_segment_without_an_answer_is_skipped_and_shown(
    service: JobService, engine: ScriptedEngine, clip: Path
) -> None:
    engine.model.log_odds = deque([ModelError("No answer."), YES])
    engine.model.descriptions = deque([ModelError("No words.")])
    session_id = service.adopt(clip, "clip.mp4").session_id
    service.start_analysis(session_id, HIGHLIGHTS)
    assert service.wait(session_id, 30).status is Status.COMPLETED
    results = service.results(session_id).results
    assert results["all_analyses"][0]["significance_score"] is None
    assert results["all_analyses"][0]["skipped_reason"] == "No answer."
    assert "measured words only" in results["warnings"][0]


def test_waiting_tasks_know_their_position_and_the_queue_is_bounded(
    tmp_path: Path, engine: ScriptedEngine, gate: Gate, clip: Path
) -> None:
    with running_service(tmp_path, engine, Limits(queue_limit=3)) as service:
        ids = [service.adopt(clip, f"{index}.mp4").session_id for index in range(4)]
        service.start_analysis(ids[0], HIGHLIGHTS)
        assert gate.entered.wait(20)
        service.start_analysis(ids[1], HIGHLIGHTS)
        service.start_analysis(ids[2], HIGHLIGHTS)
        with pytest.raises(QueueFull):
            service.start_analysis(ids[3], HIGHLIGHTS)
        assert service.session(ids[3]).status is Status.UPLOADED
        assert [service.session(one).queue_position for one in ids] == [None, 1, 2, None]
        assert service.session(ids[2]).status is Status.ANALYZING
        service.cancel(ids[1])
        assert service.session(ids[2]).queue_position == 1
        gate.opened.set()
        assert service.wait(ids[2], 30).status is Status.COMPLETED
        assert service.session(ids[1]).status is Status.CANCELLED


def test_deleting_leaves_no_file_and_no_row(service: JobService, gate: Gate, clip: Path, tmp_path: Path) -> None:
    session_id = service.adopt(clip, "clip.mp4").session_id
    service.start_analysis(session_id, HIGHLIGHTS)
    assert gate.entered.wait(20)
    service.delete(session_id)
    assert files_under(tmp_path / "data") == set()
    assert service.load() == service.load().__class__(0, 0, 0, 0)
    with pytest.raises(SessionNotFound):
        service.session(session_id)


@pytest.mark.parametrize("session_id", ["", "nonsense", str(uuid.uuid4()), "../../etc/passwd"])
def test_unknown_sessions(service: JobService, session_id: str) -> None:
    for ask in (service.session, service.results, service.cancel, service.delete, service.video_path):
        with pytest.raises(SessionNotFound):
            ask(session_id)


def test_a_file_that_is_no_video_leaves_nothing(service: JobService, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("#EXTM3U\nhttp://127.0.0.1/")
    with pytest.raises(UnsupportedContainer):
        service.adopt(text, "notes.mp4")
    assert files_under(tmp_path / "data") == set()
    assert service.load().sessions == 0


def test_limits_are_kept(tmp_path: Path, clip: Path) -> None:
    size = clip.stat().st_size
    service = make_service(tmp_path, limits=Limits(max_upload_bytes=size, disk_budget_bytes=2 * size))
    with pytest.raises(UploadTooLarge):
        service.new_upload("big.mp4", expected_bytes=size + 1)
    upload = service.new_upload("lies about its size.mp4")
    upload.path.write_bytes(clip.read_bytes() + b"more")
    with pytest.raises(UploadTooLarge):
        upload.commit()
    service.adopt(clip, "1.mp4")
    service.adopt(clip, "2.mp4")
    with pytest.raises(DiskBudgetSpent):
        service.adopt(clip, "3.mp4")
    assert service.load().sessions == 2


def test_a_session_expires_and_says_so(tmp_path: Path, clip: Path) -> None:
    with running_service(tmp_path, limits=Limits(session_ttl_s=0.4)) as service:
        session_id = service.adopt(clip, "clip.mp4").session_id
        time.sleep(0.5)
        service.tidy()
        with pytest.raises(SessionExpired):
            service.session(session_id)
        assert files_under(tmp_path) == set()


def test_a_session_under_analysis_does_not_expire(
    tmp_path: Path, engine: ScriptedEngine, gate: Gate, clip: Path
) -> None:
    with running_service(tmp_path, engine, Limits(session_ttl_s=0.4)) as service:
        session_id = service.adopt(clip, "clip.mp4").session_id
        service.start_analysis(session_id, HIGHLIGHTS)
        assert gate.entered.wait(20)
        time.sleep(0.5)
        service.tidy()
        assert service.session(session_id).status is Status.ANALYZING
        gate.opened.set()
        with suppress(SessionExpired):  # it may end, and then expire, before anybody looks
            service.wait(session_id, 30)


@pytest.mark.logs_errors
def test_a_bug_fails_the_task_without_telling_its_insides(
    service: JobService, engine: ScriptedEngine, clip: Path
) -> None:
    def break_down(_check: CheckCancelled) -> None:
        raise RuntimeError("/secret/path")

    engine.model.before_reply = break_down
    session_id = service.adopt(clip, "clip.mp4").session_id
    service.start_analysis(session_id, HIGHLIGHTS)
    failed = service.wait(session_id, 30)
    assert failed.error is not None
    assert (failed.status, failed.error.code) == (Status.FAILED, SmolVLMError.code)
    assert "secret" not in failed.error.message


def test_closing_in_the_middle_loses_nothing(tmp_path: Path, clip: Path) -> None:
    engine = ScriptedEngine()
    engine.model.log_odds = deque([NO, 1.0, NO, 1.0])
    entered = threading.Event()

    def stop_at_the_third(check: CheckCancelled) -> None:
        while len(engine.model.calls) == 3:
            entered.set()
            check()
            time.sleep(0.01)

    engine.model.before_reply = stop_at_the_third
    with running_service(tmp_path, engine) as service:
        session_id = service.adopt(clip, "clip.mp4").session_id
        service.start_analysis(session_id, HIGHLIGHTS)
        assert entered.wait(20)
    again = ScriptedEngine()
    again.model.log_odds = deque([NO, 1.0])
    with running_service(tmp_path, again) as service:
        assert service.wait(session_id, 30).status is Status.COMPLETED
        scores = [one["significance_score"] for one in service.results(session_id).results["all_analyses"]]
    assert scores == [1.0, 2.5, 1.0, 2.5]
    assert len(again.model.calls) == 2
