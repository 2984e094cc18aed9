"""Cuts a clip without decoding it, where the file allows a cut just there: quick, and bit for bit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av

from smolvlm_core.domain import CheckCancelled, Span, never_cancelled
from smolvlm_core.video.container import OpenedVideo, StreamPacket, now_and_then, open_video, packets_of
from smolvlm_core.video.encoding import open_movie
from smolvlm_core.video.frames import SEEK_MARGIN_S, SEEKABLE
from smolvlm_core.video.picture import HDR_CURVES, UPRIGHT, turn_of
from smolvlm_core.video.stretch import LAG_S, ROUNDING_S

PLAYABLE = frozenset(("yuv420p", "yuvj420p"))  # H.264 with other pictures does not play on phones
REORDER_S = 1.0  # pictures may come this much later in the file than they are shown
STEP_ERROR_S = 0.0021  # containers round stamps to a millisecond
LEAST_PACKETS = 2  # of pictures; less is no movie


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a file can be cut: pictures from the ``first`` stamp on, ``packets`` of them in the file's order."""

    first: int
    packets: int
    duration_s: float
    width: int
    height: int


def copy_clip(
    path: Path, span: Span, target: Path, longest_side_px: int, check: CheckCancelled = never_cancelled
) -> Cut | None:
    """Writes the clip to ``target``; None, and nothing written, where it has to be encoded.

    Raises: av.FFmpegError, OSError: it cannot be written; UnsupportedContainer, NoVideoStream, Undecodable;
    Cancelled from ``check``.
    """
    check = now_and_then(check)
    with open_video(path) as opened:
        origin_s = _origin_s(opened, longest_side_px)
        cut = None if origin_s is None else _plan(opened, span, origin_s, check)
    if cut is None:
        return None
    with open_video(path) as opened:
        _write(opened, cut, target, check)
    return cut


def _origin_s(opened: OpenedVideo, longest_side_px: int) -> float | None:
    """The raw time of the first picture; None where pictures or sound are not what a clip may hold."""
    video = opened.video
    fits = opened.demuxer in SEEKABLE and max(video.width, video.height) <= longest_side_px
    if not fits or not (opened.audio is None or has_aac(opened)):
        return None
    first = first_if_playable(opened)
    return None if first is None or first.pts is None else float(first.pts * (first.time_base or 0))


def has_aac(opened: OpenedVideo) -> bool:
    """Whether there is sound, and it can be copied."""
    return opened.audio is not None and opened.audio.codec_context.codec.canonical_name == "aac"


def first_if_playable(opened: OpenedVideo) -> av.VideoFrame | None:
    """The first picture that decodes; None where the pictures are not what plays everywhere without encoding."""
    video = opened.video
    fits = (
        video.codec_context.name == "h264"
        and video.pix_fmt in PLAYABLE
        and video.sample_aspect_ratio in (None, 0, 1)
        and video.time_base
    )
    for packet in packets_of(opened, video) if fits else ():
        try:
            frames = video.decode(packet)
        except av.FFmpegError:
            return None
        for first in frames:
            plain = turn_of(first) == UPRIGHT and first.color_trc not in HDR_CURVES and not first.interlaced_frame
            return first if plain else None
    return None


def _plan(opened: OpenedVideo, span: Span, origin_s: float, check: CheckCancelled) -> Cut | None:
    """Raises: Cancelled from ``check``."""
    video = opened.video
    base = video.time_base or Fraction(1, av.time_base)
    shown: list[tuple[int, int]] = []  # stamp and duration of each packet from the key frame on
    last_dts: int | None = None
    for packet in _packets_from(opened, (video,), origin_s + span.start_s):
        check()
        if packet.pts is None:
            return None
        time_s = float(packet.pts * base) - origin_s
        if not shown and not (packet.is_keyframe and abs(time_s - span.start_s) <= ROUNDING_S):
            if packet.is_keyframe and time_s > span.start_s:
                return None
            continue
        if packet.dts is None or packet.is_discard or packet.is_corrupt:
            return None
        if shown and (packet.pts < shown[0][0] or (last_dts is not None and packet.dts <= last_dts)):
            return None  # pictures that need what is cut off, or a clock that jumps
        shown.append((packet.pts, packet.duration or 0))
        last_dts = packet.dts
        if float(packet.dts * base) - origin_s > span.end_s + REORDER_S:
            break
    return _best_end(shown, span.duration_s, opened)


