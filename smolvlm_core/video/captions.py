"""Burns words into pictures: white on a dark, translucent strip along the lower edge.

Drawn with OpenCV's own fonts, which have Latin, Greek, Cyrillic, Arabic and East Asian letters, so that no font
has to be installed. Knows no files and no time.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

TEXT_SHARE = 1 / 20  # height of a letter over the shorter side of the picture: legible on a phone
MIN_TEXT_PX = 10
LINE_SHARE = 1.35  # distance of lines over the height of a letter
MARGIN_SHARE = 0.7  # around the words, over the height of a letter
STRIP_SHARE_MOST = 0.4  # of the picture's height
DARKNESS = 0.62  # of the strip
WEIGHT = 500  # of the letters: medium
ELLIPSIS = "…"
WHITE, BLACK = 235, 16  # luma of the usual range

Share = NDArray[np.floating[Any] | np.integer[Any]]
"""(H, W) in 0..1."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """What is added to the rows of a plane after these were dimmed: ``(plane * keep + add) / 256``."""

    top: int
    keep: NDArray[np.uint16]
    add: NDArray[np.uint16]


class Caption:
    """One text for pictures of one size. Text without a letter to show leaves pictures as they are."""

    def __init__(self, text: str, size: tuple[int, int]) -> None:
        """Args: size: width and height, both even."""
        self._width = size[0]
        self._layers = _layers(text, *size)

    @property
    def top_px(self) -> int | None:
        """The first row of the strip; None without one."""
        return self._layers[0].top if self._layers else None

    def burn(self, frame: av.VideoFrame) -> None:
        """Draws into the frame, which is yuv420p of the caption's size."""
        if not self._layers:
            return
        frame.make_writable()
        for plane, layer in zip(frame.planes, self._layers, strict=True):
            pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            rows = pixels[layer.top : layer.top + len(layer.keep), : layer.keep.shape[1]]
            rows[:] = (rows * layer.keep + layer.add) >> 8


@cache
def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")


def text_width_px(text: str, text_px: int) -> int:
    return int(cv2.getTextSize((0, 0), text, (0, 0), _font(), text_px, WEIGHT)[2])


def wrapped(text: str, text_px: int, width_px: int, lines_most: int) -> list[str]:
    """The text in lines that fit; between words where there are any, else between letters. What is too much
    ends in an ellipsis."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width_px(joined, text_px) <= width_px:
            lines[-1] = joined
        else:
            lines += _pieces(word, text_px, width_px)
    if len(lines) > lines_most:
        lines = lines[:lines_most]
        while lines[-1] and text_width_px(lines[-1] + ELLIPSIS, text_px) > width_px:
            lines[-1] = lines[-1][:-1]
        lines[-1] = lines[-1].rstrip() + ELLIPSIS
    return lines


def _pieces(word: str, text_px: int, width_px: int) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and text_width_px(pieces[-1] + letter, text_px) > width_px:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _layers(text: str, width: int, height: int) -> tuple[_Layer, ...]:
    """One for each plane: luma, blue, red."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    text_px = max(MIN_TEXT_PX, round(min(width, height) * TEXT_SHARE))
    margin_px, line_px = round(text_px * MARGIN_SHARE), round(text_px * LINE_SHARE)
    lines_most = max(1, int((height * STRIP_SHARE_MOST - 2 * margin_px) // line_px))
    lines = wrapped(shown, text_px, max(1, width - 2 * margin_px), lines_most)
    strip_px = min(height, 2 * ((len(lines) * line_px + 2 * margin_px + 1) // 2))
    if not lines or strip_px > height / 2:  # no words, or a picture too small for any
        return ()
    ink = _ink(lines, (width, strip_px), text_px, (margin_px, line_px))
    keep = (1 - ink) * (1 - DARKNESS)
    top = height - strip_px
    small = cv2.resize(keep, (width // 2, strip_px // 2), interpolation=cv2.INTER_AREA)
    chroma = _Layer(top // 2, _fixed(small), _fixed((1 - small) * 128))
    return _Layer(top, _fixed(keep), _fixed(ink * WHITE + (1 - ink) * DARKNESS * BLACK)), chroma, chroma


def _fixed(share: Share) -> NDArray[np.uint16]:
    return np.round(share * 256).astype(np.uint16)


def _ink(lines: list[str], size: tuple[int, int], text_px: int, margin_and_line_px: tuple[int, int]) -> Share:
    """Where letters are."""
    margin_px, line_px = margin_and_line_px
    strip = np.zeros((size[1], size[0], 3), np.uint8)
    for index, line in enumerate(lines):
        left = (size[0] - text_width_px(line, text_px)) // 2
        baseline = margin_px + index * line_px + round(text_px * 0.9)
        cv2.putText(strip, line, (left, baseline), (255, 255, 255), _font(), text_px, WEIGHT)
    return strip[:, :, 0].astype(np.float32) / 255
