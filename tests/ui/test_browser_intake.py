"""The way to a video and back in Chromium: this browser's list, links, estimates, files that cannot be used."""

import re
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.clips import ClipSpec, write_clip, write_truncated
from tests.services import time_short_work_too
from tests.ui.browsing import IN_CHROMIUM, analyze, shoot, upload
from tests.ui.conftest import LIMITS, Site

pytestmark = IN_CHROMIUM

UNKNOWN = "4b4e6f1e-0c39-4c7a-9a1c-2f3d5e8f9b10"


TIMED = re.compile(r"^\s*(A few|About \d+) seconds on this machine\.\s*$")  # other tests hold their model up


def start_over(page: Page) -> None:
    page.get_by_role("button", name="Use another video").click()
    expect(page.locator("#sv-upload")).to_be_visible()


# -- This browser's videos --------------------------------------------------------------------


def test_the_list_follows_a_job_and_leads_back_to_it(
    page: Page, site: Site, context: BrowserContext, clip_path: Path, held: threading.Event
) -> None:
    expect(page.locator("#sv-history")).to_be_empty()
    upload(page, clip_path)
    link = page.url
    expect(page.locator("#sv-history")).to_be_empty()
    analyze(page)
    expect(page.locator("#sv-running")).to_be_visible()
    start_over(page)
    videos = page.locator("#sv-history li")
    expect(videos).to_have_count(1)
    expect(videos).to_contain_text(clip_path.name)
    expect(videos).to_contain_text(re.compile(r"Analyzing, \d+ %|Next in line"))
    shoot(page, "intake-1-list")
    other = context.new_page()
    other.goto(site.url)
    expect(other.locator("#sv-history li")).to_contain_text("Analyzing")
    held.set()
    for tab in (page, other):  # by itself, without a reload
        expect(tab.locator("#sv-history li")).to_contain_text("Done: 1 highlight.")
    videos.get_by_role("link").click()
    expect(page.locator("#sv-summary")).to_contain_text("1 highlight")
    expect(page).to_have_url(link)
    expect(page.locator("#sv-history")).to_be_empty()


def test_a_video_of_another_tab_appears_by_itself(
    page: Page, site: Site, context: BrowserContext, clip_path: Path
) -> None:
    other = context.new_page()
    other.goto(site.url)
    expect(other.locator("#sv-upload")).to_be_visible()
    upload(page, clip_path)
    expect(other.locator("#sv-history li")).to_contain_text("Not analyzed yet.")
    expect(other.locator("#sv-history li")).to_contain_text(clip_path.name)


