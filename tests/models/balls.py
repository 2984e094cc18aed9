"""Pictures of a ball that rolls, and questions about it: what the tiny checkpoint is taught and asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from smolvlm_core.domain import Criteria, Evidence, Frame, FrameRGB, SegmentView, Span
from tests.clips import BLUE, RED, Colour

WHITE: Colour = (255, 255, 255)
COLOURS = {"red": RED, "blue": BLUE}
DIRECTIONS = ("right", "left")
FRAMES = 4
HEIGHT_PX, WIDTH_PX = 48, 64
RADIUS_SHARE = 0.4  # of the height: large, so that little training does
SEGMENT_S = 6.0
PLAIN = Evidence(motion_ratio=1.0, rarity=0.0, loudness_db=None, cuts=0, strength=0.5)


@dataclass(frozen=True, slots=True)
class Ball:
    """What is shown, or looked for."""

    colour: str
    direction: str

    @property
    def criteria(self) -> Criteria:
        """Only the system prompt says what is looked for."""
        return Criteria(f"Look for a {self.colour} ball that moves {self.direction}.", "Judge the ball.")

    @property
    def words(self) -> str:
        return f"A {self.colour} ball moves to the {self.direction}."


BALLS = tuple(Ball(colour, direction) for colour, direction in product(COLOURS, DIRECTIONS))


def draw(ball: Ball, share: float, height_share: float, wall: FrameRGB) -> FrameRGB:
    """One picture before ``wall`` (H, W, 3), ``share`` 0..1 of the way along."""
    picture = wall.copy()
    height, width = picture.shape[:2]
    way = share if ball.direction == "right" else 1 - share
    x, y = way * (width - 1), (0.4 + 0.2 * height_share) * (height - 1)
    disc(picture, (x, y), RADIUS_SHARE * height, COLOURS[ball.colour])
    return picture


def disc(picture: FrameRGB, centre_px: tuple[float, float], radius_px: float, colour: Colour = WHITE) -> None:
    """Draws into ``picture``; pixels are whole, the centre (x, y) need not be."""
    x, y = centre_px
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    picture[(rows - y) ** 2 + (columns - x) ** 2 <= radius_px**2] = colour


def view_of(pictures: Sequence[FrameRGB], times_s: Sequence[float], start_s: float) -> SegmentView:
    """One segment of pictures, ``times_s`` after its start."""
    frames = tuple(Frame(start_s + time_s, rgb) for time_s, rgb in zip(times_s, pictures, strict=True))
    return SegmentView(Span(start_s, start_s + SEGMENT_S), frames, PLAIN)


def half_seconds(rng: np.random.Generator) -> list[float]:
    """As the app takes frames: spread over the segment or a half of it, but at halves of seconds."""
    begun, share = ((0.0, 1.0), (0.0, 0.5), (0.5, 0.5), (0.0, 1.0))[rng.integers(4)]
    even = SEGMENT_S * (begun + share * (np.arange(FRAMES) + rng.uniform(0.1, 0.9)) / FRAMES)
    return [float(time_s) for time_s in np.floor(2 * even) / 2]


def random_wall(rng: np.random.Generator) -> FrameRGB:
    """Softly shaded and grey."""
    shade = np.linspace(-1, 1, WIDTH_PX) * rng.uniform(-25, 25) + rng.integers(90, 160)
    return np.repeat(np.tile(shade.astype(np.uint8), (HEIGHT_PX, 1))[..., None], 3, axis=2)


def empty_view(rng: np.random.Generator, start_s: float = 0.0) -> SegmentView:
    """A wall, and no ball: one picture, as the others would look the same."""
    return view_of([random_wall(rng)], half_seconds(rng)[:1], start_s)


def random_view(ball: Ball, rng: np.random.Generator, start_s: float = 0.0) -> SegmentView:
    """A roll at some height and speed, before a wall."""
    times_s = half_seconds(rng)
    shares = np.interp(times_s, (0, SEGMENT_S), (rng.uniform(0, 0.15), rng.uniform(0.85, 1)))
    wall = random_wall(rng)
    height_share = rng.uniform(0, 1)
    return view_of([draw(ball, share, height_share, wall) for share in shares], times_s, start_s)
