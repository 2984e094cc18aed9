"""How long an analysis takes, over REST: before it is started, and while it waits."""

from pathlib import Path

import httpx
import pytest

from smolvlm_core.jobs.service import JobService
from tests.services import HIGHLIGHTS, time_short_work_too

URL = "/api/v1/video/estimate/{}"
UNKNOWN = "4b4e6f1e-0c39-4c7a-9a1c-2f3d5e8f9b10"


async def test_nothing_is_claimed_of_a_model_that_was_never_timed(
    client: httpx.AsyncClient, service: JobService, clip_path: Path
) -> None:
    session_id = service.adopt(clip_path, "a.mp4").session_id
    answer = await client.get(URL.format(session_id), params={"analysis_type": "workout"})
    assert answer.status_code == 200
    assert answer.json() == {
        "session_id": session_id,
        "analysis_type": "workout",
        "wait_seconds": 0.0,
        "analyses_ahead": 0,
        "timed_analyses": 0,
        "message": "",
    }


async def test_after_one_there_is_an_estimate(
    working_client: httpx.AsyncClient,
    working_service: JobService,
    clip_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time_short_work_too(monkeypatch)
    session_id = working_service.adopt(clip_path, "a.mp4").session_id
    working_service.start_analysis(session_id, HIGHLIGHTS)
    working_service.wait(session_id, 60)
    answer = (await working_client.get(URL.format(session_id), params={"segment_duration": 2})).json()
    assert answer["timed_analyses"] == 1
    assert answer["estimated_seconds"] > 0
    assert answer["message"].endswith("on this machine.")


async def test_parameters_and_sessions_are_checked(
    client: httpx.AsyncClient, service: JobService, clip_path: Path
) -> None:
    session_id = service.adopt(clip_path, "a.mp4").session_id
    for wrong in ({"analysis_type": "dance"}, {"segment_duration": "0"}, {"thoroughness": "most"}):
        answer = await client.get(URL.format(session_id), params=wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter")
    assert (await client.get(URL.format(UNKNOWN))).status_code == 404
