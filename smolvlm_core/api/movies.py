"""How a film that was made is sent: with ranges, and not again to who has it. Knows no kind of film."""

from typing import Annotated, Any

from fastapi import Header
from starlette.responses import FileResponse, Response

from smolvlm_core.api.names import saved_as
from smolvlm_core.errors import SessionNotFound
from smolvlm_core.jobs.views import MovieView

MP4 = "video/mp4"
MOVIE: dict[str, Any] = {
    "description": "MP4 (H.264, AAC), its index in front; part of it where a range was asked for.",
    "content": {MP4: {"schema": {"type": "string", "format": "binary"}}},
}
IfNoneMatch = Annotated[str | None, Header(include_in_schema=False)]


def sent(movie: MovieView, if_none_match: str | None, cache: str) -> Response:
    """Args: cache: what ``Cache-Control`` says. Raises: SessionNotFound: it was deleted meanwhile."""
    try:
        found = movie.path.stat()
    except FileNotFoundError as error:
        raise SessionNotFound("There is no such session any more.") from error
    response = FileResponse(
        movie.path,
        media_type=MP4,
        stat_result=found,
        headers={"Cache-Control": cache, "Content-Disposition": saved_as("inline", movie.filename)},
    )
    tag = response.headers["etag"]
    if if_none_match is not None and tag in if_none_match:
        return Response(status_code=304, headers={"Cache-Control": cache, "ETag": tag})
    return response
