"""One pass over a whole video at low resolution, with its sound: all that cheap analysis needs.

Memory is constant, damage is skipped and counted, and every time comes from a time stamp.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from math import floor
from pathlib import Path

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
from smolvlm_core.video.sniff import AVI
from smolvlm_core.video.sound import PENDING_S, AudioBlock, SoundTrack, from_start
from smolvlm_core.video.timeline import FrameClock, PacketClock, PacketSpan, stamp_of, stated_end_s, stated_fps

SKIP_FROM_RATIO = 5.5  # from this many pictures a sample on, those that no other refers to are not decoded
RUN_FRAMES = 16  # decoding and measuring in turn empty each other's caches: a fifth of the time of measuring
STAMP_ERROR_S = 0.002  # containers round stamps to a millisecond
INTACT_S = 0.5  # the last picture may be this far behind the last packet; more and the end is lost
BROKEN_OFF_S = 1.0  # a stated end this much later than the last picture is worth a warning ...
BROKEN_OFF_SHARE = 0.02  # ... if it also is this share of the video
MIN_SIDE_PX = 16  # smaller pictures carry no features
CHEAP_SIDE_PX = 640  # videos up to this are decoded a second time in less than it takes to keep stills of them


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """``sample_hz``: pictures a second at most; ``area_px``: their size, the shape is kept."""

    sample_hz: float = 7.0
    area_px: int = 160 * 90
    audio_hz: int = 16_000
    with_audio: bool = True
    still_hz: float = 0.0
    """Samples a second that also come large, for a model to look at; none of a video that is small itself."""
    still_side_px: int = 512
    """Their longer side at most: the input of SmolVLM2's vision tower."""


@dataclass(frozen=True, slots=True)
class ScanEnd:
    """Comes last. ``duration_s`` is the end of the last picture that decoded, ``frames`` how many were decoded.

    ``key_frames_s``: when those appear that need no other, increasing; encoders put one where a shot begins.
    """

    duration_s: float
    frames: int
    warnings: tuple[str, ...]
    key_frames_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Still:
    """A sample once more, in a size that a model can look at."""

    time_s: float
    rgb: FrameRGB


ScanItem = Frame | Still | AudioBlock | ScanEnd


def scan(
    path: Path, options: ScanOptions | None = None, check: CheckCancelled = never_cancelled
) -> Iterator[ScanItem]:
    """Low-res pictures and sound, each by rising time, then one ``ScanEnd``.

    Sound and pictures are interleaved about as in the file, so that little has to wait for the other.
    Raises: UnsupportedContainer, NoVideoStream, Undecodable; Cancelled from ``check``.
    """
    options = options or ScanOptions()
    with open_video(path, with_audio=options.with_audio) as opened:
        yield from _in_runs(_Scan(opened, options, check).run())


def _in_runs(items: Iterator[ScanItem]) -> Iterator[ScanItem]:
    """The same with ``RUN_FRAMES`` pictures after another: what looks at them then keeps its own data at hand."""
    run: list[Frame] = []
    for item in items:
        if isinstance(item, Frame):
            run.append(item)
        if len(run) == RUN_FRAMES or isinstance(item, ScanEnd):
            yield from run
            run.clear()
        if not isinstance(item, Frame):
            yield item


