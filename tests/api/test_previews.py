"""The preview over HTTP: told at the upload, followed with POST, sent with ranges once it is there."""

import asyncio
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from smolvlm_core.domain import CheckCancelled
from smolvlm_core.errors import ClipError
from smolvlm_core.jobs import previews
from smolvlm_core.jobs.preview_process import PreviewOrder
from smolvlm_core.jobs.service import JobService
from smolvlm_core.video.reel import ReportShare
from tests.clips import ClipSpec, time_code, write_clip
from tests.movies import read_movie

VIDEO = "/api/v1/video"
CODED = ClipSpec(picture=time_code, duration_s=2.0, codec="libx265")


@pytest.fixture(scope="session")
def hevc(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_clip(tmp_path_factory.mktemp("clips") / "coded.mp4", CODED).read_bytes()


async def upload(client: httpx.AsyncClient, clip: bytes) -> dict[str, Any]:
    answer = await client.post(f"{VIDEO}/upload", files={"video": ("Übung 1.mp4", clip)})
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


async def ready(client: httpx.AsyncClient, session_id: str) -> dict[str, Any]:
    """The answer to the poll after which it is neither waiting nor being made."""
    end_s = time.monotonic() + 60
    while time.monotonic() < end_s:
        found: dict[str, Any] = (await client.post(f"{VIDEO}/preview/{session_id}")).json()
        if found["status"] not in ("waiting", "making"):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("it took too long")


def held(order: PreviewOrder, check: CheckCancelled, report: ReportShare) -> None:
    """In place of the process: at 42 % until it is stopped."""
    report(0.42)
    while True:
        check()
        time.sleep(0.01)


async def test_from_upload_to_a_video_that_browsers_play(
    working_client: httpx.AsyncClient, hevc: bytes, tmp_path: Path
) -> None:
    told = await upload(working_client, hevc)
    session_id = told["session_id"]
    assert (told["preview"]["needed"], told["preview"]["reason"]) == (
        True,
        "Most browsers cannot play HEVC video.",
    )
    assert told["preview"]["status"] in ("waiting", "making")
    assert await ready(working_client, session_id) == {
        "session_id": session_id,
        "needed": True,
        "reason": "Most browsers cannot play HEVC video.",
        "status": "ready",
        "progress": 100.0,
    }
    progress = (await working_client.get(f"{VIDEO}/progress/{session_id}")).json()
    assert (progress["preview"]["status"], "progress" in progress["preview"]) == ("ready", False)
    answer = await working_client.get(f"{VIDEO}/preview/{session_id}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.headers["content-disposition"] == (
        "inline; filename=\"Ubung 1 preview.mp4\"; filename*=UTF-8''%C3%9Cbung%201%20preview.mp4"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    (tmp_path / "preview.mp4").write_bytes(answer.content)
    movie = read_movie(tmp_path / "preview.mp4")
    assert movie.codes_s == pytest.approx(list(CODED.frame_times_s), abs=0.011)


async def test_a_player_seeks_by_range(working_client: httpx.AsyncClient, hevc: bytes) -> None:
    session_id = (await upload(working_client, hevc))["session_id"]
    await ready(working_client, session_id)
    url = f"{VIDEO}/preview/{session_id}"
    whole = await working_client.get(url)
    part = await working_client.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    beyond = await working_client.get(url, headers={"Range": f"bytes={len(whole.content)}-"})
    assert beyond.status_code == 416
    again = await working_client.get(url, headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_video_that_plays_as_it_is_has_none_until_somebody_asks(
    working_client: httpx.AsyncClient, clip: bytes
) -> None:
    told = await upload(working_client, clip)
    assert told["preview"] == {
        "needed": False,
        "reason": "Browsers play this file as it is.",
        "status": "none",
    }
    assert (await ready(working_client, told["session_id"]))["status"] == "ready"
    assert (await working_client.get(f"{VIDEO}/preview/{told['session_id']}")).status_code == 200


async def test_while_it_is_made_it_is_not_sent(
    working_client: httpx.AsyncClient, working_service: JobService, hevc: bytes
) -> None:
    working_service.previews.make = held
    session_id = (await upload(working_client, hevc))["session_id"]
    end_s = time.monotonic() + 10
    while (found := (await working_client.post(f"{VIDEO}/preview/{session_id}")).json())["status"] == "waiting":
        assert time.monotonic() < end_s
    assert (found["status"], found["progress"]) == ("making", 42.0)
    answer = await working_client.get(f"{VIDEO}/preview/{session_id}")
    assert (answer.status_code, answer.json()["code"]) == (503, "preview_not_ready")
    assert answer.headers["retry-after"] == "5"
    assert "42 %" in answer.json()["detail"]
    assert (await working_client.delete(f"{VIDEO}/session/{session_id}")).status_code == 200
    assert (await working_client.get(f"{VIDEO}/preview/{session_id}")).status_code == 404


async def test_what_cannot_be_made_is_told(
    working_client: httpx.AsyncClient,
    working_service: JobService,
    hevc: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(order: PreviewOrder, check: CheckCancelled, report: ReportShare) -> None:
        raise ClipError("It broke.")

    working_service.previews.make = broken
    session_id = (await upload(working_client, hevc))["session_id"]
    found = await ready(working_client, session_id)
    assert (found["status"], found["error"], found["error_code"]) == ("failed", "It broke.", "clip_error")
    answer = await working_client.get(f"{VIDEO}/preview/{session_id}")
    assert (answer.status_code, answer.json()["code"]) == (500, "clip_error")
    monkeypatch.setattr(previews, "FAILED_FOR_S", 0.0)
    monkeypatch.setattr(previews, "QUEUED_MOST", 0)
    answer = await working_client.post(f"{VIDEO}/preview/{session_id}")
    assert (answer.status_code, answer.json()["code"]) == (503, "renderer_busy")
    assert answer.headers["retry-after"] == "10"


async def test_an_unknown_session_is_a_problem(client: httpx.AsyncClient) -> None:
    for method in ("GET", "POST"):
        answer = await client.request(method, f"{VIDEO}/preview/{uuid.uuid4()}")
        assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")


async def test_one_request_that_keeps_nothing_prepares_nothing(
    working_client: httpx.AsyncClient, working_service: JobService, hevc: bytes
) -> None:
    made: list[PreviewOrder] = []
    working_service.previews.make = lambda order, _check, _report: made.append(order)
    answer = await working_client.post("/analyze/highlights", files={"video": ("a.mp4", hevc)})
    assert answer.status_code == 200
    assert made == []
