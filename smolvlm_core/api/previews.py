"""A version of the video that every browser plays, for players: asked for, followed, and sent with ranges."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from smolvlm_core.api import wire
from smolvlm_core.api.deps import Service, SessionIdPath
from smolvlm_core.api.names import saved_as
from smolvlm_core.api.paths import VIDEO
from smolvlm_core.api.problems import described
from smolvlm_core.api.schemas import PreviewResponse
from smolvlm_core.errors import SessionNotFound
from smolvlm_core.jobs.views import MovieView

CACHE = "private, max-age=3600"  # once made it never changes; its address is known to its owner only
MP4 = "video/mp4"

BYTES: dict[str, Any] = {
    "description": "MP4 (H.264, AAC), its index in front; part of it where a range was asked for.",
    "content": {MP4: {"schema": {"type": "string", "format": "binary"}}},
}

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
    responses={200: BYTES, 206: BYTES, **described(404, 410, 422, 503)},
)
async def preview(
    session_id: SessionIdPath,
    service: Service,
    if_none_match: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """The video as every browser plays it, with HTTP ranges. Each moment keeps its time; what has to be encoded
    gets at most 720 pixels on the shorter side. While it is made: 503 with `Retry-After`."""
    movie = await run_in_threadpool(service.preview, session_id)
    return await run_in_threadpool(_sent, movie, if_none_match)


def _sent(movie: MovieView, if_none_match: str | None) -> Response:
    try:
        found = movie.path.stat()
    except FileNotFoundError as error:
        raise SessionNotFound("There is no such session any more.") from error
    response = FileResponse(
        movie.path,
        media_type=MP4,
        stat_result=found,
        headers={"Cache-Control": CACHE, "Content-Disposition": saved_as("inline", movie.filename)},
    )
    tag = response.headers["etag"]
    if if_none_match is not None and tag in if_none_match:
        return Response(status_code=304, headers={"Cache-Control": CACHE, "ETag": tag})
    return response
