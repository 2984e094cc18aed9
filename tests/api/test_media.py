"""The uploaded video comes back byte for byte, whole or in part."""

import uuid

import httpx

VIDEO = "/api/v1/video"


async def upload(client: httpx.AsyncClient, clip: bytes, name: str) -> str:
    answer = await client.post(f"{VIDEO}/upload", files={"video": (name, clip)})
    return str(answer.json()["session_id"])


async def test_the_video_comes_back_whole_with_its_name(client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(client, clip, "Übung 1.mp4")
    answer = await client.get(f"{VIDEO}/source/{session_id}")
    assert (answer.status_code, answer.content) == (200, clip)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_player_seeks_by_range(client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(client, clip, "a.mp4")
    url = f"{VIDEO}/source/{session_id}"
    part = await client.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, clip[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(clip)}"
    beyond = await client.get(url, headers={"Range": f"bytes={len(clip)}-"})
    assert beyond.status_code == 416


async def test_an_unknown_session_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{VIDEO}/source/{uuid.uuid4()}")
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")


async def test_a_suffix_that_is_no_video_is_never_shown_as_a_page(client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(client, clip, "page.html")
    answer = await client.get(f"{VIDEO}/source/{session_id}")
    assert answer.headers["content-type"] == "video/mp4"
