"""Small pictures over REST: a JPEG that browsers keep, or a problem that says why there is none."""

import httpx
import pytest

from smolvlm_core.jobs import pictures
from tests.api.test_routes import VIDEO, problem, upload


async def test_a_picture_is_a_jpeg_that_browsers_keep(client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(client, clip)
    answer = await client.get(f"{VIDEO}/thumbnail/{session_id}?t=2.5")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["cache-control"] == "private, max-age=86400, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content.startswith(b"\xff\xd8\xff")
    assert len(answer.content) < 60_000
    assert (await client.get(f"{VIDEO}/thumbnail/{session_id}")).status_code == 200


@pytest.mark.parametrize("sent", ["-1", "nan", "inf", "soon", "1e9"])
async def test_a_time_that_is_none_is_named(client: httpx.AsyncClient, clip: bytes, sent: str) -> None:
    found = problem(await client.get(f"{VIDEO}/thumbnail/{await upload(client, clip)}?t={sent}"))
    assert found.status == 422
    assert found.errors is not None
    assert [one.field for one in found.errors] == ["t"]


async def test_where_there_is_no_picture(
    client: httpx.AsyncClient, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = problem(await client.get(f"{VIDEO}/thumbnail/00000000-0000-4000-8000-000000000007?t=1"))
    assert (found.status, found.code) == (404, "session_not_found")
    monkeypatch.setattr(pictures, "thumbnails", lambda *_: (None,))
    found = problem(await client.get(f"{VIDEO}/thumbnail/{await upload(client, clip)}?t=1"))
    assert (found.status, found.code) == (404, "picture_not_found")
