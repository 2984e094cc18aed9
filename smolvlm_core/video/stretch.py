"""Reads one stretch of a video at full size, with its sound: what a clip is made of.

Decodes from the key frame before it on. To there it seeks where the container's index can be trusted, and reads
through the packets elsewhere, which costs a hundredth of decoding them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from smolvlm_core.domain import CheckCancelled, Span, never_cancelled
from smolvlm_core.errors import NothingToCut
from smolvlm_core.video.container import (
    OpenedVideo,
    StreamPacket,
    now_and_then,
    open_video,
    packets_of,
    use_threads,
)
from smolvlm_core.video.frames import SEEK_GAP_S, SEEK_MARGIN_S, SEEKABLE, skim
from smolvlm_core.video.sniff import AVI
from smolvlm_core.video.sound import AudioBlock, SoundTrack, from_start
from smolvlm_core.video.timeline import FrameClock, PacketClock, stamp_of, stated_fps

SOUND_HZ = 48_000
ROUNDING_S = 0.0015  # results state times to a millisecond: a picture this near after a time counts as there
LAG_S = 5.0  # sound may lie this far behind its pictures in the file
REORDER_S = 0.5  # pictures may come this much later in the file than they are shown
NO_PICTURE = "The video has no picture at this moment that can be decoded."
DAMAGED = "The file may be damaged from here on."


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture, not upright yet, and the time from which it is shown."""

    time_s: float
    frame: av.VideoFrame
    pixel_aspect: Fraction | None


@dataclass(frozen=True, slots=True)
class StretchEnd:
    """Comes last: where the pictures end, which is earlier than asked for in a video that ends there."""

    time_s: float


StretchItem = Picture | AudioBlock | StretchEnd


def read_stretch(path: Path, span: Span, check: CheckCancelled = never_cancelled) -> Iterator[StretchItem]:
    """The picture shown at the start of ``span``, those that follow, and stereo sound of ``SOUND_HZ``.

    All times are the video's own. Sound may begin before the span and end after it, and comes about when its
    pictures do.
    Raises: NothingToCut: no picture there decodes; UnsupportedContainer, NoVideoStream, Undecodable;
    Cancelled from ``check``.
    """
    check = now_and_then(check)
    start = _start_of(path, check)
    for leap in (True, False):
        with open_video(path) as opened:
            stretch = _Stretch(opened, span, start, check)
            if leap and not (span.start_s > SEEK_GAP_S and stretch.leap(path)):
                continue
            yield from stretch.items()
            return


@dataclass(frozen=True, slots=True)
class Outline:
    """What the file states of itself."""

    has_sound: bool
    fps: Fraction


def outline_of(path: Path) -> Outline:
    """Raises: UnsupportedContainer, NoVideoStream, Undecodable."""
    with open_video(path) as opened:
        return Outline(opened.audio is not None, stated_fps(opened.video))


@dataclass(frozen=True, slots=True)
class _Start:
    """The raw time stamp of the first picture that decodes, and that of the sound which belongs to it."""

    picture_s: float
    sound_s: float


def _start_of(path: Path, check: CheckCancelled) -> _Start:
    """Raises: NothingToCut: no picture decodes; UnsupportedContainer, NoVideoStream, Undecodable."""
    with open_video(path, with_audio=False) as opened:
        pictures = _Pictures(opened, check)
        first_packet_s: float | None = None
        for packet in packets_of(opened, opened.video):
            pictures.correct(packet)
            stamp = stamp_of(packet, opened.demuxer)
            if first_packet_s is None and stamp is not None:
                first_packet_s = float(stamp * packet.time_base)
            if any(pictures.decode(packet)):
                break
        else:
            if not any(pictures.decode(None)):
                raise NothingToCut(NO_PICTURE, hint=DAMAGED)
        picture_s = pictures.clock.origin_s or 0.0
    # a picture in AVI has the time of the packet that brings it out: with B-pictures a later one than its own
    late = opened.demuxer == AVI and first_packet_s is not None and picture_s - first_packet_s < REORDER_S
    return _Start(picture_s, first_packet_s if late and first_packet_s is not None else picture_s)


def _packets_before(path: Path, raw_s: float, check: CheckCancelled) -> int:
    """How many packets of pictures come before the last key frame up to ``raw_s``."""
    with open_video(path, with_audio=False) as opened:
        clock = PacketClock(opened.video, opened.demuxer, float(1 / stated_fps(opened.video)))
        before = 0
        for number, packet in enumerate(packets_of(opened, opened.video)):
            check()
            clock.correct(packet)
            stamp = stamp_of(packet, opened.demuxer)
            if stamp is None:
                continue
            time_s = float(stamp * packet.time_base)
            if packet.is_keyframe and time_s <= raw_s:
                before = number
            if time_s > raw_s + LAG_S:
                break
        return before


