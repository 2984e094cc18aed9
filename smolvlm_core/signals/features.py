"""Collects everything later stages need from one pass over a video. Knows no file and no decoder.

Feed ``FeatureMeter`` frames and sound in time order; four hours at 7 frames a second stay under 40 MB.
"""

from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import FrameRGB
from smolvlm_core.signals.motion import HEADINGS, Motion, MotionMeter
from smolvlm_core.signals.pictures import COLOUR_SIZE, LAYOUT_SIZE, Look, Picture, likeness, look_of, picture_of
from smolvlm_core.signals.slow import SlowChangeMeter
from smolvlm_core.signals.sound import SoundMeter

LOOK_SIZE = COLOUR_SIZE + LAYOUT_SIZE
LOOK_PERIOD_S = 1.0
"""Looks are averaged over this: finer says nothing about how rare a scene is."""

LOOK_STEP_S = 0.2
"""... of samples at least this far apart: every other one at 7 a second."""

NEIGHBOURS = 2
"""Samples on each side of a suspected cut that are compared; one could be a flash or a blended frame."""

ALIKE = 1.0
"""Likeness noted where pictures were not compared because nothing changed."""


@dataclass(frozen=True, slots=True)
class Features:
    """One value per sampled frame (T), second of picture (L) or tenth of sound (A). Times in seconds.

    Plain arrays and floats only, so that it can be stored as is.
    """

    duration_s: float
    time_s: NDArray[np.float64]
    """(T,) increasing."""
    step_s: NDArray[np.float32]
    """(T,) since the sample before; 0 for the first."""
    motion: NDArray[np.float32]
    """(T,) of what moves on its own, camera taken out, % of the diagonal per second over the whole picture."""
    area: NDArray[np.float32]
    """(T,) share of the picture that moves on its own, 0..1."""
    changed_area: NDArray[np.float32]
    """(T,) share of the picture unlike half a second before, camera taken out, 0..1: sees slow movement too."""
    heading: NDArray[np.float32]
    """(T, 8) ``motion`` by direction."""
    camera: NDArray[np.float32]
    """(T,) % of the diagonal per second."""
    pan: NDArray[np.float32]
    """(T, 2) the same as a vector, at the picture's centre."""
    change: NDArray[np.float32]
    """(T,) 0..1, what no movement explains."""
    shape_likeness: NDArray[np.float32]
    """(T,) best match of coarse textures, two samples before with two from here on; 1 where not compared."""
    look_likeness: NDArray[np.float32]
    """(T,) the same for colours and edges, whichever agrees less."""
    look_time_s: NDArray[np.float64]
    """(L,) middle of each second that has a picture."""
    look: NDArray[np.float32]
    """(L, 160) mean of colours and edges in it."""
    key_frame_s: NDArray[np.float64]
    """(K,) increasing: when a picture appears that was encoded without the one before; empty where not known."""
    loudness_time_s: NDArray[np.float64]
    """(A,)"""
    loudness_db: NDArray[np.float32]
    """(A,) dBFS; empty without sound."""
    sound_flux_db: NDArray[np.float32]
    """(A,) how much rose at once, as ``SoundLevels`` has it."""
    sound_flatness: NDArray[np.float32]
    """(A,) 0..1, how much of it is noise."""


class FeatureMeter:
    """Measures a video as it is decoded. Not safe to share between threads.

    Takes OpenCV down to one thread, in the whole process: on pictures this small more of them gain no time and
    cost half as much again in waiting for work.
    """

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._motion = MotionMeter()
        self._sound = SoundMeter()
        self._slow = SlowChangeMeter()
        self._cuts = _CutComparer()
        self._looks = _LookAverager()
        self._before: Picture | None = None
        self._times_s = array("d")
        self._rows = array("f")

    def add_frame(self, time_s: float, rgb: FrameRGB) -> None:
        """Measure one frame of about 160 x 90 px.

        Frames come in time order: one not later than the last is dropped. One of another size than the
        first is scaled to it.
        """
        if self._times_s and time_s <= self._times_s[-1]:
            return
        before = self._before
        if before is not None and rgb.shape[:2] != before.texture.shape:
            height, width = before.texture.shape
            rgb = np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        now = picture_of(rgb)
        step_s = time_s - self._times_s[-1] if before is not None else 0.0
        motion = self._motion.measure(before, now, step_s) if before is not None else _STILL
        glimpse = _Glimpse(rgb, now)
        self._cuts.add(glimpse, motion.change)
        self._looks.add(time_s, glimpse)
        self._times_s.append(time_s)
        changed_area = self._slow.add(time_s, now, motion.pan_px)
        self._rows.extend([step_s, motion.speed, motion.area, motion.camera, *motion.pan, motion.change])
        self._rows.append(changed_area)
        self._rows.extend(motion.heading)
        self._before = now

    def add_audio(self, time_s: float, pcm: NDArray[np.float32]) -> None:
        """Measure mono sound at 16 kHz, ±1, that starts at ``time_s``."""
        self._sound.add(time_s, pcm)

    def features(self, duration_s: float, key_frames_s: Sequence[float] = ()) -> Features:
        """What was measured so far of a video that lasts ``duration_s``."""
        rows = np.array(self._rows, np.float32).reshape(len(self._times_s), 8 + HEADINGS)
        shape_likeness, look_likeness = self._cuts.likenesses()
        look_time_s, look = self._looks.averages()
        sound = self._sound.levels()
        return Features(
            duration_s=float(duration_s),
            time_s=np.array(self._times_s, np.float64),
            step_s=rows[:, 0].copy(),
            motion=rows[:, 1].copy(),
            area=rows[:, 2].copy(),
            camera=rows[:, 3].copy(),
            pan=rows[:, 4:6].copy(),
            change=rows[:, 6].copy(),
            changed_area=rows[:, 7].copy(),
            heading=rows[:, 8:].copy(),
            shape_likeness=shape_likeness,
            look_likeness=look_likeness,
            look_time_s=look_time_s,
            look=look,
            key_frame_s=np.array(key_frames_s, np.float64),
            loudness_time_s=sound.time_s,
            loudness_db=sound.level_db,
            sound_flux_db=sound.flux_db,
            sound_flatness=sound.flatness,
        )


