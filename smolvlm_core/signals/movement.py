"""What a body does from picture to picture: where its joints are, and how each part of the picture flows.

Pictures come at about fifteen a second: a fast repetition (a jumping jack, half a second) then still has samples
enough for both of its turning points. Knows no exercise and no file.
"""

from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from smolvlm_core.domain import FrameRGB
from smolvlm_core.exercise import Pose

SAMPLE_HZ = 15.0
FLOW_ROWS, FLOW_COLUMNS = 12, 20
FLOW_SIDE_PX = (
    160  # the longer side of the picture that flow is measured on; a person's limbs are a few pixels wide
)
LEAST_SIDE_PX = 24  # below this the patches of the flow (8 px, three scales) do not fit
LOOK_ROWS, LOOK_COLUMNS = 12, 16


class Joint(IntEnum):
    """Row of a landmark in ``Take``; the value of ``BLAZEPOSE`` at it is its row in a ``Pose``."""

    NOSE = 0
    LEFT_SHOULDER = 1
    RIGHT_SHOULDER = 2
    LEFT_ELBOW = 3
    RIGHT_ELBOW = 4
    LEFT_WRIST = 5
    RIGHT_WRIST = 6
    LEFT_HIP = 7
    RIGHT_HIP = 8
    LEFT_KNEE = 9
    RIGHT_KNEE = 10
    LEFT_ANKLE = 11
    RIGHT_ANKLE = 12


BLAZEPOSE = [0, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]
"""Rows of the 33 landmarks that are kept, in the order of ``Joint``."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Take:
    """Samples of one stretch without a cut. N of them, times strictly rising.

    ``image``: (N, 13, 3), x and y as shares of the picture's longer side, and visibility 0..1;
    ``world``: (N, 13, 3), metres, y downwards, from the middle of the hips;
    ``presence``: (N,), 0 where nobody was seen (the landmarks are nan then);
    ``flow``: (N, 12, 20, 2), right and down, longer sides per second, since the sample before (0 for the first);
    ``look``: (N, 12, 16), brightness 0..1.
    """

    times_s: NDArray[np.float64]
    image: Floats
    world: Floats
    presence: Floats
    flow: Floats
    look: Floats

    def __len__(self) -> int:
        return len(self.times_s)


class MovementMeter:
    """Collects one ``Take``. Feed rising times; a new take needs a new meter."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._previous: MatLike | None = None
        self._times_s: list[float] = []
        self._poses: list[Pose | None] = []
        self._sides_px: list[int] = []
        self._flows: list[Floats] = []
        self._looks: list[Floats] = []

    def __len__(self) -> int:
        return len(self._times_s)

    def add(self, time_s: float, rgb: FrameRGB, pose: Pose | None) -> None:
        """One picture and the body seen in it, if any."""
        height, width = rgb.shape[:2]
        scale = FLOW_SIDE_PX / max(height, width)
        size = (max(LEAST_SIDE_PX, round(width * scale)), max(LEAST_SIDE_PX, round(height * scale)))
        grey = cv2.cvtColor(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        self._flows.append(self._flow_of(grey, time_s))
        small = cv2.resize(grey, (LOOK_COLUMNS, LOOK_ROWS), interpolation=cv2.INTER_AREA)
        self._looks.append(np.asarray(small, np.float32) / np.float32(255))
        self._previous = grey
        self._times_s.append(time_s)
        self._poses.append(pose)
        self._sides_px.append(max(height, width))

    def take(self) -> Take:
        """What was collected; at least one picture."""
        nobody = np.full((len(BLAZEPOSE), 3), np.nan, np.float32)
        image = np.stack([nobody if pose is None else pose.image[BLAZEPOSE] for pose in self._poses])
        image[:, :, :2] /= np.array(self._sides_px, np.float32)[:, None, None]
        return Take(
            np.array(self._times_s),
            image.astype(np.float32),
            np.stack([nobody if pose is None else pose.world[BLAZEPOSE] for pose in self._poses]).astype(
                np.float32
            ),
            np.array([0.0 if pose is None else pose.presence for pose in self._poses], np.float32),
            np.stack(self._flows),
            np.stack(self._looks),
        )

    def _flow_of(self, grey: MatLike, time_s: float) -> Floats:
        if self._previous is None or self._previous.shape != grey.shape:
            return np.zeros((FLOW_ROWS, FLOW_COLUMNS, 2), np.float32)
        dense = self._flow.calc(self._previous, grey, None)  # type: ignore[call-overload]
        coarse = cv2.resize(dense, (FLOW_COLUMNS, FLOW_ROWS), interpolation=cv2.INTER_AREA)
        return np.asarray(coarse / (FLOW_SIDE_PX * (time_s - self._times_s[-1])), np.float32)
