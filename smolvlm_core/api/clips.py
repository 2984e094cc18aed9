"""Highlights as videos: each as a clip, the best as a reel, all in one ZIP file. Made when first asked for."""

from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from smolvlm_core.api import wire
from smolvlm_core.api.deps import Service, SessionIdPath
from smolvlm_core.api.forms import MaxReelDuration
from smolvlm_core.api.movies import MOVIE, IfNoneMatch, sent
from smolvlm_core.api.names import saved_as
from smolvlm_core.api.paths import VIDEO
from smolvlm_core.api.problems import described
from smolvlm_core.api.schemas import FilmResponse
from smolvlm_core.api.zips import Member, zip_stream
from smolvlm_core.errors import SmolVLMError
from smolvlm_core.jobs.renders import Look
from smolvlm_core.jobs.service import JobService
from smolvlm_core.jobs.views import FilmView
from smolvlm_core.video.framing import Aspect

CACHE = "private, no-cache"  # asked for again each time: another analysis makes another clip
ZIP = "application/zip"
MISSING = "missing.txt"
PROBLEMS = described(404, 409, 410, 422, 503)

ARCHIVE: dict[str, Any] = {
    "description": f"All clips, best first. What could not be cut is named in `{MISSING}`.",
    "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
}

HighlightId = Annotated[str, Path(description="`id` of a highlight.", examples=["h1"])]


def _look(
    aspect: Annotated[Aspect, Query(description="Shape of the picture; another one is cut from its middle.")] = (
        Aspect.ORIGINAL
    ),
    captions: Annotated[bool, Query(description="Whether the description is shown in the picture.")] = False,
) -> Look:
    return Look(aspect, captions)


LookQuery = Annotated[Look, Depends(_look)]

router = APIRouter(prefix=VIDEO, tags=["Video analysis"])


@router.get(
    "/clips/{session_id}/{highlight_id}",
    response_class=Response,
    responses={200: MOVIE, 206: MOVIE, **PROBLEMS},
)
async def clip(
    session_id: SessionIdPath,
    highlight_id: HighlightId,
    service: Service,
    look: LookQuery,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One highlight as a video, exact to a picture. Takes seconds for the first time, and none after that."""
    movie = await run_in_threadpool(service.films.clip, session_id, highlight_id, look)
    return await run_in_threadpool(sent, movie, if_none_match, CACHE)


@router.get(
    "/reel/{session_id}",
    response_class=Response,
    responses={200: MOVIE, 206: MOVIE, **PROBLEMS},
)
async def reel(
    session_id: SessionIdPath,
    service: Service,
    look: LookQuery,
    max_reel_duration: MaxReelDuration = 0.0,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The best highlights one after another, in time order. Takes its time once, and none after that."""
    movie = await run_in_threadpool(service.films.reel, session_id, look, max_reel_duration)
    return await run_in_threadpool(sent, movie, if_none_match, CACHE)


@router.post("/clips/{session_id}/{highlight_id}", response_model=FilmResponse, responses=PROBLEMS)
async def ask_for_clip(
    session_id: SessionIdPath, highlight_id: HighlightId, service: Service, look: LookQuery
) -> Response:
    """Have a clip made and tell how far it is. Answers at once; poll it, then `GET` the same address."""
    return _told(session_id, await run_in_threadpool(service.films.ask_for_clip, session_id, highlight_id, look))


@router.post("/reel/{session_id}", response_model=FilmResponse, responses=PROBLEMS)
async def ask_for_reel(
    session_id: SessionIdPath, service: Service, look: LookQuery, max_reel_duration: MaxReelDuration = 0.0
) -> Response:
    """Have the reel made and tell how far it is. Answers at once; poll it, then `GET` the same address."""
    ask = service.films.ask_for_reel
    return _told(session_id, await run_in_threadpool(ask, session_id, look, max_reel_duration))


@router.post("/clips/{session_id}", response_model=FilmResponse, responses=PROBLEMS)
async def ask_for_clips(session_id: SessionIdPath, service: Service, look: LookQuery) -> Response:
    """Have all clips made and tell how far they are. Answers at once; poll it, then `GET` the same address."""
    return _told(session_id, await run_in_threadpool(service.films.ask_for_clips, session_id, look))


def _told(session_id: str, view: FilmView) -> Response:
    return Response(wire.to_json(wire.film_asked(session_id, view)), media_type="application/json")


@router.get("/clips/{session_id}", response_class=Response, responses={200: ARCHIVE, **PROBLEMS})
async def clips(session_id: SessionIdPath, service: Service, look: LookQuery) -> Response:
    """All highlights as videos in one ZIP file, sent while they are made."""
    moments = await run_in_threadpool(service.films.highlights, session_id)
    await run_in_threadpool(
        service.films.clip, session_id, moments[0].id, look
    )  # what is wrong with all shows with the first
    name = FilePath(service.session(session_id).video.filename).stem + ".zip"
    headers = {"Cache-Control": CACHE, "Content-Disposition": saved_as("attachment", name)}
    parts = zip_stream(_members(service, session_id, [moment.id for moment in moments], look))
    return StreamingResponse(parts, media_type=ZIP, headers=headers)


def _members(service: JobService, session_id: str, ids: Sequence[str], look: Look) -> Iterator[Member]:
    missing = []
    for number, highlight_id in enumerate(ids, 1):
        try:
            movie = service.films.clip(session_id, highlight_id, look)
        except SmolVLMError as error:
            missing.append(f"{highlight_id}: {error.for_users}\n")
        else:
            yield Member(f"{number:02} {movie.filename}", movie.path)
    if missing:
        yield Member(MISSING, "".join(missing).encode())
