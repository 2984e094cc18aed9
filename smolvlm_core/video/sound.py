"""Decodes a sound stream to mono blocks with times; damage in it is skipped, never raised.

Knows nothing of pictures but the time at which the first one is shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.video.container import StreamPacket
from smolvlm_core.video.timeline import PacketClock

DRIFT_S = 0.2  # stamps further than this from the samples counted so far are believed over the count
BLOCK_S = 1.0  # of sound at least in a block: codecs deliver 20 ms, and handing over costs more than the samples
PENDING_S = 60.0  # of sound kept while no picture has come yet


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """A run of sound: float32 (n,) mono samples in about -1..1, the first one at ``time_s``."""

    time_s: float
    pcm: NDArray[np.float32]


class SoundTrack:
    """Turns the packets of a stream into blocks of ``rate_hz`` samples."""

    def __init__(self, stream: av.AudioStream, demuxer: str, rate_hz: int) -> None:
        self._stream, self._rate_hz = stream, rate_hz
        self._clock = PacketClock(stream, demuxer, step_s=0.0)
        self._resampler: av.AudioResampler | None = None
        self._waiting = av.AudioFifo()  # decoded, not yet resampled
        self._next_s: float | None = None
        self.damaged = 0

    def decode(self, packet: StreamPacket) -> Iterator[AudioBlock]:
        """Blocks on the raw clock of the file, of ``BLOCK_S`` or up to a hole in the sound."""
        self._clock.correct(packet)
        try:
            frames = self._stream.decode(packet)
        except av.FFmpegError:
            self.damaged += 1
            return
        for frame in frames:
            yield from self._blocks(frame)

    def _blocks(self, frame: av.AudioFrame) -> Iterator[AudioBlock]:
        stamp_s = None if frame.pts is None else frame.time
        if not frame.samples or not frame.sample_rate:
            return
        if self._next_s is None or (stamp_s is not None and abs(stamp_s - self._next_s) > DRIFT_S):
            yield from self.rest()
            self._next_s = stamp_s or 0.0
        frame.pts = None
        try:
            self._waiting.write(frame)
        except ValueError:  # another kind of sound than before
            yield from self.rest()
            self._waiting = av.AudioFifo()
            self._waiting.write(frame)
        self._next_s += frame.samples / frame.sample_rate
        if self._waiting.samples >= BLOCK_S * frame.sample_rate:
            yield from self.rest()

    def rest(self) -> Iterator[AudioBlock]:
        """What was decoded and not yet handed out: to be asked for at the end."""
        frame = self._waiting.read() if self._waiting.samples else None
        if frame is None or self._next_s is None:
            return
        start_s = self._next_s - frame.samples / frame.sample_rate
        pcm = self._resample(frame)
        if pcm.size:
            yield AudioBlock(start_s, pcm)

    def _resample(self, frame: av.AudioFrame) -> NDArray[np.float32]:
        """float32 (n,); a resampler takes one kind of frame only, so another kind gets a new one."""
        frame.pts = None
        for _ in range(2):
            if self._resampler is None:
                self._resampler = av.AudioResampler("flt", "mono", self._rate_hz)
            try:
                parts = [_samples_of(part) for part in self._resampler.resample(frame)]
            except (av.FFmpegError, ValueError):
                self._resampler = None
                continue
            sound = parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, np.float32), *parts])
            return sound.astype(np.float32, copy=False)
        self.damaged += 1
        return np.zeros(0, np.float32)


def _samples_of(frame: av.AudioFrame) -> NDArray[np.float32]:
    """Of a mono float frame; PyAV's own way takes three times as long, and codecs deliver thousands a minute."""
    return np.frombuffer(bytes(frame.planes[0]), np.float32, frame.samples)


def from_start(block: AudioBlock, origin_s: float, rate_hz: int) -> AudioBlock | None:
    """The block on the clock of the pictures, without what comes before the first; None if nothing is left."""
    time_s = block.time_s - origin_s
    early = max(0, round(-time_s * rate_hz))
    if early >= block.pcm.size:
        return None
    return AudioBlock(max(0.0, time_s), block.pcm[early:])
