"""Folders of workouts of every shape: what is missing is unknown, what cannot be used says why."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.workout_truth import Left, TrueSet, Truth, clip_of, read_folder
from smolvlm_core.domain import Span


def folder_of(path: Path, manifest: Any, composites: dict[str, Any] | None = None) -> Path:
    """A folder with an empty file for each clip called a.mp4."""
    (path / "clips").mkdir(parents=True)
    (path / "clips" / "a.mp4").touch()
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for name, notes in (composites or {}).items():
        (path / "composites").mkdir(exist_ok=True)
        (path / "composites" / name).write_text(json.dumps(notes), encoding="utf-8")
    return path


def test_a_folder(tmp_path: Path) -> None:
    entry = {"file": "clips/a.mp4", "split": "other", "exercise": "squat", "true_reps": 3, "sets": [[1, 9.5, 3]]}
    sets = {"dur": 30, "sets": [{"ex": "curl", "reps": 5, "t0": 1.5, "t1": 9}]}
    folder = folder_of(tmp_path / "w", {"clips": [entry]}, {"B.json": sets, "C.json": sets, "D.json": {}})
    for name in ("B.mp4", "D.mkv"):
        (folder / "composites" / name).touch()
    assert list(read_folder(folder)) == [
        Truth(
            "clips/a.mp4", folder / "clips/a.mp4", "squat", 3, (TrueSet(Span(1, 9.5), 3, "squat"),), split="other"
        ),
        Truth(
            "composites/B.mp4",
            folder / "composites/B.mp4",
            "",
            5,
            (TrueSet(Span(1.5, 9), 5, "curl"),),
            composite=True,
        ),
        Left("composites/C.json", "no video of that name"),
        Left("composites/D.json", "no sets with times"),
    ]


@pytest.mark.parametrize("manifest", [{}, [], {"clips": None}, {"clips": []}])
def test_folders_without_clips(tmp_path: Path, manifest: Any) -> None:
    assert list(read_folder(folder_of(tmp_path / "w", manifest))) == []


def test_a_folder_without_anything(tmp_path: Path) -> None:
    assert list(read_folder(tmp_path)) == []


def test_a_bare_list_is_a_manifest_and_missing_files_are_left(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "w", [{"file": "clips/a.mp4"}, {"file": "b.mp4"}, {}])
    assert list(read_folder(folder)) == [
        Truth("clips/a.mp4", folder / "clips/a.mp4", "", None, None),
        Left("b.mp4", "no such file"),
        Left("(an entry without a file)", "no such file"),
    ]


def test_a_missing_file_may_be_elsewhere_under_another_name(tmp_path: Path) -> None:
    entry = {"file": "b.mp4", "bytes": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}
    folder = folder_of(tmp_path / "w", [entry])
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "x" / "y" / "c.mp4").write_bytes(b"abd")
    assert list(read_folder(folder, tmp_path / "x")) == [Left("b.mp4", "no such file")]
    (tmp_path / "x" / "y" / "d.mp4").write_bytes(b"abc")
    (found,) = read_folder(folder, tmp_path / "x")
    assert isinstance(found, Truth)
    assert found.path.name == "d.mp4"


@pytest.mark.parametrize(
    ("entry", "repetitions", "sets"),
    [
        ({}, None, None),
        ({"true_reps": None, "sets": None}, None, None),
        ({"true_reps": 4, "sets": None}, 4, None),
        ({"true_reps": 0, "sets": None}, 0, ()),
        ({"sets": [[0, 5, 3], [6, 9, 4]]}, 7, ((0, 5, 3), (6, 9, 4))),
        ({"sets": [[0, 5], [6, 9, None]]}, None, ((0, 5, None), (6, 9, None))),
        ({"true_reps": 5, "sets": [{"t0": 1, "t1": 2, "reps": 5}]}, 5, ((1, 2, 5),)),
        ({"true_reps": 5, "sets": [[None, 2, 5]]}, 5, None),
        ({"true_reps": 5, "sets": [[9, 2, 5]]}, 5, None),
    ],
)
def test_clips(
    entry: dict[str, Any], repetitions: int | None, sets: tuple[tuple[float, float, int | None], ...] | None
) -> None:
    truth = clip_of({"file": "a.mp4", "exercise": "lunge", **entry}, Path("a.mp4"))
    assert truth.repetitions == repetitions
    expected = None if sets is None else tuple(TrueSet(Span(t0, t1), reps, "lunge") for t0, t1, reps in sets)
    assert truth.sets == expected
