"""BlazePose's own two files: they load, see nobody where nobody is, and find a drawn figure.

Skipped where the files are not (``pose_files``); CI fetches them first.
"""

import math
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from smolvlm_core.domain import FrameRGB
from smolvlm_core.errors import ModelError, ModelUnavailable
from smolvlm_core.exercise import Pose, PoseInfo
from smolvlm_core.models.pose import (
    DETECTOR_FILE,
    DETECTOR_OUTPUTS,
    LANDMARK_FILE,
    LANDMARK_OUTPUTS,
    BlazePose,
    load_network,
    open_blazepose,
)
from smolvlm_core.models.pose_geometry import DETECTOR_SIDE_PX, LANDMARK_SIDE_PX, Floats, rotation
from tests.models.mannequin import HEIGHT_SHARE, LEFT_ANKLE, NOSE, draw_mannequin

INFO = PoseInfo("BlazePose full", "asked for by a test")
NETWORKS = [
    (DETECTOR_FILE, DETECTOR_SIDE_PX, DETECTOR_OUTPUTS),
    (LANDMARK_FILE, LANDMARK_SIDE_PX, LANDMARK_OUTPUTS),
]
NEAR = 0.06  # of the body's height: as far as a joint may be from where it was drawn; 0.04 were seen


def flat(grey: int) -> FrameRGB:
    return np.full((360, 640, 3), grey, np.uint8)


def noise(height: int, width: int) -> FrameRGB:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)


def assert_joints_near(pose: Pose, joints_px: Mapping[int, NDArray[np.float64]], height: int) -> None:
    """``height`` is of the picture as it was drawn."""
    for row, at_px in joints_px.items():
        assert math.dist(pose.image[row, :2], at_px) < NEAR * HEIGHT_SHARE * height, f"landmark {row}"


@pytest.mark.parametrize(("name", "side_px", "sizes"), NETWORKS)
def test_a_network_gives_what_is_wanted_of_it(
    pose_files: Path, name: str, side_px: int, sizes: tuple[int, ...]
) -> None:
    run = load_network(pose_files / name, side_px, sizes, threads=1)
    outputs = run(np.zeros((1, side_px, side_px, 3), np.float32))
    assert {size: values.shape for size, values in outputs.items()} == {size: (size,) for size in sizes}
    assert all(values.dtype == np.float32 and np.isfinite(values).all() for values in outputs.values())


def test_a_network_that_cannot_be_run_says_so(pose_files: Path) -> None:
    run = load_network(pose_files / DETECTOR_FILE, DETECTOR_SIDE_PX, DETECTOR_OUTPUTS, threads=1)
    with pytest.raises(ModelError, match="could not be run"):
        run(np.zeros((1, 100, 100, 3), np.float32))


@pytest.mark.parametrize(
    ("name", "side_px", "sizes"), [(DETECTOR_FILE, *NETWORKS[1][1:]), (LANDMARK_FILE, *NETWORKS[0][1:])]
)
def test_a_file_of_another_model_is_named(
    pose_files: Path, name: str, side_px: int, sizes: tuple[int, ...]
) -> None:
    with pytest.raises(ModelUnavailable, match=f"{name} is damaged or of another model"):
        load_network(pose_files / name, side_px, sizes, threads=1)


def test_a_picture_of_another_size_is_of_another_model(pose_files: Path) -> None:
    with pytest.raises(ModelUnavailable, match=f"{DETECTOR_FILE} is of another model"):
        load_network(pose_files / DETECTOR_FILE, LANDMARK_SIDE_PX, DETECTOR_OUTPUTS, threads=1)


def test_a_file_cut_short_is_damaged(pose_files: Path, tmp_path: Path) -> None:
    shutil.copy(pose_files / LANDMARK_FILE, tmp_path)
    data = (pose_files / DETECTOR_FILE).read_bytes()
    (tmp_path / DETECTOR_FILE).write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelUnavailable, match=f"{DETECTOR_FILE} is damaged"):
        open_blazepose(tmp_path, "a test")


@pytest.mark.parametrize(
    "picture",
    [flat(0), flat(128), flat(255), noise(360, 640), noise(640, 360)],
    ids=["black", "grey", "white", "noise", "tall noise"],
)
def test_nobody_is_where_nobody_is(pose_files: Path, picture: FrameRGB) -> None:
    assert open_blazepose(pose_files, "a test").estimate(picture) is None


@pytest.mark.parametrize(("width", "height"), [(640, 360), (360, 640)])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_drawn_figure_is_found_however_the_picture_is_turned(
    pose_files: Path, width: int, height: int, turns: int
) -> None:
    picture, joints_px = draw_mannequin(width, height)
    turned = np.ascontiguousarray(np.rot90(picture, turns))
    turn = rotation(-turns * math.pi / 2)
    middle_px, turned_middle_px = np.array([width, height]) / 2, np.array(turned.shape[1::-1]) / 2
    pose = open_blazepose(pose_files, "a test").estimate(turned)
    assert pose is not None
    assert pose.presence > 0.9
    assert np.all((pose.image[:, 2] >= 0) & (pose.image[:, 2] <= 1))
    expected_px = {row: turn @ (at - middle_px) + turned_middle_px for row, at in joints_px.items()}
    assert_joints_near(pose, expected_px, height)
    nose, ankles = pose.world[NOSE, :2], pose.world[LEFT_ANKLE : LEFT_ANKLE + 2, :2].mean(axis=0)
    np.testing.assert_allclose(nose @ turn, [0, -0.6], atol=0.15)  # metres, above the hips
    np.testing.assert_allclose(ankles @ turn, [0, 0.75], atol=0.15)


def test_a_figure_that_walks_is_detected_once(pose_files: Path) -> None:
    detections = 0
    detector, landmarks = (load_network(pose_files / name, side_px, sizes, 2) for name, side_px, sizes in NETWORKS)

    def detect(batch: Floats) -> Mapping[int, Floats]:
        nonlocal detections
        detections += 1
        return detector(batch)

    model = BlazePose(detect, landmarks, INFO)
    picture, joints_px = draw_mannequin(640, 360)
    for moved_px in range(0, 160, 20):
        pose = model.estimate(np.roll(picture, moved_px, axis=1))
        assert pose is not None
        assert_joints_near(pose, {row: np.add(at, (moved_px, 0)) for row, at in joints_px.items()}, 360)
    assert detections == 1
    assert model.estimate(flat(200)) is None
