"""A workout from file to steps: what is counted where, how it is named, and what lies between the sets."""

import dataclasses
import json
from collections import deque
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from smolvlm_core.analysis.movement import StretchOptions, looks_at, restored, stretches
from smolvlm_core.analysis.pipeline import Measured
from smolvlm_core.analysis.run import Source
from smolvlm_core.analysis.workout import AT_REST, analyze_workout, join_steps, segments_around
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Choice, FrameRGB, Limits, Skipped, Span
from smolvlm_core.errors import ModelError, ModelUnavailable
from smolvlm_core.exercise import (
    Bout,
    LabelledSegment,
    MeasuredSet,
    Phase,
    Pose,
    PoseInfo,
    Sides,
    Unit,
    WorkoutResult,
)
from smolvlm_core.models.signals import SignalsModel
from smolvlm_core.signals.curves import build_curves
from smolvlm_core.signals.features import FeatureMeter
from smolvlm_core.signals.joints import body_signals
from smolvlm_core.signals.movement import SAMPLE_HZ
from smolvlm_core.signals.posture import posture_of
from smolvlm_core.signals.repetitions import apart
from smolvlm_core.video.probe import probe
from tests.clips import ClipSpec, calm, exercising, in_turn, plain, wild_balls, write_clip
from tests.fakes import MemoryRun, NoPose, ScriptedModel, ScriptedPose
from tests.signals.bodies import bends, filmed, pose
from tests.workouts import CALM, counted

OPTIONS = AnalysisOptions(AnalysisType.WORKOUT, segment_duration_s=6.0)
SETS = (Span(4, 16), Span(26, 36))  # six and five repetitions of two seconds
LENGTH_S = 40.0


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    folder = tmp_path_factory.mktemp("workout")
    spec = ClipSpec(LENGTH_S, Fraction(25), 240, 180, exercising(SETS))
    path = write_clip(folder / "workout.mp4", spec)
    return Source(path, folder / "curves.npz", probe(path, path.name, Limits()))


@pytest.fixture(scope="module")
def run() -> MemoryRun:
    return MemoryRun()


@pytest.fixture(scope="module")
def result(source: Source, run: MemoryRun) -> WorkoutResult:
    return analyze_workout(source, OPTIONS, SignalsModel("for a test"), run, NoPose())


def sets_of(result: WorkoutResult) -> list[MeasuredSet]:
    return [step.measured for step in result.steps if step.measured is not None]


def test_every_set_is_found_where_it_is_and_counted(result: WorkoutResult) -> None:
    assert [len(found.repetitions) for found in sets_of(result)] == [6, 5]
    for found, true in zip(sets_of(result), SETS, strict=True):
        assert found.span.start_s == pytest.approx(true.start_s, abs=0.4)
        assert found.span.end_s == pytest.approx(true.end_s, abs=0.4)
        assert found.tempo_s == pytest.approx(2.0, abs=0.15)


def test_steps_are_in_order_with_their_phases_and_a_set_keeps_its_own_times(result: WorkoutResult) -> None:
    assert [step.phase for step in result.steps] == [
        Phase.SETUP,
        Phase.EXECUTION,
        Phase.REST,
        Phase.EXECUTION,
        Phase.REST,
    ]
    assert all(one.span.end_s <= other.span.start_s for one, other in pairwise(result.steps))
    assert all(step.span == step.measured.span for step in result.steps if step.measured is not None)


def test_segments_cover_the_video_and_end_where_sets_do(result: WorkoutResult) -> None:
    spans = [segment.span for segment in result.segments]
    assert spans[0].start_s == 0.0
    assert spans[-1].end_s == result.duration_s
    assert all(one.end_s == other.start_s for one, other in pairwise(spans))
    assert max(span.duration_s for span in spans) <= OPTIONS.segment_duration_s + 1e-6
    edges_s = {edge for span in spans for edge in (span.start_s, span.end_s)}
    assert {edge for found in sets_of(result) for edge in (found.span.start_s, found.span.end_s)} <= edges_s


