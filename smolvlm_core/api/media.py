"""The session's own video, for players: with ranges, so that seeking fetches only what is shown."""

import mimetypes
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from smolvlm_core.api.deps import Service, SessionIdPath
from smolvlm_core.api.paths import VIDEO
from smolvlm_core.api.problems import described

CACHE = "private, max-age=3600"  # the file never changes; its address is known to its owner only
UNKNOWN_TYPE = "application/octet-stream"

BYTES: dict[str, Any] = {
    "description": "The file as it was uploaded; part of it where a range was asked for.",
    "content": {"video/*": {"schema": {"type": "string", "format": "binary"}}},
}

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