_STILL = Motion(0.0, 0.0, np.zeros(HEADINGS, np.float32), 0.0, (0.0, 0.0), (0.0, 0.0), 0.0)


class _Glimpse:
    """A sample whose look is worked out when first asked for: few are."""

    __slots__ = ("_look", "_picture", "_rgb")

    def __init__(self, rgb: FrameRGB, picture: Picture) -> None:
        self._rgb, self._picture = rgb, picture
        self._look: Look | None = None

    @property
    def look(self) -> Look:
        if self._look is None:
            self._look = look_of(self._rgb, self._picture)
        return self._look


class _CutComparer:
    """Compares the pictures around each sample that changed, one sample late, and keeps only the results."""

    # Half of the smallest change any cut is called at: comparing costs more than it tells below.
    _WORTH_COMPARING = 0.15

    def __init__(self) -> None:
        self._recent: deque[tuple[_Glimpse, float]] = deque(maxlen=2 * NEIGHBOURS)
        self._likenesses = array("f")

    def add(self, glimpse: _Glimpse, change: float) -> None:
        if self._recent:
            self._likenesses.extend(self._compare([*self._recent, (glimpse, 0.0)], len(self._recent) - 1))
        self._recent.append((glimpse, change))

    def likenesses(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Shape and look likeness (T,) of all samples, the last of which has nothing after it."""
        pairs = array("f", self._likenesses)
        if self._recent:
            pairs.extend(self._compare(list(self._recent), len(self._recent) - 1))
        table = np.array(pairs, np.float32).reshape(-1, 2)
        return table[:, 0].copy(), table[:, 1].copy()

    def _compare(self, samples: list[tuple[_Glimpse, float]], here: int) -> tuple[float, float]:
        """Best likeness between samples before index ``here`` and from it on."""
        before, after = samples[max(0, here - NEIGHBOURS) : here], samples[here : here + NEIGHBOURS]
        if not before or samples[here][1] < self._WORTH_COMPARING:
            return ALIKE, ALIKE
        pairs = [(old.look, new.look) for old, _ in before for new, _ in after]
        shape = max(likeness(old.thumb, new.thumb) for old, new in pairs)
        look = max(min(float(old.colour @ new.colour), likeness(old.layout, new.layout)) for old, new in pairs)
        return shape, look


class _LookAverager:
    """Mean look of each ``LOOK_PERIOD_S`` that has a picture."""

    def __init__(self) -> None:
        self._period = -1
        self._next_s = 0.0
        self._sum = np.zeros(LOOK_SIZE, np.float64)
        self._count = 0
        self._times_s = array("d")
        self._averages: list[NDArray[np.float32]] = []

    def add(self, time_s: float, glimpse: _Glimpse) -> None:
        if time_s < self._next_s:
            return
        self._next_s = time_s + LOOK_STEP_S
        look = glimpse.look
        period = int(time_s // LOOK_PERIOD_S)
        if period != self._period:
            self._close()
            self._period = period
        self._sum[:COLOUR_SIZE] += look.colour
        self._sum[COLOUR_SIZE:] += look.layout
        self._count += 1

    def averages(self) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Middle times (L,) and mean looks (L, 160)."""
        times_s, looks = list(self._times_s), list(self._averages)
        if self._count:
            times_s.append(self._middle_s())
            looks.append(self._mean())
        return np.array(times_s, np.float64), np.array(looks, np.float32).reshape(-1, LOOK_SIZE)

    def _close(self) -> None:
        if self._count:
            self._times_s.append(self._middle_s())
            self._averages.append(self._mean())
        self._sum[:] = 0
        self._count = 0

    def _middle_s(self) -> float:
        return (self._period + 0.5) * LOOK_PERIOD_S

    def _mean(self) -> NDArray[np.float32]:
        return (self._sum / self._count).astype(np.float32)
