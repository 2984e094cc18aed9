"""Writes a movie that plays everywhere: H.264 and AAC in MP4, its index in front, every picture at its own time.

The only module that opens a video file for writing.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import PictureType
from numpy.typing import NDArray

from smolvlm_core.errors import ClipError
from smolvlm_core.video.framing import PIXELS, tag_as_bt709
from smolvlm_core.video.stretch import SOUND_HZ

TICK = Fraction(1, 90_000)  # MPEG's clock: the usual picture rates are whole numbers of it
KEY_EVERY_S = 2.0  # players seek to these
ENCODER = {"preset": "veryfast", "bf": "0"}
"""No B-pictures: with them MP4 needs an edit list, which some players ignore, and states a wrong length where
pictures have no constant rate."""
CLIP_CRF = 20  # of x264: between its default 23 and "visually lossless" 18
SOUND_BITS_PER_S = 160_000
SOUND_FRAME = 1024  # samples; AAC's own
FADE_S = 0.015  # where two sounds meet: too short to be heard, long enough not to click
CANNOT_WRITE = "The clip cannot be written."

if TYPE_CHECKING:  # PyAV's class is generic for type checkers only
    VideoPacket = av.Packet[av.VideoStream]
else:
    VideoPacket = av.Packet
Samples = NDArray[np.float32]
"""float32 (n, 2): stereo samples in about -1..1, at ``SOUND_HZ``."""


@contextmanager
def whole_or_nothing(target: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``target`` at the end, or is gone after an exception.

    Raises: ClipError: the folder is not there any more.
    """
    partial = target.with_name(f"{target.stem}.{uuid4().hex}.partial")
    try:
        yield partial
        partial.replace(target)
    except (av.FFmpegError, OSError) as error:
        raise ClipError(CANNOT_WRITE) from error
    finally:
        partial.unlink(missing_ok=True)


def open_movie(path: Path) -> OutputContainer:
    """An MP4 file to write to, whatever its name."""
    return av.open(f"file:{path}", "w", format="mp4", container_options={"movflags": "faststart"})


@dataclass(frozen=True, slots=True)
class MovieFormat:
    """``fps`` is a hint for the encoder; pictures keep their times. ``crf`` is x264's: less is finer."""

    width: int
    height: int
    fps: Fraction
    with_sound: bool
    crf: int = CLIP_CRF


class MovieWriter:
    """One movie. A context manager; pictures and sound go in by rising times, in seconds of the movie."""

    def __init__(self, path: Path, movie: MovieFormat) -> None:
        self._box = open_movie(path)
        self._video = self._box.add_stream(
            "libx264",
            rate=movie.fps,
            options=ENCODER | {"crf": str(movie.crf), "g": str(max(1, round(KEY_EVERY_S * movie.fps)))},
        )
        self._video.width, self._video.height, self._video.pix_fmt = movie.width, movie.height, PIXELS
        self._video.codec_context.time_base = TICK
        tag_as_bt709(self._video.codec_context)
        self._sound = SoundEncoder(self._box) if movie.with_sound else None
        self._held: av.VideoFrame | None = None  # until it is known how long it is shown
        self._ticks_of: dict[int, int] = {}  # how long pictures inside the encoder are shown
        self._begins = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._box.close()
            return
        with suppress(av.FFmpegError, OSError):  # the first error is the one to tell
            self._box.close()

    def begin_scene(self) -> None:
        """The next picture begins another scene, to which players can seek."""
        self._begins = True

    def picture(self, frame: av.VideoFrame, time_s: float) -> None:
        """A picture of the movie's size; one that is not later than the last is dropped."""
        ticks = round(time_s / TICK)
        if self._held is not None:
            if ticks <= (self._held.pts or 0):
                return
            self._encode_held(ticks)
        frame.pts, frame.time_base = ticks, TICK
        frame.pict_type = PictureType.I if self._begins else PictureType.NONE
        self._begins = False
        self._held = frame

    def sound(self, pcm: Samples) -> None:
        """Sound that follows the sound before at once."""
        if self._sound is not None:
            self._sound.write(pcm)

    def finish(self, end_s: float) -> None:
        """The last picture is shown until ``end_s``."""
        if self._held is not None:
            self._encode_held(max((self._held.pts or 0) + 1, round(end_s / TICK)))
        self._mux(self._video.encode(None))
        if self._sound is not None:
            self._sound.finish()

    def _encode_held(self, until_ticks: int) -> None:
        assert self._held is not None
        assert self._held.pts is not None
        self._held.duration = self._ticks_of[self._held.pts] = until_ticks - self._held.pts
        self._mux(self._video.encode(self._held))
        self._held = None

    def _mux(self, packets: list[VideoPacket]) -> None:
        for packet in packets:
            if packet.pts is not None:
                packet.duration = self._ticks_of.pop(packet.pts, packet.duration)
            self._box.mux_one(packet)


