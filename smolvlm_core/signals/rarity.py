"""How unlike the rest of the video each moment looks. Knows colours and edges, not what they show."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.signals.bins import Curve, nearest_index
from smolvlm_core.signals.features import Features


@dataclass(frozen=True, slots=True)
class RarityOptions:
    """Distances are Euclidean between looks (each half at most 1 long); chosen on composites with known events."""

    look_weight: float = 0.5
    """Scale of the stored looks, so that two with nothing in common are about 1 apart."""
    share: float = 0.20
    """A look is rare when less than this share of the video resembles it."""
    usual_percentile: float = 70.0
    """What most of the video stays below is its usual distance; news and sports are never uniform."""
    full_distance: float = 0.22
    """Distance above usual that counts as entirely different: another place, or other people filling the view."""
    longest_flat_shot_s: float = 15.0
    """A shot up to this long has one rarity; a longer one changes its look on the way."""
    none_below_s: float = 10.0
    """A video this short has no usual look to differ from ..."""
    full_from_s: float = 30.0
    """... and one this long has."""
    lone_distance: float = 0.3
    """A shot whose most similar other shot is at least this far is the only one of its kind ..."""
    lone_shots: int = 3
    """... in a video of at least so many shots."""
    references: int = 1500
    """At most this many looks stand for the whole video; every 10th second of four hours."""


def rarity_curve(
    features: Features, times_s: Curve, shots: Sequence[slice], options: RarityOptions = RarityOptions()
) -> Curve:
    """(B,) 0..1: distance to the most similar ``share`` of the video, above usual."""
    span = options.full_from_s - options.none_below_s
    evident = float(np.clip((features.duration_s - options.none_below_s) / span, 0, 1))
    if evident == 0 or len(features.look) == 0:
        return np.zeros(len(times_s))
    by_second = distances_to_nearest_share(features.look * options.look_weight, options.share, options.references)
    distance = by_second[nearest_index(features.look_time_s, times_s)]
    for shot in shots:
        if times_s[shot][-1] - times_s[shot][0] <= options.longest_flat_shot_s:
            distance[shot] = np.median(distance[shot])
    usual = float(np.percentile(distance, options.usual_percentile))
    return evident * np.clip((distance - usual) / options.full_distance, 0, 1)


def lone_shots(
    features: Features, times_s: Curve, shots: Sequence[slice], options: RarityOptions = RarityOptions()
) -> NDArray[np.bool_]:
    """(B,) whether no other shot looks like the one each bin lies in."""
    lone = np.zeros(len(times_s), bool)
    if len(shots) < options.lone_shots or len(features.look) == 0:
        return lone
    look = features.look[nearest_index(features.look_time_s, times_s)] * options.look_weight
    means = np.stack([look[shot].mean(axis=0) for shot in shots])
    for index, shot in enumerate(shots):
        others = np.delete(means, index, axis=0)
        lone[shot] = np.linalg.norm(others - means[index], axis=1).min() >= options.lone_distance
    return lone


def distances_to_nearest_share(looks: NDArray[np.float32], share: float, references: int) -> Curve:
    """(L,) distance of each look (L, D) within which lies ``share`` of all of them."""
    reference = looks[:: max(1, -(-len(looks) // references))]
    rank = min(len(reference) - 1, int(np.ceil(share * len(reference))))
    length = np.square(reference).sum(axis=1)
    out = np.empty(len(looks))
    for start in range(0, len(looks), 1024):  # in parts: all pairs of a long video would take 170 MB
        part = looks[start : start + 1024]
        squared = np.square(part).sum(axis=1)[:, None] + length[None, :] - 2 * part @ reference.T
        out[start : start + 1024] = np.sqrt(np.maximum(np.partition(squared, rank, axis=1)[:, rank], 0))
    return out
