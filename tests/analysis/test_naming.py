"""What bouts are called, where the model looks for it, and which stillness is a hold."""

from collections import deque
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from smolvlm_core.analysis.looker import looker
from smolvlm_core.analysis.naming import find_holds, joined_holds, name_of, turning_points_s
from smolvlm_core.analysis.pipeline import measure
from smolvlm_core.analysis.run import Source
from smolvlm_core.analysis.workout import analyze_workout
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Choice, Limits, Skipped, Span
from smolvlm_core.errors import ModelError
from smolvlm_core.exercise import Bout, Phase, Pose
from smolvlm_core.models.exercises import HELD
from smolvlm_core.models.signals import SignalsModel
from smolvlm_core.signals.joints import BodySignals, body_signals
from smolvlm_core.signals.movement import SAMPLE_HZ
from smolvlm_core.video.probe import probe
from tests.clips import ClipSpec, exercising, write_clip
from tests.exercises import HIGH_PLANK, MOVES, SQUAT, STAND
from tests.fakes import MemoryRun, ScriptedModel, ScriptedPose
from tests.signals.figures import Figure, between, pose_of, take_of
from tests.workouts import counted

OPTIONS = AnalysisOptions(AnalysisType.WORKOUT, segment_duration_s=6.0)
SQUATTING = next(move for move in MOVES if move.name == "Squat").posture()


def test_what_can_be_held_is_in_the_table() -> None:
    assert {"Plank", "Side plank"} <= HELD
    assert "Squat" not in HELD


# -- Holds ------------------------------------------------------------------------------------


def kept(*parts: tuple[Figure, float]) -> list[Pose]:
    """Each figure for so many seconds."""
    return [pose_of(figure) for figure, length_s in parts for _ in range(round(length_s * SAMPLE_HZ))]


def body_of(poses: list[Pose]) -> BodySignals:
    body = body_signals(take_of(poses))
    assert body is not None
    return body


def test_a_plank_is_a_hold_and_standing_about_is_none() -> None:
    body = body_of(kept((STAND, 8), (HIGH_PLANK, 20), (STAND, 8)))
    (hold,) = find_holds(body, Span(0, 36), ())
    assert hold.measured is None
    assert hold.posture is not None
    assert hold.span.start_s == pytest.approx(8.0, abs=2.0)
    assert hold.span.end_s == pytest.approx(28.0, abs=2.0)


def test_a_short_plank_is_no_hold_and_none_lies_within_a_set() -> None:
    assert list(find_holds(body_of(kept((STAND, 8), (HIGH_PLANK, 4), (STAND, 8))), Span(0, 20), ())) == []
    assert list(find_holds(body_of(kept((HIGH_PLANK, 20))), Span(0, 20), [Span(0, 20)])) == []


def test_two_planks_with_a_rest_between_are_two_holds() -> None:
    poses = kept((HIGH_PLANK, 10), (STAND, 6), (HIGH_PLANK, 10))
    first, second = find_holds(body_of(poses), Span(0, 26), ())
    assert first.span.end_s <= 12
    assert second.span.start_s >= 14


def test_a_plank_that_was_looked_at_in_parts_is_one_hold() -> None:
    (first,) = find_holds(body_of(kept((HIGH_PLANK, 8))), Span(0, 8), ())
    moved = [replace(first, span=Span(9, 17)), replace(first, span=Span(30, 38))]
    assert [bout.span for bout in joined_holds([first, *moved])] == [Span(0, 17), Span(30, 38)]
    counted_between = Bout(Span(8, 9), None, counted(8.0, 1, 1.0))
    assert len(joined_holds([first, counted_between, *moved])) == 4


