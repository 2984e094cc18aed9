"""What is looked at: the session's own video, with ranges for seeking, and a chart of each counted set."""

import json
import mimetypes
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from smolvlm_core.analysis.chart import chart_png
from smolvlm_core.analysis.report import Report
from smolvlm_core.api.deps import Service, SessionIdPath
from smolvlm_core.api.movies import IfNoneMatch
from smolvlm_core.api.paths import VIDEO
from smolvlm_core.api.problems import described
from smolvlm_core.errors import SetNotFound
from smolvlm_core.jobs.service import JobService

CACHE = "private, max-age=3600"  # the file never changes; its address is known to its owner only
CHART_CACHE = "private, no-cache"  # asked for again each time: another analysis makes another chart
UNKNOWN_TYPE = "application/octet-stream"

BYTES: dict[str, Any] = {
    "description": "The file as it was uploaded; part of it where a range was asked for.",
    "content": {"video/*": {"schema": {"type": "string", "format": "binary"}}},
}

CHART: dict[str, Any] = {
    "description": "The chart, 960 by 600 pixels.",
    "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
}
SetNumber = Annotated[int, Path(description="`set_number` of a step, from 1.", examples=[1])]

router = APIRouter(prefix=VIDEO, tags=["Video analysis"])


@router.get(
    "/source/{session_id}",
    response_class=Response,
    responses={200: BYTES, 206: BYTES, **described(404, 410)},
)
async def source(session_id: SessionIdPath, service: Service) -> Response:
    """The uploaded video, byte for byte, with HTTP ranges."""
    view = service.session(session_id)
    path = await run_in_threadpool(service.video_path, session_id)
    kind, _ = mimetypes.guess_type(path.name)
    return FileResponse(
        path,
        media_type=kind if kind and kind.startswith(("video/", "image/gif")) else UNKNOWN_TYPE,
        filename=view.video.filename,
        content_disposition_type="inline",
        headers={"Cache-Control": CACHE},
    )


@router.get(
    "/chart/{session_id}/{set_number}",
    response_class=Response,
    responses={200: CHART, **described(404, 409, 410, 422)},
)
async def chart(
    session_id: SessionIdPath,
    set_number: SetNumber,
    service: Service,
    words: Annotated[bool, Query(description="Whether title and axis names are in it, in English.")] = True,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """A picture of one counted set of a workout: its driving signal over time, every repetition marked."""
    step = await run_in_threadpool(_counted_set, service, session_id, set_number)
    tag = f'"{sha256(json.dumps([step, words]).encode()).hexdigest()[:32]}"'
    headers = {"Cache-Control": CHART_CACHE, "ETag": tag}
    if if_none_match is not None and tag in if_none_match:
        return Response(status_code=304, headers=headers)
    drawn = await run_in_threadpool(chart_png, step, words=words)
    return Response(drawn, media_type="image/png", headers=headers)


def _counted_set(service: JobService, session_id: str, number: int) -> Report:
    """The step of the latest results with this number.

    Raises: SessionNotFound, SessionExpired, NotCompleted, SetNotFound.
    """
    steps: list[Report] = service.results(session_id).results.get("exercise_steps", [])
    for step in steps:
        if step.get("set_number") == number:
            return step
    raise SetNotFound(f"The results have no set with the number {number}.")
