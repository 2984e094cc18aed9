"""Progress that is pushed: the same JSON as polled, resumed without repeats, ended with the analysis."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from smolvlm_core.api import events
from smolvlm_core.api.app import create_api
from smolvlm_core.api.events import Change, changes
from smolvlm_core.api.schemas import Problem, ProgressResponse
from smolvlm_core.domain import AnalysisOptions, AnalysisType
from smolvlm_core.errors import SessionNotFound
from smolvlm_core.jobs.service import JobService
from tests.api.test_routes import HIGHLIGHTS, VIDEO, ended, hold, upload
from tests.fakes import ScriptedEngine

UNKNOWN = "00000000-0000-4000-8000-000000000007"
OPTIONS = AnalysisOptions(AnalysisType.HIGHLIGHTS, segment_duration_s=2.0)


def sent_events(text: str) -> list[dict[str, str]]:
    """The events of a stream, comments left out."""
    blocks = [block.splitlines() for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()]
    fields = [dict(line.split(": ", 1) for line in block if not line.startswith(":")) for block in blocks]
    return [found for found in fields if found]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LOOK_EVERY_S", 0.01)


async def test_a_stream_tells_every_change_until_the_end(working_client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(working_client, clip)
    await working_client.post(f"{VIDEO}/analyze/{session_id}", data=HIGHLIGHTS)
    answer = await working_client.get(f"{VIDEO}/events/{session_id}", timeout=60)
    assert answer.headers["content-type"].startswith("text/event-stream")
    sent = sent_events(answer.text)
    assert {event["event"] for event in sent} == {"progress"}
    told = [ProgressResponse.model_validate_json(event["data"]) for event in sent]
    assert [one.progress for one in told] == sorted(one.progress for one in told)
    assert told[-1].status == "completed"
    assert json.loads(sent[-1]["data"]) == (await working_client.get(f"{VIDEO}/progress/{session_id}")).json()
    ids = [event["id"] for event in sent]
    assert len(set(ids)) == len(ids)


async def test_a_stream_goes_on_after_the_last_event_seen(working_client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(working_client, clip)
    await working_client.post(f"{VIDEO}/analyze/{session_id}", data=HIGHLIGHTS)
    await ended(working_client, session_id)
    url = f"{VIDEO}/events/{session_id}"
    (last,) = sent_events((await working_client.get(url)).text)
    seen = await working_client.get(url, headers={"Last-Event-ID": last["id"]})
    assert (seen.status_code, seen.content) == (204, b"")
    (again,) = sent_events((await working_client.get(url, headers={"Last-Event-ID": "something older"})).text)
    assert again == last


async def test_only_new_states_are_changes(service: JobService, client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(client, clip)
    first = await anext(changes(service, session_id))
    told: list[Change] = []

    async def follow() -> None:
        async for change in changes(service, session_id, first.id):
            told.append(change)

    task = asyncio.create_task(follow())
    await asyncio.sleep(0.2)
    assert told == []
    service.delete(session_id)
    with pytest.raises(SessionNotFound):
        await asyncio.wait_for(task, 5)


async def test_a_session_that_goes_away_ends_its_stream(client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(client, clip)
    stream = asyncio.create_task(client.get(f"{VIDEO}/events/{session_id}", timeout=60))
    await asyncio.sleep(0.3)
    await client.delete(f"{VIDEO}/session/{session_id}")
    first, last = sent_events((await stream).text)
    assert (first["event"], last["event"]) == ("progress", "problem")
    assert Problem.model_validate_json(last["data"]).code == "session_not_found"


async def test_an_unknown_session_has_no_stream(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{VIDEO}/events/{UNKNOWN}")
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")


def messages_of(client: TestClient, session_id: str) -> tuple[list[dict[str, Any]], int]:
    """What a WebSocket was sent, and the code it was closed with."""
    received: list[dict[str, Any]] = []
    with client.websocket_connect(f"{VIDEO}/ws/{session_id}") as socket:
        socket.send_text("what clients say does not matter")
        while True:
            try:
                received.append(socket.receive_json())
            except WebSocketDisconnect as closed:
                return received, closed.code


def test_a_websocket_tells_the_same(working_service: JobService, clip_path: Path) -> None:
    session_id = working_service.adopt(clip_path, "clip.mp4").session_id
    working_service.start_analysis(session_id, OPTIONS)
    client = TestClient(create_api(working_service))
    received, code = messages_of(client, session_id)
    assert code == 1000
    told = [ProgressResponse.model_validate(message) for message in received]
    assert [one.progress for one in told] == sorted(one.progress for one in told)
    assert received[-1] == client.get(f"{VIDEO}/progress/{session_id}").json()


def test_a_websocket_to_nowhere_says_so(service: JobService) -> None:
    received, code = messages_of(TestClient(create_api(service)), UNKNOWN)
    assert code == 4404
    assert [Problem.model_validate(message).code for message in received] == ["session_not_found"]


def test_a_client_may_hang_up(working_service: JobService, engine: ScriptedEngine, clip_path: Path) -> None:
    hold(engine.model)
    session_id = working_service.adopt(clip_path, "clip.mp4").session_id
    working_service.start_analysis(session_id, OPTIONS)
    with TestClient(create_api(working_service)).websocket_connect(f"{VIDEO}/ws/{session_id}") as socket:
        assert socket.receive_json()["status"] == "analyzing"
    working_service.cancel(session_id)
