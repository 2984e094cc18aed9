"""Copies a whole video's H.264 into MP4 without encoding it: for files of which only the container, or only the
sound, keeps browsers from playing them.

Every picture is decoded once on the way, as a browser stops at damage that is copied; that takes a quarter of the
time of encoding. Sound that is not AAC is encoded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import av
from av.container import OutputContainer

from smolvlm_core.domain import CheckCancelled, never_cancelled
from smolvlm_core.video.container import (
    OpenedVideo,
    StreamPacket,
    now_and_then,
    open_video,
    packets_of,
    use_threads,
)
from smolvlm_core.video.copying import (
    LEAST_PACKETS,
    STEP_ERROR_S,
    first_if_playable,
    has_aac,
    is_heard,
    raw_s_of,
    shift,
)
from smolvlm_core.video.encoding import SoundEncoder, SoundLine, open_movie
from smolvlm_core.video.reel import Rendered, ReportShare, not_reported
from smolvlm_core.video.sniff import AVI
from smolvlm_core.video.sound import AudioBlock, SoundTrack, from_start
from smolvlm_core.video.stretch import SOUND_HZ
from smolvlm_core.video.timeline import PacketClock, stated_fps

EARLY_MOST = 16  # pictures that H.264 may hold back, and so packets without a decoding time
CHECKED_SHARE = 0.9  # of the whole work: reading the pictures; the rest is writing


@dataclass(frozen=True, slots=True)
class _Whole:
    """Pictures that can be copied: stamp of the first, their number, and how long they last."""

    first: int
    packets: int
    duration_s: float


def copy_whole(
    path: Path, target: Path, check: CheckCancelled = never_cancelled, report: ReportShare = not_reported
) -> Rendered | None:
    """Writes the video to ``target``; None, and nothing written, where it has to be encoded.

    Raises: av.FFmpegError, OSError: it cannot be written; UnsupportedContainer, NoVideoStream, Undecodable;
    Cancelled from ``check``.
    """
    check = now_and_then(check)
    with open_video(path) as opened:
        first = first_if_playable(opened)
        size = opened.video.width, opened.video.height
    if first is None:
        return None
    with open_video(path, with_audio=False) as opened:
        whole = _Reading(opened, check).whole(first)
    if whole is None:
        return None
    report(CHECKED_SHARE)
    with open_video(path) as opened:
        _Copy(opened, whole, check).write(target)
    report(1.0)
    return Rendered(whole.duration_s, *size, copied=True)


def _packets(opened: OpenedVideo, *streams: av.VideoStream | av.AudioStream) -> Iterator[StreamPacket]:
    """The packets of some streams; those of pictures with the stamps that MP4 needs, where the file allows it."""
    video = opened.video
    step_s = float(1 / stated_fps(video))
    clock = PacketClock(video, opened.demuxer, step_s)
    step = max(1, round(step_s / (video.time_base or Fraction(1, av.time_base))))
    in_order = opened.demuxer == AVI and not video.codec_context.has_b_frames
    early: list[StreamPacket] = []
    for packet in packets_of(opened, *streams):
        if packet.stream_index == video.index:
            clock.correct(packet)
            if in_order:
                packet.pts = packet.dts  # AVI knows only an order
            if packet.dts is None and len(early) < EARLY_MOST:
                early.append(packet)
                continue
            yield from _with_dts(early, packet.dts, step)
            early.clear()
        yield packet
    yield from early


def _with_dts(early: Sequence[StreamPacket], next_dts: int | None, step: int) -> Iterator[StreamPacket]:
    """The first packets, which Matroska gives no decoding time, before the one that has one."""
    for back, packet in zip(range(len(early), 0, -1), early, strict=True):
        packet.dts = None if next_dts is None else next_dts - back * step
        yield packet


class _Reading:
    """One look at all pictures of a file."""

    def __init__(self, opened: OpenedVideo, check: CheckCancelled) -> None:
        use_threads(opened.video)
        self._opened, self._video, self._check = opened, opened.video, check

    def whole(self, first: av.VideoFrame) -> _Whole | None:
        """What can be copied from the first picture that decodes on; None where that is not all there is.

        Raises: Cancelled from ``check``.
        """
        first_stamp = first.dts if self._opened.demuxer == AVI else first.pts
        stamps: list[int] = []
        last_dts, last_ticks = -(2**63), 0
        for packet in _packets(self._opened, self._video):
            self._check()
            if packet.pts is None or packet.dts is None or not self._decodes(packet):
                return None
            if not stamps and not (packet.is_keyframe and packet.pts == first_stamp):
                continue
            if packet.is_discard or packet.is_corrupt or packet.pts < (first_stamp or 0) or packet.dts <= last_dts:
                return None  # pictures that need what is missing, or a clock that jumps
            stamps.append(packet.pts)
            last_dts = packet.dts
            last_ticks = packet.duration or 0
        if len(stamps) < LEAST_PACKETS or not self._decodes(None) or self._misleads(stamps):
            return None
        base = self._video.time_base or Fraction(1, av.time_base)
        shown_s = float(last_ticks * base) or float(1 / stated_fps(self._video))
        return _Whole(stamps[0], len(stamps), float((max(stamps) - stamps[0]) * base) + shown_s)

    def _decodes(self, packet: StreamPacket | None) -> bool:
        try:
            return not any(frame.is_corrupt for frame in self._video.decode(packet))
        except av.FFmpegError:
            return False

    def _misleads(self, stamps: Sequence[int]) -> bool:
        """Whether two pictures have one time, or MP4 would state a wrong length."""
        in_time = sorted(stamps)
        steps = [later - earlier for earlier, later in pairwise(in_time)]
        varied = (max(steps) - min(steps)) * float(self._video.time_base or 0) > STEP_ERROR_S
        return min(steps) == 0 or (varied and stamps != in_time)


class _Copy:
    """The state of one writing."""

    def __init__(self, opened: OpenedVideo, whole: _Whole, check: CheckCancelled) -> None:
        self._opened, self._whole, self._check = opened, whole, check
        self._video, self._audio = opened.video, opened.audio
        self._start_s = float(whole.first * (self._video.time_base or 0))

    def write(self, target: Path) -> None:
        """Raises: av.FFmpegError, OSError: it cannot be written; Cancelled from ``check``."""
        streams = (self._video,) if self._audio is None else (self._video, self._audio)
        left = self._whole.packets
        with open_movie(target) as box:
            to_video = box.add_stream_from_template(self._video)
            sound = self._sound_to(box)
            for packet in _packets(self._opened, *streams):
                self._check()
                if packet.stream_index != self._video.index:
                    sound.add(packet)
                elif left < self._whole.packets or (packet.is_keyframe and packet.pts == self._whole.first):
                    left -= 1
                    shift(packet, self._whole.first)
                    packet.stream = to_video
                    sound.follow(raw_s_of(packet))
                    box.mux_one(packet)
            sound.end(self._whole.duration_s)

    def _sound_to(self, box: OutputContainer) -> "_Sound":
        if self._audio is None:
            return _NoSound()
        if has_aac(self._opened):
            return _CopiedSound(box, self._audio, self._opened.demuxer, self._start_s, self._whole.duration_s)
        return _EncodedSound(box, self._audio, self._opened.demuxer, self._start_s)


class _Sound(Protocol):
    """Where the packets of a sound stream go."""

    def add(self, packet: StreamPacket) -> None: ...

    def follow(self, time_s: float) -> None:
        """The pictures in the file have come as far as this."""

    def end(self, duration_s: float) -> None: ...


class _NoSound:
    def add(self, packet: StreamPacket) -> None:
        """There are none."""

    def follow(self, time_s: float) -> None:
        """Nobody follows."""

    def end(self, duration_s: float) -> None:
        """It never began."""


class _CopiedSound:
    """Packets as they are, moved to the clock of the pictures."""

    def __init__(
        self, box: OutputContainer, audio: av.AudioStream, demuxer: str, start_s: float, duration_s: float
    ) -> None:
        self._box, self._stream = box, box.add_stream_from_template(audio)
        self._clock = PacketClock(audio, demuxer, step_s=0.0)
        self._start_s, self._duration_s = start_s, duration_s

    def add(self, packet: StreamPacket) -> None:
        self._clock.correct(packet)
        if is_heard(packet, self._start_s, self._duration_s):
            shift(packet, round(self._start_s / packet.time_base))
            packet.stream = self._stream
            self._box.mux_one(packet)

    def follow(self, time_s: float) -> None:
        """The file's own order is kept."""

    def end(self, duration_s: float) -> None:
        """All is written."""


class _EncodedSound:
    """Sound as AAC, wherever it came from."""

    def __init__(self, box: OutputContainer, audio: av.AudioStream, demuxer: str, start_s: float) -> None:
        self._encoder = SoundEncoder(box)
        self._track = SoundTrack(audio, demuxer, SOUND_HZ, stereo=True)
        self._line = SoundLine()
        self._start_s = start_s

    def add(self, packet: StreamPacket) -> None:
        self._place(self._track.decode(packet))

    def follow(self, time_s: float) -> None:
        for pcm in self._line.release(time_s):
            self._encoder.write(pcm)

    def end(self, duration_s: float) -> None:
        self._place(self._track.rest())
        for pcm in self._line.end(round(duration_s * SOUND_HZ)):
            self._encoder.write(pcm)
        self._encoder.finish()

    def _place(self, blocks: Iterator[AudioBlock]) -> None:
        for block in blocks:
            placed = from_start(block, self._start_s, SOUND_HZ)
            if placed is not None:
                self._line.add(placed.time_s, placed.pcm)
