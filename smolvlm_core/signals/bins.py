"""Irregular samples onto an even time grid, and smoothing that stops at cuts. Knows no meaning of the numbers."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]
"""(B,) one value per bin."""


def bin_count(duration_s: float, bin_s: float) -> int:
    """Bins that cover the duration, at least one."""
    # the millionth keeps 10 s from becoming 41 bins of 0.25 s by a rounding error
    return max(1, int(np.ceil(duration_s / bin_s - 1e-6)))


def to_bins(time_s: NDArray[np.float64], values: NDArray[np.floating], bins: int, bin_s: float) -> Curve:
    """Mean of the samples in each bin.

    Args: time_s: (T,); values: (T,) or (T, D), where a row with a nan counts as absent.
    Returns: (B,) or (B, D). An empty bin takes the nearest filled one; 0 if there is none at all.
    """
    table = (values if values.ndim > 1 else values[:, None]).astype(np.float64)
    index = np.clip((time_s / bin_s).astype(np.int64), 0, bins - 1)
    present = np.isfinite(table).all(axis=1)
    count = np.bincount(index[present], minlength=bins)
    out = np.zeros((bins, table.shape[1]))
    for column in range(table.shape[1]):
        out[:, column] = np.bincount(index[present], table[present, column], bins)
    filled = count > 0
    out[filled] /= count[filled, None]
    if filled.any() and not filled.all():
        known = np.flatnonzero(filled)
        out = out[known[nearest_index(known.astype(np.float64), np.arange(float(bins)))]]
    return out.reshape((bins, *values.shape[1:]))


def nearest_index(known: NDArray[np.floating], wanted: NDArray[np.floating]) -> NDArray[np.int64]:
    """Index into increasing ``known`` (at least one) of the closest to each ``wanted``; the earlier of two."""
    after = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    before = np.maximum(after - 1, 0)
    return np.where(wanted - known[before] <= np.abs(known[after] - wanted), before, after)


def shot_slices(times_s: Curve, cuts_s: Sequence[float]) -> tuple[slice, ...]:
    """The bins of each shot, by their middle times; shots without a bin are left out."""
    borders = [0, *np.searchsorted(times_s, np.asarray(cuts_s, np.float64)).tolist(), len(times_s)]
    return tuple(slice(a, b) for a, b in pairwise(borders) if b > a)


def smooth_within(curve: Curve, shots: Sequence[slice], sigma_bins: float) -> Curve:
    """Gaussian smoothing along the first axis that never mixes two shots."""
    out = curve.copy()
    for shot in shots:
        out[shot] = smooth(curve[shot], sigma_bins)
    return out


# OpenCV's image filters serve (B,) and (B, D) alike and are loaded anyway; SciPy would cost a second of start.


def smooth(curve: Curve, sigma_bins: float) -> Curve:
    """Gaussian smoothing along the first axis; the ends go on as they are."""
    size = (1, 2 * round(4 * sigma_bins) + 1)  # four sigma each way hold all but 1/10,000
    blurred = cv2.GaussianBlur(_as_image(curve), size, sigma_bins, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float64).reshape(curve.shape)


def running_mean(curve: Curve, width: int) -> Curve:
    """Mean of ``width`` >= 1 bins around each; the ends are mirrored."""
    blurred = cv2.blur(_as_image(curve), (1, width), borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float64).reshape(curve.shape)


def running_max(curve: Curve, width: int) -> Curve:
    """Highest of ``width`` >= 1 bins around each."""
    widened = cv2.dilate(_as_image(curve), np.ones((width, 1), np.uint8))
    return np.asarray(widened, np.float64).reshape(curve.shape)


def _as_image(curve: Curve) -> Curve:
    return np.ascontiguousarray(curve.reshape(len(curve), -1))


def best_mean(values: Curve, count: int) -> float:
    """Mean of the ``count`` highest of at least one value; of all where there are fewer."""
    count = min(max(1, count), len(values))
    return float(np.partition(values, len(values) - count)[-count:].mean())
