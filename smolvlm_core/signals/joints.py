"""Angles and heights of a body over time, out of its landmarks. Knows no exercise.

Angles come from the landmarks in space, heights from those in the picture, by the length of the body there: so a
person far from the camera counts like one near it, whichever way the camera looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.signals.bins import Curve, smooth
from smolvlm_core.signals.body_frame import frame_curves
from smolvlm_core.signals.movement import SAMPLE_HZ, Joint, Take

_LIMBS = {
    "knee": ("HIP", "KNEE", "ANKLE"),
    "hip": ("SHOULDER", "HIP", "KNEE"),
    "elbow": ("SHOULDER", "ELBOW", "WRIST"),
    "shoulder": ("HIP", "SHOULDER", "ELBOW"),
}
SIDES = ("left", "right")


@dataclass(frozen=True, slots=True)
class BodyOptions:
    """When there is a body, and how long it is."""

    present: float = 0.5
    """Of presence, 0..1: where BlazePose's own tracker gives up."""
    least_samples: int = 8
    """With a body, to say anything: half a second. By eye."""
    length_window_s: float = 8.0
    """The body's length is looked for this far to both sides: a squat hides it, a walk changes it. By eye."""
    length_percentile: float = 80.0
    """Of the lengths in the window. By eye."""
    least_length: float = 0.02
    """Of the picture's longer side; in a smaller body the landmarks are guesses. By eye."""


@dataclass(frozen=True, slots=True)
class BodySignals:
    """Curves of one take on its even time grid, ``SAMPLE_HZ`` a second, the first at ``start_s``.

    ``curves``: name to (N,). In degrees: angles of ``knee``, ``hip``, ``elbow`` and ``shoulder`` (both sides, by
    visibility; each also ``_left`` and ``_right``), and the torso's ``tilt``, 0 upright, 90 lying. In body
    lengths, upwards positive: heights in the picture (``shoulder_height`` and so on; ``foot_height`` of the lower
    one), wrists above shoulders (``wrist_reach``), shoulders above ankles (``stature``). In space: those of
    ``frame_curves``. Of 1: ``legs_seen`` and ``arms_seen``, the visibility of their joints.
    ``presence``: (N,) 0..1 whether a body was seen.
    """

    start_s: float
    curves: Mapping[str, Curve]
    presence: Curve

    def __len__(self) -> int:
        return len(self.presence)


def body_signals(take: Take, options: BodyOptions = BodyOptions()) -> BodySignals | None:
    """None where too few samples show a body. Gaps are bridged with straight lines."""
    seen = take.presence > options.present
    if int(seen.sum()) < options.least_samples:
        return None
    image, world = _bridged(take.image, seen), _bridged(take.world, seen)
    raw = {**_angles(world, image[:, :, 2]), **_heights(image, options), **frame_curves(world), **_seen(image)}
    grid_s = even_times(take.times_s)
    curves = {name: np.interp(grid_s, take.times_s, _median_of_five(curve)) for name, curve in raw.items()}
    presence = np.interp(grid_s, take.times_s, seen.astype(np.float64))
    return BodySignals(float(grid_s[0]), curves, presence)


def even_times(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """From the first time to the last, to half a sample, ``SAMPLE_HZ`` a second; at least two."""
    count = max(2, round(float(times_s[-1] - times_s[0]) * SAMPLE_HZ) + 1)
    return np.asarray(times_s[0] + np.arange(count) / SAMPLE_HZ, np.float64)


def _bridged(landmarks: NDArray[np.float32], seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    index, known = np.arange(len(landmarks)), np.flatnonzero(seen)
    flat = landmarks.reshape(len(landmarks), -1).astype(np.float64)
    filled = [np.interp(index, known, column[known]) for column in flat.T]
    return np.stack(filled, axis=1).reshape(landmarks.shape)


def _median_of_five(curve: Curve) -> Curve:
    """A landmark that jumps for a picture or two is taken out."""
    padded = np.pad(curve, 2, mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1), np.float64)


def _angles(world: NDArray[np.float64], visibility: NDArray[np.float64]) -> dict[str, Curve]:
    curves: dict[str, Curve] = {}
    for limb, names in _LIMBS.items():
        both, weights = [], []
        for side in SIDES:
            rows = [Joint[f"{side.upper()}_{name}"] for name in names]
            angle = _angle_deg(*(world[:, row] for row in rows))
            curves[f"{limb}_{side}"] = angle
            both.append(angle)
            weights.append(visibility[:, rows].min(axis=1).mean() + 1e-6)
        curves[limb] = np.average(both, axis=0, weights=weights)
    return curves


def _angle_deg(a: NDArray[np.float64], vertex: NDArray[np.float64], b: NDArray[np.float64]) -> Curve:
    u, v = a - vertex, b - vertex
    cosine = (u * v).sum(axis=1) / (np.linalg.norm(u, axis=1) * np.linalg.norm(v, axis=1) + 1e-9)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))), np.float64)


def _heights(image: NDArray[np.float64], options: BodyOptions) -> dict[str, Curve]:
    def middle(name: str) -> NDArray[np.float64]:
        return (image[:, Joint[f"LEFT_{name}"], :2] + image[:, Joint[f"RIGHT_{name}"], :2]) / 2

    shoulder, hip, knee, ankle, wrist = (middle(name) for name in ("SHOULDER", "HIP", "KNEE", "ANKLE", "WRIST"))
    body = _body_length(
        np.linalg.norm(shoulder - hip, axis=1)
        + np.linalg.norm(hip - knee, axis=1)
        + np.linalg.norm(knee - ankle, axis=1),
        options,
    )
    return {
        "tilt": np.degrees(np.arctan2(np.abs(shoulder[:, 0] - hip[:, 0]), hip[:, 1] - shoulder[:, 1])),
        "shoulder_height": -shoulder[:, 1] / body,
        "hip_height": -hip[:, 1] / body,
        "nose_height": -image[:, Joint.NOSE, 1] / body,
        "wrist_height": -wrist[:, 1] / body,
        "foot_height": -image[:, [Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE], 1].max(axis=1) / body,
        "wrist_reach": (shoulder[:, 1] - wrist[:, 1]) / body,
        "stature": (ankle[:, 1] - shoulder[:, 1]) / body,
    }


def _seen(image: NDArray[np.float64]) -> dict[str, Curve]:
    """Landmarks outside the picture are guesses; their visibility says so."""
    legs, arms = slice(Joint.LEFT_KNEE, None), slice(Joint.LEFT_ELBOW, Joint.LEFT_HIP)
    return {"legs_seen": image[:, legs, 2].mean(axis=1), "arms_seen": image[:, arms, 2].mean(axis=1)}


def _body_length(lengths: Curve, options: BodyOptions) -> Curve:
    """Nearly the greatest length around each sample: a bent body looks shorter than it is."""
    reach, step = round(options.length_window_s * SAMPLE_HZ), 8
    at = np.arange(0, len(lengths), step)
    tops = [np.percentile(lengths[max(0, i - reach) : i + reach + 1], options.length_percentile) for i in at]
    return np.maximum(smooth(np.interp(np.arange(len(lengths)), at, tops), 1.0), options.least_length)
