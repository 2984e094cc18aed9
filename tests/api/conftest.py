"""A real service behind the REST interface; every answer is searched for what must not leave the server."""

from collections.abc import AsyncIterator, Iterator
from fractions import Fraction
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from smolvlm_core.api.app import create_api
from smolvlm_core.domain import Limits
from smolvlm_core.jobs.service import JobService
from tests.clips import ClipSpec, write_clip
from tests.fakes import ScriptedEngine
from tests.services import make_service, running_service

LIMITS = Limits(max_upload_bytes=3 * 1024**2, max_duration_s=60.0, max_side_px=640, queue_limit=2)


@pytest.fixture(scope="session")
def clip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight calm seconds."""
    return write_clip(tmp_path_factory.mktemp("clips") / "calm.mp4", ClipSpec(duration_s=8.0, fps=Fraction(5)))


@pytest.fixture(scope="session")
def clip(clip_path: Path) -> bytes:
    return clip_path.read_bytes()


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def service(data_dir: Path, engine: ScriptedEngine) -> JobService:
    """Takes uploads; runs nothing."""
    return make_service(data_dir, engine, LIMITS)


@pytest.fixture
def working_service(data_dir: Path, engine: ScriptedEngine) -> Iterator[JobService]:
    """Runs analyses as well."""
    with running_service(data_dir, engine, LIMITS) as service:
        yield service


@pytest.fixture
def api(service: JobService) -> FastAPI:
    return create_api(service)


@pytest.fixture
async def client(api: FastAPI, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(api, tmp_path) as client:
        yield client


@pytest.fixture
async def working_client(working_service: JobService, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(create_api(working_service), tmp_path) as client:
        yield client


def client_of(api: FastAPI, tmp_path: Path) -> httpx.AsyncClient:
    """A client that fails the test when an answer carries a server path or a traceback."""

    async def search(response: httpx.Response) -> None:
        await response.aread()
        text = response.text + str(response.headers)
        for secret in (str(tmp_path), "/tmp/", "/root/", "site-packages", "Traceback", str(Path.cwd())):
            assert secret not in text, f"{response.url} tells {secret}"

    transport = httpx.ASGITransport(api, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test", event_hooks={"response": [search]})


def files_under(data_dir: Path) -> set[str]:
    """Every file and folder of uploads and sessions."""
    return {path.name for path in data_dir.rglob("*") if not path.name.startswith("jobs.sqlite")}
