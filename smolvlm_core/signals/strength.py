"""Weighs motion, rarity and loudness into one strength 0..1. Knows curves and usual levels, no frames."""

from dataclasses import dataclass

import numpy as np

from smolvlm_core.signals.bins import Curve, running_max, running_mean


@dataclass(frozen=True, slots=True)
class StrengthOptions:
    """Speeds in % of the diagonal per second. Chosen on clips and composites with known events; a score of 6 of
    10 (strength 0.56) is meant for what a person would call an event."""

    usual_percentile: float = 70.0
    """The level that a video stays below for this share of its time is its usual ..."""
    usual_percentile_short: float = 40.0
    """... but an event may fill much of a short clip, so there it is lower,"""
    event_s: float = 8.0
    """so that one event of this length does not make itself usual."""

    one_way_spread: float = 0.4
    """Spread of directions of things passing by (traffic, people walking) ..."""
    all_ways_spread: float = 0.85
    """... and of articulated action (sport, play)."""
    one_way_weight: float = 0.4
    """Weight of motion of the first kind ..."""
    all_ways_weight: float = 1.6
    """... and of the second."""

    motion_floor: float = 0.09
    """Added to both sides of ratios of motion: below it, motion is a flag in the wind."""
    full_motion_ratio: float = 14.0
    """Ratio to the usual that is full evidence."""
    motion_gamma: float = 1.3
    """Exponent on the logarithm of the ratio: twice the usual is hardly news."""
    motion_cap: float = 1.3
    """Evidence of motion may exceed 1 by this much before weighting: extremes need no second sign."""

    rare_motion: float = 0.15
    """A rare look counts fully only where this much moves on its own; a title card is no event."""
    rare_pan_from: float = 3.0
    rare_pan: float = 6.0
    """... or, to a part, where the camera steadily travels this much faster than ``rare_pan_from``:"""
    rare_pan_share: float = 0.5
    """a sweep over a landscape moves like a ride, so travel alone makes a rare look count this much at most."""

    loud_from_db: float = 6.0
    """Loudness above usual that starts to count ..."""
    loud_span_db: float = 18.0
    """... and how much more is full evidence."""
    onset_from_db: float = 3.0
    """A sudden sound starts to count when its bands rise by this much more than usual ..."""
    onset_span_db: float = 12.0
    """... and how much more is full evidence."""
    noise_from: float = 0.30
    """Flatness between that of voices (under 0.2) and ..."""
    noise_full: float = 0.45
    """... that of cheering or applause (noise has 0.56): such sound needs to be louder by less ..."""
    roar_from_db: float = 3.0
    roar_span_db: float = 9.0
    """... (from the first, fully from the second on): a crowd is seldom a bang."""
    rare_voice: float = 0.6
    """Speech or music counts as much as this where there is none otherwise: speech against silence."""

    motion_weight: float = 0.55
    rarity_weight: float = 0.45
    loud_weight: float = 0.30
    """Sound supports what is seen, in proportion to it;"""
    loud_alone_weight: float = 0.12
    """alone it is worth this at most (a score of 2.2), as it may be anything."""
    seen_fully: float = 0.4
    """Visible evidence at which sound counts in full."""
    full: float = 0.9
    """Combined evidence that is strength 1."""
    few_shots: int = 6
    """Up to so many shots, motion and rarity speak for themselves;"""
    many_shots: int = 10
    """from this many on each looks rare and one must be the liveliest, so that says nothing:"""
    unwitnessed: float = 0.45
    """strength is this at most (a score of 5.1) without a second witness, which is"""
    own_from: float = 0.2
    own_full: float = 0.8
    """sound, or motion that stands out within its own shot: from the first to the second as much evidence."""
    tie_break: float = 0.01
    """Orders equal evidence by motion, worth 0.1 points at most,"""
    tie_break_from: float = 0.1
    """in videos where anything moves at least this much."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The curves (B,) that strength is made of, and the usual level of two of them."""

    motion: Curve
    lively: Curve
    usual_lively: float
    shot_lively: Curve
    """The usual of the shot each bin lies in."""
    shots: int
    pan: Curve
    rarity: Curve
    loudness_db: Curve
    usual_loudness_db: float
    onset_db: Curve
    noise: Curve
    voice: Curve
    bin_s: float


