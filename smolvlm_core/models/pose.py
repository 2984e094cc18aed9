"""BlazePose (MediaPipe Pose) on LiteRT: a detector finds a body, a landmark model follows it through the pictures.

Knows no video and no network: pictures in, at most one ``Pose`` out. The method is that of MediaPipe 0.10.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from smolvlm_core.domain import FrameRGB
from smolvlm_core.errors import ModelError, ModelUnavailable
from smolvlm_core.exercise import Pose, PoseInfo
from smolvlm_core.models.pose_geometry import (
    DETECTOR_SIDE_PX,
    LANDMARK_SIDE_PX,
    Floats,
    Region,
    anchor_centres,
    detector_input,
    landmark_input,
    region_around,
)

DETECTOR_FILE = "pose_detection.tflite"
LANDMARK_FILE = "pose_landmark_full.tflite"
MODEL_ID = "BlazePose full"

Network = Callable[[Floats], Mapping[int, Floats]]
"""A batch of one in; the wanted outputs, flat, by how many values they have."""

ANCHORS = 2254
BOX_VALUES = 12  # x, y, width, height, then x and y of four points; all in pixels from the anchor
DETECTOR_OUTPUTS = (ANCHORS * BOX_VALUES, ANCHORS)
PARTS = 33
POINTS = 39  # the parts, then two that tell where the body will be, then four of no use here
HIPS, EDGE = 33, 34  # of the points: the middle of the body's circle, and its edge over the head
VALUES = 5  # x, y, z in pixels of the crop; log-odds of being visible, and of being in the picture
LANDMARK_OUTPUTS = (POINTS * VALUES, 1, POINTS * 3)
LARGEST_LOG_ODDS = 80.0  # beyond it, float32 overflows


@dataclass(frozen=True, slots=True)
class PoseOptions:
    """Thresholds are 0..1 and, like ``region_scale``, those of MediaPipe's own graphs."""

    detection_least: float = 0.5
    """Of the detector's score; pose_detection_cpu.pbtxt."""
    presence_least: float = 0.5
    """Below it the body is lost; pose_landmark_by_roi_cpu.pbtxt."""
    region_scale: float = 1.25
    """The square's side over the diameter of the body's circle; pose_detection_to_roi.pbtxt."""
    patient_calls: int = 15
    """So many calls without anybody, then the detector, the dearest part, rests; a second at the usual rate."""
    look_every: int = 4
    """While it rests, one call in so many looks nevertheless; chosen by eye: someone is found within 0.3 s."""
    threads: int = 2


class BlazePose:
    """A ``PoseModel``. Follows one person; where it has none, it takes the one the detector is surest of."""

    def __init__(
        self, detector: Network, landmarks: Network, info: PoseInfo, options: PoseOptions = PoseOptions()
    ) -> None:
        self._detector = detector
        self._landmarks = landmarks
        self._info = info
        self._options = options
        self._anchors_px = anchor_centres() * DETECTOR_SIDE_PX
        self._region: Region | None = None
        self._empty_calls = 0

    @property
    def info(self) -> PoseInfo:
        return self._info

    def estimate(self, rgb: FrameRGB) -> Pose | None:
        """The person followed since the last call, or else the clearest one; None where nobody is seen.

        Raises: ModelError: the networks cannot be run.
        """
        pose = self._follow(rgb, self._region)
        if pose is None and self._is_due():
            pose = self._follow(rgb, self._detect(rgb))
        self._empty_calls = 0 if pose else self._empty_calls + 1
        return pose

    def forget(self) -> None:
        """The next picture has nothing to do with the last: a cut, or a gap."""
        self._region = None
        self._empty_calls = 0

    def _is_due(self) -> bool:
        resting = self._empty_calls - self._options.patient_calls
        return resting < 0 or resting % self._options.look_every == 0

    def _detect(self, rgb: FrameRGB) -> Region | None:
        """Where the detector sees a body best."""
        batch, letterbox = detector_input(rgb)
        outputs = self._detector(batch)
        best = int(outputs[ANCHORS].argmax())
        (score,) = _probability(outputs[ANCHORS][best : best + 1])
        if not score >= self._options.detection_least:
            return None
        box = outputs[ANCHORS * BOX_VALUES].reshape(ANCHORS, BOX_VALUES)[best]
        points_px = letterbox.to_picture(box[4:8].reshape(2, 2) + self._anchors_px[best])
        return region_around(points_px[0], points_px[1], self._options.region_scale)

    def _follow(self, rgb: FrameRGB, region: Region | None) -> Pose | None:
        """The body in the region; where it is also tells where to look next time."""
        self._region = None
        if region is None:
            return None
        outputs = self._landmarks(landmark_input(rgb, region))
        presence = float(outputs[1][0])
        if not presence >= self._options.presence_least or not _are_finite(outputs):
            return None
        points = outputs[POINTS * VALUES].reshape(POINTS, VALUES)
        points_px = region.to_picture(points[:, :2])
        self._region = region_around(points_px[HIPS], points_px[EDGE], self._options.region_scale)
        image = np.column_stack([points_px[:PARTS], _probability(points[:PARTS, 3])])
        world = outputs[POINTS * 3].reshape(POINTS, 3)[:PARTS]
        return Pose(image.astype(np.float32), region.upright_to_picture(world), min(1.0, presence))


