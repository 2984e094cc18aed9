"""Health, readiness and metrics."""

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from smolvlm_core.api.app import create_api
from smolvlm_core.api.schemas import HealthResponse, Problem
from smolvlm_core.domain import ModelState, ModelStatus
from smolvlm_core.jobs.service import JobService
from tests.fakes import ScriptedEngine

VIDEO = "/api/v1/video"


def loading(engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    status = ModelStatus(ModelState.DOWNLOADING, "Downloading SmolVLM2", percent=12.5)
    monkeypatch.setattr(engine, "status", lambda: status)


@pytest.mark.parametrize("path", ["/health", "/api/health"])
async def test_a_ready_service(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    health = HealthResponse.model_validate(answer.json())
    assert (health.status, health.analyzer_initialized, health.ready) == ("healthy", True, True)
    assert (health.model.status, health.model.backend, health.model.id) == ("ready", "scripted", "tests/scripted")
    assert (health.queue.queued, health.queue.running, health.queue.limit) == (0, 0, 2)


async def test_a_service_without_its_model_yet(
    client: httpx.AsyncClient, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading(engine, monkeypatch)
    health = (await client.get("/health")).json()
    assert (health["status"], health["analyzer_initialized"], health["ready"]) == ("healthy", False, False)
    assert health["model"] == {"status": "downloading", "message": "Downloading SmolVLM2", "percent": 12.5}


async def test_readiness(
    client: httpx.AsyncClient, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await client.get("/ready")).json() == {"ready": True, "message": "ready"}
    loading(engine, monkeypatch)
    answer = await client.get("/ready")
    assert (answer.status_code, Problem.model_validate(answer.json()).code) == (503, "model_unavailable")


def sample(text: str, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(text):
        for found in family.samples:
            if found.name == name and labels.items() <= found.labels.items():
                return found.value
    return None


async def test_metrics_count_what_happens(client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = ""
    for data in (clip, clip, b"no video"):
        answer = (await client.post(f"{VIDEO}/upload", files={"video": ("a.mp4", data)})).json()
        session_id = answer.get("session_id", session_id)
    for _ in range(3):
        await client.get(f"{VIDEO}/progress/{session_id}")
    await client.get("/api/no/such/path")
    await client.request("BREW", "/health")
    text = (await client.get("/metrics")).text
    assert sample(text, "smolvlm_uploads_total", outcome="stored") == 2
    assert sample(text, "smolvlm_uploads_total", outcome="unsupported_container") == 1
    assert sample(text, "smolvlm_sessions") == 2
    assert sample(text, "smolvlm_disk_used_bytes") == 2 * len(clip)
    assert sample(text, "smolvlm_tasks", state="queued") == 0
    assert sample(text, "smolvlm_model_ready") == 1
    operation = f"{VIDEO}/progress/{{id}}"
    assert sample(text, "smolvlm_request_seconds_count", method="GET", operation=operation, status="200") == 3
    assert sample(text, "smolvlm_request_seconds_count", operation="other", status="404") == 1
    assert sample(text, "smolvlm_request_seconds_count", method="other") == 1
    assert session_id not in text


async def test_metrics_count_analyses(working_client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = (await working_client.post(f"{VIDEO}/upload", files={"video": ("a.mp4", clip)})).json()[
        "session_id"
    ]
    await working_client.post(f"{VIDEO}/analyze/{session_id}", data={"analysis_type": "workout"})
    text = (await working_client.get("/metrics")).text
    assert sample(text, "smolvlm_tasks_started_total", analysis_type="workout") == 1
    await working_client.delete(f"{VIDEO}/session/{session_id}")


def test_every_app_has_metrics_of_its_own(service: JobService) -> None:
    assert isinstance(create_api(service), FastAPI)
    assert isinstance(create_api(service), FastAPI)
