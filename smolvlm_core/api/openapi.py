"""The OpenAPI document beyond what the routes say themselves: texts, and problems as what they are."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from smolvlm_core.api.corrections import BODY_SCHEMAS
from smolvlm_core.api.problems import MEDIA_TYPE

FRAMEWORKS_OWN = "HTTPValidationError"

DESCRIPTION = """\
Upload a video, get back its highlights or, for a workout, every exercise with its timestamps and repetitions.

1. `POST /api/v1/video/upload` stores the video and answers with a `session_id`.
2. `POST /api/v1/video/analyze/{session_id}` queues an analysis.
3. `GET /api/v1/video/progress/{session_id}` tells how far it is;
   `GET /api/v1/video/estimate/{session_id}` how long it takes, before and while it runs.
4. `GET /api/v1/video/results/{session_id}` has the results; for a workout,
   `GET /api/v1/video/chart/{session_id}/{set_number}` draws each counted set, and
   `GET /api/v1/video/export/{session_id}` makes a file of them for another program, or to read;
   `PATCH /api/v1/video/results/{session_id}` corrects the name or the repetitions of a set, and
   `POST /api/v1/video/recut/{session_id}` chooses the highlights anew, without another analysis.
5. `GET /api/v1/video/clips/{session_id}/{highlight_id}` is a highlight as MP4,
   `GET /api/v1/video/reel/{session_id}` joins the best,
   `GET /api/v1/video/clips/{session_id}` has all clips in one ZIP file,
   `GET /api/v1/video/thumbnail/{session_id}` is a small picture of any moment.
6. `GET /api/v1/video/preview/{session_id}` is the video as every browser plays it, where the upload itself is not;
   `preview` tells whether that is so, and `POST` to the same address has it made and tells how far it is.
7. `DELETE /api/v1/video/session/{session_id}` removes everything.

Every error is `application/problem+json` (RFC 9457) with a stable `code`.
"""

TAGS = [
    {"name": "Video analysis", "description": "Upload, analyze, follow, fetch, delete."},
    {"name": "Single request", "description": "One request that waits for its result; nothing is kept."},
    {"name": "Service", "description": "Health, readiness and metrics."},
]


def describe(api: FastAPI) -> None:
    """Make ``api.openapi()`` call problems by their media type."""
    generate = api.openapi

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _with_problems(generate())
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in list(operation["responses"].items()):
                content = response.get("content", {})
                if FRAMEWORKS_OWN in str(content):
                    del operation["responses"][status]  # added by itself; ours are declared where they can happen
                elif int(status) >= HTTPStatus.BAD_REQUEST and "application/json" in content:
                    content[MEDIA_TYPE] = content.pop("application/json")
    document["components"]["schemas"] |= BODY_SCHEMAS
    for name in (FRAMEWORKS_OWN, "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document
