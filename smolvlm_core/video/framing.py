"""Which part of a picture a clip shows, and how that becomes an upright one for any player: even sides, square
pixels, 8 bits, BT.709.

Knows no files and no time.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import av
from av.filter import Graph
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from smolvlm_core.video.picture import HDR_CURVES, UPRIGHT, Turn, square_size, turn_of, upright_size

HD_HEIGHT_PX = 720  # pictures this tall without a stated matrix are taken for BT.709, smaller ones for BT.601
MIN_SIDE_PX = 16  # players and encoders stumble over less
UNSTATED = 2  # "unspecified" in the tables of ITU-T H.273
PIXELS = "yuv420p"
TRANSPOSES = {
    (False, False): "cclock_flip",
    (True, False): "clock",
    (False, True): "cclock",
    (True, True): "clock_flip",
}
"""FFmpeg's names for swapping rows and columns and then mirroring (left to right, upside down)."""


class Aspect(StrEnum):
    """Shape of a clip's picture."""

    ORIGINAL = "original"
    PORTRAIT = "9:16"
    SQUARE = "1:1"

    @property
    def ratio(self) -> float | None:
        """Width over height; None keeps that of the video."""
        return {Aspect.PORTRAIT: 9 / 16, Aspect.SQUARE: 1.0}.get(self)


@dataclass(frozen=True, slots=True)
class Framing:
    """``longest_side_px`` bounds the result, and so does ``shorter_side_px`` where it is not 0; nothing is ever
    enlarged to reach them."""

    aspect: Aspect = Aspect.ORIGINAL
    longest_side_px: int = 1920
    shorter_side_px: int = 0


@dataclass(frozen=True, slots=True)
class PictureKind:
    """What must not change within one run of a filter graph."""

    width: int
    height: int
    pixels: str
    pixel_aspect: Fraction | None
    turn: Turn
    matrix: int
    full_range: bool
    hdr: bool

    @classmethod
    def of(cls, frame: av.VideoFrame, pixel_aspect: Fraction | None) -> "PictureKind":
        return cls(
            frame.width,
            frame.height,
            frame.format.name,
            pixel_aspect,
            turn_of(frame),
            _matrix_of(frame),
            frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj"),
            frame.color_trc in HDR_CURVES,
        )

    @property
    def upright_px(self) -> tuple[float, float]:
        """Width and height as displayed, in square pixels."""
        width, height = square_size(self.width, self.height, self.pixel_aspect)
        return (height, width) if self.turn.swap else (width, height)


def _matrix_of(frame: av.VideoFrame) -> int:
    """The frame's YUV matrix (ITU-T H.273); by its height where none is stated."""
    if frame.format.is_rgb or frame.format.has_palette:
        return 0
    if frame.colorspace in (0, UNSTATED):
        return Colorspace.ITU709 if min(frame.width, frame.height) >= HD_HEIGHT_PX else Colorspace.ITU601
    return frame.colorspace


def even(side_px: float) -> int:
    """The nearest even number of pixels that an encoder takes."""
    return max(MIN_SIDE_PX, 2 * round(side_px / 2))


def shown_part(kind: PictureKind, aspect: Aspect) -> tuple[float, float]:
    """Width and height, as displayed, of the middle of the picture that has the wanted shape."""
    width, height = kind.upright_px
    if aspect.ratio is None:
        return width, height
    return min(width, height * aspect.ratio), min(height, width / aspect.ratio)


def size_of(kind: PictureKind, framing: Framing) -> tuple[int, int]:
    """Width and height of the clip that pictures of this kind make."""
    width, height = shown_part(kind, framing.aspect)
    scale = min(1.0, framing.longest_side_px / max(width, height))
    if framing.shorter_side_px:
        scale = min(scale, framing.shorter_side_px / min(width, height))
    return even(width * scale), even(height * scale)


class Framer:
    """Turns decoded pictures into those of a clip of one size. One a stretch of video."""

    def __init__(self, framing: Framing, size: tuple[int, int] | None = None) -> None:
        """Args: size: width and height to fill, with bars where the shape differs; that of the first picture
        when None."""
        self._framing, self.size = framing, size
        self._kind: PictureKind | None = None
        self._graph = Graph()

    def frame(self, frame: av.VideoFrame, pixel_aspect: Fraction | None) -> av.VideoFrame:
        """The picture, framed. Its time stamps mean nothing.

        Raises: av.FFmpegError, ValueError: it cannot be converted.
        """
        kind = PictureKind.of(frame, pixel_aspect)
        self.size = self.size or size_of(kind, self._framing)
        if kind != self._kind:
            self._graph, self._kind = _graph(kind, self._framing, self.size), kind
        if kind.matrix:
            frame.colorspace = kind.matrix
            frame.color_range = ColorRange.JPEG if kind.full_range else ColorRange.MPEG
        self._graph.vpush(frame)
        return self._graph.vpull()


def _graph(kind: PictureKind, framing: Framing, size: tuple[int, int]) -> Graph:
    graph = Graph()
    steps = [_source(graph, kind), *(graph.add(name, args) for name, args in _steps(kind, framing, size))]
    graph.link_nodes(*steps, graph.add("buffersink"))
    graph.configure()
    return graph


def _source(graph: Graph, kind: PictureKind) -> "av.filter.FilterContext":
    color = f":colorspace={kind.matrix}:range={'pc' if kind.full_range else 'tv'}" if kind.matrix else ""
    size = f"video_size={kind.width}x{kind.height}:pix_fmt={kind.pixels}"
    return graph.add("buffer", f"{size}:time_base=1/1000:pixel_aspect=1/1{color}")


def _steps(kind: PictureKind, framing: Framing, size: tuple[int, int]) -> list[tuple[str, str]]:
    """Names and arguments of the filters: cut out, scale, turn upright, fill up with bars."""
    upright = kind.upright_px
    part = shown_part(kind, framing.aspect)
    scale = min(size[0] / part[0], size[1] / part[1])
    inner = tuple(
        whole if abs(side * scale - whole) < 2 else min(whole, even(side * scale))
        for side, whole in zip(part, size, strict=True)
    )
    shares = part[0] / upright[0], part[1] / upright[1]
    share_x, share_y = (shares[1], shares[0]) if kind.turn.swap else shares
    width, height = upright_size(inner[0], inner[1], kind.turn)
    steps = []
    if min(shares) < 1:
        steps.append(("crop", f"w={max(2, round(kind.width * share_x))}:h={max(2, round(kind.height * share_y))}"))
    steps.append(("scale", f"w={width}:h={height}:flags=bicubic:{_color(kind)}"))
    steps.append(("format", PIXELS))
    steps += [("transpose", f"dir={step}") for step in _transposes(kind.turn)]
    if inner != size:
        steps.append(("pad", f"w={size[0]}:h={size[1]}:x=(ow-iw)/2:y=(oh-ih)/2"))
    return [*steps, ("setsar", "1")]


def _transposes(turn: Turn) -> list[str]:
    """Directions for FFmpeg's ``transpose``; its ``vflip`` would leave rows in reverse order in memory."""
    swap_and_flip = TRANSPOSES[turn.flip_x, turn.flip_y]
    if turn.swap:
        return [swap_and_flip]
    return [] if turn == UPRIGHT else [TRANSPOSES[False, False], swap_and_flip]


def _color(kind: PictureKind) -> str:
    to_sdr = ":out_primaries=bt709:out_transfer=bt709" if kind.hdr else ""
    return "out_color_matrix=bt709:out_range=tv" + to_sdr


def tag_as_bt709(context: av.VideoCodecContext) -> None:
    """Has an encoder state what ``Framer`` makes."""
    context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
