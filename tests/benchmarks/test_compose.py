"""Made videos hold the event where their manifest says, and the same seed makes the same ones."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from benchmarks import compose
from benchmarks.truth import Truth, read_manifest
from smolvlm_core.domain import Limits, Span
from smolvlm_core.video.frames import FrameReader
from smolvlm_core.video.probe import probe
from tests.clips import ClipSpec, calm, corners, write_clip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A calm clip and one with an event."""
    folder = tmp_path_factory.mktemp("clips")
    write_clip(folder / "wall.mp4", ClipSpec(duration_s=3.0, fps=Fraction(5), picture=calm()))
    write_clip(folder / "corners.mp4", ClipSpec(duration_s=6.0, fps=Fraction(5), picture=corners))
    good = [
        {"file": "wall.mp4", "ground_truth": {"label": "calm", "moments": []}},
        {
            "file": "corners.mp4",
            "ground_truth": {"label": "event", "moments": [{"t0": 1, "t1": 4.5, "what": "it"}]},
        },
    ]
    (folder / "manifest.json").write_text(json.dumps({"good": good}), encoding="utf-8")
    return folder


def test_the_event_is_where_the_manifest_says(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose, "CALM_S", (3, 5))
    assert compose.main([str(folder), str(tmp_path), "--count", "2"]) == 0
    made = list(read_manifest(tmp_path))
    assert len(made) == 2
    for truth in made:
        assert isinstance(truth, Truth)
        (needle,) = truth.wanted
        assert needle.duration_s == pytest.approx(3.5)
        video = tmp_path / truth.file
        assert probe(video, truth.file, Limits()).duration_s > needle.end_s + 2
        with FrameReader(video) as reader:
            before, inside, after = reader.at([needle.start_s - 1, needle.middle_s, needle.end_s + 1])
        assert inside.rgb.std() > 2 * max(before.rgb.std(), after.rgb.std())


def test_the_same_seed_makes_the_same_videos(folder: Path) -> None:
    first, again, other = (list(compose.recipes(folder, 6, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert all(recipe.shown == Span(1.0, 4.5) for recipe in first)


def test_a_folder_without_calm_clips_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="no calm clip"):
        list(compose.recipes(tmp_path, 1, 1))


def test_a_folder_without_a_manifest_is_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compose.main([str(tmp_path), str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.startswith("skipped")
