"""Where BlazePose looks, on made-up pictures and points."""

import math

import numpy as np
import pytest

from smolvlm_core.models.pose_geometry import (
    DETECTOR_SIDE_PX,
    LANDMARK_SIDE_PX,
    Floats,
    Region,
    anchor_centres,
    detector_input,
    landmark_input,
    region_around,
)
from tests.models.balls import disc


def xy(*values: float) -> Floats:
    """Points, (N, 2), out of x, y, x, y …"""
    return np.array(values, np.float32).reshape(-1, 2)


def test_anchors_lie_in_the_middle_of_their_cells_row_by_row() -> None:
    anchors = anchor_centres()
    assert anchors.shape == (2254, 2)
    assert anchors.dtype == np.float32
    np.testing.assert_allclose(anchors[[0, 1, 2, 3]] * 28, xy(0.5, 0.5, 0.5, 0.5, 1.5, 0.5, 1.5, 0.5), rtol=1e-6)
    np.testing.assert_allclose(anchors[2 * 28] * 28, [0.5, 1.5], rtol=1e-6)
    np.testing.assert_allclose(anchors[2 * 28**2] * 14, [0.5, 0.5], rtol=1e-6)
    np.testing.assert_allclose(anchors[2 * 28**2 + 2 * 14**2] * 7, [0.5, 0.5], rtol=1e-6)
    np.testing.assert_allclose(anchors[-6:] * 7, xy(*[6.5] * 12), rtol=1e-6)


