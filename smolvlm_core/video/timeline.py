"""Turns the time stamps of packets and pictures into seconds from the first displayed picture.

Stamps may start anywhere, be missing, stand still, or jump where a recording was restarted or joined.
Probe, scan and frame reader share this module, so that they agree on every time.
"""

from fractions import Fraction

import av

from smolvlm_core.video.container import OpenedVideo, StreamPacket
from smolvlm_core.video.sniff import AVI, MATROSKA, MPEGPS, MPEGTS

JUMP_BACK_S = 1.0  # stamps that fall back by more than this begin a new recording; less is disorder
JUMP_AHEAD_S = 10.0  # in transport and program streams a gap of more is a new recording too (FFmpeg's own rule)
JOINABLE = frozenset((MPEGTS, MPEGPS))  # formats made to be joined by appending bytes
STUCK_FRAMES = 3  # pictures without a later stamp, in a row, before stamps are no longer believed

BELIEVED_S = 1.0  # a last picture said to be shown no longer than this is believed, whatever the container says

DEFAULT_FPS = Fraction(25)  # where a file states no rate; European television's
MAX_FPS = 1000  # stated rates above are clock rates, not picture rates


def stated_fps(video: av.VideoStream) -> Fraction:
    """The picture rate that the file states, or ``DEFAULT_FPS`` where that cannot be one."""
    for rate in (video.average_rate, video.guessed_rate, video.base_rate):
        if rate and 0 < rate <= MAX_FPS:
            return Fraction(rate)
    return DEFAULT_FPS


def stated_end_s(opened: OpenedVideo) -> float | None:
    """Where the file says its pictures end, on the raw clock of the stream; None if it does not say."""
    video = opened.video
    if video.duration and video.time_base:
        return float((video.duration + (video.start_time or 0)) * video.time_base)
    return _box_end_s(opened)


def _box_end_s(opened: OpenedVideo) -> float | None:
    """Where the container as a whole ends, sound and all."""
    box = opened.box
    if not box.duration or opened.demuxer == MPEGPS:  # a program stream's is a guess from its bit rate
        return None
    start = 0 if opened.demuxer == MATROSKA else box.start_time or 0  # Matroska's duration counts from zero
    return (box.duration + start) / av.time_base


def stamp_of(packet: StreamPacket, demuxer: str) -> int | None:
    """The packet's display time in its stream's time base. AVI knows only an order, which is dts."""
    if packet.pts is None or demuxer == AVI:
        return packet.dts
    return packet.pts


class PacketClock:
    """Shifts the stamps of one stream's packets so that they run on over restarts and joins.

    A stamp far behind the last one, or far ahead in formats that get joined, is taken for a new recording
    that follows the last picture at once. Call ``correct`` on each packet in file order.
    """

    def __init__(self, stream: av.VideoStream | av.AudioStream, demuxer: str, step_s: float) -> None:
        base = stream.time_base or Fraction(1, av.time_base)
        self._back = round(JUMP_BACK_S / base)
        self._ahead = round(JUMP_AHEAD_S / base) if demuxer in JOINABLE else None
        self._step = round(step_s / base)
        self._last: int | None = None
        self._shift = 0

    def correct(self, packet: StreamPacket) -> None:
        if packet.dts is not None:  # display times alone go back and forth in every file with B-pictures
            stamp = packet.dts + self._shift
            if self._last is not None and self._jumps(stamp - self._last):
                self._shift += self._last + self._step - stamp
                stamp = self._last + self._step
            self._last = stamp
        if self._shift:
            packet.pts = None if packet.pts is None else packet.pts + self._shift
            packet.dts = None if packet.dts is None else packet.dts + self._shift

    def _jumps(self, delta: int) -> bool:
        return delta < -self._back or (self._ahead is not None and delta > self._ahead)


class PacketSpan:
    """The earliest and the latest picture among the packets seen, decoded or not, and how long that is shown."""

    def __init__(self, opened: OpenedVideo) -> None:
        self._opened = opened
        self._base = float(opened.video.time_base or Fraction(1, av.time_base))
        self._step_s = float(1 / stated_fps(opened.video))
        self._first: int | None = None
        self._last: int | None = None
        self._last_ticks = 0

    def add(self, stamp: int, duration_ticks: int | None) -> None:
        if self._first is None or stamp < self._first:
            self._first = stamp
        if self._last is None or stamp > self._last:
            self._last, self._last_ticks = stamp, duration_ticks or 0

    @property
    def first_s(self) -> float | None:
        """When the earliest picture appears, on the raw clock."""
        return None if self._first is None else self._first * self._base

    @property
    def last_s(self) -> float | None:
        """When the latest picture appears, on the raw clock."""
        return None if self._last is None else self._last * self._base

    @property
    def shown_s(self) -> float:
        """How long: as its packet says, but not beyond the end of the container where that is stated."""
        told_s, end_s = self._last_ticks * self._base or self._step_s, _box_end_s(self._opened)
        if end_s is None or self.last_s is None:
            return told_s
        return min(told_s, max(end_s - self.last_s, BELIEVED_S))


class FrameClock:
    """Gives decoded pictures their time: seconds from the first one, always rising.

    A picture that is not later than the one before has no moment of its own and is dropped; when that goes
    on, stamps have stopped working and pictures follow each other at the stated rate.
    """

    def __init__(self, opened: OpenedVideo) -> None:
        self.origin_s: float | None = None
        self.last_s = -1.0
        self._avi = opened.demuxer == AVI
        self._base = float(opened.video.time_base or Fraction(1, av.time_base))
        self._step_s = float(1 / stated_fps(opened.video))
        self._stuck = 0
        self._last_pts = self._last_dts = -(2**63)
        self._wrong_pts = self._wrong_dts = 0

    def place(self, frame: av.VideoFrame) -> float | None:
        """Seconds from the first displayed picture, or None if the picture is to be dropped."""
        stamp = self._stamp(frame)
        if self.origin_s is None:
            self.origin_s = (stamp or 0) * self._base
        following_s = self.last_s + self._step_s if self.last_s >= 0 else 0.0
        time_s = following_s if stamp is None else stamp * self._base - self.origin_s
        if time_s > self.last_s:
            self._stuck = 0
        else:
            self._stuck += 1
            if self._stuck <= STUCK_FRAMES:
                return None
            time_s = following_s
        self.last_s = time_s
        return time_s

    def restart(self) -> None:
        """Forget the last picture, as after a seek; the origin stays."""
        self.last_s, self._stuck = -1.0, 0
        self._last_pts = self._last_dts = -(2**63)

    def _stamp(self, frame: av.VideoFrame) -> int | None:
        """Display time, or where those run backwards more often, decoding time.

        Source: FFmpeg, libavcodec/decode.c, guess_correct_pts.
        """
        pts, dts = frame.pts, frame.dts
        if self._avi:
            return dts
        if dts is not None:
            self._wrong_dts += dts <= self._last_dts
            self._last_dts = dts
        if pts is not None:
            self._wrong_pts += pts <= self._last_pts
            self._last_pts = pts
        if pts is not None and (dts is None or self._wrong_pts <= self._wrong_dts):
            return pts
        return dts
