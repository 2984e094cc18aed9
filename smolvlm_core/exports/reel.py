"""The reel: what an editor wants to see, one cut after another, counted in frames of a standard rate.

Edit lists count frames and know few rates. A video of another rate, or of a variable one, is counted at the
standard rate it fits best; its times stay right to half a frame of that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from smolvlm_core.domain import VideoInfo
from smolvlm_core.exports.items import Item

NTSC = Fraction(1000, 1001)
STANDARD_RATES = (
    24 * NTSC,
    Fraction(24),
    Fraction(25),
    30 * NTSC,
    Fraction(30),
    Fraction(50),
    60 * NTSC,
    Fraction(60),
)
"""Of Final Cut, Resolve, Premiere and Avid alike."""

FITS = Fraction(1002, 1000)
"""So far off, a rate is still the same one: means over the frames of a video are."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One item in the reel. All in frames: where it is in the video, where in the reel, and how long."""

    item: Item
    source_frame: int
    reel_frame: int
    frames: int


@dataclass(frozen=True, slots=True)
class Reel:
    """``rate`` is frames a second; ``source_frames`` the length of the video at that rate."""

    video: VideoInfo
    rate: Fraction
    source_frames: int
    cuts: tuple[Cut, ...]

    @property
    def frames(self) -> int:
        return sum(cut.frames for cut in self.cuts)


def reel_of(items: Sequence[Item], video: VideoInfo) -> Reel:
    """The items that belong in a reel, in their order, without gaps between."""
    rate = standard_rate(video.fps)
    cuts = tuple(_cuts([item for item in items if item.in_reel], rate))
    ends = [cut.source_frame + cut.frames for cut in cuts]
    return Reel(video, rate, max([round(video.duration_s * rate), *ends]), cuts)


def standard_rate(fps: Fraction) -> Fraction:
    """The standard rate that is the video's own, or a whole multiple or part of it; else the nearest."""

    def misfit(rate: Fraction) -> tuple[bool, Fraction, Fraction]:
        ratio = max(rate / fps, fps / rate)
        part = ratio / round(ratio)
        off = max(part, 1 / part)
        fits = off <= FITS
        return not fits, off if fits else ratio, abs(rate - fps)

    return min(STANDARD_RATES, key=misfit)


def _cuts(items: Sequence[Item], rate: Fraction) -> Iterator[Cut]:
    reel_frame = 0
    for item in items:
        start, end = round(item.span.start_s * rate), round(item.span.end_s * rate)
        cut = Cut(item, start, reel_frame, max(1, end - start))
        yield cut
        reel_frame += cut.frames
