"""Runs an analysis in this process, without server and database. Does not know what results are compared with."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from smolvlm_core.analysis.highlights import analyze_highlights
from smolvlm_core.analysis.run import Source
from smolvlm_core.analysis.workout import analyze_workout
from smolvlm_core.domain import (
    AnalysisOptions,
    AnalysisType,
    CheckCancelled,
    Criteria,
    HighlightsResult,
    JSONValue,
    Limits,
    ModelStatus,
    Progress,
)
from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.exercise import WorkoutResult
from smolvlm_core.models.base import PoseModel, PoseSource, VideoModel
from smolvlm_core.models.engine import EngineOptions, load_smolvlm
from smolvlm_core.models.pose_source import BlazePoseSource, PoseSourceOptions
from smolvlm_core.models.signals import SignalsModel
from smolvlm_core.video.probe import probe

LOWEST_SCORE = 1
MOST_HIGHLIGHTS = 10
SEGMENT_S = 15.0  # the app's default
DATA_DIR = Path(".data")  # the app's default


class MemoryRun:
    """An ``analysis.run.Run`` that keeps nothing and cannot be cancelled."""

    def __init__(self) -> None:
        self._started_s = time.monotonic()

    def step(self, name: str, work: Callable[[], JSONValue]) -> JSONValue:
        return work()

    def report(self, progress: Progress) -> None:
        pass

    def check(self) -> None:
        pass

    def log(self, event: str, **fields: object) -> None:
        pass

    def elapsed_s(self) -> float:
        return time.monotonic() - self._started_s


class NoPoses:
    """A ``PoseSource`` without a model: the analysis has to do with movement alone."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def open(self, check: CheckCancelled) -> PoseModel:
        raise ModelUnavailable(self._reason)


def source_of(video: Path, curves_path: Path) -> Source:
    """Raises: InputError: the app would refuse the file."""
    return Source(video, curves_path, probe(video, video.name, Limits()))


def highlights_of(
    source: Source, model: VideoModel, user_prompt: str = "", segment_s: float = SEGMENT_S
) -> HighlightsResult:
    """Everything that stands out at all, best first: ``MOST_HIGHLIGHTS`` at most, whatever their score.

    Raises: Undecodable; ModelError.
    """
    options = AnalysisOptions(
        AnalysisType.HIGHLIGHTS, LOWEST_SCORE, MOST_HIGHLIGHTS, segment_s, Criteria(user_prompt=user_prompt)
    )
    return analyze_highlights(source, options, model, MemoryRun())


def workout_of(source: Source, model: VideoModel, poses: PoseSource) -> WorkoutResult:
    """The steps of a workout with the app's defaults.

    Raises: Undecodable; ModelError.
    """
    options = AnalysisOptions(AnalysisType.WORKOUT)
    return analyze_workout(source, options, model, MemoryRun(), poses)


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--backend", choices=("signals", "torch"), default="signals")
    parser.add_argument("--checkpoint", help="hub id or folder of a SmolVLM2 checkpoint, for --backend torch")


def model_of(arguments: argparse.Namespace) -> VideoModel:
    """The model that ``add_model_arguments`` asked for; a torch model that cannot be had is never replaced.

    Ends the process, with the reason, where SmolVLM2 cannot be had.
    """
    if arguments.backend == "signals":
        return SignalsModel("--backend asks for signals")

    def tell(status: ModelStatus) -> None:
        print(status.message, flush=True)

    try:
        return load_smolvlm(EngineOptions(backend="torch", checkpoint=arguments.checkpoint), tell)
    except ModelUnavailable as error:
        raise SystemExit(error.for_users) from error


def add_pose_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pose-dir", type=Path, metavar="DIR", help="a folder that holds the pose model's files")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where the app keeps what it fetched")


def poses_of(arguments: argparse.Namespace) -> PoseSource:
    """What ``add_pose_arguments`` asked for."""
    return BlazePoseSource(PoseSourceOptions(arguments.data_dir or DATA_DIR, arguments.pose_dir))
