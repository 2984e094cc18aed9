"""Levels are those of the sound, whatever pieces it comes in."""

import dataclasses

import numpy as np
import pytest

from smolvlm_core.domain import Span
from smolvlm_core.signals.curves import Curves, build_curves, evidence_of
from smolvlm_core.signals.sound import SoundMeter
from tests.signals.scenes import SOUND_HZ, Scene, filmed, hum, times


def tone(duration_s: float, amplitude: float, hz: float = 440) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    time_s = np.arange(round(duration_s * SOUND_HZ)) / SOUND_HZ
    return (amplitude * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)


@pytest.mark.parametrize(
    ("hz", "loudness_db"),
    # What FFmpeg's ebur128 filter measures of a full tone.
    [(997, -3.011), (440, -3.693), (100, -4.835), (3000, 0.106), (6000, 0.328)],
)
def test_loudness_is_that_of_bs_1770(hz: float, loudness_db: float) -> None:
    meter = SoundMeter()
    meter.add(0.0, tone(1, 1.0, hz))
    levels = meter.levels()
    assert levels.time_s == pytest.approx(np.arange(10) / 10 + 0.05)
    assert levels.level_db == pytest.approx(loudness_db, abs=0.02)


def test_pieces_do_not_matter() -> None:
    sound = hum(3, lambda t: 0.05 + 0.1 * t)
    whole, pieces = SoundMeter(), SoundMeter()
    whole.add(0.5, sound)
    start = 0
    for length in np.random.default_rng(1).integers(0, 4000, 100):
        pieces.add(0.5 + start / SOUND_HZ, sound[start : start + length])
        start = min(len(sound), start + int(length))
    assert start == len(sound)
    one, other = whole.levels(), pieces.levels()
    for field in dataclasses.fields(one):
        assert getattr(one, field.name) == pytest.approx(getattr(other, field.name), abs=1e-3), field.name


def test_after_a_hole_time_goes_on_where_the_sound_does() -> None:
    meter = SoundMeter()
    meter.add(0.0, tone(1.03, 1.0))
    meter.add(5.0, tone(1, 0.1))
    levels = meter.levels()
    times_s, levels_db = levels.time_s, levels.level_db
    assert times_s[10:] == pytest.approx(5.05 + np.arange(10) / 10)
    assert levels_db[10:] == pytest.approx(levels_db[0] - 20, abs=0.05)


def test_broken_samples_count_as_silence() -> None:
    meter = SoundMeter()
    meter.add(0.0, np.full(SOUND_HZ, np.nan, np.float32))
    meter.add(1.0, np.full(SOUND_HZ, np.inf, np.float32))
    assert meter.levels().level_db == pytest.approx(-100.69, abs=0.01)


def test_no_sound_has_no_levels() -> None:
    meter = SoundMeter()
    meter.add(0.0, np.zeros(0, np.float32))
    levels = meter.levels()
    assert [len(getattr(levels, field.name)) for field in dataclasses.fields(levels)] == [0, 0, 0, 0]


def test_flux_is_high_where_a_sound_starts_and_nowhere_else() -> None:
    sound = np.concatenate(
        [hum(2, lambda t: 0.003 + 0 * t), hum(2, lambda t: 0.3 + 0 * t), hum(1, lambda t: 0 * t)]
    )
    meter = SoundMeter()
    meter.add(0.0, sound)
    levels = meter.levels()
    start = int(levels.flux_db.argmax())
    assert levels.time_s[start] == pytest.approx(2.05, abs=0.11)
    assert levels.flux_db[start] > 20
    assert np.delete(levels.flux_db, [start, start + 1]).max() < 8


def test_noise_is_flat_and_a_tone_is_not() -> None:
    noise = np.random.default_rng(3).normal(0, 0.1, SOUND_HZ).astype(np.float32)
    flat, tonal = SoundMeter(), SoundMeter()
    flat.add(0.0, noise)
    tonal.add(0.0, tone(1, 0.5, 1000))
    assert flat.levels().flatness.mean() == pytest.approx(0.56, abs=0.03)
    assert tonal.levels().flatness.max() < 0.01


def test_louder_sound_has_the_same_onsets() -> None:
    sound = hum(3, lambda t: np.where(t > 1, 0.12, 0.02))
    soft, loud = SoundMeter(), SoundMeter()
    soft.add(0.0, sound)
    loud.add(0.0, 4 * sound)
    assert soft.levels().flux_db == pytest.approx(loud.levels().flux_db, abs=0.2)
    assert soft.levels().flatness == pytest.approx(loud.levels().flatness, abs=1e-2)


def voice(duration_s: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """A buzz with formant-like overtones, in syllables: four a second."""
    time_s = np.arange(round(duration_s * SOUND_HZ)) / SOUND_HZ
    buzz = sum(np.sin(2 * np.pi * 140 * n * time_s) / n for n in range(1, 20))
    return np.asarray(0.1 * buzz * np.abs(np.sin(2 * np.pi * 2 * time_s)), np.float32)


def test_speech_stands_out_from_silence_and_noise_does_not() -> None:
    def sounding(part: np.ndarray[tuple[int], np.dtype[np.float32]]) -> Curves:
        quiet = hum(30, lambda t: 0.002 + 0 * t)
        quiet[16 * SOUND_HZ : 20 * SOUND_HZ] += part
        return build_curves(filmed(30, lambda t: Scene(1).frame(), quiet, at_s=times(30, 1)))

    spoken, noisy = sounding(voice(4)), sounding(hum(4, lambda t: 0.1 + 0 * t))
    assert evidence_of(spoken, Span(16, 20)).rare_voice
    assert not evidence_of(spoken, Span(4, 14)).rare_voice
    assert not evidence_of(noisy, Span(16, 20)).rare_voice
    assert spoken.voice[(spoken.times_s > 17) & (spoken.times_s < 19)].min() > 0.6
    assert spoken.voice[spoken.times_s < 15].max() == 0
