"""The page in Chromium for who sees little, or uses no mouse: axe-core on every state, a run by keyboard alone."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from smolvlm_core.analysis.report import workout_report
from smolvlm_core.domain import Span
from tests.kept import OPTIONS, kept_report
from tests.services import finished
from tests.ui.browsing import IN_CHROMIUM, LINK, analyze, shoot, upload, visit
from tests.ui.conftest import Site
from tests.workouts import NO_POSE, UNPOSED, counted, exercise, workout

pytestmark = IN_CHROMIUM

SERIOUS = ("serious", "critical")


def findings(page: Page) -> list[str]:
    """What axe-core finds serious: its rule, why it matters and where."""
    page.wait_for_timeout(400)  # transitions: colours on their way have no contrast
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {rule['help']} {node['target']} {node['html'][:200]} {node.get('failureSummary')}"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


@pytest.fixture(params=["light", "dark"])
def seen(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Page]:
    with visit(browser, site.url, color_scheme=request.param) as page:
        yield page


def test_nothing_stands_in_the_way_from_upload_to_highlights(
    seen: Page, site: Site, clip_path: Path, held: threading.Event
) -> None:
    expect(seen.get_by_role("heading", level=1)).to_be_visible()
    assert not findings(seen)
    seen.get_by_role("button", name="Open a link").click()
    assert not findings(seen)
    upload(seen, clip_path)
    seen.get_by_role("button", name="Options").click()
    assert not findings(seen)
    analyze(seen)
    expect(seen.locator("#sv-progress")).to_contain_text("segment")
    assert not findings(seen)
    seen.get_by_role("button", name="Cancel").click()
    expect(seen.locator("#sv-note")).to_contain_text("Cancelled")
    assert not findings(seen)
    held.set()
    analyze(seen)
    expect(seen.locator("#sv-summary")).to_contain_text("1 highlight")
    seen.get_by_text("Take the results with you").click()
    seen.get_by_role("button", name="Every part of the video").click()
    assert not findings(seen)
    seen.get_by_role("button", name="Use another video").click()
    expect(seen.locator("#sv-history")).to_contain_text("Done")
    assert not findings(seen)


def test_nothing_stands_in_the_way_of_results(seen: Page, site: Site, clip_path: Path) -> None:
    steps = exercise("Squat", counted(0.5, 4, 2.4), "Feet stand wide, hips go down.")
    unposed = exercise(None, counted(1, 4, 2.5, UNPOSED))
    for report in (
        kept_report(),
        kept_report(replace(OPTIONS, min_significance=10)),
        workout_report(workout(steps)),
        workout_report(workout(unposed, pose=NO_POSE)),
        workout_report(workout()),
    ):
        seen.goto(f"{site.url}?session={finished(site.service, clip_path, report)}")
        expect(seen.locator("#sv-summary h2")).to_be_visible()
        if seen.locator(".sv-reel").count():
            seen.get_by_role("button", name="Play the reel").click()
            expect(seen.locator(".sv-reel video")).to_be_visible()
        for fold in seen.locator("#sv-results details > summary").all():
            fold.click()
        assert not findings(seen)


def test_a_refusal_is_found_too(seen: Page, tmp_path: Path) -> None:
    letter = tmp_path / "letter.mp4"
    letter.write_text("Dear coach, ...", encoding="utf-8")
    seen.locator("#sv-upload input[type=file]").set_input_files(letter)
    expect(seen.locator("#sv-intake-note [role=alert]")).to_be_visible()
    assert not findings(seen)


def tab_to(page: Page, name: str, most: int = 40) -> None:
    """Press the tabulator until the element with the focus has this name."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if re.search(name, str(page.evaluate(NAME_JS))):
            return
    pytest.fail(f"{name!r} cannot be reached by keyboard from where it was")


NAME_JS = """
() => {
  const one = document.activeElement;
  if (one === document.body) { return ''; }
  return [one.ariaLabel, one.innerText, one.closest('label')?.innerText, one.value].filter(Boolean).join(' ');
}
"""


def test_a_whole_run_without_a_mouse(browser: Browser, site: Site, clip_path: Path) -> None:
    site.engine.model.yes_in = Span(4, 6)
    with visit(browser, site.url) as page:
        expect(page.locator("#sv-model")).to_contain_text("ready")  # what is told on arrival is there
        # Playwright asks for the chooser while it goes on: an Enter sent at once can come before it listens.
        with page.expect_file_chooser() as chooser:
            tab_to(page, "Drop a video file")
            page.keyboard.press("Enter")
        chooser.value.set_files(clip_path)
        expect(page).to_have_url(LINK)
        tab_to(page, "Highlights")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("radio", name=re.compile("Workout"))).to_be_checked()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("radio", name=re.compile("Highlights"))).to_be_checked()
        tab_to(page, "Options")
        page.keyboard.press("Enter")
        tab_to(page, "What to look for")
        page.keyboard.type("A ball in the middle")
        tab_to(page, "^Analyze")
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle + "
                             "getComputedStyle(document.activeElement).boxShadow")  # fmt: skip
        assert ring != "nonenone", "who tabs through the page has to see where they are"
        page.keyboard.press("Enter")
        expect(page.locator("#sv-summary")).to_contain_text("1 highlight")
        page.locator("#sv-player video").evaluate("video => { video.play = () => Promise.resolve(); }")
        shoot(page, "keyboard-results")
        tab_to(page, "^Play", most=80)
        page.keyboard.press("Enter")
        moved = page.locator("#sv-player video").evaluate("video => video.currentTime")
        assert moved > 0
