"""A short clip, and a service whose model a test can script."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from smolvlm_core.jobs.service import JobService
from tests.clips import ClipSpec, write_clip
from tests.fakes import ScriptedEngine
from tests.services import running_service


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
