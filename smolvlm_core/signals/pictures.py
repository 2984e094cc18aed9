"""One low-resolution frame made ready to compare with others: brightness-free texture and look. Knows no time.

"Texture" is luma with its local mean removed and its local contrast evened out, so that a lamp that flickers,
an exposure that adapts or a fade changes nothing; "look" is colours and edges, coarse enough to survive motion.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import FrameRGB

Array = NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)

TEXTURE_LIMIT = 2.5
"""Textures lie within ± this, in local standard deviations; more is noise of thin edges. Chosen by eye."""

COLOUR_BINS = 8
"""Per chroma axis (a, b of CIE Lab)."""

LAYOUT_CELLS = 4
"""Per picture side, for edge directions; the idea is HOG's (Dalal & Triggs 2005) at its coarsest."""

LAYOUT_DIRECTIONS = 6
"""Edge directions over 180°."""

THUMB_SIZE = (16, 9)
"""Width, height in cells of the pooled texture."""

FULL_DETAIL_LEVELS = 10.0
"""Local contrast in grey levels from which a place counts in full. Chosen by eye."""

COLOUR_SIZE = COLOUR_BINS**2
LAYOUT_SIZE = LAYOUT_CELLS**2 * LAYOUT_DIRECTIONS


@dataclass(frozen=True, slots=True)
class TextureOptions:
    """How brightness is taken out. Lengths in pixels of a 160 x 90 picture; all chosen by eye on phone videos."""

    neighbourhood_px: float = 5.0
    """Gaussian sigma of what counts as local."""
    noise_levels: float = 6.0
    """Grey levels (of 255) added to the local contrast, so that sensor noise is not blown up."""
    full_detail_levels: float = FULL_DETAIL_LEVELS
    """Local contrast in grey levels from which a place is fully trusted."""
    flow_gain: float = 48.0
    """Grey levels per unit of texture in the 8-bit picture that optical flow looks at (± 2.5 fills it)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Texture of one frame: arrays (H, W), and (H // 2, W // 2) where half the size says as much."""

    texture: Array
    """About -2.5..2.5, mean 0."""
    half_8bit: NDArray[np.uint8]
    """The same around 128 at half size, for optical flow."""
    contrast: Array
    """Local standard deviation of luma, grey levels."""
    trust: Array
    """At half size: 0 where nothing can be seen moving (flat), 1 where there is enough contrast."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a frame looks like, whatever its brightness."""

    colour: Array
    """Square root of the chroma histogram (64,); the dot product of two is their Bhattacharyya likeness."""
    layout: Array
    """Edge strength by place and direction (96,), at most of length 1."""
    thumb: Array
    """Pooled texture (144,)."""


def picture_of(rgb: FrameRGB, options: TextureOptions = TextureOptions()) -> Picture:
    """Texture of a frame.

    Args: rgb: uint8 (H, W, 3) of about 160 x 90 px: the lengths in the options are meant for that.
    """
    luma = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)
    detail = luma - _local_mean(luma, options.neighbourhood_px)
    contrast = np.sqrt(np.maximum(_local_mean(detail * detail, options.neighbourhood_px), 0))
    even = detail / (contrast + options.noise_levels)
    texture = np.asarray(np.clip(even, -TEXTURE_LIMIT, TEXTURE_LIMIT), np.float32)
    half = half_size(texture)
    texture_8bit = cv2.convertScaleAbs(texture, alpha=options.flow_gain, beta=128)
    return Picture(
        texture=texture,
        half_8bit=np.asarray(cv2.resize(texture_8bit, half, interpolation=cv2.INTER_AREA), np.uint8),
        contrast=contrast,
        trust=np.minimum(every_other(contrast) / options.full_detail_levels, 1),
    )


def half_size(image: NDArray[Scalar]) -> tuple[int, int]:
    """Width and height, at least one pixel."""
    height, width = image.shape[:2]
    return max(1, width // 2), max(1, height // 2)


def every_other(image: NDArray[Scalar]) -> NDArray[Scalar]:
    """Every other pixel of every other row, as many as ``half_size`` says."""
    width, height = half_size(image)
    return image[: 2 * height : 2, : 2 * width : 2]


def look_of(rgb: FrameRGB, picture: Picture) -> Look:
    """Colours, edge layout and thumbnail of a frame and its ``picture_of``."""
    thumb = np.asarray(cv2.resize(picture.texture, THUMB_SIZE, interpolation=cv2.INTER_AREA), np.float32)
    return Look(_colour_of(rgb), _layout_of(picture), thumb.ravel())


def likeness(one: Array, other: Array) -> float:
    """Cosine of two vectors; 0 when either is blank."""
    # a blank vector's length is 0: the small constant keeps that from dividing by it
    return float(one @ other / (np.sqrt((one @ one) * (other @ other)) + 1e-3))


def _local_mean(image: Array, sigma_px: float) -> Array:
    """Gaussian blur at half size, which a sigma of 5 px cannot tell from full size and costs a third."""
    height, width = image.shape
    if min(height, width) < 4 * sigma_px:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.float32)
    half = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(half, (0, 0), sigma_px / 2)
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _colour_of(rgb: FrameRGB) -> Array:
    # every fourth pixel says as much about the colours of a scene, and Lab is slow
    lab = cv2.cvtColor(np.ascontiguousarray(rgb[::2, ::2]), cv2.COLOR_RGB2LAB)
    # chroma beyond ± 40 of the neutral 128 is rare in camera footage: the bins are spent on what occurs
    histogram = cv2.calcHist([lab], [1, 2], None, [COLOUR_BINS, COLOUR_BINS], [88, 168, 88, 168]).ravel()
    return np.asarray(np.sqrt(histogram / max(1.0, float(histogram.sum()))), np.float32)


def _layout_of(picture: Picture) -> Array:
    across = cv2.Sobel(picture.texture, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(picture.texture, cv2.CV_32F, 0, 1)
    strength, degrees = cv2.cartToPolar(across, down, angleInDegrees=True)
    # an edge and its opposite are one direction: sorted over 360° first, folded below
    sectors = 2 * LAYOUT_DIRECTIONS
    sector = np.minimum(np.asarray(degrees) * (sectors / 360), sectors - 1).astype(np.int32)
    weight = np.asarray(strength) * np.minimum(picture.contrast / FULL_DETAIL_LEVELS, 1)
    place = _cells(*picture.texture.shape) * sectors + sector
    sums = np.bincount(place.ravel(), weight.ravel(), LAYOUT_CELLS**2 * sectors)
    layout = sums.reshape(LAYOUT_CELLS**2, 2, LAYOUT_DIRECTIONS).sum(axis=1).ravel()
    layout *= LAYOUT_CELLS**2 / picture.texture.size  # mean over each cell
    # 0.5 keeps a nearly blank picture near zero instead of amplifying its noise
    return np.asarray(layout / (np.linalg.norm(layout) + 0.5), np.float32)


@lru_cache(maxsize=4)
def _cells(height: int, width: int) -> NDArray[np.int32]:
    """(H, W) number of the cell each pixel lies in. Shared: not to be written to."""
    row = np.arange(height, dtype=np.int32) * LAYOUT_CELLS // height
    column = np.arange(width, dtype=np.int32) * LAYOUT_CELLS // width
    return row[:, None] * LAYOUT_CELLS + column[None, :]
