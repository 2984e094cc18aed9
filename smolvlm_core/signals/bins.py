"""Irregular samples onto an even time grid, and smoothing that stops at cuts. Knows no meaning of the numbers."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

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
        out = out[nearest_true(filled)]
    return out.reshape((bins, *values.shape[1:]))


def nearest_true(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(B,) index of the closest true entry to each; ``mask`` has at least one."""
    indices: NDArray[np.int64] = ndimage.distance_transform_edt(
        ~mask, return_distances=False, return_indices=True
    )[0]
    return indices


def shot_slices(times_s: Curve, cuts_s: Sequence[float]) -> tuple[slice, ...]:
    """The bins of each shot, by their middle times; shots without a bin are left out."""
    borders = [0, *np.searchsorted(times_s, np.asarray(cuts_s, np.float64)).tolist(), len(times_s)]
    return tuple(slice(a, b) for a, b in pairwise(borders) if b > a)


def smooth_within(curve: Curve, shots: Sequence[slice], sigma_bins: float) -> Curve:
    """Gaussian smoothing along the first axis that never mixes two shots."""
    out = curve.copy()
    for shot in shots:
        out[shot] = ndimage.gaussian_filter1d(curve[shot], sigma_bins, axis=0, mode="nearest")
    return out


def best_mean(values: Curve, count: int) -> float:
    """Mean of the ``count`` highest of at least one value; of all where there are fewer."""
    count = min(max(1, count), len(values))
    return float(np.partition(values, len(values) - count)[-count:].mean())
