"""The evaluation of workouts from the folder to the JSON, with an analysis that is told what to find."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from benchmarks import workout, workout_speed
from benchmarks.in_process import NoPoses
from smolvlm_core.analysis.run import Source
from smolvlm_core.domain import AnalysisOptions, AnalysisType, CheckCancelled, FrameRGB, Span, never_cancelled
from smolvlm_core.errors import ModelUnavailable, Undecodable
from smolvlm_core.exercise import (
    Curve,
    Drive,
    ExerciseStep,
    MeasuredSet,
    Phase,
    Pose,
    PoseInfo,
    Repetition,
    Unit,
    WorkoutResult,
)
from smolvlm_core.models.base import PoseModel, PoseSource, VideoModel
from tests.clips import ClipSpec, calm, moving_ball, write_clip


class SeesNobody:
    """A pose model and where it comes from."""

    info = PoseInfo("nobody", "for tests")

    def open(self, check: CheckCancelled) -> PoseModel:
        return self

    def estimate(self, rgb: FrameRGB) -> Pose | None:
        return None

    def forget(self) -> None:
        pass


def four_squats(span: Span) -> ExerciseStep:
    step_s = span.duration_s / 4
    repetitions = tuple(
        Repetition(Span(start_s, start_s + step_s), start_s + step_s / 2, 90.0)
        for start_s in (span.start_s + index * step_s for index in range(4))
    )
    measured = MeasuredSet(span, Drive("knee angle", Unit.DEGREES), repetitions, 0.9, Curve((), ()))
    return ExerciseStep(span, Phase.EXECUTION, "Squat", "", 0.9, measured)


def analyze(source: Source, model: VideoModel, poses: PoseSource) -> WorkoutResult:
    """Four squats in the first second, but none without a pose or in a calm clip; damage in "broken"."""
    if "broken" in source.video_path.name:
        raise Undecodable("It is damaged.")
    steps = [ExerciseStep(Span(1, 2), Phase.REST, None, "", 1.0)]
    if isinstance(poses, SeesNobody) and "calm" not in source.video_path.name:
        steps.insert(0, four_squats(Span(0, 1)))
    options = AnalysisOptions(AnalysisType.WORKOUT)
    return WorkoutResult(options, model.info, SeesNobody.info, tuple(steps), (), source.info.duration_s, 0.1)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "workouts"
    (folder / "composites").mkdir(parents=True)
    spec = ClipSpec(duration_s=2.0, fps=Fraction(10), width=160, height=120, picture=moving_ball())
    for name in ("ball.mp4", "broken.mp4", "composites/A.mp4"):
        write_clip(folder / name, spec)
    write_clip(
        folder / "calm.mp4", ClipSpec(duration_s=2.0, fps=Fraction(10), width=160, height=120, picture=calm())
    )
    clips: list[dict[str, Any]] = [
        {"file": "ball.mp4", "exercise": "air squat", "true_reps": 5, "sets": [[0, 1, 5]]},
        {"file": "calm.mp4", "exercise": "none", "true_reps": 0},
        {"file": "broken.mp4", "exercise": "lunge", "true_reps": 3},
        {"file": "gone.mp4", "exercise": "squat", "true_reps": 3},
    ]
    (folder / "manifest.json").write_text(json.dumps({"clips": clips}), encoding="utf-8")
    notes = {"sets": [{"ex": "squat", "reps": 4, "t0": 0, "t1": 1.25}]}
    (folder / "composites" / "A.json").write_text(json.dumps(notes), encoding="utf-8")
    monkeypatch.setattr(workout, "workout_of", analyze)
    monkeypatch.setattr(workout_speed, "workout_of", analyze)
    monkeypatch.setattr(workout, "poses_of", lambda _arguments: SeesNobody())
    return folder


def run(folder: Path, *options: str) -> dict[str, Any]:
    out = folder / "out.json"
    assert workout.main([str(folder), "--json", str(out), *options]) == 0
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def test_with_and_without_pose(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = run(folder)
    assert summary["pose"]["id"] == "nobody"
    assert (summary["obo"], summary["obo_without_pose"]) == (0.5, 0.0)
    assert summary["mae_relative"] == pytest.approx((1 / 5 + 1) / 2)
    assert (summary["false_sets"], summary["naming"], summary["naming_abstained"]) == (0, 1.0, 0.5)
    assert (summary["sets_matched"], summary["sets_matched_without_pose"]) == (1.0, 0.0)
    assert (summary["start_error_s"], summary["end_error_s"]) == (0.0, 0.25)
    assert (summary["composite_exact"], summary["composite_naming"]) == (1.0, 1.0)
    assert (summary["failed"], summary["realtime_source"]) == (["broken.mp4"], "all videos")
    assert summary["realtime_factor"] > 0
    text = capsys.readouterr().out
    assert "skipped: gone.mp4: no such file" in text
    assert "FAILED: It is damaged." in text


def test_one_pass_only(folder: Path) -> None:
    summary = run(folder, "--skip-without-pose", "--only", "ball")
    assert (summary["obo"], summary["obo_without_pose"], summary["sets_matched"]) == (1.0, None, None)
    summary = run(folder, "--without-pose-only", "--only", "ball")
    assert (summary["obo"], summary["obo_without_pose"], summary["pose"]) == (None, 0.0, None)


def test_strict_fails_where_a_bar_is_missed(folder: Path) -> None:
    assert workout.main([str(folder), "--strict"]) == 1
    assert workout.main([str(folder), "--strict", "--skip-without-pose", "--only", "calm"]) == 0


def test_speed(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(workout_speed, "MINUTE_S", 4)
    monkeypatch.setattr(workout_speed, "SIZE_PX", (320, 240))
    summary = run(folder, "--speed", "--skip-without-pose")
    speed = summary["speed"]
    assert speed["video_s"] == pytest.approx(4, abs=0.1)
    assert speed["decoding"]["wall_s"] > 0
    assert summary["realtime_factor"] == pytest.approx(speed["analysis"]["wall_s"] / speed["video_s"])
    assert summary["realtime_source"] == "4 s of 1080p"
    assert "bare decoding" in capsys.readouterr().out


def test_without_a_pose_model_the_reason_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workout, "poses_of", lambda _arguments: NoPoses("there is no network"))
    with pytest.raises(SystemExit, match="no pose model: there is no network"):
        workout.main([str(folder)])
    with pytest.raises(ModelUnavailable):
        NoPoses("none").open(never_cancelled)


def test_an_empty_folder_is_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert workout.main([str(tmp_path)]) == 0
    assert "skipped" in capsys.readouterr().out