def _best_end(shown: Sequence[tuple[int, int]], wanted_s: float, opened: OpenedVideo) -> Cut | None:
    """The cut whose end is nearest to the wanted one, if that is no more than a picture away.

    An end is possible where no later packet holds an earlier picture.
    """
    base, ticks_of = float(opened.video.time_base or 0), dict(shown)
    stamps = [stamp for stamp, _ in shown]
    varied = (max(ticks_of.values()) - min(ticks_of.values())) * base > STEP_ERROR_S if shown else False
    if varied and stamps != sorted(stamps):
        return None  # MP4 would state a wrong length
    earliest_after = [*accumulate(reversed(stamps[1:]), min)][::-1]
    best: tuple[float, int, float] | None = None
    for index, newest in enumerate(accumulate(stamps, max)):
        if index < len(earliest_after) and newest >= earliest_after[index]:
            continue
        duration_s = (newest + ticks_of[newest] - stamps[0]) * base
        off_s = abs(duration_s - wanted_s)
        if off_s <= ticks_of[newest] * base + ROUNDING_S and (best is None or off_s < best[0]):
            best = off_s, index + 1, duration_s
    if best is None or best[1] < LEAST_PACKETS:
        return None
    return Cut(stamps[0], best[1], best[2], opened.video.width, opened.video.height)


def _write(opened: OpenedVideo, cut: Cut, target: Path, check: CheckCancelled) -> None:
    """Raises: av.FFmpegError, OSError: it cannot be written; Cancelled from ``check``."""
    video, audio = opened.video, opened.audio
    start_s = float(cut.first * (video.time_base or 0))
    streams = (video,) if audio is None else (video, audio)
    with open_movie(target) as box:
        to_video = box.add_stream_from_template(video)
        to_audio = None if audio is None else box.add_stream_from_template(audio)
        left = cut.packets
        for packet in _packets_from(opened, streams, start_s):
            check()
            if packet.stream_index == video.index:
                if left == cut.packets and packet.pts != cut.first:
                    continue
                if left > 0:
                    left -= 1
                    shift(packet, cut.first)
                    packet.stream = to_video
                    box.mux_one(packet)
                elif raw_s_of(packet) > start_s + cut.duration_s + LAG_S:
                    break
            elif to_audio is not None and is_heard(packet, start_s, cut.duration_s):
                shift(packet, round(start_s / packet.time_base))
                packet.stream = to_audio
                box.mux_one(packet)


def _packets_from(
    opened: OpenedVideo, streams: Sequence[av.VideoStream | av.AudioStream], raw_s: float
) -> Iterator[StreamPacket]:
    """Packets from somewhere before ``raw_s`` on."""
    video = opened.video
    opened.box.seek(round((raw_s - SEEK_MARGIN_S) / (video.time_base or Fraction(1, av.time_base))), stream=video)
    return packets_of(opened, *streams)


def is_heard(packet: StreamPacket, start_s: float, duration_s: float) -> bool:
    """Whether the packet's sound belongs to the clip, or is what a decoder needs before the first that does."""
    length_s = float((packet.duration or 0) * packet.time_base)
    return -2 * length_s < raw_s_of(packet) - start_s < duration_s


def raw_s_of(packet: StreamPacket) -> float:
    """When it is shown or heard, on the file's own clock; -1 where it does not say."""
    return -1.0 if packet.pts is None else float(packet.pts * packet.time_base)


def shift(packet: StreamPacket, ticks: int) -> None:
    """Moves the packet to an earlier time."""
    packet.pts = None if packet.pts is None else packet.pts - ticks
    packet.dts = None if packet.dts is None else packet.dts - ticks
