"""Decoded pictures to upright RGB arrays with square pixels, scaled on the way.

Knows no files and no time.
"""

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideDataType
from av.video.reformatter import ColorPrimaries, ColorTrc, VideoReformatter

from smolvlm_core.domain import FrameRGB

MAX_ASPECT = 8  # pixels said to be longer than this are a broken header
HDR_CURVES = frozenset((ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67))
# scaling within YUV, all planes to one size, and then turning the few pixels left to RGB costs a third
SMALL_AS = dict.fromkeys(("yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv410p", "yuv440p"), "yuv444p")
SMALL_AS |= dict.fromkeys(("yuvj420p", "yuvj422p", "yuvj444p", "yuvj411p", "yuvj440p"), "yuvj444p")
THREADS = 1  # of the scaler: a picture takes less than waking another thread


@dataclass(frozen=True, slots=True)
class Turn:
    """How a stored picture becomes upright: rows and columns swapped first, then mirrored."""

    swap: bool = False
    flip_x: bool = False
    flip_y: bool = False


UPRIGHT = Turn()

_TURNS = {
    0: UPRIGHT,
    90: Turn(swap=True, flip_y=True),
    180: Turn(flip_x=True, flip_y=True),
    270: Turn(swap=True, flip_x=True),
}


def turn_of(frame: av.VideoFrame) -> Turn:
    """The turn that the frame's display matrix asks for, to the nearest quarter.

    Source: ISO/IEC 14496-12, 6.2.2: x' = a x + c y, y' = b x + d y.
    """
    try:
        matrix = cast("SideDataContainer", frame.side_data).get(SideDataType.DISPLAYMATRIX)
    except ValueError:  # PyAV does not know every kind of side data; Exif in MJPEG is one
        return _TURNS[rotation_of(frame) % 360]
    if matrix is None:
        return UPRIGHT
    a, b, _, c, d, *_ = struct.unpack("9i", bytes(matrix)[:36])
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Turn(swap=True, flip_x=c < 0, flip_y=b < 0)
    return Turn(flip_x=a < 0, flip_y=d < 0)


def rotation_of(frame: av.VideoFrame) -> int:
    """Degrees counter-clockwise that make the picture upright, a multiple of 90 in -180..180 as FFmpeg has it."""
    return round(frame.rotation / 90) * 90


def upright_size(width: int, height: int, turn: Turn) -> tuple[int, int]:
    """Width and height after the turn."""
    return (height, width) if turn.swap else (width, height)


def square_size(width: int, height: int, aspect: Fraction | None) -> tuple[float, float]:
    """Width and height in square pixels: the longer side of a pixel stretches the picture.

    Args: aspect: width of a pixel over its height, None where unknown.
    """
    if not aspect or not Fraction(1, MAX_ASPECT) <= aspect <= MAX_ASPECT:
        return width, height
    return (width * float(aspect), height) if aspect >= 1 else (width, height / float(aspect))


class Painter:
    """Turns pictures into arrays. One a stream: what it prepares for a size serves all pictures of that size."""

    def __init__(self) -> None:
        self._shrinker = VideoReformatter()
        self._reformatter = VideoReformatter()

    def rgb(self, frame: av.VideoFrame, stored_size: tuple[int, int]) -> FrameRGB:
        """The picture scaled to ``stored_size`` (width, height before the turn), RGB, upright.

        Pictures of high dynamic range are brought to the ordinary one.
        Raises: av.FFmpegError, ValueError: the picture cannot be converted.
        """
        width, height = (max(1, side) for side in stored_size)
        hdr = frame.color_trc in HDR_CURVES
        small = frame
        if not hdr and frame.format.name in SMALL_AS and width * height < frame.width * frame.height:
            small_as = SMALL_AS[frame.format.name]
            small = self._shrinker.reformat(frame, width, height, small_as, interpolation="AREA", threads=THREADS)
        small = self._reformatter.reformat(
            small,
            width,
            height,
            "rgb24",
            interpolation="AREA",
            dst_color_trc=ColorTrc.BT709 if hdr else None,
            dst_color_primaries=ColorPrimaries.BT709 if hdr else None,
            threads=THREADS,
        )
        return _turned(small.to_ndarray().astype(np.uint8, copy=False), turn_of(frame))


def _turned(rgb: FrameRGB, turn: Turn) -> FrameRGB:
    if turn.swap:
        rgb = rgb.transpose(1, 0, 2)
    if turn.flip_x:
        rgb = rgb[:, ::-1]
    if turn.flip_y:
        rgb = rgb[::-1]
    return np.ascontiguousarray(rgb)
