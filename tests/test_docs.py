"""The README is true: its settings are those of the code, its files exist, its examples run as they stand."""

import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from benchmarks.serve import Server, running
from smolvlm_core.domain import Span
from smolvlm_core.settings import PREFIX, Settings
from tests.clips import ClipSpec, calm, exercising, in_turn, tone, wild_balls, write_clip

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LOCAL_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
CODE_PATH = re.compile(
    r"`((?:[\w.-]+/)*[\w-]+\.(?:py|md|json|yml|txt|toml))`|`((?:scripts|docs|benchmarks|tests)/[\w./-]*)`"
)
MAP_LINE = re.compile(r"^( *)([\w./ -]+?)(?:  +\S.*)?$")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def front_matter() -> dict[str, Any]:
    header: dict[str, Any] = yaml.safe_load(README.split("---\n")[1])
    return header


# -- Header of the Space --------------------------------------------------------------------


def test_header_is_what_a_space_reads() -> None:
    header = front_matter()
    assert header["sdk"] == "gradio"
    assert (ROOT / header["app_file"]).exists()
    assert len(header["short_description"]) <= 60
    assert isinstance(header["python_version"], str), "3.12 without quotes would be a number"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"].lower() == header["license"]


# -- Settings -------------------------------------------------------------------------------


def shown_default(name: str, value: object) -> str:
    if value is None or value == ():
        return ""
    if name.endswith("_bytes") and isinstance(value, int):
        return f"`{value}` ({value // 1024**3} GiB)"
    if name.endswith("_s") and isinstance(value, float):
        return f"`{value:.0f}` ({value / 3600:.0f} h)"
    return f"`{value}`"


def settings_table() -> str:
    rows = ["| variable | default | |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown_default(name, field.default)} | {field.description} |")
    return "\n".join(rows)


def test_settings_table_is_that_of_the_code() -> None:
    table = settings_table()
    assert table in README, f"the README's settings should read:\n{table}"


def test_documents_name_no_setting_that_does_not_exist() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for document in [ROOT / "README.md", ROOT / "Dockerfile", *(ROOT / "docs").rglob("*.md")]:
        named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", document.read_text(encoding="utf-8")))
        assert named <= known, document.name


# -- Files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/log.md"])
def test_every_file_named_exists(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    links = LOCAL_LINK.findall(text)
    named = ["".join(groups) for groups in CODE_PATH.findall(text)]
    made_at_run_time = {"manifest.json", "results.json", "openapi.json"}
    for path in set(links + named) - made_at_run_time:
        places = [ROOT / path, ROOT / "smolvlm_core" / path]
        assert any(place.exists() for place in places), f"{document} names {path}"


def test_file_map_is_complete() -> None:
    """Every path of the map exists, and every room of the package is on it."""
    (file_map,) = re.findall(r"^```\n(app\.py .*?)^```", README, re.DOTALL | re.MULTILINE)
    listed: set[str] = set()
    for line in file_map.splitlines():
        match = MAP_LINE.match(line)
        assert match, line
        inside = "smolvlm_core/" if match.group(1) else ""
        listed |= {inside + name.rstrip("/") for name in match.group(2).split()}
    for path in listed:
        assert (ROOT / path).exists(), f"the map names {path}"
    rooms = {f"smolvlm_core/{path.name}" for path in (ROOT / "smolvlm_core").iterdir() if path.name[0] != "_"}
    assert rooms <= listed, f"the map misses {rooms - listed}"


# -- Examples -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running({"SMOLVLM_BACKEND": "signals", "SMOLVLM_POSE": "off"}) as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the examples find their ``video.mp4``: half a minute of a wall, in which something happens once."""
    wall, event = calm(), Span(16.0, 21.0)
    picture = in_turn((0.0, wall), (event.start_s, wild_balls()), (event.end_s, wall))
    spec = ClipSpec(duration_s=32.0, fps=Fraction(10), picture=picture, sound=tone(loud=event))
    write_clip(tmp_path / "video.mp4", spec)
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    environment = os.environ | {"GRADIO_ANALYTICS_ENABLED": "False"}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=folder, timeout=120, env=environment
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.mark.slow
def test_python_example_runs(server: Server, folder: Path) -> None:
    (example,) = blocks("python")
    example = example.replace("http://localhost:7860", server.base_url)
    assert len(example.strip().splitlines()) <= 6
    printed = run([sys.executable, "-c", example], folder)
    lines = [line for line in printed.splitlines() if re.match(r"\d\d:\d\d - \d\d:\d\d \d", line)]
    assert lines, f"no highlight was printed:\n{printed}"


@pytest.mark.slow
def test_shell_example_runs(server: Server, folder: Path) -> None:
    (example,) = [block for block in blocks("sh") if "curl" in block]
    example = example.replace("http://localhost:7860", server.base_url)
    printed = run(["bash", "-euo", "pipefail", "-c", example], folder)
    assert '"analysis_complete":true' in printed.replace(" ", "")
    assert '"cleaned_up"' in printed


INLINE_CURL = re.compile(r"`(curl [^`]+)`")
# What is analyzed for a line that has this in it, and how what it gives back begins or what that holds.
GIVEN = {
    "/chart/": ("workout", b"\x89PNG"),
    "/export/": ("highlights", b"<!doctype html>"),
    "-X PATCH": ("workout", b'"exercise_name":"Lunge"'),
}


def analyzed(server: Server, clip: Path, kind: str) -> str:
    """The id of a session of the clip, analyzed."""
    api = f"{server.base_url}/api/v1/video"
    with clip.open("rb") as file:
        uploaded = httpx.post(f"{api}/upload", files={"video": file}, timeout=60)
    session_id = str(uploaded.json()["session_id"])
    httpx.post(f"{api}/analyze/{session_id}", data={"analysis_type": kind}, timeout=60)
    end_s = time.monotonic() + 120
    while httpx.get(f"{api}/progress/{session_id}", timeout=60).json()["status"] == "analyzing":
        assert time.monotonic() < end_s
        time.sleep(0.2)
    return session_id


@pytest.mark.slow
@pytest.mark.parametrize("command", INLINE_CURL.findall(README))
def test_lines_for_the_shell_in_the_text_run(server: Server, folder: Path, command: str) -> None:
    """In the shell of the example above, whose variables they use."""
    ((kind, expected),) = [given for part, given in GIVEN.items() if part in command]
    clip = folder / "video.mp4"
    if kind == "workout":
        write_clip(clip, ClipSpec(18.0, Fraction(15), picture=exercising([Span(2.0, 16.0)])))
    before = set(folder.iterdir())
    settings = f"API={server.base_url}/api/v1/video; ID={analyzed(server, clip, kind)}\n"
    printed = run(["bash", "-euo", "pipefail", "-c", settings + command], folder)
    fetched = [path.read_bytes() for path in set(folder.iterdir()) - before]
    given = (fetched or [printed.replace(" ", "").encode()])[0]
    assert expected.lower() in given.lower(), given[:200]


def test_every_line_for_the_shell_is_known_here() -> None:
    assert len(INLINE_CURL.findall(README)) == len(GIVEN)