class _Pictures:
    """The decoder of the picture stream, with times."""

    def __init__(self, opened: OpenedVideo, check: CheckCancelled) -> None:
        use_threads(opened.video)
        self.clock = FrameClock(opened)
        self._video, self._check = opened.video, check
        self.step_s = float(1 / stated_fps(opened.video))
        self._packets = PacketClock(opened.video, opened.demuxer, self.step_s)

    def correct(self, packet: StreamPacket) -> None:
        """Shift the packet's stamps as in ``PacketClock``; to be called on each one before it is decoded."""
        self._packets.correct(packet)

    def decode(self, packet: StreamPacket | None) -> Iterator[Picture]:
        """What the packet, or the end of the file, brings to light; nothing where it is damaged."""
        self._check()
        try:
            frames = self._video.decode(packet)
        except av.FFmpegError:
            return
        for frame in frames:
            time_s = self.clock.place(frame)
            if time_s is not None:
                yield Picture(time_s, frame, self._video.sample_aspect_ratio)

    def end_of(self, picture: Picture) -> float:
        """Until when the picture is shown, if none follows."""
        frame = picture.frame
        return picture.time_s + (float(frame.duration * (frame.time_base or 0)) or self.step_s)


class _Stretch:
    """The state of one reading."""

    def __init__(self, opened: OpenedVideo, span: Span, start: _Start, check: CheckCancelled) -> None:
        self._opened, self._span, self._origin_s, self._sound_s = opened, span, start.picture_s, start.sound_s
        self._check = check
        self._pictures = _Pictures(opened, check)
        self._pictures.clock.origin_s = self._origin_s
        self._sound = SoundTrack(opened.audio, opened.demuxer, SOUND_HZ, stereo=True) if opened.audio else None
        self._sound_passed = self._sound is None
        self._packets = packets_of(opened, *[one for one in (opened.video, opened.audio) if one is not None])
        self._shown: Picture | None = None  # the last one up to the start of the span
        self._last: Picture | None = None  # the last one handed out
        self._landed: Picture | None = None  # the first one that decoded
        self._passed = False
        self._dropped = 0  # packets of pictures still to be passed over
        self._early: list[StretchItem] = []  # what a leap brought to light

    def leap(self, path: Path) -> bool:
        """To a key frame before the span; False where that did not work."""
        if self._opened.demuxer not in SEEKABLE:
            self._dropped = _packets_before(path, self._origin_s + self._span.start_s - SEEK_MARGIN_S, self._check)
        elif not self._seek():
            return False
        for packet in self._packets:
            self._early += self._items_of(packet)
            if self._landed is not None:
                return self._landed.frame.key_frame and self._shown is not None
        return False

    def _seek(self) -> bool:
        target_s = self._origin_s + self._span.start_s - SEEK_MARGIN_S
        video = self._opened.video
        try:
            self._opened.box.seek(round(target_s / (video.time_base or Fraction(1, av.time_base))), stream=video)
        except av.FFmpegError:
            return False
        return True

    def items(self) -> Iterator[StretchItem]:
        """As in ``read_stretch``."""
        yield from self._early
        for packet in self._packets:
            yield from self._items_of(packet)
            if self._is_over(packet):
                break
        if not self._passed:
            yield from self._items_among(self._pictures.decode(None))
        if self._shown is not None and self._pictures.end_of(self._shown) > self._span.start_s + ROUNDING_S:
            yield from self._first()
        if self._last is None:
            raise NothingToCut(NO_PICTURE, hint=DAMAGED)
        if self._sound is not None:
            yield from self._on_clock(self._sound.rest())
        end_s = self._span.end_s if self._passed else min(self._span.end_s, self._pictures.end_of(self._last))
        yield StretchEnd(end_s)

    def _items_of(self, packet: StreamPacket) -> Iterator[StretchItem]:
        if packet.stream_index != self._opened.video.index:
            yield from self._sounds(packet)
        elif not self._passed:
            self._pictures.correct(packet)
            if self._dropped > 0:
                self._dropped -= 1
                return
            self._skim(packet)
            yield from self._items_among(self._pictures.decode(packet))

    def _items_among(self, pictures: Iterator[Picture]) -> Iterator[Picture]:
        for picture in pictures:
            self._landed = self._landed or picture
            if picture.time_s <= self._span.start_s + ROUNDING_S:
                self._shown = picture
                continue
            yield from self._first()
            if picture.time_s >= self._span.end_s - ROUNDING_S:
                self._passed = True
                return
            self._last = picture
            yield picture

    def _first(self) -> Iterator[Picture]:
        if self._shown is not None and self._last is None:
            self._last = self._shown
            yield self._shown

    def _sounds(self, packet: StreamPacket) -> Iterator[AudioBlock]:
        assert self._sound is not None
        yield from self._on_clock(self._sound.decode(packet))
        self._sound_passed = self._raw_s(packet) > self._origin_s + self._span.end_s

    def _on_clock(self, blocks: Iterator[AudioBlock]) -> Iterator[AudioBlock]:
        for block in blocks:
            placed = from_start(block, self._sound_s, SOUND_HZ)
            if placed is not None and placed.time_s + len(placed.pcm) / SOUND_HZ > self._span.start_s:
                yield placed

    def _is_over(self, packet: StreamPacket) -> bool:
        late = self._raw_s(packet) > self._origin_s + self._span.end_s + LAG_S
        return self._passed and (self._sound_passed or late)

    def _raw_s(self, packet: StreamPacket) -> float:
        stamp = stamp_of(packet, self._opened.demuxer)
        return -1.0 if stamp is None else float(stamp * packet.time_base)

    def _skim(self, packet: StreamPacket) -> None:
        """Has the decoder pass over pictures long before the span to which no other refers."""
        if self._landed is not None:  # some decoders ask once, with the first picture, and never again
            skim(self._opened, packet, self._origin_s + self._span.start_s, self._pictures.step_s)
