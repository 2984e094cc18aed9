"""The camera's movement between two pictures: a robust affine fit to optical flow. Knows nothing of objects."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.signals.pictures import Array

Vector = NDArray[np.float64]

_STILL = np.zeros((3, 2))
_IDENTITY = np.array([[1.0, 0, 0], [0, 1, 0]])

RIDGE = 1e-6 * np.eye(3)
"""Keeps a picture in which nothing is trusted solvable."""


@dataclass(frozen=True, slots=True)
class CameraFitOptions:
    """Iteratively reweighted least squares with the Geman-McClure weight (Black & Anandan 1996)."""

    grid_px: int = 4
    """Every n-th flow vector is used; DIS smooths over 4 px anyway."""
    rounds: int = 5
    """Reweightings at most ..."""
    settled_px: float = 0.005
    """... ending when no parameter moves by more than this; a still camera takes two."""
    scale_of_median: float = 1.5
    """Residual, in medians, from which a vector is taken for an object; about one standard deviation."""
    scale_min_px: float = 0.3
    """Flow noise of DIS on a still scene."""

    still_px: float = 0.1
    """The camera stands still where less than this moves ..."""
    still_share: float = 0.7
    """... in this share of what can be followed: most videos are from a tripod, and there is nothing to fit."""
    firm_trust: float = 0.5
    """Trust of what can surely be followed. Without a share ..."""
    nothing_share: float = 0.02
    """... of this of the picture there is nothing to tell a camera's movement by; it counts as still, also ..."""
    object_share: float = 0.35
    """... where it is less than this share, and ..."""
    object_width: float = 0.2
    """... within a band (standard deviation in picture widths; 0.29 is the whole picture): a person, a ball."""


@dataclass(frozen=True, slots=True)
class CameraMove:
    """Where a pixel was before, as an affine displacement around the picture's centre.

    ``parameters`` (3, 2): pixels at the centre, then change over one picture width to the right and
    down; columns are x and y. ``matrix`` (2, 3): the same, from a pixel's place now to its place before.
    ``assumed``: it could not be measured and is taken for still.
    """

    parameters: Vector
    matrix: Vector
    width: int
    height: int
    assumed: bool = False

    def enlarged(self, width: int, height: int) -> "CameraMove":
        """The same movement in a picture of another size and about the same shape."""
        parameters = self.parameters * (width / self.width)
        return CameraMove(parameters, _matrix(parameters, width, height), width, height)

    def field(self) -> tuple[Array, Array]:
        """The displacement of every pixel, x and y, each (H, W) in px."""
        right, down = _axes(self.width, self.height)
        centre, by_right, by_down = self.parameters.astype(np.float32)
        return (
            (centre[0] + by_right[0] * right)[None, :] + (by_down[0] * down)[:, None],
            (centre[1] + by_right[1] * right)[None, :] + (by_down[1] * down)[:, None],
        )

    @property
    def reach_px(self) -> float:
        """At most this far is any pixel moved, x and y added."""
        return float(np.abs(self.parameters).sum())

    def warp(self, before: Array) -> Array:
        """``before`` as it would look now had only the camera moved."""
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (self.width, self.height)
        return np.asarray(
            cv2.warpAffine(before, self.matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
        )

    def seen_before(self) -> NDArray[np.bool_]:
        """(H, W): the pixel was inside the picture before."""
        everywhere = np.ones((self.height, self.width), np.uint8)
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        inside = cv2.warpAffine(everywhere, self.matrix, (self.width, self.height), flags=flags)
        return np.asarray(inside, np.uint8).view(np.bool_)


def fit_camera(flow: Array, trust: Array, options: CameraFitOptions = CameraFitOptions()) -> CameraMove:
    """The affine movement that most of the trusted picture shares.

    Args: flow: (H, W, 2) px; trust: (H, W) 0..1.
    """
    height, width = trust.shape
    grid = slice(options.grid_px // 2, None, options.grid_px)
    basis = _basis(width, height, options.grid_px)
    vectors = flow[grid, grid].reshape(-1, 2).T
    stacked = np.concatenate([basis, vectors])  # one product gives what several would, and calls cost most here
    weight = trust[grid, grid].ravel() + np.float32(1e-3)
    if _only_an_object(basis[1], weight, options):
        return CameraMove(_STILL, _IDENTITY, width, height, assumed=True)
    trusted = vectors[:, weight >= _median(weight)]
    fastest = np.partition(np.square(trusted).sum(axis=0), int(options.still_share * trusted.shape[1]))
    if fastest[int(options.still_share * trusted.shape[1])] < options.still_px**2:
        return CameraMove(_STILL, _IDENTITY, width, height)
    # (2, 5): transposed parameters, negative, then what makes a product with ``stacked`` the error of the fit
    residual = np.array([[-_median(trusted[0]), 0, 0, 1, 0], [-_median(trusted[1]), 0, 0, 0, 1]], np.float32)
    for _ in range(options.rounds):
        squared = np.square(residual @ stacked).sum(axis=0)
        scale_px2 = max(options.scale_min_px**2, options.scale_of_median**2 * _median(squared[::2]))
        weighted = basis * (weight / np.square(1 + squared * np.float32(1 / scale_px2)))
        sums = (weighted @ stacked.T).astype(np.float64)
        parameters = np.asarray(cv2.solve(sums[:, :3] + RIDGE, sums[:, 3:], flags=cv2.DECOMP_CHOLESKY)[1])
        settled = np.abs(residual[:, :3] + parameters.T).max() < options.settled_px
        residual[:, :3] = -parameters.T
        if settled:
            break
    return CameraMove(parameters, _matrix(parameters, width, height), width, height)


def _only_an_object(right: Array, weight: Array, options: CameraFitOptions) -> bool:
    """Whether all that can be followed is so little, or so close together, that it may be a thing."""
    firm = right[weight > options.firm_trust]
    share = len(firm) / len(right)
    if share < options.nothing_share:
        return True
    return share < options.object_share and float(firm.std()) < options.object_width


def _matrix(parameters: Vector, width: int, height: int) -> Vector:
    (x, y), (x_by_right, y_by_right), (x_by_down, y_by_down) = parameters.tolist()
    # by pixel instead of by picture width, and around the corner instead of the centre
    x_by_right, y_by_right, x_by_down, y_by_down = (
        each / width for each in (x_by_right, y_by_right, x_by_down, y_by_down)
    )
    x -= (x_by_right * width + x_by_down * height) / 2
    y -= (y_by_right * width + y_by_down * height) / 2
    return np.array([[1 + x_by_right, x_by_down, x], [y_by_right, 1 + y_by_down, y]])


def _median(values: Array) -> float:
    """Upper median; ``np.median`` costs eight times as much on a few hundred values."""
    middle = len(values) // 2
    return float(np.partition(values, middle)[middle])


@lru_cache(maxsize=4)
def _axes(width: int, height: int) -> tuple[Array, Array]:
    """Place of each column and row from the centre, in picture widths. Shared: not to be written to."""
    right = (np.arange(width) - width / 2) / width
    down = (np.arange(height) - height / 2) / width
    return right.astype(np.float32), down.astype(np.float32)


@lru_cache(maxsize=4)
def _basis(width: int, height: int, step: int) -> Array:
    """(3, n) of 1, right, down for the grid that ``fit_camera`` looks at. Shared: not to be written to."""
    right, down = _axes(width, height)
    columns, rows = right[step // 2 :: step], down[step // 2 :: step]
    ones = np.ones(len(columns) * len(rows), np.float32)
    return np.stack([ones, np.tile(columns, len(rows)), np.repeat(rows, len(columns))])
