"""From features to curves over time: what stands out from the rest of this video, and how strongly.

Everything is relative to the same video's own usual level, so a calm video has no peak to offer and a wild one
only its wildest part. What an event means is not known here; that is a model's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import Evidence, Span
from smolvlm_core.signals.bins import (
    Curve,
    best_mean,
    bin_count,
    running_max,
    running_mean,
    shot_slices,
    smooth,
    smooth_within,
    to_bins,
)
from smolvlm_core.signals.features import Features
from smolvlm_core.signals.rarity import lone_shots, rarity_curve
from smolvlm_core.signals.shots import cut_times, find_cuts
from smolvlm_core.signals.strength import (
    Signs,
    StrengthOptions,
    lively_curve,
    motion_ratio,
    strength_curve,
    usual_percentile,
)

RARE_VOICE_LEAST, RARE_VOICE_MOST = 0.5, 0.25
"""Shares of a span and of the whole video in which there is a voice, for it to be worth a word; chosen by eye."""


@dataclass(frozen=True, slots=True)
class CurveOptions:
    """How measurements become curves. Speeds in % of the diagonal per second; chosen on clips with events."""

    bin_s: float = 0.25
    """Not quite two samples at 7 a second."""
    smooth_s: float = 0.5
    """Gaussian sigma of motion within a shot: a second is the shortest thing a person would call a moment."""
    fine_smooth_s: float = 0.2
    """The same, fine enough to tell where a movement starts and ends."""
    heading_smooth_s: float = 0.7
    """... and of its directions, which are noisier."""
    camera_leak: float = 0.04
    """Share of the camera's speed that parallax leaves in the measured motion ..."""
    camera_leak_cap: float = 15.0
    """... up to this speed."""
    trusted_change: float = 0.45
    """Unexplained change up to which flow is fully believed ..."""
    untrusted_change: float = 0.8
    """... and from which it is not."""
    small_area: float = 0.03
    """Share of the picture from which on a moving thing counts as it is; a smaller one is far away ..."""
    small_power: float = 0.5
    """... and its speed counts for more, by this power of how much smaller it is ..."""
    smallest: float = 0.1
    """... down to this share of ``small_area``; less is leaves and noise."""
    whip_from: float = 40.0
    """While the camera whips round (% of the diagonal per second), what seems to move on its own is blur:"""
    whip: float = 90.0
    """believed less and less, up to this speed."""
    sparse_step_s: float = 0.4
    """Samples further apart are too far for flow: the moving area stands in for speed,"""
    sparse_gain: float = 10.0
    """at this speed per unit of area, the median ratio of the same clips at full rate."""
    compared_over_s: float = 0.65
    """Slow changes look back this far (half a second and what rounding adds)."""
    steady_pan_s: float = 0.5
    """Gaussian sigma that averages camera shake out of its steady travel."""
    loudness_s: float = 1.0
    """Window of loudness: an impact and its echo, a shout."""
    voice_flatness: float = 0.2
    """Sound flatter than this is noise; voices and music lie below ..."""
    voice_above_db: float = 12.0
    """... and this much above the quietest tenth of the track, or they are hum."""
    usual_flux_percentile: float = 95.0
    """Sound starts all the time; a sudden one exceeds this percentile of the rises."""
    best_s: float = 1.5
    """A span is as strong as the best of its bins that add up to this ; longer would punish short events."""
    liveliest_ratio: float = 1.5
    """The liveliest part is worth a word when it moves this many times as much as usual."""
    sudden_db: float = 9.0
    """A sound is worth being called sudden when it rises by this much more than sounds usually do."""
    digital_silence_db: float = -70.0
    """A track that never gets louder is no sound at all; microphones in quiet rooms hiss at about -60 dBFS."""
    usual_silence_db: float = -50.0
    """The usual level is at least this, so that the first noise after near silence is not an event."""
    shortest_video_s: float = 2.5
    """Shorter videos have no "usual" that anything could stand out from: strength 0."""
    weights: StrengthOptions = field(default_factory=StrengthOptions)


