"""MCP is served where it was asked for and is installed, and is no reason not to start."""

import logging
from collections.abc import Callable
from importlib.metadata import requires
from pathlib import Path

import pytest
from gradio.utils import get_function_description
from packaging.requirements import Requirement

from smolvlm_core.ui import mcp
from smolvlm_core.ui.endpoints import Endpoints
from smolvlm_core.ui.mcp import MISSING, serves_mcp

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("asked", "installed", "served", "told"),
    [
        (None, True, False, ""),
        ("false", True, False, ""),
        ("true", True, True, "event=mcp_served"),
        ("True", True, True, "event=mcp_served"),
        ("true", False, False, "event=mcp_unavailable"),
    ],
)
def test_mcp_needs_both_a_wish_and_its_package(
    asked: str | None,
    installed: bool,
    served: bool,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.delenv(mcp.VARIABLE, raising=False)
    if asked is not None:
        monkeypatch.setenv(mcp.VARIABLE, asked)
    monkeypatch.setattr(mcp, "find_spec", lambda _name: object() if installed else None)
    assert serves_mcp() is served
    logged = " ".join(record.getMessage() for record in caplog.records)
    assert told in logged
    assert ("pip install" in logged) == (told == "event=mcp_unavailable")
    assert "pip install 'gradio[mcp]'" in MISSING


@pytest.mark.parametrize("endpoint", [Endpoints.analyze_highlights, Endpoints.analyze_workout])
def test_every_parameter_is_described_where_mcp_clients_look(endpoint: Callable[..., object]) -> None:
    """They are told what this function of Gradio's finds in the docstring."""
    description, parameters, returns = get_function_description(endpoint)
    assert description.endswith("tells the progress.")
    described = {name for name, text in parameters.items() if text}
    assert described == set(parameters) - {"self", "progress"}
    assert not returns


def test_the_requirements_leave_room_for_what_mcp_needs() -> None:
    """A Space installs both at once."""
    wanted = [Requirement(line) for line in requires("gradio") or ()]
    of_mcp = [one for one in wanted if one.marker is not None and one.marker.evaluate({"extra": "mcp"})]
    assert {one.name for one in of_mcp} >= {"mcp", "pydantic"}
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    ours = {one.name: one for one in (Requirement(line) for line in lines if line and line[0] != "#")}
    for theirs in of_mcp:
        limits = [clause.version for clause in theirs.specifier if clause.operator in ("<=", ">=")]
        if theirs.name in ours:
            assert any(limit in ours[theirs.name].specifier for limit in limits), theirs
