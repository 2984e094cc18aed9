"""Writes the clips that tests need: any codec, rate, rotation or damage, with pictures a test can read back.

A picture is a function of time, so a test knows what each moment must show. Nothing here reads clips.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import FrameRGB, Span

Colour = tuple[int, int, int]
"""Red, green, blue; 0..255."""

Picture = Callable[[float, int, int], FrameRGB]
"""(time_s, width, height) -> the picture shown at that time."""

Sound = Callable[[NDArray[np.float64]], NDArray[np.float32]]
"""(times_s) -> mono samples in -1..1 at these times."""

RED: Colour = (220, 40, 40)
GREEN: Colour = (40, 180, 60)
BLUE: Colour = (40, 60, 220)
GREY: Colour = (120, 120, 120)

AUDIO_HZ = 48_000
AUDIO_BLOCK = 1_024  # samples
TICKS_PER_S = 90_000  # of our video time stamps; MPEG's clock
CODE_BITS = 16
CODE_STEP_S = 0.01  # what one unit of the time code is worth


# -- Pictures -------------------------------------------------------------------------------


def plain(colour: Colour = GREY) -> Picture:
    """One colour, always."""
    return lambda _time_s, width, height: np.full((height, width, 3), colour, np.uint8)


def calm(colour: Colour = GREY, noise: float = 4.0) -> Picture:
    """A still, softly shaded wall with sensor noise (standard deviation in grey levels)."""

    def picture(time_s: float, width: int, height: int) -> FrameRGB:
        shade = np.linspace(-25, 25, width, dtype=np.float32)[None, :, None]
        wall = np.asarray(colour, np.float32) + shade + np.zeros((height, 1, 1), np.float32)
        grain = np.random.default_rng(round(time_s * 1000)).normal(0, noise, (height, width, 1))
        return np.clip(wall + grain, 0, 255).astype(np.uint8)

    return picture


def moving_ball(colour: Colour = RED, towards: str = "right", period_s: float = 2.0) -> Picture:
    """A ball crosses the picture once a ``period_s``; ``towards`` is right, left, up or down."""

    def picture(time_s: float, width: int, height: int) -> FrameRGB:
        rgb = calm()(time_s, width, height)
        share = (time_s / period_s) % 1.0
        x, y = {
            "right": (share, 0.5),
            "left": (1 - share, 0.5),
            "down": (0.5, share),
            "up": (0.5, 1 - share),
        }[towards]
        centre = (round(x * (width - 1)), round(y * (height - 1)))
        cv2.circle(rgb, centre, max(1, min(width, height) // 5), colour, -1, cv2.LINE_AA)
        return rgb

    return picture


def exercising(sets: Sequence[Span], period_s: float = 2.0) -> Picture:
    """A patterned block goes down and up again once a ``period_s`` within the ``sets``; it rests between."""
    pattern = np.random.default_rng(1).integers(100, 255, (8, 8, 3), np.uint8)

    def picture(time_s: float, width: int, height: int) -> FrameRGB:
        rgb = calm(noise=2.0)(time_s, width, height)
        start_s = next((span.start_s for span in sets if span.contains(time_s)), time_s)
        down = (1 - np.cos(2 * np.pi * (time_s - start_s) / period_s)) / 2
        side = height // 3
        top = round(0.1 * height + 0.5 * height * down)
        rgb[top : top + side, width // 2 : width // 2 + side] = cv2.resize(
            pattern, (side, side), interpolation=cv2.INTER_NEAREST
        )
        return rgb

    return picture


def wild_balls(seed: int = 7) -> Picture:
    """Many balls jump about in all directions: as lively as a picture gets."""
    phases = np.random.default_rng(seed).uniform(0.0, 6.28, (8, 2))

    def picture(time_s: float, width: int, height: int) -> FrameRGB:
        rgb = calm()(time_s, width, height)
        for index, (phase_x, phase_y) in enumerate(phases):
            x = 0.5 + 0.45 * np.sin(phase_x + (5 + index) * time_s)
            y = 0.5 + 0.45 * np.cos(phase_y + (7 - index) * time_s)
            centre = (round(x * (width - 1)), round(y * (height - 1)))
            cv2.circle(rgb, centre, max(1, min(width, height) // 9), (RED, GREEN, BLUE)[index % 3], -1)
        return rgb

    return picture


def in_turn(*parts: tuple[float, Picture]) -> Picture:
    """Pictures one after another, a hard cut between them.

    Args: parts: (time from which it is shown in s, picture), by rising time, the first at 0.
    Each picture gets the time of the whole clip.
    """

    def picture(time_s: float, width: int, height: int) -> FrameRGB:
        _, shown = [part for part in parts if part[0] <= time_s + 1e-6][-1]
        return shown(time_s, width, height)

    return picture


def time_code(time_s: float, width: int, height: int) -> FrameRGB:
    """The time itself as a 4 x 4 board of black and white fields; ``read_time_code`` reads it back."""
    value = round(time_s / CODE_STEP_S)
    bits = [(value >> bit) & 1 for bit in range(CODE_BITS)]
    board = np.asarray(bits, np.uint8).reshape(4, 4) * 190 + 30
    rows, columns = np.arange(height) * 4 // height, np.arange(width) * 4 // width
    grey = board[rows][:, columns]
    return np.repeat(grey[:, :, None], 3, 2)


def read_time_code(rgb: FrameRGB) -> float:
    """Seconds that ``time_code`` drew, at any size."""
    height, width = rgb.shape[:2]
    rows = [round((index + 0.5) * height / 4) for index in range(4)]
    columns = [round((index + 0.5) * width / 4) for index in range(4)]
    bits = [int(rgb[row, column].mean() > 125) for row in rows for column in columns]
    return sum(bit << place for place, bit in enumerate(bits)) * CODE_STEP_S


def corners(_time_s: float, width: int, height: int) -> FrameRGB:
    """Red top left, green top right, blue bottom left, grey bottom right: shows turns and mirrors."""
    rgb = np.empty((height, width, 3), np.uint8)
    rgb[: height // 2, : width // 2] = RED
    rgb[: height // 2, width // 2 :] = GREEN
    rgb[height // 2 :, : width // 2] = BLUE
    rgb[height // 2 :, width // 2 :] = GREY
    return rgb


# -- Sounds ---------------------------------------------------------------------------------


def tone(loud: Span | None = None, quiet_level: float = 0.02, loud_level: float = 0.7) -> Sound:
    """A 440 Hz tone, quiet but for the ``loud`` passage."""

    def sound(times_s: NDArray[np.float64]) -> NDArray[np.float32]:
        level = np.full(times_s.shape, quiet_level)
        if loud is not None:
            level[(times_s >= loud.start_s) & (times_s < loud.end_s)] = loud_level
        return (level * np.sin(2 * np.pi * 440 * times_s)).astype(np.float32)

    return sound


def silence(times_s: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.zeros(times_s.shape, np.float32)


# -- Clips ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """What ``write_clip`` makes; the container follows from the file name's suffix.

    ``width`` x ``height`` is as displayed. ``times_s`` replaces the even times of ``fps`` (a variable rate).
    ``start_s`` is the time stamp of the first frame. ``rotation`` is what a player has to turn the stored
    picture by, degrees counter-clockwise; ``mirrored`` that it flips it left to right as well.
    """

    duration_s: float = 2.0
    fps: Fraction = Fraction(10)
    width: int = 160
    height: int = 96
    picture: Picture = field(default_factory=calm)
    sound: Sound | None = None
    codec: str = "libx264"
    audio_codec: str = "aac"
    pix_fmt: str = "yuv420p"
    rotation: int = 0
    mirrored: bool = False
    sample_aspect: Fraction = Fraction(1)
    times_s: tuple[float, ...] | None = None
    start_s: float = 0.0
    gop_frames: int = 12
    options: tuple[tuple[str, str], ...] = ()
    container_options: tuple[tuple[str, str], ...] = ()
    container: str | None = None

    @property
    def frame_times_s(self) -> Sequence[float]:
        if self.times_s is not None:
            return self.times_s
        return [float(index / self.fps) for index in range(max(1, round(self.duration_s * float(self.fps))))]


FAST_OPTIONS = {
    "libx264": {"preset": "ultrafast", "bf": "2", "x264-params": "log-level=error"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:pools=1"},
    "libsvtav1": {"preset": "12", "svtav1-params": "lp=1"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
}


def write_clip(path: Path, spec: ClipSpec | None = None) -> Path:
    """Encodes the clip and returns its path."""
    spec = spec or ClipSpec()
    with av.open(str(path), "w", format=spec.container, container_options=dict(spec.container_options)) as box:
        track = _VideoTrack(box, spec)
        sound = _AudioTrack(box, spec) if spec.sound is not None else None
        for time_s in spec.frame_times_s:
            track.write(time_s)
            if sound is not None:
                sound.write_until(time_s)
        track.flush()
        if sound is not None:
            sound.write_until(spec.duration_s)
            sound.flush()
    return path


class _VideoTrack:
    """The picture stream of a clip being written."""

    def __init__(self, box: av.container.OutputContainer, spec: ClipSpec) -> None:
        turned = spec.rotation % 180 != 0
        stream = box.add_stream(
            spec.codec, rate=spec.fps, options=FAST_OPTIONS.get(spec.codec, {}) | dict(spec.options)
        )
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = (spec.height, spec.width) if turned else (spec.width, spec.height)
        stream.pix_fmt = spec.pix_fmt
        stream.gop_size = spec.gop_frames
        if spec.times_s is not None or spec.start_s:
            stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
        if spec.sample_aspect != 1:
            stream.codec_context.sample_aspect_ratio = spec.sample_aspect
        if spec.rotation or spec.mirrored:
            stream.set_display_rotation(spec.rotation, hflip=spec.mirrored)
        self._box, self._stream, self._spec = box, stream, spec

    def write(self, time_s: float) -> None:
        spec = self._spec
        shown = spec.picture(time_s, spec.width, spec.height)
        if spec.mirrored:
            shown = shown[:, ::-1]
        stored = np.ascontiguousarray(np.rot90(shown, -(spec.rotation // 90)))
        frame = av.VideoFrame.from_ndarray(stored, "rgb24")
        base = self._stream.codec_context.time_base or 1 / spec.fps
        frame.time_base = base
        frame.pts = round((spec.start_s + time_s) / base)
        self._box.mux(self._stream.encode(frame))

    def flush(self) -> None:
        self._box.mux(self._stream.encode(None))


class _AudioTrack:
    """The sound stream of a clip being written."""

    def __init__(self, box: av.container.OutputContainer, spec: ClipSpec) -> None:
        stream = box.add_stream(spec.audio_codec, rate=AUDIO_HZ)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        stream.bit_rate = 64_000
        self._box, self._stream, self._spec = box, stream, spec
        self._written = 0
        self._resampler = av.AudioResampler(
            stream.format, "mono", AUDIO_HZ, stream.codec_context.frame_size or None
        )

    def write_until(self, time_s: float) -> None:
        assert self._spec.sound is not None
        while self._written < round(time_s * AUDIO_HZ):
            times_s = (self._written + np.arange(AUDIO_BLOCK)) / AUDIO_HZ
            frame = av.AudioFrame.from_ndarray(self._spec.sound(times_s)[None], "flt", "mono")
            frame.sample_rate, frame.time_base = AUDIO_HZ, Fraction(1, AUDIO_HZ)
            frame.pts = self._written + round(self._spec.start_s * AUDIO_HZ)
            self._written += AUDIO_BLOCK
            self._encode(frame)

    def flush(self) -> None:
        self._encode(None)
        self._box.mux(self._stream.encode(None))

    def _encode(self, frame: av.AudioFrame | None) -> None:
        for part in self._resampler.resample(frame):
            self._box.mux(self._stream.encode(part))


def write_sound_only(path: Path, duration_s: float = 1.0) -> Path:
    """A file with a sound stream and no picture."""
    spec = ClipSpec(duration_s=duration_s, sound=tone())
    with av.open(str(path), "w") as box:
        sound = _AudioTrack(box, spec)
        sound.write_until(duration_s)
        sound.flush()
    return path


# -- Damage ---------------------------------------------------------------------------------


def write_truncated(path: Path, whole: Path, share: float = 0.5) -> Path:
    """The first ``share`` of the bytes of ``whole``."""
    data = whole.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def write_damaged(path: Path, whole: Path, start: float = 0.5, end: float = 0.6) -> Path:
    """``whole`` with the bytes between two shares of its length replaced by noise."""
    data = bytearray(whole.read_bytes())
    low, high = int(len(data) * start), int(len(data) * end)
    data[low:high] = np.random.default_rng(3).bytes(high - low)
    path.write_bytes(bytes(data))
    return path


def write_empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path
