"""Renders pieces of videos, one after another, into one movie; a clip is a movie of a single piece."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from smolvlm_core.domain import CheckCancelled, Span, never_cancelled
from smolvlm_core.errors import NothingToCut
from smolvlm_core.video.captions import Caption
from smolvlm_core.video.encoding import CLIP_CRF, MovieFormat, MovieWriter, SoundLine, whole_or_nothing
from smolvlm_core.video.framing import Framer, Framing
from smolvlm_core.video.sound import AudioBlock
from smolvlm_core.video.stretch import DAMAGED, NO_PICTURE, SOUND_HZ, Picture, outline_of, read_stretch

MAX_FPS = Fraction(120)  # told to the encoder; pictures keep their times

ReportShare = Callable[[float], None]
"""Called with the share that is done, 0..1, never going back."""


def not_reported(_share: float) -> None:
    """The ``ReportShare`` of work nobody watches."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a video, and the words to show with it, if any."""

    path: Path
    span: Span
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The movie that was made. ``copied``: without decoding, so it is the original, bit for bit."""

    duration_s: float
    width: int
    height: int
    copied: bool = False


def render(
    pieces: Sequence[Piece],
    target: Path,
    framing: Framing | None = None,
    check: CheckCancelled = never_cancelled,
    report: ReportShare = not_reported,
) -> Rendered:
    """Writes the pieces to ``target`` in their order, all of the size of the first, whole or not at all.

    A piece whose video breaks off ends there; one that lies beyond its end is left out.
    Raises: NothingToCut: no piece has a picture; ClipError: nothing can be written; Cancelled from ``check``; what
    ``open_video`` raises.
    """
    with whole_or_nothing(target) as partial:
        return write_movie(pieces, partial, framing or Framing(), check, report)


def write_movie(
    pieces: Sequence[Piece],
    path: Path,
    framing: Framing,
    check: CheckCancelled,
    report: ReportShare,
    crf: int = CLIP_CRF,
) -> Rendered:
    """As ``render``, but what was written stays after an exception, and errors of writing are the library's."""
    watch = _Watch(check, report, sum(piece.span.duration_s for piece in pieces))
    with ExitStack() as stack:
        reel = _Reel(pieces, framing, path, stack, crf)
        for piece in pieces:
            reel.add(piece, watch)
        rendered = reel.finish()
    report(1.0)
    return rendered


class _Watch:
    """Who looks at the work from outside."""

    def __init__(self, check: CheckCancelled, report: ReportShare, total_s: float) -> None:
        self.check = check
        self._report, self._total_s = report, total_s
        self._before_s = 0.0

    def at(self, time_s: float) -> None:
        """``time_s`` of the piece in work are done."""
        self.check()
        self._report(min(1.0, (self._before_s + time_s) / self._total_s))

    def piece_done(self, piece: Piece) -> None:
        self._before_s += piece.span.duration_s


class _Reel:
    """The state of one rendering."""

    def __init__(self, pieces: Sequence[Piece], framing: Framing, path: Path, stack: ExitStack, crf: int) -> None:
        outlines = [outline_of(one) for one in {piece.path for piece in pieces}]
        self._with_sound = any(outline.has_sound for outline in outlines)
        self._fps = min(MAX_FPS, max((outline.fps for outline in outlines), default=MAX_FPS))
        self._framing, self._path, self._stack, self._crf = framing, path, stack, crf
        self._writer: MovieWriter | None = None
        self._size: tuple[int, int] | None = None
        self._done_s = 0.0
        self._done_samples = 0

    def add(self, piece: Piece, watch: _Watch) -> None:
        """Writes a piece, or nothing where its video has no picture."""
        scene = _Scene(piece, Framer(self._framing, self._size))
        with suppress(NothingToCut):
            for item in read_stretch(piece.path, piece.span, watch.check):
                if isinstance(item, AudioBlock):
                    scene.sound.add(item.time_s - piece.span.start_s, item.pcm)
                elif isinstance(item, Picture):
                    self._show(scene, item, watch)
                else:
                    self._end(scene, item.time_s - piece.span.start_s)
        watch.piece_done(piece)

    def finish(self) -> Rendered:
        """Raises: NothingToCut: there was no picture in any piece."""
        if self._writer is None or self._size is None:
            raise NothingToCut(NO_PICTURE, hint=DAMAGED)
        self._writer.finish(self._done_s)
        return Rendered(self._done_s, *self._size)

    def _show(self, scene: "_Scene", picture: Picture, watch: _Watch) -> None:
        frame = scene.frame(picture)
        if frame is None:
            return
        writer = self._open(frame)
        time_s = scene.place(picture)
        if time_s == 0.0:
            writer.begin_scene()
        writer.picture(frame, self._done_s + time_s)
        for pcm in scene.sound.release(time_s):
            writer.sound(pcm)
        watch.at(time_s)

    def _end(self, scene: "_Scene", length_s: float) -> None:
        if not scene.shown or self._writer is None:
            return
        self._done_s += length_s
        samples = round(self._done_s * SOUND_HZ) - self._done_samples
        self._done_samples += samples
        for pcm in scene.sound.end(samples):
            self._writer.sound(pcm)

    def _open(self, frame: av.VideoFrame) -> MovieWriter:
        if self._writer is None:
            self._size = frame.width, frame.height
            movie = MovieFormat(*self._size, self._fps, self._with_sound, self._crf)
            self._writer = self._stack.enter_context(MovieWriter(self._path, movie))
        return self._writer


class _Scene:
    """A piece on its way into the movie."""

    def __init__(self, piece: Piece, framer: Framer) -> None:
        self._piece, self._framer = piece, framer
        self._caption: Caption | None = None
        self.sound = SoundLine()
        self.shown = False

    def frame(self, picture: Picture) -> av.VideoFrame | None:
        """The picture as the movie shows it; None where it is damaged."""
        try:
            frame = self._framer.frame(picture.frame, picture.pixel_aspect)
        except (av.FFmpegError, ValueError):
            return None
        if self._piece.caption:
            self._caption = self._caption or Caption(self._piece.caption, (frame.width, frame.height))
            self._caption.burn(frame)
        return frame

    def place(self, picture: Picture) -> float:
        """When the picture appears, in seconds of the piece; the first one at once."""
        time_s = max(0.0, picture.time_s - self._piece.span.start_s) if self.shown else 0.0
        self.shown = True
        return time_s
