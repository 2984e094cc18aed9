"""What does the page weigh, and how soon is it useful?

    python -m benchmarks.page [URL] [--times 3] [--json OUT]

Starts the app with the measured signals (or takes the one at URL), visits it in Chromium with an empty cache, adds
a generated clip and analyzes it. Prints the median of so many visits. The browser runs on the same machine, so its
own work is in the times; there is no network between.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.footage import write_piece, write_repeated
from benchmarks.screenshot import QUIET, STEP_TIMEOUT_MS, browser_path
from benchmarks.serve import running

PIECE_S, PIECES = 20, 9  # three minutes: long enough for there to be a best so far
KIB = 1024
DROP_ZONE = "#sv-upload input[type=file]"
PLAYABLE_JS = "() => (document.querySelector('#sv-player video')?.readyState ?? 0) >= 1"


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit, from an empty cache to the results. ``first_best_s`` is None where the end came first."""

    requests: int
    transferred_bytes: int
    interactive_s: float
    video_shown_s: float
    first_best_s: float | None
    results_s: float


LABELS = {
    "requests": "requests of the first load",
    "transferred_bytes": "bytes transferred by them",
    "interactive_s": "from the address to a page that takes a file",
    "video_shown_s": "from the file to the video in the player",
    "first_best_s": "from Analyze to the first best so far",
    "results_s": "from Analyze to the results",
}


class Traffic:
    """Counts what the browser fetches, as it comes over the wire: compressed, headers included."""

    def __init__(self, page: Page) -> None:
        self.requests = self.transferred_bytes = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._on_request)
        session.on("Network.loadingFinished", self._on_finished)

    def _on_request(self, event: dict[str, object]) -> None:
        self.requests += 1

    def _on_finished(self, event: dict[str, object]) -> None:
        size = event["encodedDataLength"]
        assert isinstance(size, int | float)
        self.transferred_bytes += int(size)


def visit(browser: Browser, url: str, video: Path) -> Visit:
    """Load, add, analyze; the session is deleted at the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(STEP_TIMEOUT_MS)
    traffic = Traffic(page)
    started = time.monotonic()
    page.goto(url)
    page.locator(DROP_ZONE).wait_for(state="attached")
    interactive_s = time.monotonic() - started
    page.wait_for_load_state("networkidle")
    loaded = traffic.requests, traffic.transferred_bytes
    started = time.monotonic()
    page.locator(DROP_ZONE).set_input_files(video)
    page.wait_for_function(PLAYABLE_JS)
    video_shown_s = time.monotonic() - started
    first_best_s, results_s = _analyze(page)
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#sv-delete").click()
    page.locator(DROP_ZONE).wait_for(state="attached")
    context.close()
    return Visit(*loaded, interactive_s, video_shown_s, first_best_s, results_s)


def _analyze(page: Page) -> tuple[float | None, float]:
    """Seconds until the first best so far, if any was seen, and until the results."""
    started = time.monotonic()
    page.locator("#sv-analyze").click()
    page.locator("#sv-best table, #sv-summary h2").first.wait_for(state="visible")
    first_s = time.monotonic() - started
    was_best = not page.locator("#sv-summary h2").is_visible()
    page.locator("#sv-summary h2").wait_for(state="visible")
    return first_s if was_best else None, time.monotonic() - started


def middle(visits: Sequence[Visit]) -> dict[str, float | None]:
    """The median of each number, over the visits that have it."""
    found: dict[str, float | None] = {}
    for field in fields(Visit):
        values = [value for one in visits if (value := getattr(one, field.name)) is not None]
        found[field.name] = median(values) if values else None
    return found


def shown(name: str, value: float | None) -> str:
    if value is None:
        return "none before the end"
    if name.endswith("_bytes"):
        return f"{value / KIB:.0f} KiB"
    return f"{value:.2f} s" if name.endswith("_s") else f"{value:.0f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="?")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--json", type=Path, help="where to write every number of every visit")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        video = folder / "video.mp4"
        write_piece(folder / "piece.mp4", PIECE_S)
        write_repeated(video, folder / "piece.mp4", times=PIECES, piece_s=PIECE_S)
        url = arguments.url or stack.enter_context(running({"SMOLVLM_BACKEND": "signals"})).base_url
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=browser_path(), args=list(QUIET))
        visits = [visit(browser, url, video) for _ in range(arguments.times)]
        browser.close()
    found = middle(visits)
    print(f"median of {len(visits)} visits, a clip of {PIECES * PIECE_S} s:")
    for name, label in LABELS.items():
        print(f"  {label}: {shown(name, found[name])}")
    if arguments.json:
        report = {"median": found, "visits": [asdict(one) for one in visits]}
        arguments.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
