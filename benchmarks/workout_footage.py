"""Reads pictures of clips at any times and writes H.264, for workouts made of real clips. Knows no sets."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from smolvlm_core.domain import FrameRGB, Limits, Span, VideoInfo
from smolvlm_core.video.frames import FrameReader
from smolvlm_core.video.probe import probe

CHUNK = 48  # pictures held at once

Size = tuple[int, int]
"""Width and height in pixels, both even."""


def info_of(video: Path) -> VideoInfo:
    """Raises: InputError: the app would refuse the file."""
    return probe(video, video.name, Limits())


def times_in(span: Span, fps: Fraction, speed: float = 1.0) -> list[float]:
    """When a video of ``fps`` that plays ``span`` at ``speed`` takes its pictures; never fewer than one."""
    count = max(1, round(span.duration_s / speed * fps))
    return [span.start_s + float(index / fps) * speed for index in range(count)]


def pictures_at(video: Path, times_s: Iterable[float], longest_side_px: int) -> Iterator[FrameRGB]:
    """What is shown at these times, in their order, forwards or backwards; few pictures are held at once."""
    with FrameReader(video, longest_side_px) as reader:
        wanted = iter(times_s)
        while chunk := list(itertools.islice(wanted, CHUNK)):
            yield from (frame.rgb for frame in reader.at(chunk))


def even_size(width: int, height: int, longest_side_px: int) -> Size:
    """The same shape, as large as allowed: encoders want even numbers."""
    scale = min(1.0, longest_side_px / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def letterboxed(rgb: FrameRGB, size: Size) -> FrameRGB:
    """The whole picture as large as fits, black around it."""
    height, width = rgb.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = min(size[0], round(width * scale)), min(size[1], round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(rgb, inner, interpolation=method)
    return canvas


@contextmanager
def film(path: Path, size: Size, fps: Fraction, crf: int = 25) -> Iterator[Callable[[FrameRGB], None]]:
    """Encodes the pictures it is given, each of ``size``, one after the other."""
    with av.open(str(path), "w", format="mp4") as output:
        video = output.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": str(crf), "g": "120"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"

        def add(rgb: FrameRGB) -> None:
            output.mux(video.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))

        yield add
        output.mux(video.encode(None))
