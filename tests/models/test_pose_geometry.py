"""Where BlazePose looks, on made-up pictures and points."""

import math

import numpy as np
import pytest

from smolvlm_core.models.pose_geometry import (
    DETECTOR_SIDE_PX,
    LANDMARK_SIDE_PX,
    Region,
    anchor_centres,
    detector_input,
    landmark_input,
    region_around,
)
from tests.models.balls import disc


def xy(*values: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
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


def test_a_region_has_the_body_s_middle_in_its_own_and_the_head_up() -> None:
    region = region_around(xy(100, 100)[0], xy(100, 60)[0], scale=1.25)
    assert region == Region(100, 100, pytest.approx(100), pytest.approx(0))
    lying = region_around(xy(100, 100)[0], xy(140, 100)[0], scale=1.0)
    assert lying is not None
    assert lying.turn_rad == pytest.approx(math.pi / 2)
    head_in_crop = xy(LANDMARK_SIDE_PX / 2, 0)
    np.testing.assert_allclose(lying.to_picture(head_in_crop), xy(140, 100), atol=1e-4)


@pytest.mark.parametrize("edge", [(5.0, 5.0), (math.nan, 1.0), (math.inf, 1.0)])
def test_no_region_where_nobody_can_be(edge: tuple[float, float]) -> None:
    assert region_around(xy(5, 5)[0], xy(*edge)[0], 1.25) is None


@pytest.mark.parametrize("turn_deg", [-180, -120, -45, 0, 30, 90, 179])
def test_into_the_crop_and_back(turn_deg: float) -> None:
    region = Region(211.0, 97.0, 333.0, math.radians(turn_deg))
    points = np.random.default_rng(1).uniform(0, LANDMARK_SIDE_PX, (20, 2)).astype(np.float32)
    affine = region.to_crop()
    there = region.to_picture(points) @ affine[:, :2].T + affine[:, 2]
    np.testing.assert_allclose(there, points, atol=1e-3)


@pytest.mark.parametrize("turn_deg", [-120, 0, 30, 90])
def test_the_crop_shows_what_lies_there(turn_deg: float) -> None:
    """A ball in the picture, looked for in the crop, has its place in the picture."""
    picture = np.zeros((240, 320, 3), np.uint8)
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
