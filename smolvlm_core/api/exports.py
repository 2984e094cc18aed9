"""Results as files to save. Knows the names of the formats, not how they are written."""

from functools import partial
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query
from starlette.responses import Response

from smolvlm_core.api import wire
from smolvlm_core.api.deps import Service, SessionIdPath
from smolvlm_core.api.names import saved_as
from smolvlm_core.api.paths import VIDEO
from smolvlm_core.api.problems import described
from smolvlm_core.exports import formats as exports
from smolvlm_core.exports.formats import KINDS, Export, Finished, Format, filename_of
from smolvlm_core.jobs.service import JobService

REPORTS_AT_ONCE = CapacityLimiter(2)  # each may decode for seconds; polls need the other threads
JSON = KINDS[Format.JSON].media_type
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"
"""For whoever opens a file instead of saving it: it runs nothing, and is no part of this site."""

RESULTS = {"$ref": "#/components/schemas/ResultsResponse"}
CONTENT = {kind.media_type: {"schema": {"type": "string"}} for kind in KINDS.values()}
FILE: dict[str, Any] = {
    "description": "The file, of the type that belongs to the format.",
    "content": CONTENT | {JSON: {"schema": RESULTS}},
}
FormatQuery = Annotated[
    Format,
    Query(
        alias="format",
        description="`json`: as `GET /results`. `csv`: a row for each highlight or step. `vtt`, `srt`: captions. "
        "`chapters`: for a description on YouTube. `edl` (CMX 3600), `fcpxml`: the reel for a video editor. "
        "`html`: a report in one file.",
    ),
]

router = APIRouter(prefix=VIDEO, tags=["Video analysis"])


@router.get(
    "/export/{session_id}", response_class=Response, responses={200: FILE, **described(404, 409, 410, 422)}
)
async def export(session_id: SessionIdPath, service: Service, wanted: FormatQuery = Format.JSON) -> Response:
    """The results of the latest analysis as a file for another program, or to read."""
    limiter = REPORTS_AT_ONCE if wanted is Format.HTML else None
    made = await to_thread.run_sync(partial(_made, service, session_id, wanted), limiter=limiter)
    headers = {"Content-Disposition": saved_as("attachment", made.filename), "Content-Security-Policy": POLICY}
    return Response(made.content, headers=headers, media_type=made.media_type)


def _made(service: JobService, session_id: str, wanted: Format) -> Export:
    """Raises: SessionNotFound, SessionExpired, NotCompleted."""
    view = service.results(session_id)
    if wanted is Format.JSON:
        return Export(wire.results_json(view), JSON, filename_of(wanted, view.results, view.video))
    return exports.export(wanted, Finished(view.results, view.video, service.video_path(session_id)))
