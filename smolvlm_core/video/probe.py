"""Measures what a video file really is, and refuses what the app cannot or should not analyze.

Reads all packets once but decodes only up to the first picture, so it is quick and never trusts a header
that the packets contradict.
"""

import time
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av

from smolvlm_core.domain import Limits, VideoInfo
from smolvlm_core.errors import FrameTooLarge, Undecodable, VideoTooLong
from smolvlm_core.video.container import (
    DECODER_MAX_PX,
    OpenedVideo,
    StreamPacket,
    claimed_size,
    open_video,
    packets_of,
)
from smolvlm_core.video.picture import rotation_of, turn_of, upright_size
from smolvlm_core.video.sniff import AVI
from smolvlm_core.video.timeline import PacketClock, PacketSpan, stamp_of, stated_end_s, stated_fps

SURVEY_S = 6.0  # time for reading packets; what a larger file still holds is taken from its end or its header
FIRST_PICTURE_S = 6.0  # time for finding a picture that decodes
TAIL_S = 20.0  # of video, read from the end when time ran out
FPS_TOLERANCE = 0.01  # a stated rate this near (relative) to the measured one is the exact form of it
MAX_FPS_DENOMINATOR = 1001
SLOWEST_FPS = Fraction(1, 60)  # slower is a slide show, or a broken clock


def probe(path: Path, filename: str, limits: Limits) -> VideoInfo:
    """What the file is, measured.

    Args: filename: the name to report; the path's own name is not used.
    Raises: UnsupportedContainer, NoVideoStream, Undecodable, VideoTooLong, FrameTooLarge.
    """
    with open_video(path, limits.max_frame_px) as opened:
        video = opened.video
        _check_size(*(_stream_size(video) or claimed_size(path)), limits)
        survey = _Survey(opened)
        survey.run()
        first = survey.first
        assert first is not None
        _check_size(first.width, first.height, limits)
        _check_duration(survey.duration_s, limits)
        _check_clock(survey)
        width, height = upright_size(first.width, first.height, turn_of(first))
        return VideoInfo(
            filename=filename,
            duration_s=survey.duration_s,
            fps=survey.fps,
            width=width,
            height=height,
            frames=survey.frames,
            codec=video.codec_context.codec.canonical_name,
            container=opened.demuxer,
            has_audio=opened.audio is not None,
            rotation=rotation_of(first),
            size_bytes=path.stat().st_size,
            pixels=first.format.name,
            audio_codec=opened.audio.codec_context.codec.canonical_name if opened.audio else "",
        )


def _stream_size(video: av.VideoStream) -> tuple[int, int] | None:
    """Width and height as the opened stream states them; None where the decoder refused to look."""
    return (video.width, video.height) if video.width and video.height else None


def _check_size(width: int, height: int, limits: Limits) -> None:
    max_px = min(limits.max_frame_px, DECODER_MAX_PX)
    if max(width, height) > limits.max_side_px or width * height > max_px:
        raise FrameTooLarge(
            f"The picture is {width}x{height} pixels; at most {limits.max_side_px} a side and "
            f"{max_px / 1e6:.0f} million in all are accepted.",
            hint="Scale the video down and upload it again.",
        )


def _check_duration(duration_s: float, limits: Limits) -> None:
    if duration_s > limits.max_duration_s:
        raise VideoTooLong(
            f"The video lasts {duration_s / 60:.1f} min; at most {limits.max_duration_s / 60:.1f} min are taken.",
            hint="Cut it into shorter parts.",
        )


def _check_clock(survey: "_Survey") -> None:
    """A time scale of zero spreads the pictures over hours, so that all but a few lie behind the file's end."""
    if survey.discarded > survey.frames and survey.stated_fps < SLOWEST_FPS:
        raise Undecodable(
            "The clock of this video is damaged, so its pictures have no usable times.",
            hint="Convert it on your device, which writes new times, and upload it again.",
        )


def _no_picture() -> Undecodable:
    return Undecodable(
        "Not one picture of the video can be decoded: the file is damaged, or its format is not known here.",
        hint="Check that the file plays on your device and upload it again.",
    )


