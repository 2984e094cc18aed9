"""The endpoints from before: they wait for the result, and leave nothing behind whatever happens."""

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from smolvlm_core.api.app import create_api
from smolvlm_core.api.results import HighlightsResults, WorkoutResults
from smolvlm_core.api.schemas import Problem
from smolvlm_core.errors import ModelError
from smolvlm_core.jobs.service import JobService
from tests.api.asgi import END, MULTIPART, part, request
from tests.api.conftest import LIMITS, files_under
from tests.api.test_routes import hold
from tests.fakes import YES, ScriptedEngine


def nothing_left(service: JobService, data_dir: Path) -> bool:
    load = service.load()
    return (load.sessions, load.queued, load.running) == (0, 0, 0) and files_under(data_dir) == set()


async def post(api: FastAPI, clip: bytes, stay_s: float | None) -> None:
    body = part("video", clip, "clip.mp4") + END
    await request(api, "/analyze/highlights", [body], {"Content-Type": MULTIPART}, stay_s=stay_s)


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came true")


@pytest.mark.parametrize("prefix", ["", "/api"])
async def test_highlights_in_one_request(
    working_client: httpx.AsyncClient,
    working_service: JobService,
    engine: ScriptedEngine,
    data_dir: Path,
    clip: bytes,
    prefix: str,
) -> None:
    engine.model.log_odds = deque([YES])
    answer = await working_client.post(
        f"{prefix}/analyze/highlights",
        files={"video": ("clip.mp4", clip)},
        data={"min_significance": "5", "max_highlights": "1"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["success"], body["analysis_type"]) == (True, "highlights")
    results = HighlightsResults.model_validate(body["data"])
    assert (results.highlights_found, results.settings.min_significance) == (1, 5)
    assert nothing_left(working_service, data_dir)


@pytest.mark.parametrize("prefix", ["", "/api"])
async def test_a_workout_in_one_request(
    working_client: httpx.AsyncClient, working_service: JobService, data_dir: Path, clip: bytes, prefix: str
) -> None:
    answer = await working_client.post(
        f"{prefix}/analyze/workout",
        files={"video": ("clip.mp4", clip)},
        data={"segment_duration": "4", "system_prompt": "Be brief."},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["success"], body["analysis_type"]) == (True, "workout_timestamps")
    results = WorkoutResults.model_validate(body["data"])
    assert (results.system_prompt, results.settings.segment_duration) == ("Be brief.", 4.0)
    assert nothing_left(working_service, data_dir)


async def test_a_failure_is_a_problem(
    working_client: httpx.AsyncClient,
    working_service: JobService,
    engine: ScriptedEngine,
    data_dir: Path,
    clip: bytes,
) -> None:
    engine.model.log_odds = deque([ModelError("The model is out of order.")])
    answer = await working_client.post("/analyze/highlights", files={"video": ("clip.mp4", clip)}, timeout=60)
    assert (answer.status_code, Problem.model_validate(answer.json()).code) == (500, "model_error")
    assert nothing_left(working_service, data_dir)


@pytest.mark.parametrize("field", [{"min_significance": "0"}, {"max_highlights": "many"}])
async def test_a_wrong_parameter_leaves_nothing(
    client: httpx.AsyncClient, service: JobService, data_dir: Path, clip: bytes, field: dict[str, str]
) -> None:
    answer = await client.post("/analyze/highlights", files={"video": ("clip.mp4", clip)}, data=field)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter")
    assert nothing_left(service, data_dir)


async def test_the_queue_bounds_them_too(
    working_client: httpx.AsyncClient,
    working_service: JobService,
    engine: ScriptedEngine,
    data_dir: Path,
    clip: bytes,
) -> None:
    hold(engine.model)
    api = create_api(working_service)
    waiting = [asyncio.create_task(post(api, clip, stay_s=None)) for _ in range(LIMITS.queue_limit)]
    await until(lambda: working_service.load().queued + working_service.load().running == LIMITS.queue_limit)
    answer = await working_client.post("/analyze/highlights", files={"video": ("clip.mp4", clip)})
    assert (answer.status_code, answer.json()["code"]) == (429, "queue_full")
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await until(lambda: nothing_left(working_service, data_dir))


async def test_a_client_that_leaves_cancels_the_work(
    working_service: JobService, engine: ScriptedEngine, data_dir: Path, clip: bytes
) -> None:
    hold(engine.model)
    await asyncio.wait_for(post(create_api(working_service), clip, stay_s=1.0), 15)
    assert nothing_left(working_service, data_dir)
