"""The page in Chromium, as a visitor meets it: upload, watch, seek, come back, cancel, download.

Screenshots go to ``artifacts/screenshots`` (not kept in Git).
"""

import json
import re
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from smolvlm_core.domain import Span
from tests.clips import write_sound_only
from tests.ui.browsing import IN_CHROMIUM, WAIT_MS, analyze, position, shoot, short_parts, upload
from tests.ui.conftest import Site

pytestmark = IN_CHROMIUM


def test_from_upload_to_a_card_that_seeks(page: Page, site: Site, clip_path: Path, held: threading.Event) -> None:
    site.engine.model.yes_in = Span(4, 6)
    expect(page).to_have_title("Video highlights and workouts")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    shoot(page, "desktop-1-empty")
    upload(page, clip_path)
    expect(page.locator("#sv-facts")).to_contain_text("Training (1).mp4")
    expect(page.locator("#sv-facts")).to_contain_text("12 s")
    expect(page.locator("#sv-facts")).to_contain_text("with sound")
    expect(page.locator("#sv-model")).to_contain_text("ready")
    short_parts(page)
    shoot(page, "desktop-2-ready")
    analyze(page)
    bar = page.get_by_role("progressbar", name="Analysis")
    expect(bar).to_be_visible()
    expect(page.locator("#sv-progress")).to_contain_text(re.compile("segment", re.IGNORECASE))
    expect(page.locator("#sv-progress")).to_contain_text(re.compile(r"[1-9]\d?%"))  # it has moved, by itself
    shoot(page, "desktop-3-running")
    held.set()
    cards = page.get_by_role("list", name="Highlights, best first").get_by_role("listitem")
    expect(cards).to_have_count(1)
    expect(page.locator("#sv-summary")).to_contain_text("1 highlight")
    expect(page.locator("#sv-summary")).to_contain_text("Judged by tests/scripted")
    play = cards.first.get_by_role("button", name=re.compile("Play"))
    start_s = float(play.get_attribute("data-start") or "nan")
    assert start_s > 0
    shoot(page, "desktop-4-results")
    page.locator("#sv-player video").evaluate("video => { video.play = () => Promise.resolve(); }")
    play.click()
    assert position(page) == pytest.approx(start_s, abs=0.05)


def test_rows_seek_from_the_keyboard_too(page: Page, clip_path: Path) -> None:
    upload(page, clip_path)
    short_parts(page)
    analyze(page)
    page.get_by_role("button", name="Every part of the video").click()
    page.locator("#sv-player video").evaluate("video => { video.play = () => Promise.resolve(); }")
    row = page.locator("#sv-segments tbody tr").nth(1)
    row.get_by_role("button").press("Enter")
    assert position(page) == pytest.approx(float(row.get_attribute("data-start") or "nan"), abs=0.05)


def test_a_reload_and_a_second_tab_find_the_running_job(
    page: Page, site: Site, context: BrowserContext, clip_path: Path, held: threading.Event
) -> None:
    upload(page, clip_path)
    analyze(page)
    expect(page.locator("#sv-running")).to_be_visible()
    page.reload()
    expect(page.locator("#sv-running")).to_be_visible()
    other = context.new_page()
    other.goto(site.url)  # without the link: this browser remembers
    expect(other.locator("#sv-running")).to_be_visible()
    expect(other).to_have_url(page.url)
    held.set()
    for tab in (page, other):
        expect(tab.locator("#sv-summary")).to_contain_text("1 highlight")


def test_a_link_works_in_another_browser(
    page: Page, browser: Browser, clip_path: Path, held: threading.Event
) -> None:
    upload(page, clip_path)
    analyze(page)
    expect(page.locator("#sv-running")).to_be_visible()
    stranger = browser.new_context()
    visit = stranger.new_page()
    visit.goto(page.url)
    expect(visit.locator("#sv-running")).to_be_visible()
    stranger.close()
    held.set()
    expect(page.locator("#sv-summary")).to_be_visible()


