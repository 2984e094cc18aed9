"""The camera's movement between two pictures: a robust affine fit to optical flow. Knows nothing of objects."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.signals.pictures import Array


@dataclass(frozen=True, slots=True)
class CameraFitOptions:
    """Iteratively reweighted least squares with the Geman-McClure weight (Black & Anandan 1996)."""

    grid_px: int = 4
    """Every n-th flow vector is used; DIS smooths over 4 px anyway."""
    rounds: int = 5
    """Reweightings; the parameters move by under 0.01 px after four on handheld clips."""
    scale_of_median: float = 1.5
    """Residual, in medians, from which a vector is taken for an object; about one standard deviation."""
    scale_min_px: float = 0.3
    """Flow noise of DIS on a still scene."""


@dataclass(frozen=True, slots=True)
class CameraMove:
    """Where a pixel was before, as an affine displacement around the picture's centre.

    ``parameters`` (3, 2): pixels at the centre, then change over one picture width to the right and
    down; columns are x and y.
    """

    parameters: NDArray[np.float64]
    width: int
    height: int

    def field(self) -> tuple[Array, Array]:
        """The displacement of every pixel, x and y, each (H, W) in px."""
        right = ((np.arange(self.width, dtype=np.float32) - self.width / 2) / self.width).astype(np.float32)
        down = ((np.arange(self.height, dtype=np.float32) - self.height / 2) / self.width).astype(np.float32)
        centre, by_right, by_down = self.parameters.astype(np.float32)
        return (
            centre[0] + by_right[0] * right[None, :] + by_down[0] * down[:, None],
            centre[1] + by_right[1] * right[None, :] + by_down[1] * down[:, None],
        )

    def warp(self, before: Array) -> Array:
        """``before`` as it would look now had only the camera moved."""
        return _warp_affine(before, self._matrix(), cv2.BORDER_REPLICATE)

    def seen_before(self) -> NDArray[np.bool_]:
        """(H, W): the pixel was inside the picture before."""
        everywhere = np.ones((self.height, self.width), np.float32)
        return _warp_affine(everywhere, self._matrix(), cv2.BORDER_CONSTANT) > 0.99

    def _matrix(self) -> Array:
        """2 x 3, from a pixel's place now to its place before."""
        centre, by_right, by_down = self.parameters
        linear = np.eye(2) + np.stack([by_right, by_down], 1) / self.width
        middle = np.array([self.width / 2, self.height / 2])
        offset = middle + centre - linear @ middle
        return np.column_stack([linear, offset]).astype(np.float32)


def fit_camera(flow: Array, trust: Array, options: CameraFitOptions = CameraFitOptions()) -> CameraMove:
    """The affine movement that most of the trusted picture shares.

    Args: flow: (H, W, 2) px; trust: (H, W) 0..1.
    """
    height, width = trust.shape
    step = options.grid_px
    rows = np.arange(step // 2, height, step)
    columns = np.arange(step // 2, width, step)
    vectors = flow[step // 2 :: step, step // 2 :: step].reshape(-1, 2).astype(np.float64)
    weight = trust[step // 2 :: step, step // 2 :: step].ravel().astype(np.float64) + 1e-3
    basis = np.ones((vectors.shape[0], 3))
    basis[:, 1] = np.tile((columns - width / 2) / width, len(rows))
    basis[:, 2] = np.repeat((rows - height / 2) / width, len(columns))
    parameters = np.zeros((3, 2))
    parameters[0] = np.median(vectors[weight >= np.median(weight)], axis=0)
    ridge = 1e-6 * np.eye(3)
    middle = len(weight) // 2
    for _ in range(options.rounds):
        error = vectors - basis @ parameters
        squared = np.einsum("ij,ij->i", error, error)
        median_px = float(np.sqrt(np.partition(squared, middle)[middle]))
        scale_px = max(options.scale_min_px, options.scale_of_median * median_px)
        weighted = basis * (weight / (1 + squared / scale_px**2) ** 2)[:, None]
        parameters = np.linalg.solve(weighted.T @ basis + ridge, weighted.T @ vectors)
    return CameraMove(parameters, width, height)


def _warp_affine(image: Array, matrix: Array, border: int) -> Array:
    height, width = image.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), flags=flags, borderMode=border), np.float32)