class SoundEncoder:
    """The sound stream of a movie: any runs of samples in, frames of the codec's size out."""

    def __init__(self, box: OutputContainer) -> None:
        self._box = box
        self._stream = box.add_stream("aac", rate=SOUND_HZ, layout="stereo")
        self._stream.bit_rate = SOUND_BITS_PER_S
        self._left: Samples = np.zeros((0, 2), np.float32)
        self._encoded = 0

    def write(self, pcm: Samples) -> None:
        joined = np.concatenate([self._left, pcm])
        whole = len(joined) - len(joined) % SOUND_FRAME
        for start in range(0, whole, SOUND_FRAME):
            self._encode(joined[start : start + SOUND_FRAME])
        self._left = joined[whole:]

    def finish(self) -> None:
        if len(self._left):
            self._encode(self._left)
        self._box.mux(self._stream.encode(None))

    def _encode(self, pcm: Samples) -> None:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm.T.clip(-1, 1)), "fltp", "stereo")
        frame.sample_rate, frame.time_base, frame.pts = SOUND_HZ, Fraction(1, SOUND_HZ), self._encoded
        self._encoded += len(pcm)
        self._box.mux(self._stream.encode(frame))


class SoundLine:
    """The sound of one piece of a movie: blocks at their times in, one unbroken run out.

    Gaps are silent, overlaps dropped, both ends faded. Sound waits here until the pictures have come as far,
    so that the file has both side by side and no sound outlasts the pictures.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, Samples]] = deque()  # with the number of its first sample in the piece
        self._done = 0

    def add(self, time_s: float, pcm: Samples) -> None:
        """A block that begins at ``time_s`` of the piece; what lies before its start is dropped."""
        self._waiting.append((round(time_s * SOUND_HZ), pcm))

    def release(self, until_s: float) -> Iterator[Samples]:
        """What is there before about ``until_s``; what is missing may still come."""
        until = round((until_s - FADE_S) * SOUND_HZ)
        while self._waiting and self._waiting[0][0] < until:
            start, pcm = self._waiting.popleft()
            yield from self._run(start, pcm[: until - start], None)
            if until - start < len(pcm):
                self._waiting.appendleft((until, pcm[until - start :]))

    def end(self, samples: int) -> Iterator[Samples]:
        """The rest of a piece that has this many samples in all."""
        while self._waiting:
            start, pcm = self._waiting.popleft()
            if start < samples:
                yield from self._run(start, pcm[: samples - start], samples)
        yield from self._silence(samples)

    def _run(self, start: int, pcm: Samples, total: int | None) -> Iterator[Samples]:
        yield from self._silence(start)
        new = pcm[max(0, self._done - start) :]
        if len(new):
            yield _faded(new, self._done, total)
            self._done += len(new)

    def _silence(self, until: int) -> Iterator[Samples]:
        while self._done < until:
            silent = np.zeros((min(SOUND_HZ, until - self._done), 2), np.float32)
            self._done += len(silent)
            yield silent


def _faded(pcm: Samples, start: int, total: int | None) -> Samples:
    """With the fade of the piece's start, and of its end where that is known."""
    place = start + np.arange(len(pcm))
    level = place / (FADE_S * SOUND_HZ)
    if total is not None:
        level = np.minimum(level, (total - place) / (FADE_S * SOUND_HZ))
    return pcm * level.clip(0, 1).astype(np.float32)[:, None]