@dataclass(frozen=True, slots=True)
class UsualLevels:
    """What the video mostly is: motions in % of the diagonal per second, loudness in dBFS (nan without sound)."""

    motion: float
    lively: float
    loudness_db: float


@dataclass(frozen=True, slots=True)
class Curves:
    """One value per bin (B,). Motion, camera and pan in % of the picture's diagonal per second."""

    duration_s: float
    bin_s: float
    times_s: Curve
    """Middle of each bin."""
    strength: Curve
    """0..1, all evidence combined: how much this stands out. 1 + 9 x strength reads as a score of 1..10."""
    motion: Curve
    """What moves on its own, camera taken out, averaged over the whole picture."""
    changed_area: Curve
    """Share of the picture unlike half a second before, camera taken out, 0..1: sees slow movement too."""
    spread: Curve
    """Entropy of the motion's directions, 0..1: passing by is low, jumping or throwing is high."""
    lively: Curve
    """``motion`` weighted up where it is spread."""
    lively_fine: Curve
    """The same, hardly smoothed: where exactly a movement starts and ends."""
    camera: Curve
    pan: Curve
    """The steady part of the camera's movement."""
    rarity: Curve
    """0..1, how unlike the rest of the video it looks."""
    lone_shot: NDArray[np.bool_]
    """In the only shot of its kind."""
    loudness_db: Curve
    """dBFS over about a second; nan without sound."""
    onset_db: Curve
    """How much more of the sound's bands rose at once than usually does, within half a second; 0 without sound."""
    noise: Curve
    """Spectral flatness over about a second, 0..1: a crowd's roar is noise; 0 without sound."""
    voice: Curve
    """Share of about a second, 0..1, with speech or music; 0 without sound."""
    cuts_s: tuple[float, ...]
    """Hard cuts, increasing."""
    usual: UsualLevels


def build_curves(features: Features, options: CurveOptions = CurveOptions()) -> Curves:
    """All curves of a video. Deterministic; any number of samples, also none."""
    weights = options.weights
    bins = bin_count(features.duration_s, options.bin_s)
    times_s = np.asarray((np.arange(bins) + 0.5) * options.bin_s, np.float64)
    cuts = find_cuts(features)
    cuts_s = tuple(time_s for time_s in cut_times(features, cuts) if 0 < time_s < features.duration_s)
    shots = shot_slices(times_s, cuts_s)
    within = _within_shots(features, cuts)

    motion, weighed, weighed_fine, spread = _motion_curves(features, within, shots, options)
    changed_area = _changed_area_curve(features, cuts, bins, options)
    lively = lively_curve(weighed, spread, weights)
    camera, pan = _camera_curves(features, within, bins, options)
    rarity = rarity_curve(features, times_s, shots)
    loudness_db = _loudness_curve(features, bins, options)
    onset_db, noise, voice = _kinds_of_sound(features, loudness_db, options)
    usual = _usual_levels(motion, lively, loudness_db, features.duration_s, options)
    curves = Curves(
        duration_s=features.duration_s,
        bin_s=options.bin_s,
        times_s=times_s,
        strength=np.zeros(bins),
        motion=motion,
        changed_area=changed_area,
        spread=spread,
        lively=lively,
        lively_fine=lively_curve(weighed_fine, spread, weights),
        camera=camera,
        pan=pan,
        rarity=rarity,
        lone_shot=lone_shots(features, times_s, shots),
        loudness_db=loudness_db,
        onset_db=onset_db,
        noise=noise,
        voice=voice,
        cuts_s=cuts_s,
        usual=usual,
    )
    if features.duration_s < options.shortest_video_s:
        return curves
    return replace(curves, strength=strength_curve(_signs(curves, shots), weights))


def _signs(curves: Curves, shots: Sequence[slice]) -> Signs:
    return Signs(
        motion=curves.motion,
        lively=curves.lively,
        usual_lively=curves.usual.lively,
        shot_lively=_median_within(curves.lively, shots),
        shots=len(shots),
        pan=curves.pan,
        rarity=curves.rarity,
        loudness_db=curves.loudness_db,
        usual_loudness_db=curves.usual.loudness_db,
        onset_db=curves.onset_db,
        noise=curves.noise,
        voice=curves.voice,
        bin_s=curves.bin_s,
    )


