"""Rules of every test: no network, no ERROR in the log, nothing written outside ``tmp_path``."""

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMED_POSE_DIR = os.environ.get("SMOLVLM_POSE_DIR")

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
for name in [name for name in os.environ if name.upper().startswith("SMOLVLM_")]:
    del os.environ[name]

import pytest

pytest_plugins = ["tests.no_skips", "tests.postgres"]

ROOT = Path(__file__).parent.parent
LOOPBACK = {"127.0.0.1", "::1", "localhost", "0.0.0.0"}


@pytest.fixture(autouse=True)
def network_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only loopback answers; anything else fails the test that asked."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def no_errors_logged(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Iterator[None]:
    """An ERROR in the log fails the test, unless it is marked ``logs_errors``."""
    yield
    if request.node.get_closest_marker("logs_errors"):
        return
    records = [r for phase in ("setup", "call") for r in caplog.get_records(phase) if r.levelno >= logging.ERROR]
    assert not records, "logged: " + "; ".join(record.getMessage() for record in records)


@pytest.fixture(scope="session")
def pose_files() -> Path:
    """The folder with BlazePose's two files: SMOLVLM_POSE_DIR, or where ``.ci/run`` fetches them to."""
    from smolvlm_core.models.fetch import is_whole, pose_folder

    pytest.importorskip("ai_edge_litert.interpreter", reason="LiteRT is not installed", exc_type=ImportError)
    folder = Path(NAMED_POSE_DIR) if NAMED_POSE_DIR else pose_folder(ROOT / ".data")
    if not is_whole(folder):
        pytest.skip(f"BlazePose is not in {folder}: run python -m smolvlm_core.models.fetch")
    return folder
