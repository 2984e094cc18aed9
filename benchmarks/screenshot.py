"""Takes the README's picture: starts the app, analyzes the generated example, photographs the page.

    python -m benchmarks.screenshot [docs/screenshot.png] [--url URL]

Also prints every host the browser asked for: the page must need none but its own server.
"""

import argparse
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from benchmarks.serve import ROOT, running

BROWSERS = ("chromium", "google-chrome", "chromium-browser")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
SIZE_PX = (1280, 860)
STEP_TIMEOUT_MS = 180_000
SETTLE_MS = 1_500
"""For the player's first picture and the fonts."""


def browser_path() -> str:
    """The first browser that is installed.

    Raises: FileNotFoundError: none is (Debian: apt-get install chromium).
    """
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("no Chromium is installed (Debian: apt-get install chromium)")


def analyze_example(page: Page) -> None:
    """From the empty page to the results of the highlights example."""
    page.locator("#sv-example-highlights").click()
    page.locator("#sv-analyze").click(timeout=STEP_TIMEOUT_MS)
    page.locator("#sv-head").wait_for(state="visible", timeout=STEP_TIMEOUT_MS)
    page.wait_for_timeout(SETTLE_MS)


def photograph(url: str, target: Path) -> set[str]:
    """Writes the picture; the hosts that were asked for."""
    hosts: set[str] = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=list(QUIET))
        page = browser.new_page(viewport={"width": SIZE_PX[0], "height": SIZE_PX[1]}, color_scheme="light")
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page.goto(url, timeout=STEP_TIMEOUT_MS)
        analyze_example(page)
        page.evaluate("window.scrollTo(0, 0)")
        page.screenshot(path=str(target))
        browser.close()
    return hosts - {"", urlsplit(url).netloc}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path, nargs="?", default=ROOT / "docs" / "screenshot.png")
    parser.add_argument("--url", help="a running app; without it, one is started")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        url = arguments.url or stack.enter_context(running({"SMOLVLM_BACKEND": "signals"})).base_url
        others = photograph(url, arguments.target)
    print(f"{arguments.target}: {arguments.target.stat().st_size / 1024:.0f} KiB; other hosts: {sorted(others)}")
    return 1 if others else 0


if __name__ == "__main__":
    sys.exit(main())