def evidence_of(curves: Curves, span: Span, options: CurveOptions = CurveOptions()) -> Evidence:
    """The numbers of one stretch; one shorter than a bin, or past the end, takes the nearest bin's."""
    first = int(np.clip(np.searchsorted(curves.times_s, span.start_s), 0, len(curves.times_s) - 1))
    last = max(first + 1, int(np.searchsorted(curves.times_s, span.end_s)))
    inside = slice(first, last)
    best = max(1, round(options.best_s / curves.bin_s))
    ratio = motion_ratio(curves.motion[inside], curves.usual.motion, options.weights)
    loudness_db = curves.loudness_db[inside]
    heard = bool(np.isfinite(loudness_db).all())
    above_db = float(loudness_db.max()) - curves.usual.loudness_db if heard else None
    return Evidence(
        motion_ratio=best_mean(ratio, best),
        rarity=best_mean(curves.rarity[inside], best),
        loudness_db=above_db,
        cuts=sum(span.start_s < cut_s < span.end_s for cut_s in curves.cuts_s),
        strength=best_mean(curves.strength[inside], best),
        liveliest=_holds_the_most(curves.lively, inside) and float(ratio.max()) >= options.liveliest_ratio,
        loudest=heard and above_db is not None and above_db > 0 and _holds_the_most(curves.loudness_db, inside),
        sudden_sound=float(curves.onset_db[inside].max()) >= options.sudden_db,
        lone_shot=bool(curves.lone_shot[inside].all()),
        rare_voice=heard and _is_rare_voice(curves.voice, inside),
    )


def _is_rare_voice(voice: Curve, inside: slice) -> bool:
    """Speech or music for most of the span, in a video where there is seldom any."""
    return bool(voice[inside].mean() >= RARE_VOICE_LEAST and voice.mean() <= RARE_VOICE_MOST)


def _holds_the_most(curve: Curve, inside: slice) -> bool:
    return bool(curve[inside].max() >= curve.max()) and bool(curve.max() > curve.min())


def _within_shots(features: Features, cuts: Sequence[int]) -> NDArray[np.bool_]:
    """(T,) samples that compare two pictures of one shot."""
    within = np.ones(len(features.time_s), bool)
    within[[0, *cuts] if len(within) else []] = False
    return within


def _motion_curves(
    features: Features, within: NDArray[np.bool_], shots: Sequence[slice], options: CurveOptions
) -> tuple[Curve, Curve, Curve, Curve]:
    """Own motion, that weighed up where it is small, the latter hardly smoothed, and spread of directions (B,)."""
    bins = shots[-1].stop
    doubt = (features.change - options.trusted_change) / (options.untrusted_change - options.trusted_change)
    sparse = features.step_s > options.sparse_step_s
    whip = (features.camera - options.whip_from) / (options.whip - options.whip_from)
    trust = np.where(sparse, 1, 1 - np.clip(np.maximum(doubt, whip), 0, 1))
    leak = options.camera_leak * np.minimum(features.camera, options.camera_leak_cap)
    speed = np.where(sparse, options.sparse_gain * features.area, np.maximum(features.motion - leak, 0))
    size = np.clip(features.area / options.small_area, options.smallest, 1) ** options.small_power
    table = np.column_stack([speed * trust, speed * trust / size, features.heading * trust[:, None]])
    table[~within] = np.nan
    binned = to_bins(features.time_s, table, bins, options.bin_s)
    motion = smooth_within(binned[:, 0], shots, options.smooth_s / options.bin_s)
    # the small constant spreads no motion evenly instead of dividing by it
    heading = smooth_within(binned[:, 2:], shots, options.heading_smooth_s / options.bin_s) + 1e-6
    share = heading / heading.sum(axis=1, keepdims=True)
    spread = -(share * np.log(share)).sum(axis=1) / np.log(share.shape[1])
    weighed = smooth_within(binned[:, 1], shots, options.smooth_s / options.bin_s)
    fine = smooth_within(binned[:, 1], shots, options.fine_smooth_s / options.bin_s)
    return motion, weighed, fine, spread


