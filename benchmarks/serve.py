"""Starts the app as a child process on a free port with a folder of its own, and ends it by its process id."""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
START_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running app. ``startup_s`` is the time from the start of the process to the first answer of the page."""

    base_url: str
    process: subprocess.Popen[bytes]
    data_dir: Path
    log: Path
    startup_s: float

    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def peak_rss_bytes(self) -> int:
        """The most memory the process held so far (Linux), its children not counted."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("this kernel does not tell VmHWM")

    def kill(self) -> None:
        """As ``kill -9``: no clean-up of any kind runs."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit status. Raises TimeoutExpired when the process does not end."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=STOP_TIMEOUT_S)


def free_port() -> int:
    """One that the system gives to no client: asking a server that is not there yet could take its port."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def start(
    data_dir: Path,
    settings: Mapping[str, str] | None = None,
    command: Sequence[str] = ("app.py",),
    folder: Path = ROOT,
) -> Server:
    """Starts the app over ``data_dir``; ``settings`` are environment variables on top of the present ones.

    Args: command: what Python runs, in ``folder``.

    Raises: RuntimeError: the app ended, or the page did not answer within ``START_TIMEOUT_S``.
    """
    port = free_port()
    log = data_dir / f"server-{port}.log"
    environment = os.environ | {
        "PORT": str(port),
        "SMOLVLM_DATA_DIR": str(data_dir / "data"),
        "GRADIO_ANALYTICS_ENABLED": "False",
        "PYTHONUNBUFFERED": "1",
        **(settings or {}),
    }
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    base_url = f"http://127.0.0.1:{port}"
    while not answers(base_url):
        if process.poll() is not None or time.monotonic() - started > START_TIMEOUT_S:
            process.kill()
            raise RuntimeError(f"the app did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.1)
    return Server(base_url, process, data_dir / "data", log, time.monotonic() - started)


def answers(base_url: str) -> bool:
    try:
        return all(httpx.get(base_url + path, timeout=5).status_code == 200 for path in ("/health", "/"))
    except httpx.HTTPError:
        return False


@contextmanager
def running(settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """The app in a temporary folder, ended and removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        server = start(Path(folder), settings)
        try:
            yield server
        finally:
            try:
                if server.process.poll() is None:
                    server.stop()
            except subprocess.TimeoutExpired:
                server.kill()
                raise
