"""Videos that Chromium cannot play, in Chromium: another version is prepared, shown, and sought in.

Screenshots go to ``artifacts/screenshots`` (not kept in Git).
"""

import threading
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from smolvlm_core.domain import CheckCancelled
from smolvlm_core.errors import ClipError
from smolvlm_core.jobs.preview_process import PreviewOrder, make_apart
from smolvlm_core.jobs.previews import Make
from smolvlm_core.video.reel import ReportShare
from tests.clips import ClipSpec, time_code, tone, write_clip
from tests.services import HIGHLIGHTS
from tests.ui.browsing import IN_CHROMIUM, LINK, WAIT_MS, position, shoot, upload
from tests.ui.conftest import Site

pytestmark = IN_CHROMIUM

HEVC = ClipSpec(
    codec="libx265",
    picture=time_code,
    duration_s=12.0,
    fps=Fraction(10),
    width=320,
    height=180,
    sound=tone(),
    container_options=(("movflags", "+faststart"),),
)
CODE_JS = """
video => {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const pen = canvas.getContext('2d');
  pen.drawImage(video, 0, 0);
  let value = 0;
  for (let bit = 0; bit < 16; bit++) {
    const x = (bit % 4 + .5) * canvas.width / 4, y = (Math.floor(bit / 4) + .5) * canvas.height / 4;
    if (pen.getImageData(x, y, 1, 1).data[1] > 125) { value += 2 ** bit; }
  }
  return value / 100;
}
"""
"""What ``time_code`` drew into the picture that is shown."""


class Studio:
    """Stands before the real making of previews: lets it begin only once it is ``opened``."""

    def __init__(self, site: Site) -> None:
        self.opened = threading.Event()
        self.broken = False
        self.made = 0
        self._previews = site.service.previews
        self._make: Make = self._previews.make
        self._previews.make = self.make

    def make(self, order: PreviewOrder, check: CheckCancelled, report: ReportShare) -> None:
        report(0.42)
        while not self.opened.wait(0.02):
            check()
        if self.broken:
            raise ClipError("It broke.")
        self.made += 1
        make_apart(order, check, report)

    def close(self) -> None:
        self.opened.set()
        self._previews.make = self._make


@pytest.fixture
def studio(site: Site) -> Iterator[Studio]:
    studio = Studio(site)
    yield studio
    studio.close()


def plays(page: Page) -> None:
    """The player has a picture of the preview, no error, and can go on from where it is."""
    video = page.locator("#sv-player video")
    expect(video).to_be_visible()
    page.wait_for_function("document.querySelector('#sv-player video').readyState >= 2", timeout=WAIT_MS)
    assert video.evaluate("video => video.error") is None
    assert video.evaluate("video => video.videoWidth") > 0
    assert "/preview/" in str(video.evaluate("video => video.currentSrc"))


def seek(page: Page, time_s: float) -> float:
    """Put the player there; the time that the picture then shows."""
    page.locator("#sv-player video").evaluate(
        "(video, time) => new Promise(done => { video.onseeked = done; video.currentTime = time; })", time_s
    )
    page.wait_for_timeout(100)
    return float(page.locator("#sv-player video").evaluate(CODE_JS))


def drop_in(page: Page, clip: Path) -> None:
    page.locator("#sv-upload input[type=file]").set_input_files(clip)


def test_a_video_that_chromium_cannot_play_plays(page: Page, site: Site, studio: Studio, tmp_path: Path) -> None:
    drop_in(page, write_clip(tmp_path / "phone.mp4", HEVC))
    instead = page.locator("#sv-player .sv-instead")
    expect(instead).to_contain_text("Preparing a version that this browser can play")
    expect(instead.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "42")
    expect(instead).to_contain_text("42%")
    expect(page.locator("#sv-player video")).to_be_hidden()
    expect(page.get_by_role("button", name="Analyze", exact=True)).to_be_enabled()
    shoot(page, "preview-1-preparing")
    studio.opened.set()
    plays(page)
    expect(instead).to_be_hidden()
    shoot(page, "preview-2-ready")
    for time_s in (3.35, 9.15, 0.0, 11.85):
        assert seek(page, time_s) == pytest.approx(time_s, abs=0.06)
    page.locator("#sv-player video").evaluate("video => { video.muted = true; return video.play(); }")
    page.wait_for_function("document.querySelector('#sv-player video').currentTime !== 11.85")
    page.reload()
    plays(page)
    assert studio.made == 1


