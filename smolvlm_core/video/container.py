"""Opens a video file safely: one demuxer, no other file, no network, a name that is never interpreted.

The only module that calls ``av.open`` for reading. Knows nothing of time lines or pictures.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import av
from av.container import InputContainer
from av.stream import Discard, Disposition, Stream

from smolvlm_core.domain import CheckCancelled
from smolvlm_core.errors import NoVideoStream, SmolVLMError, Undecodable
from smolvlm_core.video.sniff import HEAD_BYTES, MOV, container_of

DECODER_MAX_PX = 64_000_000
"""No picture larger than this is ever decoded, whatever the settings: its memory would be several GiB."""

OPEN_TIMEOUT_S = 10.0
READ_BYTES = 256 * 1024  # a read; FFmpeg's own 32 KiB costs more calls than it saves memory
MAX_READ_ERRORS = 16  # in a row, before a file counts as broken off
CHECK_EVERY_S = 0.1
MAX_THREADS = 8  # each keeps a picture in memory
LARGE_FRAME_PX = 20_000_000  # from here on two threads, for the same reason
SMALL_FRAME_PX = 400_000  # below, a second thread costs a tenth more of the processor and saves no time

if TYPE_CHECKING:  # PyAV's class is generic for type checkers only
    StreamPacket = av.Packet[Stream]
else:
    StreamPacket = av.Packet
StreamT = TypeVar("StreamT", av.VideoStream, av.AudioStream)

# The file comes as bytes, so FFmpeg needs no protocol at all, "file" included; nested demuxers inherit this.
WALLS = {"protocol_whitelist": "none"}

NO_PICTURE_KINDS = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails


@dataclass(frozen=True, slots=True)
class OpenedVideo:
    """An open file, the picture stream to analyze and the sound that goes with it."""

    box: InputContainer
    demuxer: str
    video: av.VideoStream
    audio: av.AudioStream | None


@contextmanager
def open_video(
    path: Path, max_frame_px: int = DECODER_MAX_PX, *, with_audio: bool = True
) -> Iterator[OpenedVideo]:
    """The file, opened by the demuxer that its first bytes call for.

    Args: max_frame_px: larger pictures do not decode; their stream then may have size 0 x 0.
    Raises: UnsupportedContainer, NoVideoStream, Undecodable.
    """
    with FileIO(path) as file:
        demuxer = container_of(file.read(HEAD_BYTES))
        file.seek(0)
        box = _open_box(file, demuxer, {"max_pixels": str(min(max_frame_px, DECODER_MAX_PX))})
        with box:
            yield _choose_streams(box, demuxer, with_audio)


def claimed_size(path: Path) -> tuple[int, int]:
    """Width and height that the container states, without a look into the pictures; 0 x 0 if it does not.

    For streams whose picture is too large to be looked at.
    """
    with FileIO(path) as file:
        demuxer = container_of(file.read(HEAD_BYTES))
        file.seek(0)
        with _open_box(file, demuxer, {"skip_frame": "all"}) as box:
            video = _choose_streams(box, demuxer, with_audio=False).video
            return video.width, video.height


def packets_of(opened: OpenedVideo, *streams: av.VideoStream | av.AudioStream) -> Iterator[StreamPacket]:
    """The packets with data of some streams, going on after read errors for as long as that yields any."""
    errors = 0
    while errors < MAX_READ_ERRORS:
        try:
            for packet in opened.box.demux(*streams):
                if packet.size:
                    errors = 0
                    yield packet
            return
        except av.FFmpegError:
            errors += 1


def now_and_then(check: CheckCancelled) -> CheckCancelled:
    """``check``, but not more often than every ``CHECK_EVERY_S``: for calling once a packet."""
    last_s = -1.0

    def sometimes() -> None:
        nonlocal last_s
        now_s = time.monotonic()
        if now_s - last_s > CHECK_EVERY_S:
            last_s = now_s
            check()

    return sometimes


def use_threads(video: av.VideoStream) -> None:
    """Lets the decoder use several cores; few where pictures are large, one where handing over costs more."""
    frame_px = video.width * video.height
    most = 1 if frame_px < SMALL_FRAME_PX else 2 if frame_px > LARGE_FRAME_PX else MAX_THREADS
    video.thread_count = min(most, os.cpu_count() or 1)
    video.thread_type = av.codec.context.ThreadType.AUTO


class _Nameless:
    """A file as FFmpeg gets to see it: bytes and positions, no name that could be taken for an address."""

    def __init__(self, file: FileIO) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


def _refuse_nested(_url: str, _flags: int, _options: object) -> NoReturn:
    """Called by FFmpeg when a file asks for another one."""
    raise PermissionError("a video may not open other files")


def _open_box(file: FileIO, demuxer: str, options: dict[str, str]) -> InputContainer:
    try:
        return av.open(
            _Nameless(file),
            "r",
            format=demuxer,
            options=options,
            container_options=WALLS | {"format_whitelist": demuxer} | _options_of(demuxer),
            metadata_errors="replace",
            buffer_size=READ_BYTES,
            timeout=(OPEN_TIMEOUT_S, None),
            io_open=_refuse_nested,
        )
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _damaged() from error


def _options_of(demuxer: str) -> dict[str, str]:
    return {"enable_drefs": "0", "use_absolute_path": "0"} if demuxer == MOV else {}


def _damaged() -> SmolVLMError:
    return Undecodable(
        "The video file is damaged or incomplete and cannot be opened.",
        hint="Check that the file plays on your device and upload it again.",
    )


def _choose_streams(box: InputContainer, demuxer: str, with_audio: bool) -> OpenedVideo:
    """The first picture stream that is marked as default, or else the first; the same for its sound."""
    if not len(box.streams):
        raise _damaged()
    pictures = [stream for stream in box.streams.video if not stream.disposition & NO_PICTURE_KINDS]
    if not pictures:
        raise NoVideoStream("The file holds no moving picture.", hint="Send a file with a video track.")
    known = [stream for stream in pictures if stream.codec_context is not None]
    if not known:
        raise Undecodable("The video's picture format is not known here.", hint="Convert it to MP4 (H.264).")
    video = _default_of(known)
    sounds = [stream for stream in box.streams.audio if stream.codec_context is not None]
    audio = _default_of(sounds) if sounds and with_audio else None
    for stream in box.streams:
        if stream is not video and stream is not audio:
            stream.discard = Discard.all
    return OpenedVideo(box, demuxer, video, audio)


def _default_of(streams: Sequence[StreamT]) -> StreamT:
    return next((stream for stream in streams if stream.disposition & Disposition.default), streams[0])
