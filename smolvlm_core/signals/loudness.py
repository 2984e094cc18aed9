"""Loudness of a sound track over time, block by block; keeps no samples. Knows nothing of pictures."""

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LoudnessOptions:
    """Short-term level, unweighted: good enough to find the loud places of one and the same recording."""

    sample_hz: int = 16_000
    """Of the sound handed in (``video.scan`` delivers this)."""
    block_s: float = 0.1
    """Length of one measurement; a cheer or a bang lasts longer, a syllable about as long."""
    gap_s: float = 0.05
    """Blocks further than this from where the last one ended start anew (a hole in the track)."""
    floor: float = 1e-10
    """Power of what counts as digital silence: -100 dBFS."""


class LoudnessMeter:
    """Turns mono sound, in pieces of any length, into levels ten times a second."""

    def __init__(self, options: LoudnessOptions = LoudnessOptions()) -> None:
        self._options = options
        self._block = max(1, round(options.sample_hz * options.block_s))
        self._rest: NDArray[np.float32] = np.zeros(0, np.float32)
        self._rest_start_s = 0.0
        self._times_s = array("d")
        self._levels_db = array("f")

    def add(self, time_s: float, pcm: NDArray[np.float32]) -> None:
        """Measure ``pcm`` (n,) in ±1 that starts at ``time_s``; may be empty, not finite values count as 0."""
        rate = self._options.sample_hz
        if abs(time_s - (self._rest_start_s + len(self._rest) / rate)) > self._options.gap_s:
            self._rest = self._rest[:0]
        sound = np.concatenate([self._rest, np.nan_to_num(np.asarray(pcm, np.float32), posinf=0, neginf=0)])
        start_s = time_s - len(self._rest) / rate
        blocks = len(sound) // self._block
        used = blocks * self._block
        power = np.square(sound[:used].reshape(blocks, self._block), dtype=np.float64).mean(axis=1)
        self._times_s.extend(start_s + (np.arange(blocks) + 0.5) * self._block / rate)
        self._levels_db.extend(10 * np.log10(power + self._options.floor))
        self._rest = sound[used:].copy()
        self._rest_start_s = start_s + used / rate

    def levels(self) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Middle times (A,) in seconds and levels (A,) in dBFS, oldest first; both empty without sound."""
        return np.array(self._times_s, np.float64), np.array(self._levels_db, np.float32)
