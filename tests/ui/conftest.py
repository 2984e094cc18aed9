"""The page on a real service with a scripted model, served on a free port of this machine."""

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from smolvlm_core.api.app import create_api
from smolvlm_core.domain import CheckCancelled, Limits, Span
from smolvlm_core.jobs.service import JobService
from smolvlm_core.ui.page import build_page, page_options
from tests.clips import ClipSpec, moving_ball, tone, write_clip
from tests.fakes import ScriptedEngine, ScriptedModel
from tests.services import running_service
from tests.ui.browsing import CHROMIUM, watched

LIMITS = Limits(max_duration_s=600.0, max_upload_bytes=40 * 1024**2)


@dataclass
class Site:
    """The running page. ``engine.model`` is a new script for every test."""

    url: str
    service: JobService
    engine: ScriptedEngine
    data_dir: Path
    cache_dir: Path

    def sessions_on_disk(self) -> set[str]:
        return {path.name for path in self.data_dir.iterdir() if path.is_dir()}


@pytest.fixture(scope="session")
def clip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds of a ball that crosses the picture, with sound, as browsers play it."""
    spec = ClipSpec(
        duration_s=12.0,
        fps=Fraction(10),
        width=320,
        height=180,
        picture=moving_ball(),
        sound=tone(),
        container_options=(("movflags", "+faststart"),),
    )
    return write_clip(tmp_path_factory.mktemp("clips") / "Training (1).mp4", spec)


@pytest.fixture(scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data_dir, cache_dir = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("cache")
    engine = ScriptedEngine()
    with pytest.MonkeyPatch.context() as patch, running_service(data_dir, engine, LIMITS) as service:
        patch.setenv("GRADIO_TEMP_DIR", str(cache_dir))
        port = free_port()
        page = asyncio.run(_serve(service, port))
        yield Site(f"http://127.0.0.1:{port}/", service, engine, data_dir, cache_dir)
        page.close(verbose=False)


@pytest.fixture
def site(_site: Site) -> Site:
    _site.engine.model = ScriptedModel(
        yes_in=Span(0, 2), descriptions=deque(["A ball rolls by."]), choices=deque(["Squat"])
    )
    return _site


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _serve(service: JobService, port: int) -> Any:
    """Launch the page as the factory does, in a thread of Gradio's.

    A coroutine, because outside of an event loop Gradio makes loops that it never closes.
    """
    page, api, look = build_page(service), create_api(service), page_options()

    page.launch(
        server_name="127.0.0.1",
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        ssr_mode=False,
        **{field.name: getattr(look, field.name) for field in fields(look)},
        app_kwargs={
            "routes": api.routes,
            "exception_handlers": api.exception_handlers,
            "middleware": api.user_middleware,
        },
    )
    return page


@pytest.fixture(scope="module")
def browser(_site: Site) -> Iterator[Browser]:  # first the site: Playwright keeps an event loop running
    flags = [
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        "--autoplay-policy=no-user-gesture-required",
    ]
    with sync_playwright() as playwright:
        engine: Playwright = playwright
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(site: Site, context: BrowserContext) -> Iterator[Page]:
    with watched(context, site.url) as page:
        yield page


@pytest.fixture
def held(site: Site) -> Iterator[threading.Event]:
    """The model answers only once this is set."""
    go_on = threading.Event()

    def hold(check: CheckCancelled) -> None:
        while not go_on.wait(0.02):
            check()
        check()

    site.engine.model.before_reply = hold
    yield go_on
    go_on.set()
