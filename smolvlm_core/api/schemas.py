"""What the endpoints answer with, as on the wire. Knows no HTTP status and no service.

Field names and types are the contract; adding a field is fine, renaming or dropping one is not.
The two kinds of results are in ``results.py``.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from smolvlm_core.api.results import HighlightsResults, MomentModel, PartSoFarModel, Results, WorkoutResults
from smolvlm_core.domain import AnalysisType, ModelState, Status
from smolvlm_core.jobs.views import FilmState, PreviewState

EXAMPLE_ID = "4b4e6f1e-0c39-4c7a-9a1c-2f3d5e8f9b10"
EXAMPLE_TASK_ID = "9d3f3a52-7a53-4b07-8f7e-1d9a4c0b6e21"

SessionId = Annotated[
    str,
    Field(
        description="Id of the session (UUID4), from `POST /upload`.",
        examples=[EXAMPLE_ID],
        json_schema_extra={"format": "uuid"},
    ),
]
TaskId = Annotated[
    str,
    Field(
        description="Id of this analysis (UUID4).",
        examples=[EXAMPLE_TASK_ID],
        json_schema_extra={"format": "uuid"},
    ),
]
Message = Annotated[str, Field(description="For people.")]


class VideoInfoModel(BaseModel):
    """What was measured on the uploaded file."""

    filename: str = Field(description="As sent, base name only.", examples=["training.mp4"])
    duration: float = Field(description="Length in seconds, from the timestamps.", examples=[62.4])
    fps: float = Field(description="Frames a second, on average.", examples=[29.97])
    resolution: str = Field(
        description="Width x height as displayed, after rotation.", examples=["1920x1080"], pattern=r"^\d+x\d+$"
    )
    frames: int = Field(description="Number of frames.", examples=[1870])
    codec: str = Field(description="Name of the video codec.", examples=["h264"])
    has_audio: bool = Field(description="Whether there is a sound track.")
    rotation: int = Field(description="Degrees the stored picture is turned by for display.", examples=[90])
    size_bytes: int = Field(description="Size of the uploaded file.", examples=[14_203_112])


class PreviewModel(BaseModel):
    """Whether browsers need another version of the video, and where that stands."""

    needed: bool = Field(description="Browsers in general cannot play the upload as it is.")
    reason: str = Field(
        description="Why, or why not. For people.", examples=["Most browsers cannot play HEVC video."]
    )
    status: PreviewState = Field(
        description="`none`: nobody asked for it yet; `ready`: `GET /preview/{session_id}` has it."
    )


class PreviewResponse(PreviewModel):
    """How far the preview is."""

    session_id: SessionId
    progress: float = Field(ge=0, le=100, description="Percent of its making.", examples=[42.0])
    error: str | None = Field(None, description="Present when `status` is `failed`. For people.")
    error_code: str | None = Field(None, description="Present when `status` is `failed`. Stable.")


class FilmResponse(BaseModel):
    """How far a clip, the reel, or all clips are."""

    session_id: SessionId
    status: FilmState
    progress: float = Field(ge=0, le=100, description="Percent of its making.", examples=[42.0])


class UploadResponse(BaseModel):
    """A video was stored and can be analyzed."""

    session_id: SessionId
    video_info: VideoInfoModel
    preview: PreviewModel
    status: Literal["uploaded"] = "uploaded"
    message: Message


class AnalyzeResponse(BaseModel):
    """An analysis was queued."""

    task_id: TaskId
    session_id: SessionId
    analysis_type: AnalysisType
    status: Literal["started"] = "started"
    message: Message


class TaskError(BaseModel):
    """Why an analysis failed."""

    code: str = Field(description="Stable, machine-readable.", examples=["undecodable"])
    message: Message


class ProgressResponse(BaseModel):
    """Where the latest analysis of a session stands."""

    session_id: SessionId
    status: Status = Field(description="A queued analysis is `analyzing` and has a `queue_position`.")
    progress: float = Field(ge=0, le=100, description="Percent; never goes back.", examples=[40.0])
    current_step: str = Field(description="For people.", examples=["Analyzing segment 2/5"])
    segments_completed: int = Field(ge=0, description="Segments done.", examples=[2])
    total_segments: int = Field(ge=0, description="Segments in all; 0 until they are known.", examples=[5])
    video_info: VideoInfoModel
    preview: PreviewModel
    analysis_type: AnalysisType | None = Field(None, description="Absent before the first analysis.")
    task_id: TaskId | None = None
    queue_position: int | None = Field(None, ge=1, description="1 is the next to run; absent when not queued.")
    best_so_far: list[MomentModel] | None = Field(
        None, description="While highlights are looked for: the best moments until now, best first."
    )
    scored_so_far: list[PartSoFarModel] | None = Field(
        None,
        description="While highlights are looked for: the scores until now, in time order. 120 parts at most: "
        "neighbours of a long video are told as one, with their best score.",
    )
    time_left_seconds: int | None = Field(
        None, ge=0, description="How long it may still take, guessed from its pace; absent while unknown."
    )
    results: Results | None = Field(None, description="Present when `status` is `completed`.")
    error: str | None = Field(None, description="Present when `status` is `failed`. For people.")
    error_code: str | None = Field(None, description="Present when `status` is `failed`. Stable.")


class EstimateResponse(BaseModel):
    """How long an analysis takes, as far as that is known."""

    session_id: SessionId
    analysis_type: AnalysisType
    estimated_seconds: float | None = Field(
        None, description="Of the work itself; absent where nothing like it was ever timed.", examples=[41.0]
    )
    wait_seconds: float | None = Field(
        None, description="Until it begins, for what is in line before it; absent where unknown.", examples=[0.0]
    )
    analyses_ahead: int = Field(ge=0, description="Analyses that wait or run before it.", examples=[0])
    timed_analyses: int = Field(
        ge=0,
        description="Analyses of its kind on this server that the estimate rests on. 0: it was reckoned from "
        "measurements on another machine.",
        examples=[3],
    )
    message: Annotated[
        str, Field(description="For people; empty where nothing is known.", examples=["About 40 seconds."])
    ]


class ResultsHead(BaseModel):
    """What stands around the results."""

    session_id: SessionId
    video_info: VideoInfoModel
    analysis_complete: Literal[True] = True


class ResultsResponse(ResultsHead):
    """The results of a completed analysis."""

    results: Results


class CancelResponse(BaseModel):
    """The queued or running analysis was cancelled; the video is kept."""

    session_id: SessionId
    status: Status
    message: Message


class DeleteResponse(BaseModel):
    """The session is gone: its work is cancelled, its files and rows are deleted."""

    session_id: SessionId
    status: Literal["cleaned_up"] = "cleaned_up"
    message: Message


class LegacyHighlightsHead(BaseModel):
    """What stands around the data."""

    success: Literal[True] = True
    analysis_type: Literal["highlights"] = "highlights"


class LegacyHighlightsResponse(LegacyHighlightsHead):
    """Answer of `POST /analyze/highlights`."""

    data: HighlightsResults


class LegacyWorkoutHead(BaseModel):
    """What stands around the data."""

    success: Literal[True] = True
    analysis_type: Literal["workout_timestamps"] = "workout_timestamps"


class LegacyWorkoutResponse(LegacyWorkoutHead):
    """Answer of `POST /analyze/workout`."""

    data: WorkoutResults


class ModelStatusModel(BaseModel):
    """Where the model stands, and what it is once that is known."""

    status: ModelState
    message: Message
    percent: float | None = Field(None, description="Of a download, when known.")
    backend: str | None = Field(None, examples=["torch"])
    id: str | None = Field(None, examples=["HuggingFaceTB/SmolVLM2-256M-Video-Instruct"])
    revision: str | None = None
    device: str | None = Field(None, examples=["cpu"])
    dtype: str | None = Field(None, examples=["bfloat16"])
    reason: str | None = Field(None, description="Why this model was chosen.")


class QueueModel(BaseModel):
    """How busy the service is."""

    queued: int = Field(ge=0, description="Analyses waiting.")
    running: int = Field(ge=0, description="Analyses running now.")
    limit: int = Field(ge=1, description="Analyses waiting or running at once.")
    sessions: int = Field(ge=0, description="Sessions kept.")
    disk_used_bytes: int = Field(ge=0, description="Disk space the sessions take.")


class HealthResponse(BaseModel):
    """The process answers. `ready` tells whether an analysis could start without loading a model first."""

    model_config = ConfigDict(protected_namespaces=())

    status: Literal["healthy"] = "healthy"
    analyzer_initialized: bool = Field(description="The model is loaded.")
    ready: bool = Field(description="Analyses can run now.")
    model: ModelStatusModel
    queue: QueueModel
    version: str = Field(examples=["0.1.0"])


class ReadyResponse(BaseModel):
    """Answer of `GET /ready`."""

    ready: Literal[True] = True
    message: Message


class FieldProblem(BaseModel):
    """One parameter that cannot be used."""

    field: str = Field(examples=["min_significance"])
    sent: str = Field(description="Start of what was sent.", examples=["11"])
    allowed: str = Field(examples=["a whole number from 1 to 10"])


class Problem(BaseModel):
    """What went wrong, in the form of RFC 9457 (`application/problem+json`)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Names the kind of problem.", examples=["urn:smolvlm:problem:session_not_found"])
    title: str = Field(description="The kind of problem, for people.", examples=["Session not found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(description="This very problem, for people.")
    code: str = Field(description="Stable, machine-readable.", examples=["session_not_found"])
    hint: str | None = Field(None, description="What to do about it, where there is something to do.")
    errors: list[FieldProblem] | None = Field(None, description="With `invalid_parameter`: every such field.")
    session_status: Status | None = Field(None, description="With `not_completed`: where the session stands.")
