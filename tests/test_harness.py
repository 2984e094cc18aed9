"""The test run's own helpers: skips that fail in CI, and the throw-away PostgreSQL."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

SKIPPING_TESTS = """
import pytest

@pytest.mark.skip(reason="not today")
def test_marked(): ...

def test_says_so(): pytest.skip("nor tomorrow")

@pytest.mark.xfail(reason="known")
def test_known(): assert False
"""
SKIPPING_MODULE = 'import pytest\npytest.skip("whole module", allow_module_level=True)\n'


def run_pytest(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parent.parent
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.no_skips",
        "-p",
        "no:cacheprovider",
        "-rA",
        str(folder),
    ]
    environment = {"CI": ci, "PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, env=environment)


def test_a_skip_fails_in_ci(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(SKIPPING_TESTS)
    run = run_pytest(tmp_path, ci="true")
    assert run.returncode == 1
    assert "1 failed, 1 xfailed, 1 error" in run.stdout
    assert "nothing may skip in CI: Skipped: nor tomorrow" in run.stdout
    assert "nothing may skip in CI: Skipped: not today" in run.stdout


def test_a_skipped_module_fails_in_ci(tmp_path: Path) -> None:
    (tmp_path / "test_whole.py").write_text(SKIPPING_MODULE)
    run = run_pytest(tmp_path, ci="true")
    assert run.returncode != 0
    assert "nothing may skip in CI: Skipped: whole module" in run.stdout


def test_a_skip_is_fine_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(SKIPPING_TESTS)
    (tmp_path / "test_whole.py").write_text(SKIPPING_MODULE)
    run = run_pytest(tmp_path, ci="")
    assert run.returncode == 0
    assert "3 skipped, 1 xfailed" in run.stdout


@pytest.mark.postgres
def test_postgres_gives_every_test_an_empty_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE first (id int)")
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (1,)


@pytest.mark.postgres
def test_postgres_does_not_hand_on_what_another_test_made(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (0,)
