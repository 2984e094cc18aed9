"""The documented endpoints under ``/api/v1/video``. Knows the service and the wire, nothing in between."""

from functools import partial

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from smolvlm_core.api import wire
from smolvlm_core.api.bodies import read_form
from smolvlm_core.api.deps import Counted, Service, SessionIdPath
from smolvlm_core.api.forms import AnalyzeForm, RecutForm, UploadForm, request_body
from smolvlm_core.api.paths import VIDEO
from smolvlm_core.api.problems import described
from smolvlm_core.api.schemas import (
    AnalyzeResponse,
    CancelResponse,
    DeleteResponse,
    ProgressResponse,
    ResultsResponse,
    UploadResponse,
)
from smolvlm_core.api.uploads import VIDEO_FIELD, receive_video
from smolvlm_core.domain import Status
from smolvlm_core.errors import NotCompleted
from smolvlm_core.jobs.service import JobService

JSON = "application/json"

router = APIRouter(prefix=VIDEO, tags=["Video analysis"])


@router.post(
    "/upload",
    response_model=UploadResponse,
    responses=described(408, 413, 415, 422, 503),
    openapi_extra=request_body(UploadForm, file=VIDEO_FIELD),
)
async def upload(request: Request, service: Service, metrics: Counted) -> Response:
    """Store a video, streamed as multipart. It is checked, and kept until it is deleted or its time is up."""
    with metrics.counted_upload():
        _, view = await receive_video(request, service, UploadForm)
    await run_in_threadpool(service.prepare_preview, view.session_id)
    return Response(wire.to_json(wire.uploaded(service.session(view.session_id))), media_type=JSON)


@router.post(
    "/analyze/{session_id}",
    response_model=AnalyzeResponse,
    responses=described(404, 409, 410, 413, 422, 429),
    openapi_extra=request_body(AnalyzeForm),
)
async def analyze(request: Request, session_id: SessionIdPath, service: Service, metrics: Counted) -> Response:
    """Queue an analysis of the session's video. Poll its progress, then get its results."""
    service.session(session_id)  # an unknown session is the better answer than a wrong form
    form = await read_form(request, AnalyzeForm)
    view = await run_in_threadpool(service.start_analysis, session_id, form.options())
    metrics.started(view.analysis_type)
    return Response(wire.to_json(wire.started(view)), media_type=JSON)


@router.get("/progress/{session_id}", response_model=ProgressResponse, responses=described(404, 410))
async def progress(session_id: SessionIdPath, service: Service) -> Response:
    """Where the latest analysis stands; its results too, once there are any."""
    return Response(await progress_json(session_id, service), media_type=JSON)


@router.get("/results/{session_id}", response_model=ResultsResponse, responses=described(404, 409, 410))
async def results(session_id: SessionIdPath, service: Service) -> Response:
    """The results of the latest analysis, which has to be completed."""
    return Response(await run_in_threadpool(_results_json, session_id, service), media_type=JSON)


@router.post(
    "/recut/{session_id}",
    response_model=ResultsResponse,
    responses=described(404, 409, 410, 413, 422),
    openapi_extra=request_body(RecutForm),
)
async def recut(request: Request, session_id: SessionIdPath, service: Service) -> Response:
    """Choose the highlights of the latest results anew, at once: nothing is analyzed again.

    Every moment that was scored is kept, so another threshold, number or length needs no model. Results, clips,
    reel and exports follow; a moment that is new on the list has what was measured of it as its description.
    """
    service.session(session_id)
    form = await read_form(request, RecutForm)
    return Response(await run_in_threadpool(_recut_json, session_id, form, service), media_type=JSON)


@router.post("/cancel/{session_id}", response_model=CancelResponse, responses=described(404, 409, 410))
async def cancel(session_id: SessionIdPath, service: Service) -> CancelResponse:
    """Cancel the queued or running analysis. The video stays and may be analyzed again."""
    view = await run_in_threadpool(service.cancel, session_id)
    return CancelResponse(session_id=session_id, status=view.status, message="Analysis cancelled.")


@router.delete("/session/{session_id}", response_model=DeleteResponse, responses=described(404, 410))
async def delete(session_id: SessionIdPath, service: Service) -> DeleteResponse:
    """Cancel what runs, and remove every file and row of the session."""
    await run_in_threadpool(service.delete, session_id)
    return DeleteResponse(session_id=session_id, message="The session and all its files are gone.")


async def progress_json(session_id: str, service: JobService) -> bytes:
    """The body of a progress answer. Lean: it is what everybody polls while the analysis needs the CPU.

    Raises: SessionNotFound, SessionExpired.
    """
    view = service.session(session_id)
    if view.status is not Status.COMPLETED:
        return wire.progress_json(view)
    try:
        found = await run_in_threadpool(service.results, session_id)
    except NotCompleted:  # analyzed again since the line above
        return wire.progress_json(service.session(session_id))
    return await run_in_threadpool(partial(wire.progress_json, view, results=found.results))


def _recut_json(session_id: str, form: RecutForm, service: JobService) -> bytes:
    return wire.results_json(service.recut(session_id, form.cut()))


def _results_json(session_id: str, service: JobService) -> bytes:
    return wire.results_json(service.results(session_id))