def test_the_list_lets_go(page: Page, site: Site, clip_path: Path) -> None:
    """Of what is deleted here without a word, of what was deleted elsewhere with one, of what is taken off it."""
    ids = []
    for _ in range(3):
        upload(page, clip_path)
        ids.append(page.url.rpartition("=")[2])
        start_over(page)
    videos = page.locator("#sv-history li")
    expect(videos).to_have_count(3)
    expect(videos.first).to_have_attribute("data-video", ids[2])
    page.locator(f"[data-video='{ids[2]}'] a").click()
    expect(page.locator("#sv-player video")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete this video now").click()
    expect(videos).to_have_count(2)
    site.service.delete(ids[1])
    page.reload()
    expect(videos).to_have_count(2)
    expect(videos.first).to_contain_text("Gone: it was deleted.")
    expect(videos.first.get_by_role("link")).to_have_count(0)
    page.reload()
    expect(videos).to_have_count(1)
    videos.get_by_role("button", name="Remove").click()
    expect(page.locator("#sv-history")).to_be_empty()
    assert ids[0] in site.sessions_on_disk()
    page.reload()
    expect(page.locator("#sv-upload")).to_be_visible()
    page.wait_for_timeout(500)
    expect(page.locator("#sv-history")).to_be_empty()


# -- Links ------------------------------------------------------------------------------------


def test_a_pasted_link_opens_on_another_device(
    page: Page, browser: Browser, site: Site, context: BrowserContext, clip_path: Path
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    upload(page, clip_path)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#sv-copied")).to_contain_text("Link copied")
    expect(page.locator("#sv-copied")).to_contain_text("Whoever has the link can see")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    phone = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    visit = phone.new_page()
    visit.goto(site.url)
    visit.get_by_role("button", name="Open a link").click()
    field, note = visit.get_by_label("Link to a video"), visit.locator("#sv-link-note [role=alert]")
    for text, reason in (("hello", "no video in this link"), (UNKNOWN, "no such video on this server")):
        field.fill(text)
        visit.get_by_role("button", name="Open", exact=True).click()
        expect(note).to_contain_text(reason)
    shoot(visit, "intake-2-link")
    assert not visit.evaluate("document.documentElement.scrollWidth > window.innerWidth"), "scrolls sideways"
    field.fill(link)
    field.press("Enter")
    expect(visit.locator("#sv-player video")).to_be_visible()
    expect(visit).to_have_url(link)
    visit.get_by_role("button", name="Use another video").click()
    expect(field).to_have_value("")
    expect(note).to_be_hidden()
    phone.close()


def test_a_link_can_be_copied_without_a_clipboard(page: Page, clip_path: Path) -> None:
    """As on a page that is not served over HTTPS."""
    upload(page, clip_path)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#sv-copied")).to_contain_text("Link copied")
    page.evaluate("document.execCommand = () => false")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#sv-copied")).to_contain_text("Copy this link")
    expect(page.locator("#sv-copied input")).to_have_value(page.url)


# -- How long it takes ------------------------------------------------------------------------


def test_the_estimate_follows_the_options(page: Page, clip_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    time_short_work_too(monkeypatch)
    upload(page, clip_path)
    analyze(page)
    page.get_by_role("button", name="Analyze again with other options").click()
    expect(page.locator("#sv-estimate")).to_have_text(TIMED)
    page.get_by_role("radio", name=re.compile("Workout")).check()
    expect(page.locator("#sv-estimate")).to_be_empty()  # of a scripted model nothing was measured
    page.get_by_role("radio", name=re.compile("Highlights")).check()
    expect(page.locator("#sv-estimate")).to_have_text(TIMED)


# -- Files that cannot be used ----------------------------------------------------------------

DROP_JS = """
([name, bytes, onto]) => {
  const dataTransfer = new DataTransfer();
  if (name) { dataTransfer.items.add(new File([new Uint8Array(bytes)], name)); }
  for (const kind of ['dragenter', 'dragover', 'drop']) {
    const event = new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer});
    document.querySelector(onto).dispatchEvent(event);
  }
}
"""
ZONE = "#sv-upload button"


def drop(page: Page, name: str, bytes_: int, onto: str = ZONE) -> None:
    expect(page.locator("#sv-upload input[type=file]")).to_be_attached()
    page.evaluate(DROP_JS, [name, bytes_, onto])


def choose(page: Page, file: Path) -> None:
    page.locator("#sv-upload input[type=file]").set_input_files(file)


def test_each_file_that_cannot_be_used_says_why_and_the_next_one_is_taken(
    page: Page, clip_path: Path, tmp_path: Path
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("Not a video.")
    whole = write_clip(tmp_path / "whole.mp4", ClipSpec(duration_s=2.0))
    note = page.locator("#sv-intake-note [role=alert]")
    for file, reason in (
        (text, "not a video file that can be opened here"),
        (write_truncated(tmp_path / "half.mp4", whole), "damaged or incomplete"),
    ):
        choose(page, file)
        expect(note).to_contain_text(reason)
        expect(page.locator(".toast-body")).to_have_count(0)
    shoot(page, "intake-3-refused")
    upload(page, clip_path)


def test_a_video_with_a_name_that_browsers_do_not_know_is_taken(page: Page, tmp_path: Path) -> None:
    """Gradio lets files through by the type that the browser guesses from the name: for these, none."""
    old = write_clip(tmp_path / "camcorder.mts", ClipSpec(codec="mpeg4", duration_s=2.0, container="mpegts"))
    upload(page, old)
    expect(page.locator("#sv-facts")).to_contain_text("camcorder.mts")
    expect(page.locator(".toast-body")).to_have_count(0)


@pytest.mark.parametrize("onto", [ZONE, "h1"])
def test_what_is_dropped_beside_the_zone_is_taken_too(page: Page, onto: str) -> None:
    drop(page, "thing.bin", 100, onto)
    expect(page.locator("#sv-intake-note [role=alert]")).to_contain_text("not a video file")
    expect(page.locator("#sv-upload input[type=file]")).to_be_attached()


def test_a_drop_without_a_file_and_one_too_large_are_told_of_at_once(page: Page, clip_path: Path) -> None:
    refused = page.locator("#sv-refused [role=alert]")
    drop(page, "", 0)
    expect(refused).to_contain_text("There is no file in this")
    drop(page, "match.mp4", LIMITS.max_upload_bytes + 1)
    expect(refused).to_contain_text("This file is too large")
    expect(refused).to_contain_text("It has 41 MB, and this server takes 40 MB at most")
    shoot(page, "intake-4-too-large")
    upload(page, clip_path)
    start_over(page)
    expect(refused).to_have_count(0)


@pytest.mark.parametrize("lost", ["**/gradio_api/upload?*", "**/gradio_api/queue/join*"])
def test_a_lost_connection_is_told_of_and_the_next_try_works(
    context: BrowserContext, site: Site, clip_path: Path, lost: str
) -> None:
    visit = context.new_page()  # the browser complains on its console, too
    visit.goto(site.url)
    visit.route(lost, lambda route: route.abort("connectionreset"))
    choose(visit, clip_path)
    refused = visit.locator("#sv-refused [role=alert]")
    expect(refused).to_contain_text("The video did not arrive")
    visit.wait_for_timeout(3000)  # Gradio notices the broken connection and builds the page anew
    expect(refused).to_contain_text("The video did not arrive")
    expect(visit.locator(".toast-body.error")).to_have_count(0)
    visit.unroute(lost)
    upload(visit, clip_path)
