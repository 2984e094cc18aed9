"""Pictures at given times, upright and small enough for a model.

Decodes forward over rising times; seeks only over long gaps, only in containers whose index can be trusted,
and checks where it landed.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av

from smolvlm_core.domain import CheckCancelled, Frame, FrameRGB, never_cancelled
from smolvlm_core.errors import Undecodable
from smolvlm_core.video.container import (
    OpenedVideo,
    StreamPacket,
    now_and_then,
    open_video,
    packets_of,
    use_threads,
)
from smolvlm_core.video.picture import Painter, square_size
from smolvlm_core.video.sniff import MATROSKA, MOV
from smolvlm_core.video.timeline import FrameClock, PacketClock, stamp_of, stated_fps

SEEKABLE = frozenset((MOV, MATROSKA))
"""Containers that are cut at true key frames. In AVI, for one, a seek to 0 may skip the first of them."""

SEEK_GAP_S = 4.0  # longer gaps may be worth a seek: about half a usual distance of key frames
SEEK_MARGIN_S = 0.5  # an index orders by decoding time, which runs ahead of display
SAME_TIME_S = 1e-4  # times nearer than this are equal: rounding of stamps in floats
SKIM_S = 0.3  # of pictures gone from the screen so long before the wanted time, those no other needs are skipped


@dataclass(frozen=True, slots=True)
class _Shown:
    """A decoded picture and the time from which it is shown."""

    time_s: float
    frame: av.VideoFrame


def skim(opened: OpenedVideo, packet: StreamPacket, wanted_raw_s: float, usual_s: float) -> None:
    """Have the decoder pass over this packet's picture if no other needs it and it is gone before it is wanted.

    Args: wanted_raw_s: the next time wanted, in the stream's own stamps; usual_s: that a picture is shown, for
    packets that do not say.
    """
    stamp = stamp_of(packet, opened.demuxer)
    if stamp is None:
        return
    shown_s = float(packet.duration * packet.time_base) if packet.duration else usual_s
    ahead_s = wanted_raw_s - float(stamp * packet.time_base) - shown_s
    opened.video.codec_context.skip_frame = "NONREF" if ahead_s > SKIM_S else "DEFAULT"


class FrameReader:
    """Reads pictures out of one video. A context manager; for one thread at a time."""

    def __init__(self, path: Path, longest_side_px: int = 512) -> None:
        self._path, self._longest_side_px = path, longest_side_px
        self._painter = Painter()
        self._stack = ExitStack()
        self._check: CheckCancelled = never_cancelled
        self._seek_gap_s = SEEK_GAP_S
        self._may_seek = True
        self._wanted_s = 0.0
        self._usual_s = 0.0  # that a picture is shown
        self._decoded: Iterator[_Shown] = iter(())
        self._current: _Shown | None = None
        self._next: _Shown | None = None

    def __enter__(self) -> Self:
        """Raises: UnsupportedContainer, NoVideoStream, Undecodable."""
        self._reopen()
        self._may_seek = self._opened.demuxer in SEEKABLE
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def at(self, times_s: Sequence[float], check: CheckCancelled = never_cancelled) -> tuple[Frame, ...]:
        """The pictures shown at these times, in their order; a frame's ``time_s`` is when it appeared.

        Before the first picture that is the first, after the end the last. Rising times, over several calls
        too, cost one decoding of the video at most.
        Raises: Undecodable: no picture at all. Cancelled from ``check``.
        """
        self._check = now_and_then(check)
        found: dict[float, Frame] = {}
        last: Frame | None = None
        for time_s in sorted(set(times_s)):
            shown = self._shown_at(time_s)
            if last is None or last.time_s != shown.time_s:
                last = Frame(shown.time_s, self._rgb(shown.frame))
            found[time_s] = last
        return tuple(found[time_s] for time_s in times_s)

    def _shown_at(self, time_s: float) -> _Shown:
        self._wanted_s = time_s
        self._approach(time_s)
        while self._next is not None and (self._current is None or self._next.time_s <= time_s + SAME_TIME_S):
            self._current, self._next = self._next, next(self._decoded, None)
        if self._current is None:
            raise Undecodable("Not one picture of the video can be decoded: the file is damaged.")
        return self._current

    def _approach(self, time_s: float) -> None:
        """Brings the decoder before ``time_s``, by a seek where that saves work."""
        behind = self._current is not None and time_s + SAME_TIME_S < self._current.time_s
        reached_s = 0.0 if self._current is None or behind else (self._next or self._current).time_s
        if self._may_seek and time_s - reached_s > self._seek_gap_s:
            self._seek(time_s, reached_s)
        elif behind:
            self._reopen()

    def _seek(self, time_s: float, reached_s: float) -> None:
        """To the key frame before ``time_s``; back to decoding from the start where that cannot be trusted."""
        assert self._clock.origin_s is not None
        target_s = self._clock.origin_s + time_s - SEEK_MARGIN_S
        video = self._opened.video
        try:
            self._opened.box.seek(round(target_s / (video.time_base or Fraction(1, av.time_base))), stream=video)
        except av.FFmpegError:
            self._distrust()
            return
        self._start_decoding()
        landed = self._next
        if landed is None or not landed.frame.key_frame or landed.time_s > time_s + SAME_TIME_S:
            self._distrust()
        elif landed.time_s <= reached_s:
            self._seek_gap_s *= 2  # key frames are far apart: going forward would have been quicker

    def _distrust(self) -> None:
        self._may_seek = False
        self._reopen()

    def _reopen(self) -> None:
        self._stack.close()
        self._opened = self._stack.enter_context(open_video(self._path, with_audio=False))
        use_threads(self._opened.video)
        self._clock = FrameClock(self._opened)
        self._start_decoding()

    def _start_decoding(self) -> None:
        self._clock.restart()
        self._current = None
        self._decoded = self._decode(self._opened)
        self._next = next(self._decoded, None)

    def _decode(self, opened: OpenedVideo) -> Iterator[_Shown]:
        self._usual_s = float(1 / stated_fps(opened.video))
        packets = PacketClock(opened.video, opened.demuxer, self._usual_s)
        for packet in packets_of(opened, opened.video):
            self._check()
            packets.correct(packet)
            if self._clock.origin_s is not None:
                skim(opened, packet, self._clock.origin_s + self._wanted_s, self._usual_s)
            yield from self._pictures(packet)
        yield from self._pictures(None)

    def _pictures(self, packet: StreamPacket | None) -> Iterator[_Shown]:
        try:
            frames = self._opened.video.decode(packet)
        except av.FFmpegError:
            return  # damage: the picture before it stays
        for frame in frames:
            time_s = self._clock.place(frame)
            if time_s is not None:
                yield _Shown(time_s, frame)

    def _rgb(self, frame: av.VideoFrame) -> FrameRGB:
        width, height = square_size(frame.width, frame.height, self._opened.video.sample_aspect_ratio)
        scale = min(1.0, self._longest_side_px / max(width, height))
        try:
            return self._painter.rgb(frame, (round(width * scale), round(height * scale)))
        except (av.FFmpegError, ValueError) as error:
            raise Undecodable("A picture of the video cannot be converted.") from error
