"""A short clip, and a service whose model a test can script."""

import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from smolvlm_core.domain import Span
from smolvlm_core.jobs.service import JobService
from tests.clips import ClipSpec, plain, time_code, tone, write_clip
from tests.fakes import ScriptedEngine
from tests.highlights import highlights_of
from tests.jobs.studio import Studio
from tests.services import finished, running_service

THREE_MOMENTS = highlights_of(Span(4.05, 5.05), Span(1.05, 2.55), Span(6.0, 7.0))
CODED = ClipSpec(picture=time_code, duration_s=3.0, codec="libx265", sound=tone())
WAIT_S = 60.0


@pytest.fixture(scope="session")
def hevc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "coded.mp4", CODED)


@pytest.fixture(scope="session")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Takes longer to prepare than any test waits for it to begin."""
    spec = ClipSpec(codec="mpeg4", duration_s=10.0, width=1920, height=1080, picture=plain())
    return write_clip(tmp_path_factory.mktemp("clips") / "endless.avi", spec)


@pytest.fixture(scope="session")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds that show their own time."""
    spec = ClipSpec(picture=time_code, duration_s=8.0, gop_frames=1000)
    return write_clip(tmp_path_factory.mktemp("clips") / "coded.mp4", spec)


@pytest.fixture
def session_id(service: JobService, coded: Path) -> str:
    """Of ``coded``, with the highlights of ``THREE_MOMENTS``."""
    return finished(service, coded, THREE_MOMENTS)


def until(condition: Callable[[], bool], most_s: float = WAIT_S) -> None:
    end_s = time.monotonic() + most_s
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.02)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight calm seconds."""
    return write_clip(tmp_path_factory.mktemp("clips") / "calm.mp4", ClipSpec(duration_s=8.0, fps=Fraction(5)))


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def service(tmp_path: Path, engine: ScriptedEngine) -> Iterator[JobService]:
    with running_service(tmp_path / "data", engine) as service:
        yield service


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    studio = Studio(monkeypatch)
    yield studio
    studio.opened.set()
