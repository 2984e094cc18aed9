"""Made workouts hold their sets where their notes say, and the same seed makes the same ones."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from benchmarks import compose_workout, vary_workout
from benchmarks.compose_workout import Part, Workout, gaps, takes_of
from benchmarks.vary_workout import KINDS, Kind
from benchmarks.workout_footage import even_size, info_of, letterboxed, pictures_at, times_in
from benchmarks.workout_truth import TrueSet, Truth, read_folder
from smolvlm_core.domain import FrameRGB, Span
from tests.clips import BLUE, GREEN, RED, ClipSpec, plain, write_clip

FPS = Fraction(10)
SQUATS = TrueSet(Span(2.0, 4.0), 3, "squat")


def red_while_counted(time_s: float, width: int, height: int) -> FrameRGB:
    """Red in the set, green around it; brighter to the left."""
    rgb = plain(RED if SQUATS.span.contains(time_s) else GREEN)(time_s, width, height)
    rgb[:, width // 2 :] //= 2
    return rgb


def redness(rgb: FrameRGB) -> float:
    lit = rgb[rgb.sum(axis=2) > 60].astype(float)
    return float((lit[:, 0] - lit[:, 1]).mean())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workouts")
    spec = ClipSpec(duration_s=8.0, fps=FPS, width=160, height=120, picture=red_while_counted)
    write_clip(folder / "squats.mp4", spec)
    write_clip(folder / "blue.mp4", ClipSpec(duration_s=5.0, fps=FPS, width=120, height=160, picture=plain(BLUE)))
    clips = [
        {"file": "squats.mp4", "exercise": "squat", "true_reps": 3, "sets": [[2.0, 4.0, 3]]},
        {"file": "blue.mp4", "exercise": "none", "true_reps": 0, "sets": None},
        {"file": "gone.mp4", "true_reps": 4},
    ]
    (folder / "manifest.json").write_text(json.dumps({"clips": clips}), encoding="utf-8")
    return folder


# -- Splicing -------------------------------------------------------------------------------


@pytest.mark.parametrize(("fades", "clear_s"), [("0", 0.15), ("1", 1.2)])
def test_sets_are_where_the_notes_say(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fades: str, clear_s: float
) -> None:
    monkeypatch.setattr(compose_workout, "SIZES_PX", ((160, 120),))
    monkeypatch.setattr(compose_workout, "RATES", (FPS,))
    assert compose_workout.main([str(folder), str(tmp_path), "--count", "1", "--fades", fades]) == 0
    (truth,) = read_folder(tmp_path)
    assert isinstance(truth, Truth)
    assert truth.composite
    assert truth.sets is not None
    assert len(truth.sets) >= 3
    for one in truth.sets:
        assert (one.repetitions, one.exercise) == (3, "squat")
        assert one.span.duration_s == pytest.approx(2.0)
        times_s = [one.span.start_s + 0.15, one.span.middle_s, one.span.end_s - 0.15]
        around_s = [one.span.start_s - clear_s, one.span.end_s + clear_s]  # a dissolve takes up to a second
        assert min(redness(rgb) for rgb in pictures_at(truth.path, times_s, 160)) > 80
        assert max(redness(rgb) for rgb in pictures_at(truth.path, around_s, 160)) < 80
    notes = json.loads(truth.path.with_suffix(".json").read_text(encoding="utf-8"))
    assert notes["dur"] == pytest.approx(info_of(truth.path).duration_s, abs=0.05)
    assert any(notes["fades"]) is (fades == "1")


def test_times_of_a_workout_reckoned_by_hand() -> None:
    rest = Part("rest.mp4", Path("rest.mp4"), Span(1.0, 3.0), still=True)
    part = Part("squats.mp4", Path("squats.mp4"), Span(1.5, 4.5), SQUATS)
    made = Workout((rest, part, rest, part), (0, 5, 0, 10), (160, 120), FPS)
    assert made.starts == [0, 25, 55, 85, 115]
    assert [one.span for one in made.sets] == [Span(3.0, 5.0), Span(9.0, 11.0)]
    assert made.duration_s == 11.5
    assert set(rest.times_s(FPS)) == {1.0}


def test_the_same_seed_makes_the_same_workouts(folder: Path) -> None:
    first, again, other = (list(compose_workout.workouts(folder, 4, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert [any(made.fades) for made in first] == [False, True, False, True]


def test_sets_have_room_up_to_their_neighbours() -> None:
    sets = (TrueSet(Span(1, 3), 2, "squat"), TrueSet(Span(5, 99), 4, "squat"), TrueSet(Span(200, 201), 4, "squat"))
    takes = list(takes_of(Truth("a.mp4", Path("a.mp4"), "squat", 6, sets), 10.0))
    assert [(take.true.span, take.room) for take in takes] == [
        (Span(1, 3), Span(0, 5)),
        (Span(5, 10), Span(3, 10)),
    ]
    assert list(gaps(sets[:1], 10.0)) == [Span(3.4, 10.0)]
    assert list(gaps((), 10.0)) == [Span(0.0, 10.0)]


def test_a_folder_without_sets_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="no clip whose sets"):
        list(compose_workout.workouts(tmp_path, 1, 1))


# -- Varying --------------------------------------------------------------------------------


def test_variations_keep_the_set_in_its_place(folder: Path, tmp_path: Path) -> None:
    assert vary_workout.main([str(folder), str(tmp_path), "--each", "6"]) == 0
    made = [entry for entry in read_folder(tmp_path) if isinstance(entry, Truth)]
    assert len(made) == 2 * len(KINDS)
    for truth in made:
        if not truth.counted:
            assert truth.sets == ()
            continue
        assert truth.repetitions == 3
        assert truth.sets is not None
        (one,) = truth.sets
        times_s = [one.span.start_s - 0.25, one.span.start_s + 0.25, one.span.end_s - 0.25, one.span.end_s + 0.25]
        before, first, last, after = (redness(rgb) for rgb in pictures_at(truth.path, times_s, 160))
        assert min(first, last) > 20 > max(before, after), truth.file


def test_mirrored_pictures_are_mirrored(folder: Path, tmp_path: Path) -> None:
    mirrored = next(kind for kind in KINDS if kind.name == "mirrored")
    truth = next(entry for entry in read_folder(folder) if isinstance(entry, Truth))
    vary_workout.write(truth, info_of(truth.path), mirrored, tmp_path / "m.mp4", 1)
    (rgb,) = pictures_at(tmp_path / "m.mp4", [1.0], 160)
    assert rgb[:, :70].mean() < rgb[:, 90:].mean()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind("as it is"), Span(2.0, 4.0)),
        (Kind("faster", speed=2.0), Span(1.0, 2.0)),
        (Kind("slower", speed=0.5), Span(4.0, 8.0)),
        (Kind("backwards", backwards=True), Span(4.0, 6.0)),
    ],
)
def test_sets_move_with_the_pictures(kind: Kind, expected: Span) -> None:
    assert kind.set_of(SQUATS, 8.0) == TrueSet(expected, 3, "squat")


def test_kinds_are_dealt_evenly_and_alike_for_a_seed() -> None:
    truths = [Truth(f"{index}.mp4", Path(f"{index}.mp4"), "squat", 3, None) for index in range(6)]
    dealt = list(vary_workout.variations(truths, 2, 3))
    assert dealt == list(vary_workout.variations(truths, 2, 3))
    assert all(first[1] != second[1] for first, second in zip(dealt[::2], dealt[1::2], strict=True))
    names = [kind.name for _, kind in dealt]
    assert {names.count(kind.name) for kind in KINDS} == {2}


def test_the_manifest_of_the_clips_is_never_lost(folder: Path, tmp_path: Path) -> None:
    before = (folder / "manifest.json").read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        vary_workout.main([str(folder), str(folder)])
    assert (folder / "manifest.json").read_text(encoding="utf-8") == before
    (tmp_path / "manifest.json").write_text(before, encoding="utf-8")
    compose_workout.main([str(folder), str(tmp_path), "--count", "0"])
    assert (tmp_path / "manifest.json").read_text(encoding="utf-8") == before


# -- Footage --------------------------------------------------------------------------------


def test_times_of_pictures() -> None:
    assert times_in(Span(1.0, 1.4), FPS) == pytest.approx([1.0, 1.1, 1.2, 1.3])
    assert times_in(Span(1.0, 1.4), FPS, speed=2.0) == pytest.approx([1.0, 1.2])
    assert times_in(Span(1.0, 1.01), FPS) == [1.0]


def test_letterboxes() -> None:
    wide = np.full((20, 80, 3), 200, np.uint8)
    boxed = letterboxed(wide, (40, 40))
    assert boxed.shape == (40, 40, 3)
    assert boxed[15:25].min() == 200
    assert boxed[:15].max() == boxed[25:].max() == 0
    assert even_size(1281, 721, 960) == (960, 540)
    assert all(side % 2 == 0 for side in even_size(99, 51, 960))


@pytest.mark.parametrize("module", [compose_workout, vary_workout])
def test_a_folder_without_a_manifest_is_skipped(
    module: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main = compose_workout.main if module is compose_workout else vary_workout.main
    assert main([str(tmp_path), str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.startswith("skipped")