class _Scan:
    """The state of one pass."""

    def __init__(self, opened: OpenedVideo, options: ScanOptions, check: CheckCancelled) -> None:
        self._opened, self._options, self._check = opened, options, now_and_then(check)
        fps = stated_fps(opened.video)
        self._step_s = float(1 / fps)
        self._tick_s = float(opened.video.time_base or 0)
        self._skims = fps > options.sample_hz * SKIP_FROM_RATIO
        self._packets = PacketClock(opened.video, opened.demuxer, self._step_s)
        self._span = PacketSpan(opened)
        self._clock = FrameClock(opened)
        self._painter, self._still_painter = Painter(), Painter()
        self._next_still_s = 0.0
        self._sound = SoundTrack(opened.audio, opened.demuxer, options.audio_hz) if opened.audio else None
        self._pending: deque[AudioBlock] = deque()
        self._next_sample_s = 0.0
        self._key_frames_s: list[float] = []  # on the raw clock
        self._frames = 0
        self._damaged = 0
        self._damaged_from_s = 0.0

    def run(self) -> Iterator[ScanItem]:
        opened, video = self._opened, self._opened.video
        self._prepare_decoder()
        streams = (video,) if opened.audio is None else (video, opened.audio)
        for packet in packets_of(opened, *streams):
            self._check()
            if packet.stream_index == video.index:
                self._packets.correct(packet)
                self._note(packet)
                self._skip_or_not(packet)
                yield from self._pictures(packet)
            else:
                yield from self._sounds(packet)
        yield from self._pictures(None)
        if self._sound is not None and self._frames:
            self._pending.extend(self._sound.rest())
            yield from self._release()
        if not self._frames:
            raise Undecodable("Not one picture of the video can be decoded: the file is damaged.")
        origin_s = self._clock.origin_s or 0.0
        keys_s = tuple(sorted(raw_s - origin_s for raw_s in self._key_frames_s if raw_s >= origin_s))
        yield ScanEnd(self._end_s, self._frames, tuple(self._warnings()), keys_s)

    def _prepare_decoder(self) -> None:
        """What saves time and cannot be seen at this size and rate."""
        context = self._opened.video.codec_context
        use_threads(self._opened.video)
        context.options = {"skip_loop_filter": "nokey"}
        if self._skims:
            context.skip_frame = "NONREF"

    def _skip_or_not(self, packet: StreamPacket) -> None:
        """Has the decoder pass over the packet's picture if no other refers to it and no sample falls to it."""
        if self._skims or self._clock.origin_s is None or self._opened.demuxer == AVI or packet.pts is None:
            return
        time_s = packet.pts * self._tick_s - self._clock.origin_s
        shown_s = max(self._step_s, (packet.duration or 0) * self._tick_s) + STAMP_ERROR_S
        self._opened.video.codec_context.skip_frame = "DEFAULT" if self._sampled(time_s, shown_s) else "NONREF"

    def _sampled(self, time_s: float, shown_s: float) -> bool:
        """Whether one of the moments to sample lies in the ``shown_s`` up to ``time_s``."""
        steps = (time_s - self._next_sample_s + 1e-6) * self._options.sample_hz
        return floor(steps) > floor(steps - shown_s * self._options.sample_hz)

    def _note(self, packet: StreamPacket) -> None:
        stamp = stamp_of(packet, self._opened.demuxer)
        if stamp is not None and not packet.is_discard:
            self._span.add(stamp, packet.duration)
            if packet.is_keyframe and self._opened.demuxer != AVI:
                self._key_frames_s.append(stamp * self._tick_s)

    def _pictures(self, packet: StreamPacket | None) -> Iterator[ScanItem]:
        try:
            frames = self._opened.video.decode(packet)
        except av.FFmpegError:
            self._note_damage()
            return
        for frame in frames:
            time_s = self._clock.place(frame)
            if time_s is None:
                continue
            self._frames += 1
            if self._frames == 1:
                yield from self._release()
            if time_s + 1e-6 >= self._next_sample_s:
                yield from self._sample(frame, time_s)

    def _sample(self, frame: av.VideoFrame, time_s: float) -> Iterator[Frame | Still]:
        step_s = 1 / self._options.sample_hz
        try:
            rgb = self._painter.rgb(frame, self._sample_size(frame))
        except (av.FFmpegError, ValueError):
            self._note_damage()
            return
        self._next_sample_s = max(self._next_sample_s + step_s, time_s + step_s / 2)
        yield Frame(time_s, rgb)
        if self._options.still_hz and time_s + 1e-6 >= self._next_still_s:
            yield from self._still(frame, time_s)

    def _still(self, frame: av.VideoFrame, time_s: float) -> Iterator[Still]:
        width, height = square_size(frame.width, frame.height, self._opened.video.sample_aspect_ratio)
        if max(width, height) <= CHEAP_SIDE_PX:
            return
        scale = min(1.0, self._options.still_side_px / max(width, height))
        try:
            rgb = self._still_painter.rgb(frame, (round(width * scale), round(height * scale)))
        except (av.FFmpegError, ValueError):
            return  # counted when it was sampled
        step_s = 1 / self._options.still_hz
        self._next_still_s = max(self._next_still_s + step_s, time_s + step_s / 2)
        yield Still(time_s, rgb)

    def _sample_size(self, frame: av.VideoFrame) -> tuple[int, int]:
        """Even width and height of about ``area_px`` in the picture's shape, before it is turned."""
        width, height = square_size(frame.width, frame.height, self._opened.video.sample_aspect_ratio)
        scale = min(1.0, (self._options.area_px / (width * height)) ** 0.5) / 2
        return max(MIN_SIDE_PX, round(width * scale) * 2), max(MIN_SIDE_PX, round(height * scale) * 2)

    def _sounds(self, packet: StreamPacket) -> Iterator[AudioBlock]:
        assert self._sound is not None
        self._pending.extend(self._sound.decode(packet))
        if self._clock.origin_s is not None:
            yield from self._release()
        while self._pending and self._pending[-1].time_s - self._pending[0].time_s > PENDING_S:
            self._pending.popleft()

    def _release(self) -> Iterator[AudioBlock]:
        """The sound that was waiting for the time of the first picture."""
        assert self._clock.origin_s is not None
        while self._pending:
            block = from_start(self._pending.popleft(), self._clock.origin_s, self._options.audio_hz)
            if block is not None:
                yield block

    def _note_damage(self) -> None:
        if not self._damaged:
            self._damaged_from_s = max(0.0, self._clock.last_s)
        self._damaged += 1

    @property
    def _end_s(self) -> float:
        """The end of the last picture: as its packet says if that decoded, one step on if it broke off before."""
        last_s, packets_last_s = self._clock.last_s, self._span.last_s
        if packets_last_s is not None and self._opened.demuxer != AVI:
            behind_s = packets_last_s - (self._clock.origin_s or 0.0) - last_s
            if 0 <= behind_s <= max(INTACT_S, 2 * self._step_s):
                return last_s + behind_s + self._span.shown_s
        return last_s + self._step_s

    def _warnings(self) -> Iterator[str]:
        end_s, stated_s = self._end_s, stated_end_s(self._opened)
        lost_s = (self._clock.origin_s or 0.0) - (self._span.first_s or 0.0)
        if lost_s > INTACT_S and self._opened.demuxer != AVI:
            yield f"The first {lost_s:.1f} s of the file cannot be decoded; times count from what follows."
        claimed_s = max(stated_s or 0.0, self._span.last_s or 0.0) - (self._clock.origin_s or 0.0)
        if claimed_s - end_s > max(BROKEN_OFF_S, BROKEN_OFF_SHARE * claimed_s):
            yield f"The video breaks off at {end_s:.1f} s of the {claimed_s:.1f} s it claims to last."
        if self._frames == 1:
            yield "The video holds a single picture, so nothing can happen in it."
        if self._damaged:
            yield f"Damaged pictures were skipped: {self._damaged}, the first at {self._damaged_from_s:.1f} s."
        if self._sound is not None and self._sound.damaged:
            yield f"Damaged parts of the sound were skipped: {self._sound.damaged}."