def test_a_plank_in_a_video_is_a_step_without_repetitions(tmp_path: Path) -> None:
    spec = ClipSpec(20.0, Fraction(15), 240, 180, exercising((Span(0, 4),)))
    path = write_clip(tmp_path / "plank.mp4", spec)
    source = Source(path, tmp_path / "curves.npz", probe(path, path.name, Limits()))
    poses = ScriptedPose(deque(kept((STAND, 6), (HIGH_PLANK, 2))))
    result = analyze_workout(source, OPTIONS, SignalsModel("for a test"), MemoryRun(), poses)
    (plank,) = (step for step in result.steps if step.phase is Phase.EXECUTION)
    assert (plank.exercise_name, plank.measured) == ("Plank", None)
    assert f"Held for {plank.span.duration_s:.0f} s." in plank.description
    assert plank.span.duration_s > 8


# -- Names ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    folder = tmp_path_factory.mktemp("named")
    path = write_clip(folder / "set.mp4", ClipSpec(16.0, Fraction(15), picture=exercising((Span(2, 14),))))
    return Source(path, folder / "curves.npz", probe(path, path.name, Limits()))


def named(source: Source, model: ScriptedModel, bout: Bout) -> Choice | Skipped:
    run = MemoryRun()
    with looker(source, measure(source, run, 0.1), model, run) as look:
        return name_of(bout, "name-0", OPTIONS, look)


def test_the_posture_names_a_set_that_the_model_cannot(source: Source) -> None:
    found = counted(2.0, 6)
    choice = named(source, ScriptedModel(choices=deque([None])), Bout(found.span, SQUATTING, found))
    assert isinstance(choice, Choice)
    assert choice.label == "Squat"


def test_the_model_names_a_set_in_which_no_body_was_seen(source: Source) -> None:
    found = counted(2.0, 6)
    choice = named(source, ScriptedModel(choices=deque(["Lunge"])), Bout(found.span, None, found))
    assert isinstance(choice, Choice)
    assert choice.label == "Lunge"


def test_a_model_that_fails_leaves_the_name_to_the_posture(source: Source) -> None:
    class Failing(ScriptedModel):
        def choose(self, *arguments: object, **more: object) -> Choice:
            raise ModelError("out of memory")

    found = counted(2.0, 6)
    posed = named(source, Failing(), Bout(found.span, SQUATTING, found))
    assert isinstance(posed, Choice)
    assert posed.label == "Squat"
    assert named(source, Failing(), Bout(found.span, None, found)) == Skipped("out of memory")


def test_the_model_is_shown_the_turning_points_of_the_set(source: Source) -> None:
    model = ScriptedModel(choices=deque(["Squat"]))
    found = counted(2.0, 6, tempo_s=2.0)
    named(source, model, Bout(found.span, None, found))
    ((_, view, _),) = [call for call in model.calls if call[0] == "choose"]
    shown_s = [frame.time_s for frame in view.frames]
    assert shown_s == pytest.approx(turning_points_s(found, model.frames_wanted), abs=0.07)


def test_turning_points_are_spread_over_the_set_in_order() -> None:
    found = counted(0.0, 10, tempo_s=2.0)
    assert turning_points_s(found, 4) == (0.0, 1.0, 18.0, 19.0)
    assert turning_points_s(found, 1) == (0.0,)
    assert turning_points_s(found, 0) == ()
    assert len(turning_points_s(found, 100)) == 20


def test_a_set_on_film_is_named_by_its_posture(source: Source) -> None:
    bends = [(1 - abs(2 * (index / SAMPLE_HZ / 2 % 1) - 1)) for index in range(round(12 * SAMPLE_HZ))]
    squats = [pose_of(between(STAND, SQUAT, share)) for share in bends]
    poses = ScriptedPose(deque([*kept((STAND, 1.5)), *squats, *kept((STAND, 1))]))
    result = analyze_workout(source, OPTIONS, SignalsModel("for a test"), MemoryRun(), poses)
    (step,) = (step for step in result.steps if step.measured is not None)
    assert step.exercise_name == "Squat"
    assert "6 repetitions, one every 2.0 s" in step.description
