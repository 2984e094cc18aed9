"""The endpoints from before: one request that waits for its result. Same queue and limits, nothing left behind."""

import asyncio
from contextlib import suppress

from anyio import CancelScope
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from smolvlm_core.analysis.report import Report
from smolvlm_core.api import wire
from smolvlm_core.api.deps import Counted, Service
from smolvlm_core.api.forms import HighlightsForm, WorkoutForm, request_body
from smolvlm_core.api.metrics import Metrics
from smolvlm_core.api.problems import TaskFailed, described
from smolvlm_core.api.schemas import (
    LegacyHighlightsHead,
    LegacyHighlightsResponse,
    LegacyWorkoutHead,
    LegacyWorkoutResponse,
)
from smolvlm_core.api.uploads import VIDEO_FIELD, receive_video
from smolvlm_core.domain import Status
from smolvlm_core.errors import Cancelled, ServiceClosing, SessionNotFound
from smolvlm_core.jobs.service import JobService

LOOK_EVERY_S = 0.2  # how soon a finished analysis or a client that left is noticed

router = APIRouter(prefix="/analyze", tags=["Single request"])


@router.post(
    "/highlights",
    response_model=LegacyHighlightsResponse,
    responses=described(408, 413, 415, 422, 429, 503),
    openapi_extra=request_body(HighlightsForm, file=VIDEO_FIELD),
)
async def highlights(request: Request, service: Service, metrics: Counted) -> Response:
    """Upload a video and wait for its highlights. The video is deleted afterwards."""
    found = await _upload_and_analyze(request, service, metrics, HighlightsForm)
    return Response(await run_in_threadpool(_body, LegacyHighlightsHead(), found), media_type="application/json")


@router.post(
    "/workout",
    response_model=LegacyWorkoutResponse,
    responses=described(408, 413, 415, 422, 429, 503),
    openapi_extra=request_body(WorkoutForm, file=VIDEO_FIELD),
)
async def workout(request: Request, service: Service, metrics: Counted) -> Response:
    """Upload a workout video and wait for its exercise sets. The video is deleted afterwards."""
    found = await _upload_and_analyze(request, service, metrics, WorkoutForm)
    return Response(await run_in_threadpool(_body, LegacyWorkoutHead(), found), media_type="application/json")


def _body(head: BaseModel, data: Report) -> bytes:
    return wire.to_json_with(head, data=data)


async def _upload_and_analyze(
    request: Request, service: JobService, metrics: Metrics, form_type: type[HighlightsForm | WorkoutForm]
) -> Report:
    """The results for the video in the request, which is deleted whatever happens.

    Raises: what ``receive_video`` raises; TaskFailed, Cancelled, QueueFull; SessionNotFound: somebody
    deleted it; ClientDisconnect: nobody waits any more.
    """
    with metrics.counted_upload():
        form, session = await receive_video(request, service, form_type)
    session_id = session.session_id
    try:
        await run_in_threadpool(service.start_analysis, session_id, form.options())
        metrics.started(form.options().analysis_type)
        await _until_completed(request, service, session_id)
        return (await run_in_threadpool(service.results, session_id)).results
    finally:
        with CancelScope(shield=True), suppress(SessionNotFound):
            await run_in_threadpool(service.delete, session_id)


async def _until_completed(request: Request, service: JobService, session_id: str) -> None:
    """Waits in the event loop: a thread for each waiting client would leave none for the others."""
    while (view := service.session(session_id)).status is Status.ANALYZING:
        if await request.is_disconnected():
            raise ClientDisconnect
        if service.closing:
            raise ServiceClosing("The server is being restarted.", hint="Send the video again in a moment.")
        await asyncio.sleep(LOOK_EVERY_S)
    if view.error is not None:
        raise TaskFailed(view.error.code, view.error.message)
    if view.status is Status.CANCELLED:
        raise Cancelled("The analysis was cancelled.")
