"""How long it will take: learned from what was done, by a clock that counts work instead of time."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from smolvlm_core.analysis.cost import FIXED_S, pace_of, reckoned_s
from smolvlm_core.domain import AnalysisOptions, AnalysisType, ModelInfo, Status, Thoroughness, VideoInfo
from smolvlm_core.errors import SessionNotFound
from smolvlm_core.jobs.estimates import (
    REMEMBERED,
    UNMEASURED_FACTOR,
    Estimator,
    Job,
    estimate_words,
    time_left_words,
)
from smolvlm_core.jobs.service import JobService
from smolvlm_core.jobs.store import Store
from smolvlm_core.jobs.views import EstimateView
from smolvlm_core.models.engine import EngineOptions, ModelEngine
from tests.clips import ClipSpec, moving_ball, write_clip
from tests.fakes import ScriptedEngine
from tests.jobs.test_service import Gate
from tests.services import HIGHLIGHTS, make_service, running_service, time_short_work_too

SIGNALS = ModelInfo("signals", "measured-signals", None, "cpu", "float32", "a test")
OPENVINO = ModelInfo("openvino", "org/SmolVLM2-256M-Video-Instruct", None, "cpu", "int8", "a test")
REMOTE = ModelInfo("remote", "some/model", None, "elsewhere", "", "a test")
VIDEO = VideoInfo("a.mp4", 120.0, Fraction(30), 1280, 720, 3600, "h264", "mov", True, 0, 1)
JOB = Job(VIDEO, AnalysisOptions(AnalysisType.HIGHLIGHTS))
ID = "4b4e6f1e-0c39-4c7a-9a1c-2f3d5e8f9b10"


class WorkClock:
    """Every look at it is a tenth of a second: it goes as the work does, the same on every machine."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 0.1
        return self.now_s


@pytest.fixture
def estimator(tmp_path: Path) -> Estimator:
    return Estimator(Store(f"sqlite:///{tmp_path / 'jobs.sqlite'}"))


@pytest.mark.parametrize("kind", list(AnalysisType))
def test_after_one_analysis_the_estimate_of_another_is_near_what_it_takes(
    tmp_path: Path, kind: AnalysisType
) -> None:
    options = AnalysisOptions(kind)
    engine = ModelEngine(EngineOptions(backend="signals"))
    with running_service(tmp_path / "data", engine, clock=WorkClock()) as service:
        first = _clip(service, tmp_path / "first.mp4", duration_s=10.0)
        service.start_analysis(first, options)
        assert service.wait(first, 60).status is Status.COMPLETED
        second = _clip(service, tmp_path / "second.mp4", duration_s=30.0)
        estimate = service.estimate(second, options)
        assert estimate is not None
        assert estimate.work_s is not None
        assert estimate.runs == 1
        service.start_analysis(second, options)
        assert service.wait(second, 60).status is Status.COMPLETED
        took_s = service.results(second).results["processing_time_seconds"]
    assert took_s > 1
    assert 0.5 < estimate.work_s / took_s < 2


def _clip(service: JobService, path: Path, duration_s: float) -> str:
    clip = write_clip(path, ClipSpec(duration_s, Fraction(10), picture=moving_ball()))
    return service.adopt(clip, path.name).session_id


def test_before_the_first_one_a_known_model_is_reckoned_and_an_unknown_one_is_not(estimator: Estimator) -> None:
    for model in (SIGNALS, OPENVINO):
        estimate = estimator.estimate(JOB, model)
        assert estimate.runs == 0
        assert estimate.seconds == FIXED_S + UNMEASURED_FACTOR * reckoned_s(VIDEO, JOB.options, pace_of(model)[0])
    assert estimator.estimate(JOB, REMOTE).seconds is None


def test_one_that_was_held_up_changes_nothing(estimator: Estimator) -> None:
    for took_s in (40.0, 41.0, 4000.0, 39.0, 42.0):
        estimator.learn(JOB, REMOTE, took_s)
    assert estimator.estimate(JOB, REMOTE).seconds == pytest.approx(41.0)


def test_only_the_last_ones_count(estimator: Estimator) -> None:
    for took_s in [100.0] * 50 + [10.0] * REMEMBERED:
        estimator.learn(JOB, SIGNALS, took_s)
    estimate = estimator.estimate(JOB, SIGNALS)
    assert estimate.runs == REMEMBERED
    assert estimate.seconds == pytest.approx(10.0)


