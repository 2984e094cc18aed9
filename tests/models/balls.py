"""Pictures of a ball that rolls, and questions about it: what the tiny checkpoint is taught and asked."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from smolvlm_core.domain import Criteria, Evidence, Frame, FrameRGB, SegmentView, Span

COLOURS = {"red": (220, 30, 30), "blue": (30, 30, 220)}
DIRECTIONS = ("right", "left")
FRAMES = 4
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


def draw(ball: Ball, share: float, height_share: float, grey: int, size_px: tuple[int, int]) -> FrameRGB:
    """One picture, ``share`` 0..1 of the way along. Args: size_px: height, width."""
    height, width = size_px
    radius = height * 0.18
    way = share if ball.direction == "right" else 1 - share
    x, y = radius + way * (width - 2 * radius), radius + height_share * (height - 2 * radius)
    rows, columns = np.mgrid[:height, :width]
    picture = np.full((height, width, 3), grey, np.uint8)
    picture[(rows - y) ** 2 + (columns - x) ** 2 <= radius**2] = COLOURS[ball.colour]
    return picture


def view_of(pictures: list[FrameRGB], start_s: float) -> SegmentView:
    """Pictures evenly over one segment."""
    step_s = SEGMENT_S / len(pictures)
    frames = tuple(Frame(start_s + index * step_s, rgb) for index, rgb in enumerate(pictures))
    return SegmentView(Span(start_s, start_s + SEGMENT_S), frames, PLAIN)


def random_view(ball: Ball, rng: np.random.Generator, start_s: float = 0.0) -> SegmentView:
    """A roll at some height, speed and background."""
    begin, end = rng.uniform(0, 0.25), rng.uniform(0.75, 1)
    height, grey = rng.uniform(0, 1), int(rng.integers(60, 230))
    shares = np.linspace(begin, end, FRAMES)
    return view_of([draw(ball, share, height, grey, (48, 64)) for share in shares], start_s)
