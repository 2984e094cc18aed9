"""How the page is wired: what is public, what waits in line, and what its launch needs."""

import asyncio
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from smolvlm_core.domain import AnalysisType
from smolvlm_core.ui.handlers import Handlers
from smolvlm_core.ui.layout import build_layout
from smolvlm_core.ui.page import _fit_options, build_page, page_options
from tests.services import make_service


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    data_dir: Path = tmp_path_factory.mktemp("data")

    async def build() -> Any:  # in a loop: outside of one Gradio makes loops it never closes
        return build_page(make_service(data_dir)).get_config_file()

    return dict(asyncio.run(build()))


def test_a_visit_without_a_session_takes_no_file_away_that_was_dropped_meanwhile(tmp_path: Path) -> None:
    service = make_service(tmp_path)

    async def restored() -> dict[Any, Any]:
        with gr.Blocks():
            layout = build_layout(service.limits)
            updates = Handlers(service, layout).restore("")
        return {part: part in updates for part in (layout.intake.upload, layout.session, layout.model)}

    assert list(asyncio.run(restored()).values()) == [False, False, True]


def test_options_wait_for_a_page_that_is_still_being_built() -> None:
    assert len(_fit_options(None)) == len(_fit_options(AnalysisType.WORKOUT)) == 6


def test_only_the_named_functions_are_for_clients(config: dict[str, Any]) -> None:
    public = {event["api_name"] for event in config["dependencies"] if event["api_visibility"] == "public"}
    assert public == {"analyze_highlights", "analyze_workout"}
    others = [event for event in config["dependencies"] if event["api_visibility"] != "public"]
    assert {event["api_visibility"] for event in others} == {"private"}


def test_polls_never_wait_behind_the_queue(config: dict[str, Any]) -> None:
    ticks = [event for event in config["dependencies"] if any(name == "tick" for _, name in event["targets"])]
    assert len(ticks) == 2
    assert [event["queue"] for event in ticks] == [False, False]


def test_nothing_polls_an_idle_page(config: dict[str, Any]) -> None:
    timers = [part["props"]["active"] for part in config["components"] if part["type"] == "timer"]
    assert timers == [False, False]


def test_the_look_comes_without_the_network() -> None:
    look = page_options()
    assert "http" not in look.head
    assert not any("http" in sheet for sheet in look.theme._stylesheets)
    assert look.run_history is False
    assert "@media (max-width: 640px)" in look.head
