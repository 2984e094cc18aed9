"""Decodes a sound stream to blocks with times; damage in it is skipped, never raised.

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
SYNC_S = 0.04  # the same where sound is heard with its pictures: less than anybody notices
BLOCK_S = 1.0  # of sound at least in a block: codecs deliver 20 ms, and handing over costs more than the samples
PENDING_S = 60.0  # of sound kept while no picture has come yet


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """A run of sound: float32 (n,) mono or (n, 2) stereo samples in about -1..1, the first one at ``time_s``."""

    time_s: float
    pcm: NDArray[np.float32]


class SoundTrack:
    """Turns the packets of a stream into blocks of ``rate_hz`` samples: mono to measure, or stereo to hear."""

    def __init__(self, stream: av.AudioStream, demuxer: str, rate_hz: int, *, stereo: bool = False) -> None:
        self._stream, self._rate_hz, self._stereo = stream, rate_hz, stereo
        self._drift_s = SYNC_S if stereo else DRIFT_S
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
        if self._next_s is None or (stamp_s is not None and abs(stamp_s - self._next_s) > self._drift_s):
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
        """As in ``AudioBlock``; a resampler takes one kind of frame only, so another kind gets a new one."""
        frame.pts = None
        for _ in range(2):
            if self._resampler is None:
                layout = "stereo" if self._stereo else "mono"
                self._resampler = av.AudioResampler("flt", layout, self._rate_hz)
            try:
                parts = [_samples_of(part) for part in self._resampler.resample(frame)]
            except (av.FFmpegError, ValueError):
                self._resampler = None
                continue
            sound = parts[0] if len(parts) == 1 else np.concatenate([self._nothing(), *parts])
            return sound.astype(np.float32, copy=False)
        self.damaged += 1
        return self._nothing()

    def _nothing(self) -> NDArray[np.float32]:
        return np.zeros((0, 2) if self._stereo else 0, np.float32)


def _samples_of(frame: av.AudioFrame) -> NDArray[np.float32]:
    """Of a packed float frame; PyAV's own way takes three times as long, and codecs deliver thousands a minute."""
    channels = frame.layout.nb_channels
    pcm = np.frombuffer(bytes(frame.planes[0]), np.float32, frame.samples * channels)
    return pcm if channels == 1 else pcm.reshape(-1, channels)


def from_start(block: AudioBlock, origin_s: float, rate_hz: int) -> AudioBlock | None:
    """The block on the clock of the pictures, without what comes before the first; None if nothing is left."""
    time_s = block.time_s - origin_s
    early = max(0, round(-time_s * rate_hz))
    if early >= len(block.pcm):
        return None
    return AudioBlock(max(0.0, time_s), block.pcm[early:])
