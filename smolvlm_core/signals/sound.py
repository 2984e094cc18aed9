"""A sound track over time, block by block: loudness, onsets and noise; keeps no samples. Knows no picture."""

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SoundOptions:
    """Short-term: to find the places that differ within one and the same recording."""

    sample_hz: int = 16_000
    """Of the sound handed in (``video.scan`` delivers this)."""
    block_s: float = 0.1
    """Length of one measurement; a cheer or a bang lasts longer, a syllable about as long."""
    gap_s: float = 0.05
    """Blocks further than this from where the last one ended start anew (a hole in the track)."""
    floor: float = 1e-10
    """Power of what counts as digital silence: -100 dBFS."""
    flux_bands: int = 20
    """Bands of equal width in octaves, as an ear has them, from 20 Hz to half the rate."""
    flux_floor: float = 1e-9
    """Power of a band, -90 dBFS: below, dither would be heard coming and going."""
    noise_from_hz: float = 500.0
    noise_to_hz: float = 6000.0
    """Range in which a crowd is noise and a voice or music is tones."""


LOUDNESS_OFFSET_DB = -0.691
"""Of BS.1770: with it, a tone of 997 Hz is as loud as its level."""

_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
_FILTERS_HZ = 48_000
"""The two filters of BS.1770, numerator and denominator, at the rate they are given for."""


def k_weighting(hz: NDArray[np.float64]) -> NDArray[np.float32]:
    """How much power counts at each frequency (n,), as an ear has it. Source: ITU-R BS.1770-4, annex 1."""
    turn = np.exp(-2j * np.pi * hz / _FILTERS_HZ)
    powers = np.stack([np.ones_like(turn), turn, turn * turn])
    response = np.ones(len(hz), np.complex128)
    for numerator, denominator in (_SHELF, _HIGH_PASS):
        response *= (np.array(numerator) @ powers) / (np.array(denominator) @ powers)
    return np.square(np.abs(response)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class SoundLevels:
    """One value per block (A,), oldest first; all empty without sound."""

    time_s: NDArray[np.float64]
    """Middle of each block."""
    level_db: NDArray[np.float32]
    """Loudness as of one channel, LUFS (ITU-R BS.1770-4, EBU R 128), over the block and without gating."""
    flux_db: NDArray[np.float32]
    """Mean rise of the bands since the block before (spectral flux; falls do not count): onsets are high."""
    flatness: NDArray[np.float32]
    """Geometric over arithmetic mean of the spectrum, 0..1: 0.56 for noise, under 0.2 for voices and music."""


class SoundMeter:
    """Measures mono sound, in pieces of any length, ten times a second."""

    def __init__(self, options: SoundOptions = SoundOptions()) -> None:
        self._options = options
        self._block = max(1, round(options.sample_hz * options.block_s))
        self._window = np.hanning(self._block).astype(np.float32)
        hz = np.fft.rfftfreq(self._block, 1 / options.sample_hz)
        edges_hz = np.geomspace(20.0, options.sample_hz / 2, options.flux_bands + 1)[:-1]
        self._edges = np.unique(np.searchsorted(hz, edges_hz))
        self._weighting = k_weighting(np.asarray(hz, np.float64))
        self._noise = slice(*np.searchsorted(hz, (options.noise_from_hz, options.noise_to_hz)).tolist())
        self._rest: NDArray[np.float32] = np.zeros(0, np.float32)
        self._rest_start_s = 0.0
        self._bands_db: NDArray[np.float64] | None = None  # of the last block
        self._times_s = array("d")
        self._rows = array("f")

    def add(self, time_s: float, pcm: NDArray[np.float32]) -> None:
        """Measure ``pcm`` (n,) in ±1 that starts at ``time_s``; may be empty, not finite values count as 0."""
        rate = self._options.sample_hz
        if abs(time_s - (self._rest_start_s + len(self._rest) / rate)) > self._options.gap_s:
            self._rest, self._bands_db = self._rest[:0], None
        sound = np.concatenate([self._rest, np.nan_to_num(np.asarray(pcm, np.float32), posinf=0, neginf=0)])
        start_s = time_s - len(self._rest) / rate
        blocks = len(sound) // self._block
        used = blocks * self._block
        if blocks:
            self._times_s.extend(start_s + (np.arange(blocks) + 0.5) * self._block / rate)
            self._rows.extend(self._measure(sound[:used].reshape(blocks, self._block)).ravel().tolist())
        self._rest = sound[used:].copy()
        self._rest_start_s = start_s + used / rate

    def levels(self) -> SoundLevels:
        """What was measured so far."""
        table = np.array(self._rows, np.float32).reshape(-1, 3)
        columns = (table[:, column].copy() for column in range(3))
        return SoundLevels(np.array(self._times_s, np.float64), *columns)

    def _measure(self, blocks: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n, 3) level, flux and flatness of blocks (n, samples), n >= 1."""
        options = self._options
        # scaled so that a full tone's power is about 0.5, wherever in the spectrum it lies
        spectrum = np.square(np.abs(np.fft.rfft(blocks * self._window)) / (self._block / 2))
        power = np.square(blocks, dtype=np.float64).mean(axis=1)
        weight = (spectrum @ self._weighting + options.floor) / (spectrum.sum(axis=1) + options.floor)
        level = LOUDNESS_OFFSET_DB + 10 * np.log10(power * weight + options.floor)
        bands_db = 10 * np.log10(np.add.reduceat(spectrum, self._edges, axis=1) + options.flux_floor)
        before = bands_db[:1] if self._bands_db is None else self._bands_db[None]
        rises = np.maximum(np.diff(np.concatenate([before, bands_db]), axis=0), 0)
        self._bands_db = bands_db[-1]
        noise = spectrum[:, self._noise] + options.floor
        flatness = np.exp(np.log(noise).mean(axis=1)) / noise.mean(axis=1)
        return np.column_stack([level, rises.mean(axis=1), flatness])
