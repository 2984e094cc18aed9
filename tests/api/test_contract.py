"""The whole way over REST with the model of measured signals, as a client that knows only the contract goes it."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import httpx
import pytest

from smolvlm_core.api.app import create_api
from smolvlm_core.domain import Span
from smolvlm_core.models.engine import EngineOptions, ModelEngine
from tests.api.conftest import client_of, files_under
from tests.api.contract import (
    ContractClient,
    check_fields,
    check_highlights,
    check_workout,
    exactly,
    flag,
    words,
)
from tests.clips import ClipSpec, calm, in_turn, tone, wild_balls, write_clip
from tests.services import running_service

DURATION_S = 24.0
LIVELY = Span(10.0, 14.0)


@pytest.fixture(scope="module")
def needle(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Calm, but for four lively and loud seconds."""
    picture = in_turn((0.0, calm()), (LIVELY.start_s, wild_balls()), (LIVELY.end_s, calm()))
    spec = ClipSpec(duration_s=DURATION_S, fps=Fraction(8), picture=picture, sound=tone(LIVELY))
    return write_clip(tmp_path_factory.mktemp("needle") / "needle.mp4", spec).read_bytes()


@pytest.fixture
def http(tmp_path: Path, data_dir: Path) -> Iterator[httpx.AsyncClient]:
    with running_service(data_dir, ModelEngine(EngineOptions(backend="signals"))) as service:
        yield client_of(create_api(service), tmp_path)


async def test_highlights_of_a_clip(http: httpx.AsyncClient, needle: bytes, data_dir: Path) -> None:
    client = ContractClient(http)
    uploaded = await client.upload("my needle.mp4", needle, "calm but for a moment")
    assert uploaded["video_info"]["filename"] == "my needle.mp4"
    assert abs(uploaded["video_info"]["duration"] - DURATION_S) < 0.5
    session_id = uploaded["session_id"]
    results = await client.analyze(
        session_id, analysis_type="highlights", segment_duration=4, min_significance=4, max_highlights=2
    )
    check_highlights(results, DURATION_S, min_significance=4, max_highlights=2)
    best = results["highlights"][0]
    assert best["start_timestamp"] < LIVELY.end_s
    assert best["end_timestamp"] > LIVELY.start_s
    again = await client.analyze(session_id, analysis_type="workout", segment_duration=5)
    check_workout(again, DURATION_S)
    await client.delete(session_id)
    assert files_under(data_dir) == set()


async def test_a_workout_of_a_clip(http: httpx.AsyncClient, needle: bytes) -> None:
    client = ContractClient(http)
    session_id = (await client.upload("workout.mp4", needle))["session_id"]
    prompts = {"system_prompt": "You are a coach.", "user_prompt": "Which exercise?"}
    results = await client.analyze(session_id, analysis_type="workout", segment_duration=4, **prompts)
    check_workout(results, DURATION_S)
    assert {name: results[name] for name in prompts} == prompts
    assert results["exercise_steps"]
    await client.delete(session_id)


async def test_refusals(http: httpx.AsyncClient, needle: bytes) -> None:
    client = ContractClient(http)
    session_id = (await client.upload("a.mp4", needle))["session_id"]
    assert (await client.refused(409, "GET", f"/results/{session_id}"))["code"] == "not_completed"
    for form in ({}, {"analysis_type": "dance"}, {"analysis_type": "highlights", "min_significance": 11}):
        await client.refused(422, "POST", f"/analyze/{session_id}", data=form)
    await client.refused(422, "POST", "/upload", data={"description": "no file"})
    await client.refused(415, "POST", "/upload", files={"video": ("a.mp4", b"not a video")})
    await client.delete(session_id)


async def test_the_endpoints_from_before(http: httpx.AsyncClient, needle: bytes, data_dir: Path) -> None:
    files = {"video": ("a.mp4", needle)}
    fields = {"min_significance": 4, "max_highlights": 3}
    highlights = (await http.post("/api/analyze/highlights", files=files, data=fields, timeout=120)).json()
    check_fields(highlights, {"success": exactly(True), "analysis_type": exactly("highlights")}, "highlights")
    check_highlights(highlights["data"], DURATION_S, min_significance=4, max_highlights=3)
    workout = (await http.post("/analyze/workout", files=files, data={"segment_duration": 6}, timeout=120)).json()
    check_fields(workout, {"success": exactly(True), "analysis_type": exactly("workout_timestamps")}, "workout")
    check_workout(workout["data"], DURATION_S)
    promised = {"status": exactly("healthy"), "analyzer_initialized": flag, "ready": flag}
    for path in ("/health", "/api/health"):
        health = (await http.get(path)).json()
        check_fields(health, promised, path)
        assert words(health["model"]["backend"])
    assert files_under(data_dir) == set()
