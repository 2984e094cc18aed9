"""The scripts work in an empty folder with nothing but Python: they make .venv, install once, and hand over."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APP = """
import os, sys, time
try:
    print("started", sys.argv[1:], os.environ["PORT"], flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(7)
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose requirements are empty, so that installing needs no network."""
    folder = tmp_path_factory.mktemp("a checkout with spaces")
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    for name in ("requirements.txt", "requirements-dev.txt"):
        (folder / name).write_text("# nothing\n")
    (folder / "app.py").write_text(APP)
    return folder


def environment(python: str) -> dict[str, str]:
    return os.environ | {"PYTHON": python, "PORT": "1234", "PIP_NO_INDEX": "1"}


def install(checkout: Path, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    command = [str(checkout / "scripts" / "install"), *arguments]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, cwd="/", env=environment(python), timeout=60
    )


@pytest.mark.slow
def test_installs_once_and_again_when_requirements_change(checkout: Path) -> None:
    first = install(checkout)
    assert first.returncode == 0, first.stderr
    assert "Installing requirements.txt" in first.stderr
    assert (checkout / ".venv" / "bin" / "python").exists()
    assert install(checkout).stderr == ""
    with_dev = install(checkout, "dev")
    assert "requirements-dev.txt" in with_dev.stderr
    assert "requirements.txt" not in with_dev.stderr
    (checkout / "requirements.txt").write_text("# still nothing\n")
    assert "Installing requirements.txt" in install(checkout).stderr


def test_a_failed_install_is_tried_again(checkout: Path) -> None:
    requirements = checkout / "requirements.txt"
    before = requirements.read_text()
    requirements.write_text("./no-such-package\n")
    assert install(checkout).returncode != 0
    assert install(checkout).returncode != 0
    requirements.write_text(before)
    assert install(checkout).returncode == 0


@pytest.fixture
def heeded_ctrl_c() -> Iterator[None]:
    """A shell's background jobs ignore Ctrl-C, and so would what these tests start where they run as one."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded_ctrl_c")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_hands_over_arguments_environment_and_signals(checkout: Path, number: signal.Signals) -> None:
    command = [str(checkout / "scripts" / "run"), "--flag", "a b"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd="/", env=environment(sys.executable)
    ) as app:
        assert app.stdout is not None
        lines = iter(app.stdout.readline, "")
        assert next(line for line in lines if "started" in line) == "started ['--flag', 'a b'] 1234\n"
        app.send_signal(number)
        assert app.wait(timeout=10) == (7 if number == signal.SIGINT else -signal.SIGTERM)


def test_says_when_python_is_too_old(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    old = install(tmp_path, python="/bin/false")
    assert old.returncode == 1
    assert "Python 3.11 or newer is needed" in old.stderr


def test_says_which_package_debian_lacks(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    python = tmp_path / "python-without-venv"
    python.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\nexit 0\n')
    python.chmod(0o755)
    lacking = install(tmp_path, python=str(python))
    assert lacking.returncode == 1
    assert "apt-get install python3-venv" in lacking.stderr


@pytest.mark.parametrize("name", ["install", "run", "test", "check"])
def test_scripts_are_short_and_executable(name: str) -> None:
    script = ROOT / "scripts" / name
    assert os.access(script, os.X_OK)
    assert len(script.read_text().splitlines()) <= 30