def _median_within(curve: Curve, shots: Sequence[slice]) -> Curve:
    """(B,) the median of the shot each bin lies in."""
    out = np.empty_like(curve)
    for shot in shots:
        out[shot] = np.median(curve[shot])
    return out


def _changed_area_curve(features: Features, cuts: Sequence[int], bins: int, options: CurveOptions) -> Curve:
    """(B,) as measured, but for what was compared across a cut."""
    area = features.changed_area.astype(np.float64)
    for cut in cuts:
        since_s = features.time_s - features.time_s[cut]
        area[(since_s >= 0) & (since_s < options.compared_over_s)] = np.nan
    return to_bins(features.time_s, area, bins, options.bin_s)


def _camera_curves(
    features: Features, within: NDArray[np.bool_], bins: int, options: CurveOptions
) -> tuple[Curve, Curve]:
    """Speed of the camera, and of its steady travel (B,)."""
    table = np.column_stack([features.camera, features.pan]).astype(np.float64)
    table[~within] = np.nan
    binned = to_bins(features.time_s, table, bins, options.bin_s)
    steady = smooth(binned[:, 1:], options.steady_pan_s / options.bin_s)
    return binned[:, 0], np.hypot(steady[:, 0], steady[:, 1])


def _loudness_curve(features: Features, bins: int, options: CurveOptions) -> Curve:
    """dBFS (B,), nan where there is no sound track or nothing on it."""
    during = (features.loudness_time_s >= 0) & (features.loudness_time_s < features.duration_s)
    levels_db = features.loudness_db[during].astype(np.float64)
    if len(levels_db) == 0 or levels_db.max() <= options.digital_silence_db:
        return np.full(bins, np.nan)
    power = to_bins(features.loudness_time_s[during], 10 ** (levels_db / 10), bins, options.bin_s)
    window = max(1, round(options.loudness_s / options.bin_s))
    # the mean runs as a cumulative sum, which may end a rounding error below zero after a loud passage
    power = np.maximum(running_mean(power, window), 1e-10)
    return np.asarray(10 * np.log10(power), np.float64)


def _kinds_of_sound(features: Features, loudness_db: Curve, options: CurveOptions) -> tuple[Curve, Curve, Curve]:
    """Onsets, noise and voice (B,); zero where ``loudness_db`` says there is no sound."""
    bins = len(loudness_db)
    if not np.isfinite(loudness_db).all():
        return np.zeros(bins), np.zeros(bins), np.zeros(bins)
    during = (features.loudness_time_s >= 0) & (features.loudness_time_s < features.duration_s)
    time_s, flux_db = features.loudness_time_s[during], features.sound_flux_db[during].astype(np.float64)
    above_db = np.maximum(flux_db - np.percentile(flux_db, options.usual_flux_percentile), 0)
    highest_db = np.zeros(bins)
    np.maximum.at(highest_db, np.minimum((time_s / options.bin_s).astype(np.int64), bins - 1), above_db)
    level_db, flatness = features.loudness_db[during], features.sound_flatness[during].astype(np.float64)
    heard = level_db > np.percentile(level_db, 10) + options.voice_above_db
    voiced = (heard & (flatness < options.voice_flatness)).astype(np.float64)
    window = max(1, round(options.loudness_s / options.bin_s))
    noise, voice = (
        # the mean runs as a cumulative sum, which may end a rounding error below zero
        np.clip(running_mean(to_bins(time_s, each, bins, options.bin_s), window), 0, 1)
        for each in (flatness, voiced)
    )
    return running_max(highest_db, max(1, window // 2)), noise, voice


def _usual_levels(
    motion: Curve, lively: Curve, loudness_db: Curve, duration_s: float, options: CurveOptions
) -> UsualLevels:
    percentile = usual_percentile(duration_s, options.weights)
    loudness = float(np.percentile(loudness_db, percentile))  # nan without sound, and then stays nan
    return UsualLevels(
        motion=float(np.percentile(motion, percentile)),
        lively=float(np.percentile(lively, percentile)),
        loudness_db=float(np.maximum(loudness, options.usual_silence_db)),
    )