class _Survey:
    """One pass over the packets of the picture stream: its first picture, its span and its count."""

    def __init__(self, opened: OpenedVideo) -> None:
        self.first: av.VideoFrame | None = None
        self.frames = 0
        self.discarded = 0  # packets that the file itself says are not to be shown
        self._opened, self._video = opened, opened.video
        self._base = self._video.time_base or Fraction(1, av.time_base)
        self.stated_fps = stated_fps(self._video)
        self._step_s = float(1 / self.stated_fps)
        self._clock = PacketClock(self._video, opened.demuxer, self._step_s)
        self._span = PacketSpan(opened)
        self._first_stamp: int | None = None
        self._before_first: list[tuple[int, int | None]] = []

    def run(self) -> None:
        """Raises: Undecodable: no picture was found in time."""
        started_s = time.monotonic()
        for packet in packets_of(self._opened, self._video):
            self._clock.correct(packet)
            if self.first is None:
                self._seek_first(packet)
            self._read(packet)
            elapsed_s = time.monotonic() - started_s
            if self.first is None and elapsed_s > FIRST_PICTURE_S:
                break
            if elapsed_s > SURVEY_S:
                self._read_tail()
                return
        if self.first is None:
            self._seek_first(None)
        if self.first is None:
            raise _no_picture()
        self._settle()

    @property
    def duration_s(self) -> float:
        """From the first displayed picture to the end of the last."""
        if self._first_stamp is None or self._span.last_s is None:
            return max(1, self.frames) * self._step_s  # no stamps to go by
        between_s = self._span.last_s - float(self._first_stamp * self._base)
        if between_s <= 0 and self.frames > 1:
            return self.frames * self._step_s  # all stamps are the same
        return max(0.0, between_s) + self._span.shown_s

    @property
    def fps(self) -> Fraction:
        """Pictures a second on average; the stated rate where it agrees."""
        measured = self.frames / self.duration_s
        if self.frames < 2 or abs(float(self.stated_fps) / measured - 1) < FPS_TOLERANCE:
            return self.stated_fps
        return Fraction(measured).limit_denominator(MAX_FPS_DENOMINATOR)

    def _read(self, packet: StreamPacket) -> None:
        if packet.is_discard:
            self.discarded += 1
            return
        stamp = stamp_of(packet, self._opened.demuxer)
        if stamp is None:
            self.frames += 1
        elif self.first is None:
            self._before_first.append((stamp, packet.duration))
        else:
            self._settle()
            self._count(stamp, packet.duration)

    def _count(self, stamp: int, duration_ticks: int | None) -> None:
        if self._first_stamp is None or stamp >= self._first_stamp:  # else it precedes what decodes first
            self.frames += 1
            self._span.add(stamp, duration_ticks)

    def _seek_first(self, packet: StreamPacket | None) -> None:
        with suppress(av.FFmpegError):
            self.first = next(iter(self._video.decode(packet)), None)

    def _settle(self) -> None:
        """Counts the packets that came before the first picture was out, now that its time is known."""
        assert self.first is not None
        if self._first_stamp is None:
            earliest = min((stamp for stamp, _ in self._before_first), default=None)
            self._first_stamp = earliest if self._opened.demuxer == AVI else self.first.pts
        for stamp, duration_ticks in self._before_first:
            self._count(stamp, duration_ticks)
        self._before_first.clear()

    def _read_tail(self) -> None:
        """The end of a file too large to read through, and an estimate of the count."""
        end_s, counted, seen_s = stated_end_s(self._opened), self.frames, self.duration_s
        if end_s is None:
            return
        deadline_s = time.monotonic() + SURVEY_S
        with suppress(av.FFmpegError):
            self._opened.box.seek(round((end_s - TAIL_S) / self._base), stream=self._video)
            for packet in packets_of(self._opened, self._video):
                stamp = stamp_of(packet, self._opened.demuxer)
                if stamp is not None:
                    self._count(stamp, packet.duration)
                if time.monotonic() > deadline_s:
                    break
        self.frames = self._video.frames or round(counted * self.duration_s / seen_s)