def usual_percentile(duration_s: float, options: StrengthOptions) -> float:
    """Which percentile over time is this video's usual level."""
    spared = 100 * (1 - options.event_s / max(duration_s, 1e-3))
    return float(np.clip(spared, options.usual_percentile_short, options.usual_percentile))


def lively_curve(motion: Curve, spread: Curve, options: StrengthOptions) -> Curve:
    """Motion weighted by how many ways it goes."""
    share = np.clip((spread - options.one_way_spread) / (options.all_ways_spread - options.one_way_spread), 0, 1)
    return motion * (options.one_way_weight + (options.all_ways_weight - options.one_way_weight) * share)


def motion_ratio(motion: Curve, usual: float | Curve, options: StrengthOptions) -> Curve:
    """Motion over the usual, 1 = usual, kept finite where hardly anything moves."""
    return (motion + options.motion_floor) / (usual + options.motion_floor)


def strength_curve(signs: Signs, options: StrengthOptions) -> Curve:
    """(B,) 0..1."""
    many = (signs.shots - options.few_shots) / (options.many_shots - options.few_shots)
    many = float(np.clip(many, 0, 1))
    motion = _motion_evidence(signs.lively, signs.usual_lively, options)
    rarity = (1 - many) * _rarity_evidence(signs, options)
    sound = _sound_evidence(signs, options)
    seen = options.motion_weight * motion + options.rarity_weight * rarity
    believed = np.clip(seen / options.seen_fully, 0, 1)
    sound_worth = options.loud_weight * believed + options.loud_alone_weight * (1 - believed)
    total = seen + sound_worth * sound
    most = float(signs.lively.max())
    if most > options.tie_break_from:
        total = total + options.tie_break * signs.lively / most
    own = _motion_evidence(signs.lively, signs.shot_lively, options)
    own = (own - options.own_from) / (options.own_full - options.own_from)
    witness = np.clip(np.maximum(sound, own), 0, 1)
    return np.minimum(np.clip(total / options.full, 0, 1), 1 - many * (1 - options.unwitnessed) * (1 - witness))


def _motion_evidence(lively: Curve, usual: float | Curve, options: StrengthOptions) -> Curve:
    ratio = motion_ratio(lively, usual, options)
    grade = np.log(np.maximum(ratio, 1)) / np.log(options.full_motion_ratio)
    evidence: Curve = np.clip(grade, 0, options.motion_cap) ** options.motion_gamma
    return evidence


def _rarity_evidence(signs: Signs, options: StrengthOptions) -> Curve:
    """Rarity where something happens: within about a second of motion averaged over three."""
    travel = np.maximum(signs.pan - options.rare_pan_from, 0) / options.rare_pan
    travel = np.minimum(travel, options.rare_pan_share)
    alive = np.maximum(np.clip(signs.motion / options.rare_motion, 0, 1), travel)
    alive = running_mean(alive, max(1, round(3 / signs.bin_s)))
    alive = running_max(alive, max(1, round(2 / signs.bin_s)))
    evidence: Curve = signs.rarity * np.clip(alive, 0, 1)
    return evidence


def _sound_evidence(signs: Signs, options: StrengthOptions) -> Curve:
    """Loud, sudden, a crowd, or a voice in silence: whichever it is most."""
    above_db = np.nan_to_num(signs.loudness_db - signs.usual_loudness_db, nan=0)
    loud = (above_db - options.loud_from_db) / options.loud_span_db
    sudden = (signs.onset_db - options.onset_from_db) / options.onset_span_db
    noisy = np.clip((signs.noise - options.noise_from) / (options.noise_full - options.noise_from), 0, 1)
    roar = noisy * (above_db - options.roar_from_db) / options.roar_span_db
    alone = options.rare_voice * (signs.voice - 2 * float(signs.voice.mean()))
    return np.clip(np.maximum(np.maximum(loud, sudden), np.maximum(roar, alone)), 0, 1)
