"""What anybody could do without this app: the places where the picture changes most, the loudest ones, any place.

The two curves get the help that ours gets: a second of smoothing, then growth around each peak. Arrays in,
spans out.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.truth import iou
from smolvlm_core.domain import Frame, Span
from smolvlm_core.signals.bins import Curve, bin_count, smooth, to_bins
from smolvlm_core.signals.sound import SoundMeter
from smolvlm_core.video.scan import ScanEnd, scan
from smolvlm_core.video.sound import AudioBlock

Luma = NDArray[np.uint8]
"""One picture, uint8 (H, W), grey levels."""

BIN_S = 0.25
SMOOTH_SIGMA_S = 0.5  # a Gaussian about a second wide
GROW_SHARE = 0.4  # a moment goes on while the curve stays above this share of its peak, counted from the median
MERGE_GAP_S = 1.2  # shorter dips do not end a moment
RANDOM_STARTS = 4001
TOP = 3


def mean_difference(luma: Luma, before: Luma | None) -> float:
    """Mean absolute difference of two pictures (H, W) in grey levels; 0 for the first one."""
    if before is None:
        return 0.0
    if luma.shape != before.shape:
        size = (before.shape[1], before.shape[0])
        luma = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
    return float(cv2.absdiff(luma, before).mean())


def difference_curve(times_s: NDArray[np.float64], differences: NDArray[np.float64], duration_s: float) -> Curve:
    """What ``mean_difference`` gave at these times (T,), as a curve (B,)."""
    return _smoothed(times_s, differences, duration_s)


def loudness_curve(
    times_s: NDArray[np.float64], levels_db: NDArray[np.float32], duration_s: float
) -> Curve | None:
    """RMS amplitude (B,) from levels in dBFS (A,); None without sound during the video."""
    during = (times_s >= 0) & (times_s < duration_s)
    if not during.any():
        return None
    return _smoothed(times_s[during], 10 ** (levels_db[during].astype(np.float64) / 20), duration_s)


def _smoothed(times_s: NDArray[np.float64], values: NDArray[np.float64], duration_s: float) -> Curve:
    binned = to_bins(times_s, values, bin_count(duration_s, BIN_S), BIN_S)
    return smooth(binned, SMOOTH_SIGMA_S / BIN_S)


def grown_peaks(curve: Curve, bin_s: float = BIN_S, top: int = TOP) -> tuple[Span, ...]:
    """The ``top`` highest peaks, highest first, each grown while the curve stays high around it.

    A bin belongs to one peak only; nothing at or below the median is a peak, so a flat curve has none.
    """
    usual = float(np.median(curve))
    gap = round(MERGE_GAP_S / bin_s - 0.5)  # whole bins that fit into the gap
    left = curve.astype(np.float64)
    found: list[Span] = []
    while len(found) < top:
        peak = int(left.argmax())
        if left[peak] <= usual:
            break
        level = usual + GROW_SHARE * (left[peak] - usual)
        first, end = _grow(left, peak, level, gap)
        found.append(Span(first * bin_s, end * bin_s))
        left[max(0, first - gap) : end + gap] = -np.inf
    return tuple(found)


def _grow(curve: Curve, peak: int, level: float, gap: int) -> tuple[int, int]:
    """The bins around ``peak`` at or above ``level``; dips of ``gap`` bins are bridged, used bins are not."""
    edges = []
    for step in (-1, 1):
        edge = index = peak
        while 0 <= index < len(curve) and abs(index - edge) <= gap + 1 and np.isfinite(curve[index]):
            if curve[index] >= level:
                edge = index
            index += step
        edges.append(edge)
    return edges[0], edges[1] + 1


def random_hit_rate(duration_s: float, events: Sequence[Span], length_s: float, least_iou: float) -> float:
    """Chance that a window of ``length_s`` placed anywhere in the video, all places alike, hits an event.

    Exact but for a grid of ``RANDOM_STARTS`` places.
    """
    length_s = min(length_s, duration_s)
    starts_s = np.linspace(0, duration_s - length_s, RANDOM_STARTS)
    windows = [Span(float(start_s), float(start_s) + length_s) for start_s in starts_s]
    return float(np.mean([any(iou(window, event) >= least_iou for event in events) for window in windows]))


def baseline_spans(video: Path) -> dict[str, tuple[Span, ...]]:
    """The spans of ``frame_difference`` and ``loudness``, best first, from one scan of its own."""
    times_s: list[float] = []
    differences: list[float] = []
    before: Luma | None = None
    meter = SoundMeter()
    duration_s = 0.0
    for item in scan(video):
        if isinstance(item, ScanEnd):
            duration_s = item.duration_s
        elif isinstance(item, Frame):
            luma = np.asarray(cv2.cvtColor(item.rgb, cv2.COLOR_RGB2GRAY), np.uint8)
            times_s.append(item.time_s)
            differences.append(mean_difference(luma, before))
            before = luma
        elif isinstance(item, AudioBlock):
            meter.add(item.time_s, item.pcm)
    difference = difference_curve(np.array(times_s), np.array(differences), duration_s)
    levels = meter.levels()
    loudness = loudness_curve(levels.time_s, levels.level_db, duration_s)
    return {
        "frame_difference": grown_peaks(difference),
        "loudness": () if loudness is None else grown_peaks(loudness),
    }
