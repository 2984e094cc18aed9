"""Finding and following a body, with networks that see one white spot; what LiteRT refuses."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from smolvlm_core.domain import FrameRGB
from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.exercise import PoseInfo
from smolvlm_core.models.pose import (
    ANCHORS,
    BOX_VALUES,
    DETECTOR_FILE,
    DETECTOR_OUTPUTS,
    LANDMARK_FILE,
    PARTS,
    POINTS,
    VALUES,
    BlazePose,
    PoseOptions,
    load_network,
    open_blazepose,
)
from smolvlm_core.models.pose_geometry import DETECTOR_SIDE_PX, LANDMARK_SIDE_PX, Floats, anchor_centres
from tests.models.balls import disc

INFO = PoseInfo("tests/pose", "asked for by a test")
BODY, SURER = 700, 1900  # two of the detector's anchors
UP_PX = 102.4  # in the landmark model's input: with it the square around a still body keeps its size
ANCHORS_PX = anchor_centres() * DETECTOR_SIDE_PX
SURE, UNSURE = 6.0, -6.0  # log-odds

Outputs = dict[int, Floats]


@dataclass
class Spotter:
    """Both networks, of a body whose hips are a white spot; ``spoil`` gets what they are about to answer.

    ``towards`` is from the hips to the edge of the body's circle, in the picture; the crop shows it upright.
    """

    log_odds: float = SURE
    presence: float = 0.9
    visible: float = SURE
    towards: tuple[float, float] = (0, -1)
    spoil: Callable[[Outputs], None] = lambda outputs: None
    detected: list[Floats] = field(default_factory=list)
    followed: list[Floats] = field(default_factory=list)

    def detect(self, batch: Floats) -> Mapping[int, Floats]:
        self.detected.append(batch)
        hips = spot_in(batch[0] > 0)
        boxes = np.zeros((ANCHORS, BOX_VALUES), np.float32)
        scores = np.full(ANCHORS, UNSURE, np.float32)
        if hips is not None:
            points = np.array([hips, hips + np.multiply(40, self.towards)]) - ANCHORS_PX[BODY]
            boxes[BODY, 4:8] = points.ravel()
            scores[BODY] = self.log_odds
        return self._answer({ANCHORS * BOX_VALUES: boxes.reshape(-1), ANCHORS: scores})

    def find_landmarks(self, batch: Floats) -> Mapping[int, Floats]:
        self.followed.append(batch)
        hips = spot_in(batch[0] > 0.5)
        points = np.zeros((POINTS, VALUES), np.float32)
        points[:, 3] = self.visible
        if hips is not None:
            points[:, :2] = hips
            points[34, 1] -= UP_PX  # over the head; 33 is the middle
        world = np.zeros((POINTS, 3), np.float32)
        world[:, 1:] = 0.9, 0.1
        presence = np.array([0.0 if hips is None else self.presence], np.float32)
        return self._answer({POINTS * VALUES: points.reshape(-1), 1: presence, POINTS * 3: world.reshape(-1)})

    def _answer(self, outputs: Outputs) -> Outputs:
        self.spoil(outputs)
        return outputs

    def open(self, options: PoseOptions | None = None) -> BlazePose:
        return BlazePose(self.detect, self.find_landmarks, INFO, options or PoseOptions())


def spot_in(white: NDArray[np.bool_]) -> Floats | None:
    """The middle, x and y, of what is white."""
    rows, columns, _ = np.nonzero(white)
    return np.array([columns.mean(), rows.mean()], np.float32) if rows.size else None


def spot(x: float, y: float, width: int = 640, height: int = 360) -> FrameRGB:
    picture = np.zeros((height, width, 3), np.uint8)
    disc(picture, (x, y), 12)
    return picture


EMPTY = np.zeros((360, 640, 3), np.uint8)


@pytest.mark.parametrize(("width", "height"), [(640, 360), (360, 640), (400, 400)])
def test_a_body_is_detected_once_and_then_followed(width: int, height: int) -> None:
    spotter = Spotter()
    model = spotter.open()
    for x in range(150, 300, 30):
        pose = model.estimate(spot(x, 200, width, height))
        assert pose is not None
        np.testing.assert_allclose(pose.image[:, :2], [[x, 200]] * PARTS, atol=1.5)
    assert len(spotter.detected) == 1
    assert len(spotter.followed) == 5


def test_a_still_body_stays_in_the_middle_of_what_the_network_sees() -> None:
    spotter = Spotter()
    model = spotter.open()
    for _ in range(4):
        model.estimate(spot(200, 200))
    for batch in spotter.followed:
        middle = spot_in(batch[0] > 0.5)
        assert middle is not None
        np.testing.assert_allclose(middle, LANDMARK_SIDE_PX / 2, atol=1.5)


def test_a_pose_has_the_shape_its_type_says() -> None:
    pose = Spotter(presence=1.0000001).open().estimate(spot(200, 200))
    assert pose is not None
    assert pose.image.shape == pose.world.shape == (33, 3)
    assert pose.image.dtype == pose.world.dtype == np.float32
    assert pose.presence == 1


@pytest.mark.parametrize(("log_odds", "visibility"), [(0, 0.5), (2, 0.8808), (1000, 1), (-1000, 0)])
def test_visibility_is_a_probability(log_odds: float, visibility: float) -> None:
    pose = Spotter(visible=log_odds).open().estimate(spot(200, 200))
    assert pose is not None
    np.testing.assert_allclose(pose.image[:, 2], visibility, atol=1e-4)


def test_somebody_who_lies_is_turned_for_the_network_and_back() -> None:
    spotter = Spotter(towards=(1, 0))
    pose = spotter.open().estimate(spot(200, 170))
    assert pose is not None
    np.testing.assert_allclose(pose.image[:, :2], [[200, 170]] * PARTS, atol=1.5)
    np.testing.assert_allclose(pose.world, [[-0.9, 0, 0.1]] * PARTS, atol=1e-6)


def test_a_body_that_was_lost_is_looked_for_in_the_same_picture() -> None:
    spotter = Spotter()
    model = spotter.open()
    model.estimate(spot(100, 200))
    pose = model.estimate(spot(600, 200))
    assert pose is not None
    np.testing.assert_allclose(pose.image[0, :2], [600, 200], atol=1.5)
    assert len(spotter.detected) == 2


def test_a_body_that_left_is_not_followed_any_more() -> None:
    spotter = Spotter()
    model = spotter.open()
    assert model.estimate(spot(200, 200))
    assert model.estimate(EMPTY) is None
    assert len(spotter.followed) == 2
    assert model.estimate(EMPTY) is None
    assert len(spotter.followed) == 2


def test_after_a_cut_a_body_is_detected_anew() -> None:
    spotter = Spotter()
    model = spotter.open()
    model.estimate(spot(200, 200))
    model.forget()
    assert model.estimate(spot(210, 200))
    assert len(spotter.detected) == 2


def looks(model: BlazePose, spotter: Spotter, calls: int) -> str:
    """For each call with an empty picture, x where the detector looked."""
    seen = ""
    for _ in range(calls):
        before = len(spotter.detected)
        assert model.estimate(EMPTY) is None
        seen += "x" if len(spotter.detected) > before else "."
    return seen


def test_where_nobody_is_the_detector_rests_and_looks_now_and_then() -> None:
    spotter = Spotter()
    model = spotter.open(PoseOptions(patient_calls=5, look_every=3))
    assert looks(model, spotter, 12) == "xxxxx" + "x..x..x"
    assert [bool(model.estimate(spot(200, 200))) for _ in range(4)] == [False, False, True, True]
    assert looks(model, spotter, 7) == "xxxxxx."


def test_a_cut_wakes_the_detector() -> None:
    spotter = Spotter()
    model = spotter.open(PoseOptions(patient_calls=2, look_every=100))
    assert looks(model, spotter, 4) == "xxx."
    model.forget()
    assert model.estimate(spot(200, 200))


@pytest.mark.parametrize(
    ("options", "log_odds", "found"),
    [
        (PoseOptions(), 0.001, True),
        (PoseOptions(), -0.001, False),
        (PoseOptions(detection_least=0.8), 1.40, True),
        (PoseOptions(detection_least=0.8), 1.37, False),
    ],
)
def test_who_is_too_unlike_a_body_is_not_looked_at(options: PoseOptions, log_odds: float, found: bool) -> None:
    spotter = Spotter(log_odds=log_odds)
    assert bool(spotter.open(options).estimate(spot(200, 200))) is found
    assert bool(spotter.followed) is found


@pytest.mark.parametrize(
    ("options", "presence", "found"),
    [
        (PoseOptions(), 0.5, True),
        (PoseOptions(), 0.499, False),
        (PoseOptions(presence_least=0.75), 0.75, True),
        (PoseOptions(presence_least=0.75), 0.74, False),
    ],
)
def test_a_body_hardly_present_is_none(options: PoseOptions, presence: float, found: bool) -> None:
    assert bool(Spotter(presence=presence).open(options).estimate(spot(200, 200))) is found


def test_the_one_the_detector_is_surest_of_is_taken() -> None:
    def let_another_be_surer(outputs: Outputs) -> None:
        if ANCHORS not in outputs:
            return
        boxes = outputs[ANCHORS * BOX_VALUES].reshape(ANCHORS, BOX_VALUES)
        boxes[SURER, 4:8] = boxes[BODY, 4:8] + np.tile(ANCHORS_PX[BODY] - ANCHORS_PX[SURER], 2)
        boxes[BODY, 4:8] += 100  # where nobody is
        outputs[ANCHORS][SURER] = SURE + 1

    pose = Spotter(spoil=let_another_be_surer).open().estimate(spot(200, 200))
    assert pose is not None
    np.testing.assert_allclose(pose.image[0, :2], [200, 200], atol=1.5)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("output", [ANCHORS * BOX_VALUES, ANCHORS, POINTS * VALUES, 1, POINTS * 3])
def test_outputs_that_are_no_numbers_show_nobody(output: int, value: float) -> None:
    def spoil(outputs: Outputs) -> None:
        if output in outputs:
            outputs[output][:] = value

    model = Spotter(spoil=spoil).open()
    assert model.estimate(spot(200, 200)) is None
    assert model.estimate(EMPTY) is None


@pytest.mark.parametrize(("output", "place"), [(ANCHORS, BODY), (POINTS * VALUES, 7), (POINTS * 3, 7)])
def test_a_single_value_that_is_no_number_shows_nobody(output: int, place: int) -> None:
    def spoil(outputs: Outputs) -> None:
        if output in outputs:
            outputs[output][place] = np.nan

    assert Spotter(spoil=spoil).open().estimate(spot(200, 200)) is None


# -- LiteRT -----------------------------------------------------------------------------------


@pytest.fixture
def litert() -> None:
    pytest.importorskip("ai_edge_litert.interpreter", reason="LiteRT is not installed", exc_type=ImportError)


@pytest.mark.usefixtures("litert")
def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=f"not whole: {DETECTOR_FILE} is missing") as caught:
        open_blazepose(tmp_path, "a test")
    assert str(tmp_path) not in caught.value.for_users


@pytest.mark.usefixtures("litert")
@pytest.mark.parametrize(
    "data", [b"", b"<html>Not found</html>", bytes(4096), b"\x1c\x00\x00\x00TFL3" + bytes(4096)]
)
def test_a_damaged_file_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / LANDMARK_FILE).write_bytes(data)
    with pytest.raises(ModelUnavailable, match=f"{LANDMARK_FILE} is damaged") as caught:
        load_network(tmp_path / LANDMARK_FILE, DETECTOR_SIDE_PX, DETECTOR_OUTPUTS, threads=1)
    assert str(tmp_path) not in caught.value.for_users
    assert caught.value.__cause__ is not None


@pytest.mark.usefixtures("litert")
def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    """Its name is longer than the file system allows: that fails for every user, root as well."""
    with pytest.raises(ModelUnavailable, match=f"{DETECTOR_FILE} is missing or cannot be read"):
        open_blazepose(tmp_path / ("long" * 100), "a test")


def test_without_litert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ModelUnavailable, match="LiteRT is not installed") as caught:
        open_blazepose(tmp_path, "a test")
    assert "ai-edge-litert" in caught.value.for_users
