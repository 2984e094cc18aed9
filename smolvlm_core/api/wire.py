"""From the values of ``jobs`` and ``domain`` to the models on the wire. Knows no HTTP."""

import json

from pydantic import BaseModel

from smolvlm_core import __version__
from smolvlm_core.api.paths import VIDEO
from smolvlm_core.api.schemas import (
    AnalyzeResponse,
    EstimateResponse,
    FilmResponse,
    HealthResponse,
    ModelStatusModel,
    PreviewModel,
    PreviewResponse,
    ProgressResponse,
    QueueModel,
    ResultsHead,
    UploadResponse,
    VideoInfoModel,
)
from smolvlm_core.domain import (
    AnalysisOptions,
    AnalysisType,
    JSONValue,
    Limits,
    ModelState,
    ModelStatus,
    VideoInfo,
)
from smolvlm_core.jobs.estimates import estimate_words
from smolvlm_core.jobs.views import (
    EstimateView,
    FilmView,
    LoadView,
    PreviewView,
    ResultsView,
    SessionView,
    TaskView,
)

NAMES = {AnalysisType.HIGHLIGHTS: "highlights", AnalysisType.WORKOUT: "workout"}


def to_json(model: BaseModel) -> bytes:
    """The model as the body of a response; fields that are None are left out."""
    return model.model_dump_json(exclude_none=True).encode()


def to_json_with(model: BaseModel, **reports: JSONValue) -> bytes:
    """The same with ``reports`` put in as they are stored, their nulls kept and not validated again."""
    head = model.model_dump(mode="json", exclude_none=True)
    return json.dumps(head | reports, ensure_ascii=False, separators=(",", ":")).encode()


def video_info(info: VideoInfo) -> VideoInfoModel:
    """What was measured on the upload."""
    return VideoInfoModel(
        filename=info.filename,
        duration=round(info.duration_s, 3),
        fps=round(float(info.fps), 3),
        resolution=info.resolution,
        frames=info.frames,
        codec=info.codec,
        has_audio=info.has_audio,
        rotation=info.rotation,
        size_bytes=info.size_bytes,
    )


def preview(view: PreviewView) -> PreviewModel:
    """Whether a preview is needed, and where it stands."""
    return PreviewModel(needed=view.needed, reason=view.reason, status=view.state)


def preview_asked(session_id: str, view: PreviewView) -> PreviewResponse:
    """The same with how far it is."""
    return PreviewResponse(
        **preview(view).model_dump(),
        session_id=session_id,
        progress=round(view.percent, 1),
        error=view.error.message if view.error else None,
        error_code=view.error.code if view.error else None,
    )


def film_asked(session_id: str, view: FilmView) -> FilmResponse:
    """How far a clip or reel is."""
    return FilmResponse(session_id=session_id, status=view.state, progress=round(view.percent, 1))


def uploaded(view: SessionView) -> UploadResponse:
    """A video was stored."""
    return UploadResponse(
        session_id=view.session_id,
        video_info=video_info(view.video),
        preview=preview(view.preview),
        message=f"Video uploaded. Start an analysis with POST {VIDEO}/analyze/{view.session_id}.",
    )


def started(view: TaskView) -> AnalyzeResponse:
    """An analysis was queued."""
    return AnalyzeResponse(
        task_id=view.task_id,
        session_id=view.session_id,
        analysis_type=view.analysis_type,
        message=f"Analysis for {NAMES[view.analysis_type]} started.",
    )


def progress_json(view: SessionView, **reports: JSONValue) -> bytes:
    """Where a session stands. What is stored in wire form is put in as it is, not validated again."""
    if view.best_so_far:
        reports["best_so_far"] = list(view.best_so_far)
    if view.scored_so_far:
        reports["scored_so_far"] = list(view.scored_so_far)
    return to_json_with(progress(view), **reports) if reports else to_json(progress(view))


def progress(view: SessionView) -> ProgressResponse:
    """The same without results, best moments and scores."""
    return ProgressResponse(
        session_id=view.session_id,
        status=view.status,
        progress=round(view.percent, 1),
        current_step=view.current_step,
        segments_completed=view.segments_completed,
        total_segments=view.segments_total,
        video_info=video_info(view.video),
        preview=preview(view.preview),
        analysis_type=view.analysis_type,
        task_id=view.task_id,
        queue_position=view.queue_position,
        time_left_seconds=None if view.left_s is None else round(view.left_s),
        error=view.error.message if view.error else None,
        error_code=view.error.code if view.error else None,
    )


def estimate(session_id: str, options: AnalysisOptions, view: EstimateView | None) -> EstimateResponse:
    """How long an analysis takes; None: the model is not known yet."""
    if view is None:
        view = EstimateView(session_id, options.analysis_type, None, None, 0, 0)
    return EstimateResponse(
        session_id=session_id,
        analysis_type=view.analysis_type,
        estimated_seconds=None if view.work_s is None else round(view.work_s, 1),
        wait_seconds=None if view.wait_s is None else round(view.wait_s, 1),
        analyses_ahead=view.ahead,
        timed_analyses=view.runs,
        message=estimate_words(view),
    )


def results_json(view: ResultsView) -> bytes:
    """The results of a completed analysis."""
    head = ResultsHead(session_id=view.session_id, video_info=video_info(view.video))
    return to_json_with(head, results=view.results)


def model_status(status: ModelStatus) -> ModelStatusModel:
    """Where the model stands."""
    info = status.info
    return ModelStatusModel(
        status=status.state,
        message=status.message,
        percent=status.percent,
        backend=info.backend if info else None,
        id=info.id if info else None,
        revision=info.revision if info else None,
        device=info.device if info else None,
        dtype=info.dtype if info else None,
        reason=info.reason if info else None,
    )


def health(status: ModelStatus, load: LoadView, limits: Limits) -> HealthResponse:
    """The state of the whole service."""
    ready = status.state is ModelState.READY
    return HealthResponse(
        analyzer_initialized=ready,
        ready=ready,
        model=model_status(status),
        queue=QueueModel(
            queued=load.queued,
            running=load.running,
            limit=limits.queue_limit,
            sessions=load.sessions,
            disk_used_bytes=load.disk_used_bytes,
        ),
        version=__version__,
    )