def _probability(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -LARGEST_LOG_ODDS, LARGEST_LOG_ODDS))), np.float32)


def _are_finite(outputs: Mapping[int, Floats]) -> bool:
    return all(np.isfinite(values).all() for values in outputs.values())


def open_blazepose(folder: Path, reason: str, options: PoseOptions = PoseOptions()) -> BlazePose:
    """BlazePose out of the two files in ``folder``; a tenth of a second.

    Args: reason: why these files, for ``PoseInfo``.
    Raises: ModelUnavailable: LiteRT is not installed, or a file is missing or not what its name says.
    """
    detector = load_network(folder / DETECTOR_FILE, DETECTOR_SIDE_PX, DETECTOR_OUTPUTS, options.threads)
    landmarks = load_network(folder / LANDMARK_FILE, LANDMARK_SIDE_PX, LANDMARK_OUTPUTS, options.threads)
    return BlazePose(detector, landmarks, PoseInfo(MODEL_ID, reason), options)


def require_litert() -> Any:
    """LiteRT's ``Interpreter`` class.

    Raises: ModelUnavailable: it is not installed, or does not run here.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415
    except ImportError as error:
        raise ModelUnavailable(
            "Poses cannot be estimated: LiteRT is not installed.",
            hint="Install ai-edge-litert; there is none for Macs with Intel processors.",
        ) from error
    return Interpreter


def load_network(path: Path, side_px: int, output_sizes: tuple[int, ...], threads: int) -> Network:
    """A network that takes a square picture, and gives outputs of these sizes; others it may have are left alone.

    Raises: ModelUnavailable.
    """
    interpreter_class = require_litert()
    try:
        path.open("rb").close()  # LiteRT calls a file that it cannot read damaged
        interpreter = interpreter_class(model_path=str(path), num_threads=threads)
        interpreter.allocate_tensors()
        (taken,) = interpreter.get_input_details()
        given = {int(np.prod(one["shape"])): one["index"] for one in interpreter.get_output_details()}
        indices = {size: given[size] for size in output_sizes}
    except OSError as error:
        raise ModelUnavailable(
            f"The pose model is not whole: {path.name} is missing or cannot be read."
        ) from error
    except (ValueError, RuntimeError, KeyError) as error:
        raise ModelUnavailable(f"The pose model's file {path.name} is damaged or of another model.") from error
    if tuple(taken["shape"]) != (1, side_px, side_px, 3):
        raise ModelUnavailable(f"The pose model's file {path.name} is of another model.")

    def run(batch: Floats) -> Mapping[int, Floats]:
        try:
            interpreter.set_tensor(taken["index"], batch)
            interpreter.invoke()
            return {size: interpreter.get_tensor(index).reshape(-1) for size, index in indices.items()}
        except (ValueError, RuntimeError) as error:
            raise ModelError("The pose model could not be run.") from error

    return run