@pytest.mark.parametrize(("width", "height"), [(640, 360), (360, 640), (100, 100), (1, 500)])
def test_the_detector_sees_the_whole_picture_in_the_middle(width: int, height: int) -> None:
    batch, letterbox = detector_input(np.full((height, width, 3), 255, np.uint8))
    assert batch.shape == (1, DETECTOR_SIDE_PX, DETECTOR_SIDE_PX, 3)
    assert batch.dtype == np.float32
    rows, columns = np.nonzero(batch[0, :, :, 0] > 0)
    assert set(np.unique(batch)) <= {-1.0, 1.0}
    assert (columns.min(), rows.min()) == (letterbox.left_px, letterbox.top_px)
    corners = xy(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    pixel = max(width, height) / DETECTOR_SIDE_PX
    np.testing.assert_allclose(letterbox.to_picture(corners), xy(0, 0, width, height), atol=pixel)


def test_the_detector_gets_what_it_was_trained_on() -> None:
    """Black is -1 and white 1, in the picture and beside it."""
    for grey, value in ((0, -1.0), (51, -0.6), (255, 1.0)):
        batch, _ = detector_input(np.full((100, 200, 3), grey, np.uint8))
        np.testing.assert_allclose(batch[0, 112], value, atol=1e-6)
        np.testing.assert_array_equal(batch[0, [0, -1]], -1)


@pytest.mark.parametrize(("width", "height"), [(640, 360), (360, 640)])
def test_from_the_detector_s_square_back_to_the_picture(width: int, height: int) -> None:
    picture = np.zeros((height, width, 3), np.uint8)
    disc(picture, (0.2 * width, 0.7 * height), 20)
    batch, letterbox = detector_input(picture)
    rows, columns = np.nonzero(batch[0, :, :, 0] > 0)
    found = letterbox.to_picture(xy(columns.mean(), rows.mean()))
    np.testing.assert_allclose(found, xy(0.2 * width, 0.7 * height), atol=2)
    assert found.dtype == np.float32


def test_a_region_has_the_body_s_middle_in_its_own_and_the_head_up() -> None:
    region = region_around(xy(100, 90)[0], xy(100, 50)[0], scale=1.25)
    assert region is not None
    assert (region.x_px, region.y_px) == (100, 90)
    assert region.side_px == pytest.approx(100)
    assert region.turn_rad == pytest.approx(0)


@pytest.mark.parametrize(
    ("head", "turn_deg"),
    [((100, 60), 0), ((128, 72), 45), ((140, 100), 90), ((100, 140), -180), ((60, 100), -90)],
)
def test_a_body_stands_upright_in_its_region_however_it_lies(head: tuple[float, float], turn_deg: float) -> None:
    region = region_around(xy(100, 100)[0], xy(*head)[0], scale=1.0)
    assert region is not None
    assert math.degrees(region.turn_rad) == pytest.approx(turn_deg)
    top_of_crop = xy(LANDMARK_SIDE_PX / 2, 0)
    np.testing.assert_allclose(region.to_picture(top_of_crop), xy(*head), atol=0.5)


@pytest.mark.parametrize(
    ("hips", "edge"),
    [
        ((5.0, 5.0), (5.0, 5.0)),
        ((5.0, 5.0), (math.nan, 1.0)),
        ((5.0, 5.0), (math.inf, 1.0)),
        ((math.nan, 5.0), (5.0, 50.0)),
        ((math.inf, 5.0), (math.inf, 50.0)),
    ],
)
def test_no_region_where_nobody_can_be(hips: tuple[float, float], edge: tuple[float, float]) -> None:
    assert region_around(xy(*hips)[0], xy(*edge)[0], 1.25) is None


@pytest.mark.parametrize("turn_deg", [-180, -120, -45, 0, 30, 90, 179])
def test_into_the_crop_and_back(turn_deg: float) -> None:
    region = Region(211.0, 97.0, 333.0, math.radians(turn_deg))
    points = np.random.default_rng(1).uniform(0, LANDMARK_SIDE_PX, (20, 2)).astype(np.float32)
    affine = region.to_crop()
    there = region.to_picture(points) @ affine[:, :2].T + affine[:, 2]
    np.testing.assert_allclose(there, points, atol=1e-3)


@pytest.mark.parametrize(("width", "height"), [(320, 240), (240, 320)])
@pytest.mark.parametrize("turn_deg", [-120, 0, 30, 90])
def test_the_crop_shows_what_lies_there(turn_deg: float, width: int, height: int) -> None:
    """A white disc in the picture, looked for in the crop, has its place in the picture."""
    picture = np.zeros((height, width, 3), np.uint8)
    disc(picture, (190, 90), 8)
    region = Region(170.0, 110.0, 160.0, math.radians(turn_deg))
    batch = landmark_input(picture, region)
    assert batch.shape == (1, LANDMARK_SIDE_PX, LANDMARK_SIDE_PX, 3)
    assert 0.9 < batch.max() <= 1
    rows, columns = np.nonzero(batch[0, :, :, 0] > 0.5)
    found = region.to_picture(xy(columns.mean(), rows.mean()))
    np.testing.assert_allclose(found, xy(190, 90), atol=0.7)


def test_beyond_the_picture_it_is_black() -> None:
    batch = landmark_input(np.full((100, 100, 3), 255, np.uint8), Region(0.0, 0.0, 100.0, 0.0))
    assert batch[0, 0, 0, 0] == 0
    assert batch[0, -1, -1, 0] == 1


def test_down_in_space_is_down_in_the_picture() -> None:
    """The feet of somebody who lies with the head to the right are to the left."""
    lying = Region(0, 0, 100, math.pi / 2)
    feet_upright = np.array([[0.0, 0.9, 0.1]], np.float32)
    np.testing.assert_allclose(lying.upright_to_picture(feet_upright), [[-0.9, 0, 0.1]], atol=1e-6)
    np.testing.assert_array_equal(feet_upright, np.array([[0.0, 0.9, 0.1]], np.float32))
    assert lying.upright_to_picture(feet_upright).dtype == np.float32


@pytest.mark.parametrize("turn_deg", [-150, -90, 0, 45, 90])
def test_bodies_in_space_and_in_the_picture_turn_alike(turn_deg: float) -> None:
    region = Region(0, 0, LANDMARK_SIDE_PX, math.radians(turn_deg))
    flat = np.random.default_rng(2).uniform(-1, 1, (20, 3)).astype(np.float32)
    in_picture = region.to_picture(flat[:, :2] + np.float32(LANDMARK_SIDE_PX / 2))
    in_space = region.upright_to_picture(flat)
    np.testing.assert_allclose(in_space[:, :2], in_picture, atol=1e-4)
    np.testing.assert_array_equal(in_space[:, 2], flat[:, 2])