# -- With a pose model ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def restless(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Half a minute in which something moves all the time, ten seconds of rest, and again half a minute."""
    folder = tmp_path_factory.mktemp("restless")
    moves = exercising((Span(0, 30), Span(40, 70)))
    picture = in_turn((0.0, moves), (30.0, plain()), (40.0, moves))  # no noise at rest
    path = write_clip(folder / "restless.mp4", ClipSpec(70.0, Fraction(15), 240, 180, picture))
    return Source(path, folder / "curves.npz", probe(path, path.name, Limits()))


def squatting() -> deque[Pose | None]:
    """Eight squats, from the fifth second on; then somebody stands there for good."""
    standing = [0.0] * round(5 * SAMPLE_HZ)
    return deque(pose(bent) for bent in [*standing, *bends(8, 2.0), *standing])


def test_repetitions_are_counted_on_the_body_and_not_on_what_moves_beside_it(restless: Source) -> None:
    poses = ScriptedPose(squatting())
    result = analyze_workout(restless, OPTIONS, SignalsModel("for a test"), MemoryRun(), poses)
    (found,) = sets_of(result)
    assert len(found.repetitions) == 8
    assert found.drive.unit is not Unit.RELATIVE
    assert found.span.start_s == pytest.approx(5.0, abs=0.4)
    assert result.pose == poses.info
    assert result.warnings == ()


def test_each_look_begins_with_nobody_in_mind_and_calm_takes_few_pictures(restless: Source) -> None:
    poses = ScriptedPose(squatting())
    analyze_workout(restless, OPTIONS, SignalsModel("for a test"), MemoryRun(), poses)
    moving, calm, moving_again = (index for index, call in enumerate(poses.calls) if call is None)
    assert moving == 0
    assert calm > 29 * SAMPLE_HZ
    assert moving_again - calm < 10 * 3


def test_a_pose_model_that_fails_is_done_without(restless: Source) -> None:
    class Failing(ScriptedPose):
        def estimate(self, rgb: FrameRGB) -> Pose | None:
            raise ModelError("The pose model could not be run.")

    result = analyze_workout(restless, OPTIONS, SignalsModel("for a test"), MemoryRun(), Failing())
    assert [found.drive.unit for found in sets_of(result)] == [Unit.RELATIVE] * 2
    assert result.pose == PoseInfo(None, "The pose model could not be run.")
    assert any("could not be run" in warning for warning in result.warnings)


def test_what_estimated_poses_before_an_interruption_does_so_after_it(restless: Source) -> None:
    run = MemoryRun()
    analyze_workout(restless, OPTIONS, SignalsModel("for a test"), run, NoPose())
    resumed = MemoryRun()
    resumed.steps = json.loads(json.dumps(run.steps))
    result = analyze_workout(restless, OPTIONS, SignalsModel("for a test"), resumed, ScriptedPose(squatting()))
    assert result.pose.id is None
    resumed.steps = {"pose": ["BlazePose full", "it was there"]}
    with pytest.raises(ModelUnavailable):
        analyze_workout(restless, OPTIONS, SignalsModel("for a test"), resumed, NoPose())


def test_counting_goes_on_without_a_pose_model_and_says_why(source: Source) -> None:
    poses = NoPose("The pose model could not be fetched.")
    result = analyze_workout(source, OPTIONS, SignalsModel("for a test"), MemoryRun(), poses)
    assert len(sets_of(result)) == 2
    assert result.pose == PoseInfo(None, "The pose model could not be fetched.")
    assert any("could not be fetched" in warning for warning in result.warnings)


def test_progress_goes_on_while_repetitions_are_counted(result: WorkoutResult, run: MemoryRun) -> None:
    percents = [report.percent for report in run.reports]
    counting = [report.percent for report in run.reports if report.step.startswith("Counting repetitions")]
    assert percents == sorted(percents)
    assert len(set(counting)) > 10


