"""A throw-away PostgreSQL server out of Debian's binaries, for tests marked ``postgres``.

``postgres_url`` gives each test an empty database. The server listens on a free port of 127.0.0.1, keeps its
files in a temporary folder, and ends with the test run. Where no server is installed the test skips.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
START_TIMEOUT_S = 30.0
SUPERUSER = "tests"


def unprivileged_user() -> str | None:
    """Whom to run the server as: it refuses root. None keeps the present user.

    The package that brings the server brings its user, too.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        pytest.skip("PostgreSQL refuses to run as root, and there is no user `postgres`")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_it_answers(server: subprocess.Popen[bytes], dsn: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(dsn, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A running server: the ``postgresql://`` URL of its maintenance database."""
    if not BINARIES:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    binaries, user, port = BINARIES[-1], unprivileged_user(), free_port()
    # Not pytest's tmp_path: another user could not reach into that.
    folder = Path(tempfile.mkdtemp(prefix="tests-postgres-"))
    data, log = folder / "data", folder / "log"
    if user:
        shutil.chown(folder, user, user)
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    initdb = [
        f"{binaries}/initdb",
        "--pgdata",
        str(data),
        "--username",
        SUPERUSER,
        "--auth",
        "trust",
        "--encoding",
        "UTF8",
        "--no-sync",
    ]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, env=environment, user=user, group=user)
    command = [
        f"{binaries}/postgres",
        "-D",
        str(data),
        "-p",
        str(port),
        "-h",
        "127.0.0.1",
        "-k",
        str(folder),
        "-F",
    ]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=output, cwd=folder, env=environment, user=user, group=user
        )
    url = f"postgresql://{SUPERUSER}@127.0.0.1:{port}/postgres"
    try:
        wait_until_it_answers(server, url, log)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(timeout=2)
        except subprocess.TimeoutExpired:
            server.send_signal(2)  # SIGINT: do not wait for clients that never said goodbye
            server.wait(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database of its own, as ``postgresql://user@127.0.0.1:port/name``."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    yield postgres_server.removesuffix("postgres") + name
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
