"""MCP is served where it was asked for and is installed, and is no reason not to start."""

import logging

import pytest

from smolvlm_core.ui import mcp
from smolvlm_core.ui.mcp import MISSING, serves_mcp


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
