"""What deploys the app agrees with the app. No Docker runs here: the Dockerfile is read, what it copies is
started, and what it runs is run where that needs no image.
"""

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from huggingface_hub import SpaceHardware
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from benchmarks.serve import Server, start
from smolvlm_core.models.checkpoint import NEEDED, UNNEEDED
from smolvlm_core.models.engine import CHECKPOINT_ON_CPU, CHECKPOINT_ON_GPU

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
# As https://huggingface.co/docs/hub/spaces-zerogpu listed them in 2026.
ZERO_GPU_PYTHONS = {"3.10", "3.12"}
ZERO_GPU_TORCH = ("2.8.0", "2.9.1", "2.10.0", "2.11.0")
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
COMPILERS = ("gcc", "g++", "build-essential", "cmake", "apt-get", "apk ")


def header() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    return found


def requirements() -> dict[str, Requirement]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    parsed = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {one.name: one for one in parsed}


def workflow(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8"))
    return found


# -- Space ----------------------------------------------------------------------------------


def test_header_has_what_the_hub_knows_and_nothing_else() -> None:
    kinds = {
        "title": str,
        "emoji": str,
        "colorFrom": str,
        "colorTo": str,
        "sdk": str,
        "sdk_version": str,
        "python_version": str,
        "app_file": str,
        "fullWidth": bool,
        "pinned": bool,
        "license": str,
        "short_description": str,
        "models": list,
        "preload_from_hub": list,
        "suggested_hardware": str,
        "tags": list,
    }
    assert {name: type(value) for name, value in header().items()} == kinds
    assert {header()["colorFrom"], header()["colorTo"]} <= COLOURS
    assert header()["suggested_hardware"] in {one.value for one in SpaceHardware}
    assert all(re.fullmatch(r"[a-z0-9-]+", tag) for tag in header()["tags"])


def test_header_names_versions_that_the_requirements_admit() -> None:
    assert header()["sdk_version"] in requirements()["gradio"].specifier
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert header()["python_version"] in SpecifierSet(project["requires-python"])
    assert header()["python_version"] in workflow("ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]


def test_zero_gpu_has_the_python_and_some_pytorch() -> None:
    assert header()["python_version"] in ZERO_GPU_PYTHONS
    assert any(version in requirements()["torch"].specifier for version in ZERO_GPU_TORCH)


def test_of_the_default_checkpoints_what_is_needed_is_preloaded() -> None:
    assert header()["models"] == [CHECKPOINT_ON_CPU, CHECKPOINT_ON_GPU]
    preloaded = dict(entry.split(" ") for entry in header()["preload_from_hub"])
    assert set(preloaded) == {CHECKPOINT_ON_CPU, CHECKPOINT_ON_GPU}
    for files in preloaded.values():
        names = files.split(",")
        assert {"config.json", "tokenizer.json", "model.safetensors"} <= set(names)
        for name in names:
            assert any(fnmatch.fnmatch(name, pattern) for pattern in NEEDED), name
            assert not any(fnmatch.fnmatch(name, pattern) for pattern in UNNEEDED), name


# -- Image ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Instruction:
    """One of a Dockerfile, its lines joined."""

    name: str
    value: str


def instructions() -> list[Instruction]:
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^\s*#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    found = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [Instruction(name, value) for name, value in found]


def all_of(name: str) -> list[str]:
    return [one.value for one in instructions() if one.name == name]


def environment() -> dict[str, str]:
    pairs = [word.split("=", 1) for value in all_of("ENV") for word in shlex.split(value)]
    return {pair[0]: pair[1] for pair in pairs}


def is_sent(path: str) -> bool:
    """Whether ``.dockerignore``, which here only lists exceptions from everything, lets a path through."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert lines[0] == "*"
    top = path.split("/", 1)[0]
    return f"!{top}" in lines and not any(part == "__pycache__" for part in Path(path).parts)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the Dockerfile copies into its working directory."""
    folder = tmp_path_factory.mktemp("image")
    for value in all_of("COPY"):
        *sources, target = value.split()
        for source in sources:
            assert is_sent(source), f"{source} is copied, and .dockerignore holds it back"
            place = folder / target / source if len(sources) > 1 or target == "./" else folder / target
            ignored = shutil.ignore_patterns("__pycache__")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=ignored)
            else:
                shutil.copyfile(ROOT / source, place)
    return folder


@pytest.fixture(scope="module")
def server(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Started as the image starts it, from what is in the image."""
    (command,) = all_of("CMD")
    python, *arguments = json.loads(command)
    assert python == "python"
    settings = {"SMOLVLM_BACKEND": "signals", "SMOLVLM_POSE": "off"}
    server = start(tmp_path_factory.mktemp("data"), settings, arguments, image)
    yield server
    assert server.stop() == 0


def test_every_instruction_is_one_and_in_order() -> None:
    names = [one.name for one in instructions()]
    known = {"FROM", "ARG", "ENV", "RUN", "WORKDIR", "COPY", "USER", "EXPOSE", "HEALTHCHECK", "CMD"}
    assert set(names) == known, "VOLUME, for one, is refused by Railway"
    assert names[0] == "FROM"
    assert [names.count(name) for name in ("FROM", "USER", "HEALTHCHECK", "CMD")] == [1, 1, 1, 1]
    assert names.index("USER") > max(index for index, name in enumerate(names) if name in ("RUN", "COPY"))
    assert all_of("USER") != ["root"]


def test_the_image_has_no_compiler_and_a_tested_python() -> None:
    assert not any(compiler in value for value in all_of("RUN") for compiler in COMPILERS)
    (base,) = all_of("FROM")
    match = re.fullmatch(r"python:(3\.\d+)-slim", base)
    assert match is not None
    assert match[1] in workflow("ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]


def test_pytorch_comes_from_the_index_that_the_build_names() -> None:
    (argument,) = all_of("ARG")
    assert argument == "TORCH_INDEX=https://download.pytorch.org/whl/cpu"
    (install,) = [value for value in all_of("RUN") if "$TORCH_INDEX" in value]
    pattern = re.match(r"(grep \S+ requirements\.txt) \| xargs pip install --index-url \"\$TORCH_INDEX\"", install)
    assert pattern is not None
    lines = subprocess.run(
        ["sh", "-c", pattern[1]], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert {Requirement(line).name for line in lines} == {"torch", "torchvision"}


def test_all_that_is_written_goes_to_the_volume_of_its_user() -> None:
    (made,) = [value for value in all_of("RUN") if "useradd" in value]
    user = re.search(r"--create-home (\w+)", made)
    assert user is not None
    assert all_of("USER") == [user[1]]
    assert f"--owner={user[1]}" in made
    assert made.endswith("/data")
    assert environment()["SMOLVLM_DATA_DIR"] == "/data"
    assert environment()["HF_HOME"].startswith("/data/")


def test_what_the_image_fetches_lies_where_the_app_looks() -> None:
    (fetch,) = [value for value in all_of("RUN") if "models.fetch" in value]
    folder = fetch.split()[-1]
    from smolvlm_core.models.fetch import pose_folder

    assert environment()["SMOLVLM_POSE_DIR"] == str(pose_folder(Path(folder)))
    command = [sys.executable, *fetch.split()[1:-2], "--help"]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert fetch.split()[-2] in told.stdout


@pytest.mark.slow
def test_the_app_starts_from_what_is_in_the_image(server: Server, image: Path) -> None:
    assert not (image / "README.md").exists()
    page = httpx.get(server.base_url, timeout=30)
    assert page.status_code == 200
    assert httpx.get(f"{server.base_url}/health", timeout=30).json()["status"] == "healthy"


def health_check() -> list[str]:
    (value,) = all_of("HEALTHCHECK")
    command: list[str] = json.loads(value.partition("CMD ")[2])
    return command


@pytest.mark.slow
def test_the_health_check_tells_an_app_that_answers_from_one_that_does_not(server: Server) -> None:
    python, *arguments = health_check()
    assert python == "python"
    port = server.base_url.rsplit(":", 1)[1]
    for asked, healthy in ((port, True), ("9", False)):
        done = subprocess.run(
            [sys.executable, *arguments], env={"PORT": asked}, check=False, capture_output=True, timeout=60
        )
        assert (done.returncode == 0) is healthy, done.stderr


@pytest.mark.slow
def test_on_a_port_that_is_taken_the_app_ends_and_says_so(server: Server, image: Path, tmp_path: Path) -> None:
    port = server.base_url.rsplit(":", 1)[1]
    taken = os.environ | {"PORT": port, "SMOLVLM_DATA_DIR": str(tmp_path), "SMOLVLM_BACKEND": "signals"}
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=image, env=taken, check=False, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 1
    assert f"empty port in range: {port}" in done.stderr


# -- Railway and others ---------------------------------------------------------------------


@pytest.mark.slow
def test_railway_builds_the_dockerfile_and_asks_for_a_page_that_answers(server: Server) -> None:
    railway = json.loads((ROOT / "railway.json").read_text(encoding="utf-8"))
    assert railway["build"]["builder"] == "DOCKERFILE"
    assert (ROOT / railway["build"]["dockerfilePath"]).is_file()
    answer = httpx.get(server.base_url + railway["deploy"]["healthcheckPath"], timeout=30)
    assert answer.status_code == 200
    assert not any("--mount" in value for value in all_of("RUN")), "Railway wants cache mounts of its own"


def test_a_procfile_starts_what_the_image_starts() -> None:
    assert (ROOT / "Procfile").read_text(encoding="utf-8").split(":")[1].split() == json.loads(all_of("CMD")[0])


# -- Workflows ------------------------------------------------------------------------------


def test_ci_runs_what_people_run() -> None:
    steps = workflow("ci.yml")["jobs"]["test"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]


def test_the_space_is_pushed_to_only_with_its_secret() -> None:
    (job,) = workflow("sync-to-space.yml")["jobs"].values()
    assert job["env"] == {"HF_TOKEN": "${{ secrets.HF_TOKEN }}", "HF_SPACE": "${{ vars.HF_SPACE }}"}
    for step in job["steps"]:
        assert "HF_TOKEN" in step["if"]
        assert "secrets." not in json.dumps(step), "the token is in the environment only"
    (upload,) = [step for step in job["steps"] if "hf upload" in step.get("run", "")]
    assert upload["if"] == "env.HF_TOKEN != '' && env.HF_SPACE != ''"


def test_the_upload_is_one_that_the_client_understands() -> None:
    (job,) = workflow("sync-to-space.yml")["jobs"].values()
    (run,) = [step["run"] for step in job["steps"] if "hf upload" in step.get("run", "")]
    tool, words = shlex.split(run)[:4], shlex.split(run)[4:]
    assert tool == ["pipx", "run", "--spec", "huggingface_hub>=1.0,<2"]
    assert words[:5] == ["hf", "upload", "$HF_SPACE", ".", "."]
    options = dict(zip(words[5::2], words[6::2], strict=True))
    assert options["--repo-type"] == "space"
    assert options["--exclude"] == ".git/*"
    assert options["--delete"] == "*", "what was removed here goes there, too"
    command = [str(Path(sys.executable).with_name("hf")), "upload", "--help"]
    known = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert all(option in known for option in options)


@pytest.mark.parametrize("name", ["ci.yml", "sync-to-space.yml"])
def test_actions_are_pinned_to_a_commit(name: str) -> None:
    steps = [step for job in workflow(name)["jobs"].values() for step in job["steps"]]
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in steps if "uses" in step)
    assert workflow(name)["permissions"] == {"contents": "read"}
