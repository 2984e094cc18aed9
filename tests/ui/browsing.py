"""What tests of the page in Chromium share: marks, and what a visitor does again and again.

Screenshots go to ``artifacts/screenshots`` (not kept in Git). The fixtures are in ``conftest.py``.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

WAIT_MS = 60_000  # a busy machine is no failure
SCREENSHOTS = Path(__file__).parents[2] / "artifacts" / "screenshots"
LINK = re.compile(r"\?session=[0-9a-f-]{36}$")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
expect.set_options(timeout=WAIT_MS)

IN_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed"),
    # Gradio's queue statistics use pandas options that pandas 3 deprecates.
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


def upload(page: Page, clip: Path) -> None:
    page.locator("#sv-upload input[type=file]").set_input_files(clip)
    expect(page.locator("#sv-player video")).to_be_visible()
    expect(page).to_have_url(LINK)


def short_parts(page: Page, seconds: int = 5) -> None:
    page.get_by_role("button", name="Options").click()
    page.get_by_role("spinbutton", name=re.compile("Length of the parts")).fill(str(seconds))
    page.get_by_role("button", name="Options").click()


def analyze(page: Page) -> None:
    page.get_by_role("button", name="Analyze", exact=True).click()


def shoot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(400)  # transitions
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def position(page: Page) -> float:
    """Of the player, in seconds."""
    return float(page.locator("#sv-player video").evaluate("video => video.currentTime"))


@contextmanager
def watched(context: BrowserContext, url: str) -> Iterator[Page]:
    """A tab at ``url``; anything the browser complains about fails the test."""
    page = context.new_page()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} ({message.location.get('url')})")

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(WAIT_MS)
    page.goto(url)
    yield page
    assert not complaints, complaints


@contextmanager
def visit(browser: Browser, url: str, **context: Any) -> Iterator[Page]:
    """The same with a profile of its own, as of somebody who was never here."""
    opened = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | context))
    try:
        with watched(opened, url) as page:
            yield page
    finally:
        opened.close()
