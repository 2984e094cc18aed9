"""Small pictures of a session's video, for lists of moments. They never change, so browsers keep them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from smolvlm_core.api.deps import Service, SessionIdPath
from smolvlm_core.api.paths import VIDEO
from smolvlm_core.api.problems import described
from smolvlm_core.errors import SessionNotFound
from smolvlm_core.jobs.service import JobService
from smolvlm_core.video.thumbnails import LONGEST_SIDE_PX

CACHE = "private, max-age=86400, immutable"  # of this session, whose address is known to its owner only
JPEG = "image/jpeg"
PICTURE: dict[str, Any] = {
    "description": f"The picture, upright, its longer side {LONGEST_SIDE_PX} pixels at most.",
    "content": {JPEG: {"schema": {"type": "string", "format": "binary"}}},
}
Time = Annotated[
    float,
    Query(
        alias="t",
        ge=0,
        le=1e6,
        allow_inf_nan=False,
        description="Seconds from the first frame; after the end, the last picture.",
        examples=[15.9],
    ),
]

router = APIRouter(prefix=VIDEO, tags=["Video analysis"])


@router.get(
    "/thumbnail/{session_id}",
    response_class=Response,
    responses={200: PICTURE, **described(404, 410, 422, 503)},
)
async def thumbnail(session_id: SessionIdPath, service: Service, time_s: Time = 0.0) -> Response:
    """One small picture of the video, as it is shown at this time. Made once, then kept with the session."""
    jpeg = await run_in_threadpool(_jpeg, service, session_id, time_s)
    return Response(jpeg, media_type=JPEG, headers={"Cache-Control": CACHE})


def _jpeg(service: JobService, session_id: str, time_s: float) -> bytes:
    try:
        return service.picture(session_id, time_s).read_bytes()
    except FileNotFoundError as error:
        raise SessionNotFound("There is no such session any more.") from error
