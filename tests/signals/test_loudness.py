"""Levels are those of the sound, whatever pieces it comes in."""

import numpy as np
import pytest

from smolvlm_core.signals.loudness import LoudnessMeter
from tests.signals.scenes import SOUND_HZ, hum


def tone(duration_s: float, amplitude: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    time_s = np.arange(round(duration_s * SOUND_HZ)) / SOUND_HZ
    return (amplitude * np.sin(2 * np.pi * 440 * time_s)).astype(np.float32)


def test_level_of_a_full_tone_is_minus_three_dbfs() -> None:
    meter = LoudnessMeter()
    meter.add(0.0, tone(1, 1.0))
    times_s, levels_db = meter.levels()
    assert times_s == pytest.approx(np.arange(10) / 10 + 0.05)
    assert levels_db == pytest.approx(-3.01, abs=0.05)


def test_pieces_do_not_matter() -> None:
    sound = hum(3, lambda t: 0.05 + 0.1 * t)
    whole, pieces = LoudnessMeter(), LoudnessMeter()
    whole.add(0.5, sound)
    start = 0
    for length in np.random.default_rng(1).integers(0, 4000, 100):
        pieces.add(0.5 + start / SOUND_HZ, sound[start : start + length])
        start = min(len(sound), start + int(length))
    assert start == len(sound)
    for one, other in zip(whole.levels(), pieces.levels(), strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def test_after_a_hole_time_goes_on_where_the_sound_does() -> None:
    meter = LoudnessMeter()
    meter.add(0.0, tone(1.03, 1.0))
    meter.add(5.0, tone(1, 0.1))
    times_s, levels_db = meter.levels()
    assert times_s[10:] == pytest.approx(5.05 + np.arange(10) / 10)
    assert levels_db[10:] == pytest.approx(-23.01, abs=0.05)


def test_broken_samples_count_as_silence() -> None:
    meter = LoudnessMeter()
    meter.add(0.0, np.full(SOUND_HZ, np.nan, np.float32))
    meter.add(1.0, np.full(SOUND_HZ, np.inf, np.float32))
    assert meter.levels()[1] == pytest.approx(-100)


def test_no_sound_has_no_levels() -> None:
    meter = LoudnessMeter()
    meter.add(0.0, np.zeros(0, np.float32))
    assert [len(part) for part in meter.levels()] == [0, 0]