def test_a_moment_clicked_while_it_is_prepared_is_where_it_begins(
    page: Page, site: Site, studio: Studio, tmp_path: Path
) -> None:
    drop_in(page, write_clip(tmp_path / "phone.mp4", HEVC))
    expect(page.locator("#sv-player .sv-instead")).to_be_visible()
    page.get_by_role("button", name="Analyze", exact=True).click()
    moment = page.locator("#sv-found .sv-play").first
    start_s = float(moment.get_attribute("data-start") or "nan")
    moment.click()
    expect(page.locator("#sv-player .sv-instead")).to_be_visible()
    studio.opened.set()
    plays(page)
    assert position(page) == pytest.approx(start_s, abs=0.05)
    page.locator("#sv-player video").evaluate(
        "video => { video.currentTime = 5; video.play = () => Promise.resolve(); }"
    )
    moment.click()
    assert position(page) == pytest.approx(start_s, abs=0.05)


def test_what_cannot_be_made_is_explained(page: Page, site: Site, studio: Studio, tmp_path: Path) -> None:
    studio.broken = True
    studio.opened.set()
    drop_in(page, write_clip(tmp_path / "old.avi", ClipSpec(codec="mpeg4", duration_s=4.0)))
    instead = page.locator("#sv-player .sv-instead")
    expect(instead).to_contain_text("This browser cannot play MPEG-4 video.")
    expect(instead.get_by_role("progressbar")).to_be_hidden()
    expect(page.get_by_text("Video not playable")).to_have_count(0)  # Gradio's upload would have it so
    shoot(page, "preview-3-cannot")


def test_what_the_browser_plays_is_shown_as_it_is(page: Page, site: Site, studio: Studio, clip_path: Path) -> None:
    upload(page, clip_path)
    page.wait_for_function("document.querySelector('#sv-player video').readyState >= 1", timeout=WAIT_MS)
    assert "/source/" in str(page.locator("#sv-player video").evaluate("video => video.currentSrc"))
    session_id = page.url.rpartition("=")[2]
    assert site.service.session(session_id).preview.state == "none"


def test_sound_that_the_browser_would_leave_out_is_heard(page: Page, studio: Studio, tmp_path: Path) -> None:
    """Chromium plays the picture of this one and tells nobody that it has no sound."""
    studio.opened.set()
    spec = replace(HEVC, codec="libx264", audio_codec="ac3", duration_s=3.0)
    drop_in(page, write_clip(tmp_path / "film.mp4", spec))
    plays(page)


def test_an_older_session_gets_its_preview_when_it_is_opened(
    page: Page, site: Site, studio: Studio, tmp_path: Path
) -> None:
    studio.opened.set()
    clip = write_clip(tmp_path / "old.avi", replace(HEVC, codec="mpeg4", audio_codec="mp2", duration_s=3.0))
    session_id = site.service.adopt(clip, clip.name).session_id
    assert site.service.session(session_id).preview.state == "none"
    page.goto(f"{site.url}?session={session_id}")
    plays(page)


def test_a_video_deleted_while_it_is_prepared_is_gone(
    context: BrowserContext, site: Site, studio: Studio, tmp_path: Path
) -> None:
    page = context.new_page()  # whose complaints do not count: it may ask once more while the answer comes
    page.set_default_timeout(WAIT_MS)
    page.goto(site.url)
    drop_in(page, write_clip(tmp_path / "phone.mp4", HEVC))
    expect(page.locator("#sv-player .sv-instead")).to_be_visible()
    expect(page).to_have_url(LINK)
    session_id = page.url.rpartition("=")[2]
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete this video now").click()
    expect(page.locator("#sv-intake-note")).to_contain_text("deleted")
    assert session_id not in site.sessions_on_disk()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/preview/" in request.url else None)
    page.wait_for_timeout(2500)
    assert asked == [], "nobody asks any more"


def test_it_is_readable_on_a_phone_in_the_dark(
    browser: Browser, site: Site, studio: Studio, tmp_path: Path
) -> None:
    clip = write_clip(tmp_path / "phone.mp4", replace(HEVC, width=180, height=320))
    session_id = site.service.adopt(clip, clip.name).session_id
    site.service.start_analysis(session_id, HIGHLIGHTS)
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{site.url}?session={session_id}")
    expect(page.locator("#sv-player .sv-instead")).to_contain_text("42%", timeout=WAIT_MS)
    shoot(page, "preview-4-phone-dark")
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), "scrolls sideways"
    studio.opened.set()
    plays(page)
    context.close()
