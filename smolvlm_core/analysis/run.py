"""What an analysis needs of whoever runs it: durable steps, progress, cancelling. Knows no engine."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from smolvlm_core.domain import JSONValue, Progress, VideoInfo


@dataclass(frozen=True, slots=True)
class Source:
    """The video under analysis. ``curves_path`` keeps what the scan measured, for the next analysis of it."""

    video_path: Path
    curves_path: Path
    info: VideoInfo

    @property
    def stills_path(self) -> Path:
        """Where the scan keeps pictures that a model may look at."""
        return self.curves_path.with_suffix(".stills")


class Run(Protocol):
    """One run of one analysis.

    Steps are asked for in the same order with the same names each time; one that finished before
    the process was killed gives its stored value back without running again.
    """

    def step(self, name: str, work: Callable[[], JSONValue]) -> JSONValue:
        """The value of ``work``, which must be writable as JSON; computed at most once per task."""

    def report(self, progress: Progress) -> None:
        """Tell how far the analysis is."""

    def check(self) -> None:
        """Raises: Cancelled: nobody wants this any more."""

    def log(self, event: str, **fields: object) -> None:
        """One structured line with the task's and session's ids added."""

    def elapsed_s(self) -> float:
        """Seconds spent working on the task so far, over restarts."""
