"""Films the README's tour: from the empty page to highlights that are played and chosen anew, as a GIF.

    python -m benchmarks.tour [docs/tour.gif] [--url URL]

The video is the app's own generated example, measured without a model. What takes long is shown shorter.
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

from benchmarks.screenshot import QUIET, STEP_TIMEOUT_MS, browser_path
from benchmarks.serve import ROOT, running

VIEW_PX = (1080, 720)
SHOWN_PX = (864, 576)
COLOURS = 128
STILL_S, MOVING_S = 2.0, 0.15
WATCHED = 20  # pictures of the running analysis at most
POINTER_JS = """
() => {
  const dot = document.createElement('div');
  dot.style.cssText = 'position: fixed; z-index: 9999; width: 22px; height: 22px; margin: -11px; left: -50px; ' +
    'border-radius: 50%; background: #f59e0bcc; border: 2px solid white; pointer-events: none; ' +
    'box-shadow: 0 0 6px #0008';
  document.body.append(dot);
  document.addEventListener('mousemove', ({clientX, clientY}) => {
    dot.style.left = `${clientX}px`;
    dot.style.top = `${clientY}px`;
  }, true);
}
"""


class Film:
    """Pictures of a page, each with how long it is shown."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._pictures: list[tuple[Image.Image, float]] = []

    @property
    def length_s(self) -> float:
        """Of what was taken so far."""
        return sum(length_s for _, length_s in self._pictures)

    def take(self, length_s: float) -> None:
        """The page as it is now."""
        picture = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
        self._pictures.append((picture.resize(SHOWN_PX, Image.Resampling.LANCZOS), length_s))

    def write(self, path: Path) -> None:
        """With one palette for all, so that only what moves is stored again."""
        strip = Image.new("RGB", (SHOWN_PX[0], SHOWN_PX[1] * 4))
        for place, share in enumerate((0.0, 0.35, 0.7, 1.0)):
            strip.paste(self._pictures[round(share * (len(self._pictures) - 1))][0], (0, place * SHOWN_PX[1]))
        palette = strip.quantize(COLOURS)
        first, *others = [
            picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture, _ in self._pictures
        ]
        lengths_ms = [round(1000 * length_s) for _, length_s in self._pictures]
        first.save(path, save_all=True, append_images=others, duration=lengths_ms, loop=0, optimize=False)


def point(page: Page, film: Film, target: Locator) -> None:
    """Move the pointer onto it, in sight."""
    target.evaluate("one => one.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = target.bounding_box()
    assert box is not None
    x, y = box["x"] + min(box["width"] / 2, 200), box["y"] + box["height"] / 2
    for _ in range(3):
        page.mouse.move(x, y, steps=4)
        film.take(MOVING_S)


def tour(page: Page, film: Film) -> None:
    """A visit, from the empty page to the reel."""
    page.evaluate(POINTER_JS)
    page.mouse.move(900, 650)
    film.take(STILL_S)
    example = page.locator("#sv-example-highlights")
    point(page, film, example)
    example.click()
    analyze = page.locator("#sv-analyze")
    analyze.wait_for(state="visible", timeout=STEP_TIMEOUT_MS)
    page.wait_for_timeout(1500)  # the player's first picture
    page.evaluate("window.scrollTo(0, 0)")
    film.take(STILL_S)
    point(page, film, analyze)
    analyze.click()
    watch(page, film)
    play_first(page, film)
    choose_anew(page, film)


def watch(page: Page, film: Film) -> None:
    """The analysis, from its start to the results."""
    head = page.locator("#sv-head")
    for _ in range(WATCHED):
        if head.is_visible():
            break
        film.take(2 * MOVING_S)
    head.wait_for(state="visible", timeout=STEP_TIMEOUT_MS)
    page.wait_for_timeout(1500)
    page.evaluate("window.scrollTo(0, 0)")
    film.take(STILL_S)


def play_first(page: Page, film: Film) -> None:
    """The best moment."""
    play = page.locator("#sv-found .sv-play").first
    point(page, film, play)
    film.take(STILL_S / 2)
    play.click()
    page.wait_for_timeout(500)  # the page scrolls to the player
    for _ in range(16):
        film.take(MOVING_S)
    page.locator("video").first.evaluate("video => video.pause()")


def choose_anew(page: Page, film: Film) -> None:
    """More of them by the slider, and their reel."""
    slider = page.locator("#sv-recut").get_by_role("slider", name=re.compile("Minimum score"))
    point(page, film, slider)
    cards = page.locator("#sv-found .sv-moment")
    for _ in range(5):
        if cards.count() > 1:
            break
        slider.press("ArrowLeft")
        page.wait_for_timeout(800)
        film.take(3 * MOVING_S)
    film.take(STILL_S / 2)
    reel = page.locator(".sv-reel")
    point(page, film, reel.locator(".sv-play"))
    reel.locator(".sv-play").click()
    reel.locator("video").wait_for(state="visible", timeout=STEP_TIMEOUT_MS)
    for _ in range(16):
        film.take(MOVING_S)


@contextmanager
def visiting(url: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=list(QUIET))
        page = browser.new_page(
            viewport={"width": VIEW_PX[0], "height": VIEW_PX[1]}, color_scheme="light", locale="en"
        )
        page.goto(url, timeout=STEP_TIMEOUT_MS)
        page.locator("#sv-upload").wait_for(state="visible", timeout=STEP_TIMEOUT_MS)
        page.wait_for_timeout(2000)  # fonts, and the line about the model
        yield page
        browser.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path, nargs="?", default=ROOT / "docs" / "tour.gif")
    parser.add_argument("--url", help="a running app; without it, one is started")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        url = arguments.url or stack.enter_context(running({"SMOLVLM_BACKEND": "signals"})).base_url
        page = stack.enter_context(visiting(url))
        film = Film(page)
        tour(page, film)
        film.write(arguments.target)
    size_mib = arguments.target.stat().st_size / 1024**2
    print(f"{arguments.target}: {film.length_s:.1f} s, {size_mib:.1f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
