"""The rooms stay apart: imports only point down, and libraries stay where they belong."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "smolvlm_core"

# Each room and the rooms it may import. A new folder or top-level module needs a row.
MAY_IMPORT = {
    "__init__": set[str](),
    "errors": set[str](),
    "domain": {"errors"},
    "exercise": {"errors", "domain"},
    "log": set(),
    "settings": {"errors", "domain"},
    "video": {"errors", "domain"},
    "signals": {"errors", "domain", "exercise"},
    "models": {"log", "errors", "domain", "exercise"},
    "analysis": {"log", "errors", "domain", "exercise", "video", "signals", "models"},
    "exports": {"errors", "domain", "exercise", "video", "analysis"},
    "jobs": {"log", "errors", "domain", "exercise", "video", "signals", "models", "analysis"},
    "api": {"log", "errors", "domain", "exercise", "video", "signals", "models", "analysis", "exports", "jobs"},
    "ui": {"log", "errors", "domain", "exercise", "video", "signals", "models", "analysis", "exports", "jobs"},
    "factory": {
        "errors",
        "domain",
        "exercise",
        "settings",
        "video",
        "signals",
        "models",
        "analysis",
        "jobs",
        "api",
        "ui",
    },
    "worker": {"log", "errors", "domain", "settings", "factory"},
}

# Libraries that only these rooms may import: a decoder, an engine, a web framework each have one home.
HOME_OF = {
    "ai_edge_litert": {"models"},
    "av": {"video"},
    "matplotlib": {"analysis"},
    "cv2": {"signals", "video", "models"},
    "torch": {"models"},
    "openvino": {"models"},
    "spaces": {"models"},
    "opentimelineio": {"exports"},
    "nncf": {"models"},
    "transformers": {"models"},
    "huggingface_hub": {"models"},
    "httpx": {"models"},
    "dbos": {"jobs"},
    "sqlalchemy": {"jobs"},
    "fastapi": {"api", "factory"},
    "starlette": {"api"},
    "pydantic": {"api", "settings"},
    "pydantic_settings": {"settings"},
    "gradio": {"ui", "factory"},
    "babel": {"ui"},
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


MODULES = sorted(PACKAGE.rglob("*.py"))


def imported_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert all(alias.name != "*" for alias in node.names), f"{path}: star import"
            module = node.module or ""
            if module == "smolvlm_core":
                yield from (f"{module}.{alias.name}" for alias in node.names)
            else:
                yield module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    room = room_of(path)
    assert room in MAY_IMPORT, f"{room} has no row in MAY_IMPORT"
    for name in imported_names(path):
        top, _, rest = name.partition(".")
        if top == "smolvlm_core":
            target = rest.split(".")[0] or "__init__"
            allowed = target == room or target in MAY_IMPORT[room] or target == "__version__"
            assert allowed, f"{path.relative_to(PACKAGE)} must not import {name}"
        else:
            assert room in HOME_OF.get(top, {room}), f"{path.relative_to(PACKAGE)} must not import {top}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    assert path.name != "utils.py"
