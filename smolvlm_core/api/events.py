"""Progress pushed instead of polled: Server-Sent Events and a WebSocket. Both send what ``progress`` answers."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from anyio import create_task_group
from fastapi import APIRouter, Header, WebSocket, WebSocketDisconnect
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from smolvlm_core.api import wire
from smolvlm_core.api.deps import Service, SessionIdPath
from smolvlm_core.api.paths import VIDEO
from smolvlm_core.api.problems import described, problem_of
from smolvlm_core.api.routes import progress_json
from smolvlm_core.domain import Status
from smolvlm_core.errors import JobError
from smolvlm_core.jobs.service import JobService

LOOK_EVERY_S = 0.25  # how soon a change is sent
KEEP_ALIVE_S = 15  # proxies close connections that are silent for 30 to 60 s
RETRY_MS = 2000  # how long a browser waits before it connects again
PRIVATE_CLOSE_CODE = 4000  # a WebSocket closed for a problem has this plus the problem's HTTP status
ENDED = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)

EVENT_STREAM: dict[str, Any] = {
    "description": "Events named `progress`, each with the JSON of `GET /progress/{session_id}`; a last one named "
    "`problem` when the session goes away.",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}

router = APIRouter(prefix=VIDEO, tags=["Video analysis"])


@dataclass(frozen=True, slots=True)
class Change:
    """A new state of a session. ``id`` is the same for the same state, over restarts too."""

    id: str
    body: bytes


@router.get(
    "/events/{session_id}",
    response_class=Response,
    responses={
        200: EVENT_STREAM,
        204: {"description": "The analysis ended, and its end was seen."},
        **described(404, 410),
    },
)
async def events(
    session_id: SessionIdPath,
    service: Service,
    last_event_id: Annotated[str, Header(description="Sent by browsers that connect again.")] = "",
) -> Response:
    """Progress as Server-Sent Events, until the analysis ends. After a break only what is new is sent."""
    view = service.session(session_id)
    if view.status in ENDED and _id(wire.progress_json(view)) == last_event_id:
        return Response(status_code=204)  # tells a browser to stop connecting
    stream = _server_sent(service, session_id, last_event_id)
    return EventSourceResponse(stream, ping=KEEP_ALIVE_S)


@router.websocket("/ws/{session_id}")
async def websocket(connection: WebSocket, session_id: SessionIdPath, service: Service) -> None:
    """Progress as JSON texts, until the analysis ends. A problem is sent as such before it closes."""
    await connection.accept()
    async with create_task_group() as group:

        async def listen() -> None:
            await _until_gone(connection)
            group.cancel_scope.cancel()

        group.start_soon(listen)
        with suppress(WebSocketDisconnect):
            await _send_changes(connection, service, session_id)
        group.cancel_scope.cancel()


async def changes(service: JobService, session_id: str, seen_id: str = "") -> AsyncIterator[Change]:
    """Every new state of a session after the one with ``seen_id``, until its analysis ends.

    Raises: SessionNotFound, SessionExpired: when it starts, or when the session goes away.
    """
    while True:
        view = service.session(session_id)
        state = wire.progress_json(view)
        if (state_id := _id(state)) != seen_id:
            seen_id = state_id
            done = view.status is Status.COMPLETED
            yield Change(state_id, await progress_json(session_id, service) if done else state)
        if view.status in ENDED or service.closing:
            return
        await asyncio.sleep(LOOK_EVERY_S)


def _id(state: bytes) -> str:
    return hashlib.blake2s(state, digest_size=8).hexdigest()


async def _server_sent(service: JobService, session_id: str, seen_id: str) -> AsyncIterator[ServerSentEvent]:
    try:
        async for change in changes(service, session_id, seen_id):
            yield ServerSentEvent(change.body.decode(), event="progress", id=change.id, retry=RETRY_MS)
    except JobError as error:
        yield ServerSentEvent(wire.to_json(problem_of(error)).decode(), event="problem")


async def _send_changes(connection: WebSocket, service: JobService, session_id: str) -> None:
    code = 1000
    try:
        async for change in changes(service, session_id):
            await connection.send_text(change.body.decode())
    except JobError as error:
        problem = problem_of(error)
        code = PRIVATE_CLOSE_CODE + problem.status
        await connection.send_text(wire.to_json(problem).decode())
    await connection.close(code)


async def _until_gone(connection: WebSocket) -> None:
    """What clients send is of no interest but for their goodbye."""
    while (await connection.receive())["type"] != "websocket.disconnect":
        pass
