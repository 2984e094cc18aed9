"""Draws the pictures and sounds of the example clips: a park with something going on, and a workout.

Everything is drawn, so nobody's footage is needed; the same every time. All sizes, colours, times and
levels are chosen by eye and ear. Knows nothing of files and encoders.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import FrameRGB, Span

WIDTH, HEIGHT = 640, 360
SUBPIXEL_BITS = 4  # fraction bits of coordinates that OpenCV draws with

Colour = tuple[int, int, int]
Point = tuple[float, float]
Sound = NDArray[np.float32]


class Scene(Protocol):
    """``draw`` gives the picture at a time; ``sound`` all of it, mono in -1..1."""

    duration_s: float

    def draw(self, time_s: float) -> FrameRGB: ...

    def sound(self, rate_hz: int) -> Sound: ...


# -- Drawing with fractions of a pixel ------------------------------------------------------


def _fixed(x: float, y: float) -> tuple[int, int]:
    return round(x * (1 << SUBPIXEL_BITS)), round(y * (1 << SUBPIXEL_BITS))


def _disc(rgb: FrameRGB, x: float, y: float, radius: float, colour: Colour) -> None:
    size = round(radius * (1 << SUBPIXEL_BITS))
    cv2.circle(rgb, _fixed(x, y), size, colour, -1, cv2.LINE_AA, SUBPIXEL_BITS)


def _oval(rgb: FrameRGB, x: float, y: float, half_size: Point, colour: Colour) -> None:
    cv2.ellipse(rgb, _fixed(x, y), _fixed(*half_size), 0, 0, 360, colour, -1, cv2.LINE_AA, SUBPIXEL_BITS)


def _shape(rgb: FrameRGB, points: list[Point], colour: Colour) -> None:
    corners = np.asarray([_fixed(*point) for point in points], np.int32)
    cv2.fillPoly(rgb, [corners], colour, cv2.LINE_AA, SUBPIXEL_BITS)


def _limb(rgb: FrameRGB, points: list[Point], width: int, colour: Colour) -> None:
    corners = np.asarray([_fixed(*point) for point in points], np.int32)
    cv2.polylines(rgb, [corners], False, colour, width, cv2.LINE_AA, SUBPIXEL_BITS)


def _gradient(rgb: FrameRGB, top: int, bottom: int, upper: Colour, lower: Colour) -> None:
    share = np.linspace(0, 1, bottom - top)[:, None, None]
    rgb[top:bottom] = np.asarray(upper) * (1 - share) + np.asarray(lower) * share


# -- Sounds ---------------------------------------------------------------------------------


def _soft_noise(rng: np.random.Generator, samples: int, width: int) -> Sound:
    """Noise without its treble: averaged over ``width`` samples, standard deviation 1."""
    noise = np.convolve(rng.standard_normal(samples), np.ones(width) / width, "same")
    soft: Sound = (noise / noise.std()).astype(np.float32)
    return soft


def _limited(mix: Sound) -> Sound:
    limited: Sound = np.clip(mix, -1, 1).astype(np.float32)
    return limited


def _swell(times_s: NDArray[np.float64], span: Span, attack_s: float = 0.25) -> Sound:
    """0 outside the span, 1 inside, soft at both ends."""
    rise = np.clip((times_s - span.start_s) / attack_s, 0, 1)
    fall = np.clip((span.end_s - times_s) / (2 * attack_s), 0, 1)
    swell: Sound = (rise * fall).astype(np.float32)
    return swell


@dataclass(frozen=True, slots=True)
class Blip:
    level: float
    hz: float
    decay_s: float


def _add_blips(mix: Sound, rate_hz: int, starts_s: Iterable[float], blip: Blip) -> None:
    """Adds a ringing that dies away, once for each start."""
    since_s = np.arange(round(6 * blip.decay_s * rate_hz)) / rate_hz
    ring = blip.level * np.sin(2 * np.pi * blip.hz * since_s) * np.exp(-since_s / blip.decay_s)
    for start_s in starts_s:
        part = mix[round(start_s * rate_hz) :][: ring.size]
        part += ring[: part.size].astype(np.float32)


# -- A park ---------------------------------------------------------------------------------


class ParkScene:
    """A calm meadow. Beach balls bounce across it to cheers, and later a flock of birds takes off."""

    duration_s = 24.0
    balls_bounce = Span(9.0, 13.5)
    birds_fly = Span(18.0, 20.5)

    def __init__(self) -> None:
        self._background = _park_background()
        rng = np.random.default_rng(11)
        self._confetti = rng.uniform((0, -260, -25, 70, 0), (WIDTH, 40, 25, 150, 6), (70, 5))
        # of each ball: when it comes in, s; seconds to cross; height, px, and rate, 1/s, of its hops; size, px
        self._balls = rng.uniform((0, 2.7, 70, 2.4, 26), (1.4, 3.1, 150, 3.4, 40), (9, 5))
        self._birds = rng.uniform((-45, -25, -210, -120, 0), (45, 25, -90, -60, 6), (14, 5))

    def draw(self, time_s: float) -> FrameRGB:
        rgb = self._background.copy()
        for x, y, size in ((60, 62, 1.0), (300, 40, 0.75), (480, 105, 0.6)):
            _cloud(rgb, (x + 4 * time_s) % (WIDTH + 160) - 80, y, size)
        _tree(rgb, 96 + 1.2 * math.sin(0.8 * time_s), 96, 226)
        _tree(rgb, 556 + 1.2 * math.sin(0.8 * time_s + 1), 556, 214)
        self._draw_birds(rgb, time_s)
        _bouncing_ball(rgb, 210, 300, 28, 0.0)
        self._draw_balls(rgb, time_s)
        self._draw_confetti(rgb, time_s)
        return rgb

    def sound(self, rate_hz: int) -> Sound:
        rng = np.random.default_rng(5)
        times_s = np.arange(round(self.duration_s * rate_hz)) / rate_hz
        mix = 0.006 * _soft_noise(rng, times_s.size, 24)
        _add_blips(mix, rate_hz, (1.2, 4.8, 7.4, 14.6, 16.2, 22.3), Blip(0.02, 2900, 0.06))
        _add_blips(mix, rate_hz, (1.5, 4.5, 7.1, 16.5), Blip(0.02, 3300, 0.06))
        crowd = _soft_noise(rng, times_s.size, 12) * (1 + 0.3 * np.sin(2 * np.pi * 3.1 * times_s))
        mix += 0.16 * _swell(times_s, self.balls_bounce) * crowd.astype(np.float32)
        bounces_s = [self.balls_bounce.start_s + 0.37 * bounce for bounce in range(1, 12)]
        _add_blips(mix, rate_hz, bounces_s, Blip(0.25, 95, 0.07))
        flutter = _soft_noise(rng, times_s.size, 6) * (np.sin(2 * np.pi * 11 * times_s) > 0)
        mix += 0.07 * _swell(times_s, self.birds_fly) * flutter.astype(np.float32)
        return _limited(mix)

    def _draw_balls(self, rgb: FrameRGB, time_s: float) -> None:
        for index, (start_s, cross_s, hop_px, hop_hz, size) in enumerate(self._balls):
            share = (time_s - self.balls_bounce.start_s - start_s) / cross_s
            if not 0 < share < 1:
                continue
            way = share if index % 2 else 1 - share
            lift = hop_px * abs(math.sin(hop_hz * time_s + index))
            _bouncing_ball(rgb, -60 + way * (WIDTH + 120), 312 - lift, int(size), 4 * way * (index + 2) / 3)

    def _draw_confetti(self, rgb: FrameRGB, time_s: float) -> None:
        since_s = time_s - self.balls_bounce.start_s - 0.3
        if not 0 < since_s < self.balls_bounce.duration_s:
            return
        for index, (x, y, sideways, down, phase) in enumerate(self._confetti):
            left = x + sideways * since_s + 8 * math.sin(6 * since_s + phase)
            top = y + down * since_s
            turn = 5 * math.sin(9 * since_s + phase)
            colour = ((238, 120, 110), (250, 200, 90), (110, 170, 230), (170, 130, 210))[index % 4]
            _shape(
                rgb, [(left, top), (left + 6, top + turn), (left + 4, top + turn + 6), (left - 2, top + 6)], colour
            )

    def _draw_birds(self, rgb: FrameRGB, time_s: float) -> None:
        since_s = time_s - self.birds_fly.start_s
        for x, y, sideways, up, phase in self._birds:
            flown_s = max(0.0, since_s - phase / 12)
            if flown_s == 0.0:
                continue
            left, top = 540 + x + 1.4 * sideways * flown_s, 160 + y + up * flown_s
            wing = 8 * math.sin(24 * flown_s + phase)
            _limb(rgb, [(left - 11, top - wing), (left, top), (left + 11, top - wing)], 3, (70, 74, 92))


def _park_background() -> FrameRGB:
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    _gradient(rgb, 0, 230, (158, 204, 236), (232, 242, 242))
    for radius, strength in ((58, 0.25), (44, 0.4), (31, 1.0)):
        glow = rgb.copy()
        _disc(glow, 520, 62, radius, (255, 243, 205))
        rgb = cv2.addWeighted(glow, strength, rgb, 1 - strength, 0).astype(np.uint8)
    for base, height, stretch, colour in ((196, 30, 95, (176, 208, 180)), (216, 22, 60, (146, 192, 148))):
        ridge: list[Point] = [(x, base - height * math.sin(x / stretch)) for x in range(0, WIDTH + 8, 8)]
        _shape(rgb, [*ridge, (WIDTH, HEIGHT), (0, HEIGHT)], colour)
    meadow = rgb.copy()
    _gradient(meadow, 232, HEIGHT, (152, 200, 122), (112, 168, 92))
    rgb[232:] = meadow[232:]
    _shape(rgb, [(300, 232), (330, 232), (470, HEIGHT), (250, HEIGHT)], (226, 212, 180))
    rng = np.random.default_rng(2)
    for x, y in rng.uniform((0, 245), (WIDTH, HEIGHT), (130, 2)):
        _limb(rgb, [(x, y), (x + 2, y - 5)], 1, (126, 182, 100))
    for x, y in rng.uniform((0, 262), (WIDTH, HEIGHT), (34, 2)):
        _disc(rgb, x, y, 1.8, (250, 236, 200))
    return rgb


def _cloud(rgb: FrameRGB, x: float, y: float, size: float) -> None:
    for dx, dy, radius in ((-30, 6, 15), (-10, -3, 21), (14, -1, 19), (33, 7, 13), (2, 8, 18)):
        _disc(rgb, x + dx * size, y + dy * size, radius * size, (249, 251, 252))


def _tree(rgb: FrameRGB, crown_x: float, x: float, foot_y: float) -> None:
    _limb(rgb, [(x, foot_y + 30), (crown_x, foot_y - 40)], 12, (132, 102, 78))
    for dx, dy, radius, colour in (
        (-24, -62, 30, (92, 152, 92)),
        (24, -60, 30, (98, 158, 96)),
        (0, -88, 36, (108, 168, 102)),
        (0, -56, 30, (104, 164, 100)),
    ):
        _disc(rgb, crown_x + dx, foot_y + dy, radius, colour)


def _bouncing_ball(rgb: FrameRGB, x: float, y: float, radius: int, turn: float) -> None:
    """A beach ball and its shadow, which shrinks as it rises."""
    _oval(rgb, x, 338, (max(6.0, radius * (1 - (312 - y) / 260)), 5), (96, 146, 82))
    _beach_ball(rgb, x, y, radius, turn)


def _beach_ball(rgb: FrameRGB, x: float, y: float, radius: int, turn: float) -> None:
    colours: tuple[Colour, ...] = ((236, 96, 92), (252, 248, 240), (86, 150, 220))
    for part in range(6):
        start = math.degrees(turn) + 60 * part
        cv2.ellipse(
            rgb,
            _fixed(x, y),
            _fixed(radius, radius),
            0,
            start,
            start + 61,
            colours[part % 3],
            -1,
            cv2.LINE_AA,
            SUBPIXEL_BITS,
        )
    _disc(rgb, x, y, radius / 5, (252, 210, 96))


# -- A workout ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pose:
    """Shares of 0..1: how deep the squat, how high the arms, how wide the legs; ``lift_px`` off the floor."""

    squat: float = 0.0
    arms: float = 0.05
    legs: float = 0.0
    lift_px: float = 0.0


class WorkoutScene:
    """Somebody does five squats, rests, then ten jumping jacks."""

    duration_s = 26.0
    squats = Span(2.0, 12.0)
    jacks = Span(16.0, 24.0)
    squat_s = 2.0
    jack_s = 0.8

    def __init__(self) -> None:
        self._background = _room_background()

    def draw(self, time_s: float) -> FrameRGB:
        rgb = self._background.copy()
        _figure(rgb, self._pose(time_s))
        return rgb

    def sound(self, rate_hz: int) -> Sound:
        rng = np.random.default_rng(8)
        times_s = np.arange(round(self.duration_s * rate_hz)) / rate_hz
        mix = 0.004 * _soft_noise(rng, times_s.size, 30)
        steps_s = [self.jacks.start_s + self.jack_s / 2 * step for step in range(1, 21)]
        _add_blips(mix, rate_hz, steps_s, Blip(0.3, 115, 0.05))
        breath = np.where(np.sin(np.pi * (times_s - self.squats.start_s)) < 0, 0.03, 0.0)
        mix += _swell(times_s, self.squats) * breath * _soft_noise(rng, times_s.size, 9)
        return _limited(mix)

    def _pose(self, time_s: float) -> Pose:
        if self.squats.contains(time_s):
            share = _wave(time_s - self.squats.start_s, self.squat_s)
            return Pose(squat=share, arms=0.05 + 0.45 * share, legs=0.25)
        if self.jacks.contains(time_s):
            since_s = time_s - self.jacks.start_s
            share = _wave(since_s, self.jack_s)
            return Pose(arms=0.05 + 0.9 * share, legs=share, lift_px=16 * _wave(since_s, self.jack_s / 2))
        return Pose(arms=0.05 + 0.02 * _wave(time_s, 3.0), legs=0.25 if time_s < self.squats.end_s else 0.0)


def _wave(since_s: float, period_s: float) -> float:
    """0 at the start of each period, 1 in its middle."""
    return 0.5 - 0.5 * math.cos(2 * math.pi * since_s / period_s)


def _room_background() -> FrameRGB:
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    _gradient(rgb, 0, 268, (240, 232, 220), (228, 216, 202))
    _gradient(rgb, 268, HEIGHT, (206, 176, 142), (186, 154, 120))
    for y in (268, 290, 320):
        _limb(rgb, [(0, y), (WIDTH, y)], 1, (178, 148, 116))
    _shape(rgb, [(60, 50), (196, 50), (196, 176), (60, 176)], (250, 248, 244))
    window = rgb[56:170, 66:190]
    _gradient(window, 0, window.shape[0], (170, 210, 238), (226, 240, 246))
    _limb(rgb, [(128, 50), (128, 176)], 5, (250, 248, 244))
    _limb(rgb, [(60, 113), (196, 113)], 5, (250, 248, 244))
    for lean, length in ((-26, 70), (-12, 92), (4, 100), (18, 84), (30, 62)):
        _limb(
            rgb,
            [(560, 252), (560 + lean * 0.6, 252 - length * 0.6), (560 + lean, 252 - length)],
            7,
            (112, 164, 116),
        )
    _shape(rgb, [(536, 240), (584, 240), (576, 284), (544, 284)], (214, 134, 104))
    _oval(rgb, 320, 322, (150, 20), (126, 168, 176))
    return rgb


def _figure(rgb: FrameRGB, pose: Pose) -> None:
    """A friendly figure, seen from the front, its feet on the mat."""
    skin, shirt, trousers, shoe = (232, 186, 152), (74, 150, 164), (62, 78, 112), (238, 238, 240)
    floor_y = 318 - pose.lift_px
    spread = 20 + 52 * pose.legs
    hip_y = floor_y - 100 + 46 * pose.squat + 10 * pose.legs
    shoulder_y, head_y = hip_y - 78 + 6 * pose.squat, hip_y - 118 + 8 * pose.squat
    _oval(rgb, 320, 322, (60 + spread / 2 - pose.lift_px, 9), (104, 146, 156))
    for side in (-1, 1):
        knee = (320 + side * (spread * 0.62 + 26 * pose.squat + 6), (hip_y + floor_y) / 2 - 6 * pose.squat)
        foot = (320 + side * spread, floor_y - 6)
        _limb(rgb, [(320 + side * 13, hip_y), knee, foot], 19, trousers)
        _limb(rgb, [foot, (foot[0] + side * 9, foot[1] + 2)], 13, shoe)
        _arm(rgb, (320 + side * 27, shoulder_y + 6), side, pose.arms, (shirt, skin))
    _shape(rgb, [(290, shoulder_y), (350, shoulder_y), (341, hip_y + 8), (299, hip_y + 8)], shirt)
    _limb(rgb, [(292, shoulder_y + 4), (348, shoulder_y + 4)], 16, shirt)
    _limb(rgb, [(302, hip_y + 4), (338, hip_y + 4)], 18, trousers)
    _limb(rgb, [(320, shoulder_y), (320, head_y + 14)], 14, skin)
    _disc(rgb, 320, head_y, 23, skin)
    cv2.ellipse(
        rgb, _fixed(320, head_y - 4), _fixed(24, 21), 0, 180, 360, (92, 66, 52), -1, cv2.LINE_AA, SUBPIXEL_BITS
    )
    for side in (-1, 1):
        _disc(rgb, 320 + side * 8, head_y + 3, 2.4, (60, 50, 48))
    cv2.ellipse(
        rgb, _fixed(320, head_y + 9), _fixed(6, 4), 0, 20, 160, (170, 100, 90), 2, cv2.LINE_AA, SUBPIXEL_BITS
    )


def _arm(rgb: FrameRGB, shoulder: Point, side: int, share: float, colours: tuple[Colour, Colour]) -> None:
    """Upper arm and forearm; ``share`` 0 hangs down, 1 points up."""
    upper, lower = math.radians(12 + 158 * share), math.radians(4 + 172 * share)
    elbow = (shoulder[0] + side * 38 * math.sin(upper), shoulder[1] + 38 * math.cos(upper))
    hand = (elbow[0] + side * 36 * math.sin(lower), elbow[1] + 36 * math.cos(lower))
    _limb(rgb, [elbow, hand], 12, colours[1])
    _limb(rgb, [shoulder, elbow], 15, colours[0])
    _disc(rgb, *hand, 8, colours[1])
