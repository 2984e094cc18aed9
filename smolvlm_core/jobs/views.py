"""What ``JobService`` answers with: frozen values for REST and page alike. Knows no wire format."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from smolvlm_core.domain import AnalysisType, JSONValue, Status, VideoInfo


@dataclass(frozen=True, slots=True)
class ErrorView:
    """Why a task failed, in words fit for users."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class TaskView:
    """An analysis that was accepted."""

    task_id: str
    session_id: str
    analysis_type: AnalysisType


class PreviewState(StrEnum):
    """Of the version of a video that browsers play."""

    NONE = "none"
    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PreviewView:
    """Whether browsers in general need a preview, why, and where it stands.

    ``percent`` 0..100 is of its making; ``error`` is set when ``state`` is ``failed``.
    """

    needed: bool = False
    reason: str = ""
    state: PreviewState = PreviewState.NONE
    percent: float = 0.0
    error: ErrorView | None = None


class FilmState(StrEnum):
    """Of a clip or reel that was asked for."""

    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class FilmView:
    """Where the making of a clip or reel stands; ``percent`` 0..100 of it is done."""

    state: FilmState
    percent: float = 0.0


FILM_READY = FilmView(FilmState.READY, 100.0)


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session as of now.

    ``percent`` 0..100 and the segment counts belong to the latest task; ``queue_position`` is 1 for
    the next to run and None when not queued; ``best_so_far`` are the best moments of a running
    highlights analysis (wire names), best first, ``scored_so_far`` its scores in time order, and ``left_s``
    how long it may still take, None while that is unknown; ``error`` is set when ``status`` is ``failed``.
    """

    session_id: str
    status: Status
    video: VideoInfo
    description: str
    expires_at: datetime
    task_id: str | None = None
    analysis_type: AnalysisType | None = None
    percent: float = 0.0
    current_step: str = ""
    segments_completed: int = 0
    segments_total: int = 0
    queue_position: int | None = None
    best_so_far: tuple[dict[str, JSONValue], ...] = ()
    scored_so_far: tuple[dict[str, JSONValue], ...] = ()
    left_s: float | None = None
    error: ErrorView | None = None
    preview: PreviewView = PreviewView()


@dataclass(frozen=True, slots=True)
class GlanceView:
    """One session in a list of many. ``found``: highlights or sets, once there are results."""

    session_id: str
    filename: str
    status: Status
    analysis_type: AnalysisType | None
    percent: float
    queue_position: int | None
    found: int | None


@dataclass(frozen=True, slots=True)
class EstimateView:
    """How long an analysis will take, in seconds.

    ``work_s``: of what is left of it, None where nothing like it was ever timed; ``wait_s``: until it begins, None
    where that is unknown; ``ahead``: analyses that come first; ``runs``: analyses on this machine that ``work_s``
    rests on, this one too once its own pace tells, 0 where it was reckoned from measurements on another machine.
    """

    session_id: str
    analysis_type: AnalysisType
    work_s: float | None
    wait_s: float | None
    ahead: int
    runs: int


@dataclass(frozen=True, slots=True)
class ResultsView:
    """A completed analysis; ``results`` is the content of its ``results.json`` (wire names)."""

    session_id: str
    video: VideoInfo
    results: dict[str, JSONValue]


@dataclass(frozen=True, slots=True)
class MovieView:
    """A clip or reel that was made; ``filename`` is what to save it as."""

    path: Path
    filename: str


@dataclass(frozen=True, slots=True)
class LoadView:
    """How busy the service is."""

    queued: int
    running: int
    sessions: int
    disk_used_bytes: int
