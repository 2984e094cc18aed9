"""The example clips play in a browser and show what they promise."""

from pathlib import Path

import numpy as np
import pytest

from smolvlm_core.domain import Limits, Span
from smolvlm_core.video import scenes
from smolvlm_core.video.examples import ExampleKind, write_example
from smolvlm_core.video.probe import probe
from smolvlm_core.video.scenes import ParkScene, Scene, WorkoutScene

RATE_HZ = 8_000


def change_at(scene: Scene, time_s: float) -> float:
    """Mean change of the picture within a fifth of a second."""
    before, after = scene.draw(time_s).astype(int), scene.draw(time_s + 0.2).astype(int)
    return float(np.abs(after - before).mean())


def loudness_of(scene: Scene, span: Span) -> float:
    part = scene.sound(RATE_HZ)[round(span.start_s * RATE_HZ) : round(span.end_s * RATE_HZ)]
    return float(np.sqrt((part**2).mean()))


@pytest.mark.parametrize("kind", ExampleKind)
def test_example_is_a_playable_mp4(kind: ExampleKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for scene in (ParkScene, WorkoutScene):
        monkeypatch.setattr(scene, "duration_s", 1.0)
    path = tmp_path / "example.mp4"
    write_example(path, kind)
    info = probe(path, path.name, Limits())
    assert (info.codec, info.container, info.resolution, info.has_audio) == ("h264", "mov", "640x360", True)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_when_drawing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: ParkScene, _time_s: float) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(scenes.ParkScene, "draw", broken)
    with pytest.raises(OSError, match="disk full"):
        write_example(tmp_path / "example.mp4", ExampleKind.HIGHLIGHTS)
    assert list(tmp_path.iterdir()) == []


def test_park_has_two_events_to_see_and_hear() -> None:
    park = ParkScene()
    calm = max(change_at(park, time_s) for time_s in (2.0, 5.0, 15.0, 22.5))
    assert min(change_at(park, time_s) for time_s in (9.6, 10.8, 11.6)) > 3 * calm
    assert change_at(park, 18.8) > 1.3 * calm
    quiet = loudness_of(park, Span(2.0, 8.0))
    assert loudness_of(park, park.balls_bounce) > 8 * quiet
    assert loudness_of(park, park.birds_fly) > 3 * quiet


def test_workout_moves_and_rests() -> None:
    workout = WorkoutScene()
    rest = max(change_at(workout, time_s) for time_s in (0.5, 13.0, 14.5, 25.0))
    assert change_at(workout, 2.5) > 5 * rest
    assert change_at(workout, 16.2) > 5 * rest


@pytest.mark.parametrize("scene", [ParkScene(), WorkoutScene()], ids=["park", "workout"])
def test_scenes_are_the_same_every_time(scene: Scene) -> None:
    other = type(scene)()
    assert np.array_equal(scene.draw(10.0), other.draw(10.0))
    assert np.array_equal(scene.sound(RATE_HZ), other.sound(RATE_HZ))
    assert np.abs(scene.sound(RATE_HZ)).max() <= 1.0
    assert 20 <= scene.duration_s <= 30
