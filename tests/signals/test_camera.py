"""The camera's movement is recovered exactly from clean flow and nearly from half-covered one."""

import numpy as np
import pytest

from smolvlm_core.signals.camera import CameraMove, fit_camera
from tests.signals.scenes import HEIGHT, WIDTH, pattern

ALL_TRUSTED = np.ones((HEIGHT, WIDTH), np.float32)


def affine_flow(
    centre: tuple[float, float], zoom: float, turn: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Flow (H, W, 2) of a camera that moves, zooms and turns; all in px over one picture width."""
    down, right = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    right, down = (right - WIDTH / 2) / WIDTH, (down - HEIGHT / 2) / WIDTH
    return np.stack(
        [centre[0] + zoom * right - turn * down, centre[1] + zoom * down + turn * right], axis=-1
    ).astype(np.float32)


def moved(flow: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> CameraMove:
    return fit_camera(flow, ALL_TRUSTED)


@pytest.mark.parametrize(("centre", "zoom", "turn"), [((0, 0), 0, 0), ((4, -2), 0, 0), ((1, 1), 8, -5)])
def test_clean_flow_is_recovered(centre: tuple[float, float], zoom: float, turn: float) -> None:
    flow = affine_flow(centre, zoom, turn)
    for field, axis in zip(moved(flow).field(), (0, 1), strict=True):
        assert field == pytest.approx(flow[..., axis], abs=0.01)


def test_a_thing_that_covers_a_third_does_not_drag_the_camera_along() -> None:
    flow = affine_flow((2, 0), 0, 0)
    flow[20:80, 40:120] = (-6, 3)
    assert moved(flow).parameters[0] == pytest.approx([2, 0], abs=0.1)


def test_warping_undoes_the_movement() -> None:
    wall = pattern(WIDTH + 5, HEIGHT, 3)[..., 0].astype(np.float32)
    before, now = wall[:, :WIDTH], wall[:, 5:]  # what is at x now was at x + 5 before
    move = moved(affine_flow((5, 0), 0, 0))
    inside = move.seen_before()
    assert np.abs(move.warp(before) - now)[inside].max() < 1
    assert np.abs(before - now)[inside].max() > 50
    assert inside.mean(axis=0) == pytest.approx([1.0] * (WIDTH - 5) + [0.0] * 5)