def test_what_was_counted_is_not_counted_again(source: Source, result: WorkoutResult, run: MemoryRun) -> None:
    resumed = MemoryRun()
    resumed.steps = json.loads(json.dumps(run.steps))
    assert sets_of(analyze_workout(source, OPTIONS, SignalsModel("for a test"), resumed, NoPose())) == sets_of(
        result
    )
    resumed.steps = {name: [] for name in run.steps if name.startswith("bouts-")}
    assert len(resumed.steps) >= 1
    assert sets_of(analyze_workout(source, OPTIONS, SignalsModel("for a test"), resumed, NoPose())) == []


def test_a_model_names_the_sets_and_only_what_moves(source: Source) -> None:
    model = ScriptedModel(choices=deque(["Squat"]))
    named = analyze_workout(source, OPTIONS, model, MemoryRun(), NoPose())
    assert [step.exercise_name for step in named.steps if step.measured is not None] == ["Squat", "Squat"]
    asked = [view.span for kind, view, _ in model.calls if kind == "choose"]
    assert all(any(span.overlap_s(one) for one in SETS) for span in asked)


def test_nothing_is_counted_where_nothing_repeats(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "still.mp4", ClipSpec(8.0, Fraction(15), picture=exercising(())))
    source = Source(path, tmp_path / "curves.npz", probe(path, path.name, Limits()))
    still = analyze_workout(source, OPTIONS, SignalsModel("for a test"), MemoryRun(), NoPose())
    assert still.steps == ()
    assert still.warnings == ()


def test_no_set_crosses_a_cut(tmp_path: Path) -> None:
    moves = exercising((Span(0, 12),))
    picture = in_turn((0.0, moves), (5.0, plain()), (6.5, moves))
    path = write_clip(tmp_path / "cut.mp4", ClipSpec(12.0, Fraction(25), 240, 180, picture))
    source = Source(path, tmp_path / "curves.npz", probe(path, path.name, Limits()))
    result = analyze_workout(source, OPTIONS, SignalsModel("for a test"), MemoryRun(), NoPose())
    sets = sets_of(result)
    assert sets
    inside = [
        segment.evidence.cuts
        for segment in result.segments
        if any(found.span.contains(segment.span.middle_s) for found in sets)
    ]
    assert set(inside) == {0}
    assert all(found.span.end_s <= 5.1 or found.span.start_s >= 6.4 for found in sets)


# -- Stretches --------------------------------------------------------------------------------


def measured(duration_s: float, moving: tuple[Span, ...]) -> Measured:
    """Curves of a video in which a block moves within these spans."""
    meter = FeatureMeter()
    picture = exercising(moving)
    for index in range(round(duration_s * 7)):
        meter.add_frame(index / 7, picture(index / 7, 160, 90))
    return Measured(build_curves(meter.features(duration_s, ())), duration_s, ())


def test_a_long_stretch_is_divided_where_it_is_calm() -> None:
    video = measured(60.0, (Span(1, 21), Span(26, 58)))
    whole = stretches(video)
    parts = stretches(video, False, StretchOptions(longest_s=40.0))
    assert len(whole) == 1
    assert [part.duration_s <= 40.0 for part in parts] == [True, True]
    assert parts[0].end_s == parts[1].start_s
    assert 21 <= parts[0].end_s <= 26
    assert (parts[0].start_s, parts[-1].end_s) == (whole[0].start_s, whole[0].end_s)


def test_no_stretch_reaches_over_a_cut() -> None:
    video = measured(40.0, (Span(5, 31),))
    cut_s = (4.0, 18.0, 32.0)
    parts = stretches(dataclasses.replace(video, curves=dataclasses.replace(video.curves, cuts_s=cut_s)))
    assert [(part.start_s, part.end_s) for part in parts] == [(4.0, 18.0), (18.0, 32.0)]