def test_cancel_stops_and_lets_one_start_again(
    page: Page, site: Site, clip_path: Path, held: threading.Event
) -> None:
    upload(page, clip_path)
    analyze(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#sv-note")).to_contain_text("Cancelled")
    expect(page.locator("#sv-running")).to_be_hidden()
    held.set()
    analyze(page)
    expect(page.locator("#sv-summary")).to_contain_text("1 highlight")


def test_the_json_downloads_under_the_videos_name(page: Page, clip_path: Path) -> None:
    upload(page, clip_path)
    analyze(page)
    page.get_by_text("Take the results with you").click()
    with page.expect_download() as started:
        page.get_by_role("link", name="Data (JSON)").click()
    assert started.value.suggested_filename.startswith("Training (1)")
    assert started.value.suggested_filename.endswith(".json")
    answer = json.loads(Path(started.value.path()).read_text(encoding="utf-8"))
    assert answer["results"]["highlights_found"] == 1


def test_nothing_found_is_said_honestly(page: Page, site: Site, clip_path: Path) -> None:
    site.engine.model.yes_in = Span(20, 30)
    upload(page, clip_path)
    analyze(page)
    expect(page.locator("#sv-summary")).to_contain_text("Nothing scored 6 or more")
    expect(page.locator("#sv-summary")).to_contain_text("The closest was")
    expect(page.locator("#sv-segments tbody tr").first).to_be_visible()
    shoot(page, "desktop-5-nothing-found")
    page.get_by_role("button", name="Analyze again with other options").click()
    expect(page.get_by_role("button", name="Analyze", exact=True)).to_be_visible()


def test_a_file_that_cannot_be_used_says_why(page: Page, site: Site, tmp_path: Path) -> None:
    sound = write_sound_only(tmp_path / "<b>song<b>.mp4")
    page.locator("#sv-upload input[type=file]").set_input_files(sound)
    note = page.locator("#sv-intake-note [role=alert]")
    expect(note).to_contain_text("This file cannot be used")
    shoot(page, "desktop-6-refused")
    assert site.sessions_on_disk() == set() or site.service.load().sessions == len(site.sessions_on_disk())
    expect(page.locator("#sv-upload input[type=file]")).to_be_attached()


def test_another_video_and_delete(page: Page, site: Site, clip_path: Path) -> None:
    upload(page, clip_path)
    session_id = page.url.rpartition("=")[2]
    page.get_by_role("button", name="Use another video").click()
    expect(page.locator("#sv-upload")).to_be_visible()
    expect(page).to_have_url(site.url)
    assert session_id in site.sessions_on_disk()
    page.goto(f"{site.url}?session={session_id}")
    expect(page.locator("#sv-player video")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Delete this video now").click()
    expect(page.locator("#sv-player video")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete this video now").click()
    expect(page.locator("#sv-intake-note")).to_contain_text("deleted")
    assert session_id not in site.sessions_on_disk()


def test_a_link_to_a_deleted_video_says_so(page: Page, site: Site) -> None:
    # Straight to the link, as from a bookmark: what the browser remembers must not win.
    for session_id in ("4b4e6f1e-0c39-4c7a-9a1c-2f3d5e8f9b10", "no-id"):
        page.goto(f"{site.url}?session={session_id}")
        expect(page.locator("#sv-intake-note")).to_contain_text("That video is gone")
        expect(page).to_have_url(site.url)


def test_the_workout_example_runs_on_a_phone_in_the_dark(browser: Browser, site: Site) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        color_scheme="dark",
    )
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(site.url)
    shoot(page, "phone-1-empty")
    page.get_by_role("button", name="Workout example").tap()
    expect(page.get_by_role("radio", name=re.compile("Workout"))).to_be_checked(timeout=60_000)
    shoot(page, "phone-2-ready")
    analyze(page)
    expect(page.locator("#sv-summary")).to_contain_text(re.compile(r"\d+ sets?"))
    shoot(page, "phone-3-results")
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wide, "the page scrolls sideways"
    context.close()


def test_a_recording_from_the_camera_is_taken(page: Page) -> None:
    box = page.locator("#sv-upload")
    box.get_by_label("Capture from camera").click()
    box.get_by_text("Click to Access Webcam").click()
    box.get_by_title("start recording").click()
    page.wait_for_timeout(2500)
    box.get_by_title("stop recording").click()
    expect(page.locator("#sv-player video")).to_be_visible()
    expect(page.locator("#sv-facts")).to_contain_text("s")
