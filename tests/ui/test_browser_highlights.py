"""Highlights in Chromium: chosen anew by slider, played one by one, and told of while they are being found."""

import re
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from smolvlm_core.domain import CheckCancelled, Span
from tests.clips import ClipSpec, time_code, write_clip
from tests.kept import kept_report
from tests.services import HIGHLIGHTS, finished
from tests.ui.browsing import IN_CHROMIUM, position, shoot, visit
from tests.ui.conftest import Site

pytestmark = IN_CHROMIUM


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds that show their own time, as browsers play them."""
    spec = ClipSpec(
        duration_s=8.0,
        fps=Fraction(10),
        width=320,
        height=192,
        picture=time_code,
        container_options=(("movflags", "+faststart"),),
    )
    return write_clip(tmp_path_factory.mktemp("clips") / "coded.mp4", spec)


@pytest.fixture
def url(site: Site, coded: Path) -> str:
    """Of a session with five moments, of which three are highlights."""
    return f"{site.url}?session={finished(site.service, coded, kept_report())}"


def cards(page: Page) -> Locator:
    return page.get_by_role("list", name="Highlights, best first").get_by_role("listitem")


def marks(page: Page) -> Locator:
    return page.locator("#sv-timeline .sv-mark")


def slider(page: Page, name: str) -> Locator:
    return page.locator("#sv-recut").get_by_role("slider", name=re.compile(name))


def test_a_slider_moved_by_keyboard_changes_everything_at_once(browser: Browser, url: str, site: Site) -> None:
    with visit(browser, url) as page:
        expect(cards(page)).to_have_count(3)
        least = slider(page, "Minimum score")
        least.press("ArrowLeft")
        least.press("ArrowLeft")
        expect(cards(page)).to_have_count(4)
        expect(marks(page)).to_have_count(4)
        expect(page.locator("#sv-summary h2")).to_have_text("4 highlights")
        expect(page.locator("#sv-recut")).to_contain_text("4 of 5 moments, 3.2 s in all.")
        expect(least).to_be_focused()
        expect(page.locator("#sv-summary")).to_contain_text("were not on the list when the model looked")
        shoot(page, "recut-desktop")
        film = page.locator(".sv-reel [data-plays]")
        before = film.get_attribute("data-plays")
        slider(page, "How many at most").press("Home")
        expect(cards(page)).to_have_count(1)
        expect(film).not_to_have_attribute("data-plays", before or "")
        page.reload()
        expect(cards(page)).to_have_count(1)
        expect(slider(page, "Minimum score")).to_have_value("4")
        expect(slider(page, "How many at most")).to_have_value("1")
    session_id = url.rpartition("=")[2]
    settings = site.service.results(session_id).results["settings"]
    assert (settings["min_significance"], settings["max_highlights"]) == (4, 1)


def test_a_second_tab_shows_the_change_once_it_is_looked_at(browser: Browser, url: str) -> None:
    with visit(browser, url) as page, visit(browser, url) as other:
        expect(cards(other)).to_have_count(3)
        slider(page, "How many at most").press("Home")
        expect(cards(page)).to_have_count(1)
        other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(cards(other)).to_have_count(1)
        expect(slider(other, "How many at most")).to_have_value("1")


def test_nothing_left_is_said_and_the_way_back_is_open(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        slider(page, "Minimum score").press("End")
        expect(page.locator("#sv-summary h2")).to_have_text("Nothing scored 10 or more")
        expect(page.locator("#sv-recut")).to_contain_text("The closest was 00:02 \u2013 00:02 with 9.2.")
        expect(cards(page)).to_have_count(0)
        shoot(page, "recut-nothing")
        slider(page, "Minimum score").press("ArrowLeft")
        expect(cards(page)).to_have_count(1)
        expect(cards(page)).to_contain_text("At 2 s something happens.")


def test_a_number_can_be_typed(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        field = page.locator("#sv-recut").get_by_role("spinbutton", name=re.compile("How many"))
        field.fill("2")
        expect(cards(page)).to_have_count(2)
        field.fill("999")
        field.blur()
        expect(cards(page)).to_have_count(3)


def test_a_card_plays_its_moment_and_stops(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        play = cards(page).nth(1).get_by_role("button", name=re.compile("Play 00:04"))
        play.focus()
        play.press("Enter")
        page.wait_for_function("() => document.querySelector('#sv-player video').currentTime >= 4.79")
        page.wait_for_function("() => document.querySelector('#sv-player video').paused")
        assert position(page) == pytest.approx(4.8, abs=0.05)
        expect(page.locator(".sv-now")).to_have_count(1)


def test_who_seeks_elsewhere_meanwhile_watches_on(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        page.locator("#sv-player video").evaluate(
            "video => video.addEventListener('playing', () => { video.currentTime = 5.5; }, {once: true})"
        )
        cards(page).first.get_by_role("button").click()
        page.wait_for_function("() => document.querySelector('#sv-player video').currentTime > 6.2")
        assert page.locator("#sv-player video").evaluate("video => !video.paused")


def test_pictures_come_when_they_are_looked_at_and_move_nothing(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        picture = cards(page).first.get_by_role("img")
        assert picture.get_attribute("loading") == "lazy"
        assert picture.get_attribute("alt") == "Picture at 00:02."
        before = cards(page).first.bounding_box()
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("naturalWidth", 320)
        after = cards(page).first.bounding_box()
        assert before is not None
        assert after is not None
        assert (before["width"], before["height"]) == (after["width"], after["height"])


def test_the_timeline_shows_a_picture_of_what_the_pointer_is_over(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        marks(page).first.hover()
        expect(page.locator(".sv-peek")).to_have_js_property("naturalWidth", 320)
        page.mouse.move(5, 5)
        expect(page.locator(".sv-peek")).to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "dark")])
def test_cards_are_readable_on_every_screen(
    browser: Browser, url: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    with visit(browser, url, viewport={"width": width, "height": 844}, color_scheme=scheme) as page:
        for card in cards(page).all():
            card.scroll_into_view_if_needed()
            expect(card.get_by_role("img")).to_have_js_property("complete", True)
            assert len(card.get_by_role("link").all()) == 3
        for name in ("Minimum score", "How many at most", "Seconds all together"):
            box = slider(page, name).bounding_box()
            assert box is not None
            assert box["width"] > 100
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        page.evaluate("window.scrollTo(0, 0)")
        shoot(page, f"cards-{width}-{scheme}")


# -- While it runs ----------------------------------------------------------------------------


@pytest.fixture
def paused(site: Site) -> Iterator[threading.Event]:
    """All four parts and the first moment are judged; the second moment only once this is set."""
    go_on = threading.Event()
    model = site.engine.model

    def hold(check: CheckCancelled) -> None:
        while len(model.calls) == 7 and not go_on.wait(0.02):
            check()
        check()

    model.yes_in, model.before_reply = Span(0, 20), hold
    yield go_on
    go_on.set()


@pytest.fixture(scope="module")
def calm_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = ClipSpec(duration_s=8.0, fps=Fraction(5), container_options=(("movflags", "+faststart"),))
    return write_clip(tmp_path_factory.mktemp("clips") / "calm.mp4", spec)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_timeline_and_the_best_so_far_are_there_while_it_runs(
    browser: Browser,
    site: Site,
    calm_clip: Path,
    paused: threading.Event,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    session_id = site.service.adopt(calm_clip, "calm.mp4").session_id
    site.service.start_analysis(session_id, HIGHLIGHTS)
    viewport = {"width": width, "height": 844}
    with visit(browser, f"{site.url}?session={session_id}", viewport=viewport, color_scheme=scheme) as page:
        expect(page.locator("#sv-timeline .sv-part")).to_have_count(4)
        best = page.get_by_role("list", name="Best so far").get_by_role("listitem")
        expect(best).to_have_count(1)
        expect(marks(page)).to_have_count(1)
        expect(page.get_by_role("progressbar", name="Analysis")).to_be_visible()
        expect(best.get_by_role("img")).to_have_js_property("naturalWidth", 160)
        shoot(page, f"running-{width}-{scheme}")
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        page.locator("#sv-player video").evaluate("video => { video.currentTime = 7; }")
        best.get_by_role("button", name=re.compile("Play 00:00")).press("Enter")
        page.wait_for_function("() => document.querySelector('#sv-player video').currentTime < 3")
        paused.set()
        expect(cards(page).first).to_be_visible()
        expect(page.locator("#sv-timeline .sv-part")).to_have_count(4)
        expect(page.get_by_role("list", name="Best so far")).to_have_count(0)


def test_the_reel_is_made_when_it_is_wanted_and_then_plays(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        page.locator(".sv-reel").get_by_role("button", name="Play the reel").click()
        video = page.locator(".sv-reel video")
        expect(video).to_be_visible()
        expect(video).to_be_focused()
        page.wait_for_function("document.querySelector('.sv-reel video').currentTime > 0.2")
        expect(page.locator(".sv-reel .sv-making")).to_be_hidden()
        shoot(page, "reel-playing")


@pytest.mark.parametrize(
    ("link", "name"),
    [("square", "coded h1 1x1.mp4"), ("as filmed", "coded h1.mp4"), ("Download all clips (ZIP)", "coded.zip")],
)
def test_a_download_tells_how_far_it_is_and_arrives(browser: Browser, url: str, link: str, name: str) -> None:
    with visit(browser, url) as page:
        told: list[str] = []
        place = page.locator(".sv-reel" if "ZIP" in link else ".sv-moment .sv-film").first
        page.on("request", lambda request: told.append(f"{request.method} {request.url.rpartition('/video/')[2]}"))
        with page.expect_download() as started:
            place.get_by_role("link", name=link).click()
        assert started.value.suggested_filename == name
        assert Path(started.value.path()).stat().st_size > 1000
        assert any(one.startswith("POST clips/") for one in told), "it is made before it is fetched"
        assert "/clips/" in started.value.url
        expect(place.locator(".sv-making")).to_be_hidden()


def test_how_far_a_film_is_shows_beside_what_was_clicked(browser: Browser, url: str) -> None:
    """Told by a stand-in for the server, which takes its time, and at the end cannot do it."""
    answers: Iterator[tuple[int, dict[str, object]]] = iter(
        [
            (200, {"status": "waiting", "progress": 0.0}),
            (200, {"status": "making", "progress": 37.4}),
            (200, {"status": "making", "progress": 37.4}),
            (422, {"detail": "It broke."}),
        ]
    )
    with browser.new_context() as context:  # which is not watched: the browser complains of the 422
        page = context.new_page()
        page.goto(url)
        page.route("**/reel/**", lambda route: _answer(route, *next(answers)))
        reel = page.locator(".sv-reel")
        reel.get_by_role("link", name="upright").first.click()
        expect(reel.locator(".sv-making")).to_contain_text("Others are made first")
        bar = reel.get_by_role("progressbar")
        expect(bar).to_have_attribute("aria-valuenow", "37")
        expect(reel.locator(".sv-making")).to_contain_text("It is being made")
        shoot(page, "reel-making")
        expect(reel.locator(".sv-making")).to_contain_text("It could not be made.")
        expect(reel.locator(".sv-bar")).to_be_hidden()


def _answer(route: Route, status: int, body: dict[str, object]) -> None:
    route.fulfill(status=status, json=body)