def test_a_small_movement_is_looked_at_even_after_a_wild_one() -> None:
    wild, small = wild_balls(), exercising((Span(30, 42),))
    meter = FeatureMeter()
    for index in range(50 * 7):
        time_s = index / 7
        rgb = wild(time_s, 160, 90) if time_s < 20 else calm(noise=2.0)(time_s, 160, 90)
        if time_s >= 20:
            rgb[20:65, 60:110] = small(time_s, 50, 45)
        meter.add_frame(time_s, rgb)
    video = Measured(build_curves(meter.features(50.0, ())), 50.0, ())
    looks = looks_at(video, with_pose=True)
    assert any(look.moving and look.span.start_s < 31 and look.span.end_s > 41 for look in looks)
    without = looks_at(video, with_pose=False)
    assert not any(look.span.start_s < 31 and look.span.end_s > 41 for look in without)


def test_rests_are_passed_over() -> None:
    video = measured(60.0, (Span(5, 15), Span(40, 50)))
    first, second = stretches(video)
    assert first.start_s < 5
    assert 15 < first.end_s < 20
    assert 35 < second.start_s < 40
    assert second.end_s > 50


# -- Sets and steps ---------------------------------------------------------------------------


def bout(found: MeasuredSet) -> Bout:
    return Bout(found.span, None, found)


def test_bouts_survive_json() -> None:
    body = body_signals(filmed([pose(bent) for bent in bends(5, 2.0)]))
    assert body is not None
    posture = posture_of(body, Span(0, 10), 2.0)
    assert posture is not None
    found = counted(3.0, sides=Sides(80.0, 60.0))
    for one in (bout(found), Bout(found.span, posture, found), Bout(Span(0, 10), posture, None)):
        assert restored(json.loads(json.dumps(dataclasses.asdict(one)))) == one


def test_sets_that_overlap_share_what_they_have_in_common() -> None:
    first, second = apart([counted(6.0, repetitions=5), counted(0.0, repetitions=5)], 20.0)
    assert (first.span, second.span) == (Span(0, 8), Span(8, 16))
    assert (len(first.repetitions), len(second.repetitions)) == (4, 4)
    assert all(first.span.start_s <= one.span.start_s < one.span.end_s <= 8 for one in first.repetitions)
    assert all(second.span.start_s <= one.span.start_s < one.span.end_s <= 16 for one in second.repetitions)


def labelled(sets: tuple[Bout, ...], label: str | None) -> list[LabelledSegment]:
    """The segments around these bouts, everything moving, with one label or none."""
    video = measured(40.0, (Span(0, 40),))
    spans = segments_around(sets, video, (), 15.0)
    choice = Choice(label, 0.7, {})
    return [LabelledSegment(index, span, choice, 1.0, CALM) for index, span in enumerate(spans)]


def test_no_set_is_lost_however_near_to_another() -> None:
    sets = (counted(0.3, repetitions=2, tempo_s=1.0), counted(2.5, repetitions=3), counted(8.5, repetitions=6))
    bouts = tuple(bout(found) for found in sets)
    steps = join_steps(labelled(bouts, None), bouts)
    assert [step.measured for step in steps if step.measured is not None] == list(sets)
    assert [step.confidence for step in steps if step.measured is not None] == [0.9] * 3


def test_movement_between_sets_that_nobody_could_name_is_no_exercise() -> None:
    sets = (bout(counted(5.0)), bout(counted(25.0)))
    between = [step for step in join_steps(labelled(sets, None), sets) if step.measured is None]
    assert [step.phase for step in between] == [Phase.SETUP, Phase.REST, Phase.REST]
    assert all(step.confidence == 0.0 for step in between)


def test_a_set_has_the_name_of_most_of_its_time() -> None:
    found = counted(0.0, repetitions=10)
    spans = (Span(0, 6), Span(6, 14), Span(14, 20))
    choices: list[Choice | Skipped] = [Choice("Lunge", 0.9, {}), Choice("Squat", 0.5, {}), AT_REST]
    segments = [
        LabelledSegment(index, span, choice, 1.0, CALM)
        for index, (span, choice) in enumerate(zip(spans, choices, strict=True))
    ]
    (step,) = join_steps(segments, (bout(found),))
    assert (step.exercise_name, step.measured) == ("Squat", found)
    assert step.confidence == pytest.approx(np.average([0, 0.5, 0], weights=[6, 8, 6]))