def test_kinds_are_kept_apart_and_outlive_the_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    Estimator(Store(url)).learn(JOB, OPENVINO, 30.0)
    later = Estimator(Store(url))
    assert later.estimate(JOB, OPENVINO).runs == 1
    for options in (
        replace(JOB.options, thoroughness=Thoroughness.FAST),
        replace(JOB.options, analysis_type=AnalysisType.WORKOUT),
    ):
        assert later.estimate(replace(JOB, options=options), OPENVINO).runs == 0
    assert later.estimate(JOB, SIGNALS).runs == 0


def test_longer_larger_and_closer_takes_longer_and_what_is_done_takes_nothing(estimator: Estimator) -> None:
    def seconds(video: VideoInfo = VIDEO, percent: float = 0.0, scanned: bool = False, **options: object) -> float:
        job = Job(video, replace(JOB.options, **options), percent, scanned)  # type: ignore[arg-type]
        found = estimator.estimate(job, OPENVINO).seconds
        assert found is not None
        return found

    usual = seconds()
    assert seconds(replace(VIDEO, duration_s=240.0)) > 1.5 * usual
    assert seconds(replace(VIDEO, width=3840, height=2160)) > usual
    assert seconds(segment_duration_s=5.0) > usual
    assert seconds(thoroughness=Thoroughness.FAST) < usual < seconds(thoroughness=Thoroughness.EXHAUSTIVE)
    assert seconds(scanned=True) < usual
    assert seconds(percent=75.0) == pytest.approx(usual / 4)


def test_a_scan_that_is_kept_is_not_waited_for_again(
    service: JobService, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_short_work_too(monkeypatch)
    session_id = service.adopt(clip, "clip.mp4").session_id
    for _ in range(2):
        service.start_analysis(session_id, HIGHLIGHTS)
        assert service.wait(session_id, 60).status is Status.COMPLETED
    estimate = service.estimate(session_id, HIGHLIGHTS)
    assert estimate is not None
    assert estimate.runs == 1, "the second run had no scan: it says nothing of a whole one"


def test_the_line_is_counted(
    service: JobService, engine: ScriptedEngine, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_short_work_too(monkeypatch)
    ids = [service.adopt(clip, "clip.mp4").session_id for _ in range(4)]
    service.start_analysis(ids[0], HIGHLIGHTS)
    assert service.wait(ids[0], 60).status is Status.COMPLETED
    gate = Gate(engine.model)
    for session_id in ids[1:3]:
        service.start_analysis(session_id, HIGHLIGHTS)
    assert gate.entered.wait(20)
    mine = service.estimate(ids[3], HIGHLIGHTS)
    queued, running = service.time_left(ids[2]), service.time_left(ids[1])
    assert mine is not None
    assert queued is not None
    assert running is not None
    assert (mine.ahead, queued.ahead, running.ahead) == (2, 1, 0)
    assert mine.wait_s is not None
    assert queued.wait_s is not None
    assert mine.wait_s > queued.wait_s > 0
    assert running.wait_s == 0
    gate.opened.set()
    for session_id in ids[1:3]:
        service.wait(session_id, 60)
    assert service.time_left(ids[1]) is None


def test_a_session_that_is_not_there_has_no_estimate(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    with pytest.raises(SessionNotFound):
        service.estimate(ID, HIGHLIGHTS)
    with pytest.raises(SessionNotFound):
        service.time_left(ID)


@pytest.mark.parametrize(
    ("work_s", "wait_s", "ahead", "runs", "before", "during"),
    [
        (4.0, 0.0, 0, 3, "A few seconds on this machine.", "A few seconds left."),
        (41.0, 0.0, 0, 3, "About 40 seconds on this machine.", "About 40 seconds left."),
        (70.0, 0.0, 0, 0, "Probably about a minute. This machine has not been timed yet.", ""),
        (400.0, 200.0, 2, 1, "About 7 minutes on this machine. It starts in about 3 minutes.",
         "It starts in about 3 minutes."),
        (2000.0, None, 2, 1, "About 35 minutes on this machine. It waits for 2 others in line.", ""),
        (9000.0, 0.0, 0, 1, "About 2.5 hours on this machine.", "About 2.5 hours left."),
        (None, None, 1, 0, "It waits for one other in line.", ""),
        (None, 0.0, 0, 0, "", ""),
    ],
)  # fmt: skip
def test_estimates_in_words(
    work_s: float | None, wait_s: float | None, ahead: int, runs: int, before: str, during: str
) -> None:
    view = EstimateView(ID, AnalysisType.HIGHLIGHTS, work_s, wait_s, ahead, runs)
    assert (estimate_words(view), time_left_words(view)) == (before, during)
