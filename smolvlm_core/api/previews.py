"""A version of the video that every browser plays, for players: asked for, followed, and sent with ranges."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from smolvlm_core.api import wire
from smolvlm_core.api.deps import Service, SessionIdPath
from smolvlm_core.api.movies import MOVIE, IfNoneMatch, sent
from smolvlm_core.api.paths import VIDEO
from smolvlm_core.api.problems import described
from smolvlm_core.api.schemas import PreviewResponse

CACHE = "private, max-age=3600"  # once made it never changes; its address is known to its owner only

router = APIRouter(prefix=VIDEO, tags=["Video analysis"])


@router.post(
    "/preview/{session_id}",
    response_model=PreviewResponse,
    responses=described(404, 410, 503),
)
async def ask_for_preview(session_id: SessionIdPath, service: Service) -> Response:
    """Have a version made that every browser plays, and tell how far it is. Answers at once; poll it.

    `POST /upload` begins it for videos of which `preview.needed` is true; here any video gets one.
    """
    view = await run_in_threadpool(service.ask_for_preview, session_id)
    return Response(wire.to_json(wire.preview_asked(session_id, view)), media_type="application/json")


@router.get(
    "/preview/{session_id}",
    response_class=Response,
    responses={200: MOVIE, 206: MOVIE, **described(404, 410, 422, 503)},
)
async def preview(
    session_id: SessionIdPath,
    service: Service,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The video as every browser plays it, with HTTP ranges. Each moment keeps its time; what has to be encoded
    gets at most 720 pixels on the shorter side. While it is made: 503 with `Retry-After`."""
    movie = await run_in_threadpool(service.preview, session_id)
    return await run_in_threadpool(sent, movie, if_none_match, CACHE)
