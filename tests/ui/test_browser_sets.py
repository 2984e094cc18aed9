"""The sets of a workout in Chromium: seen, played, corrected by mouse and keyboard, in two tabs, on a phone."""

import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from smolvlm_core.analysis.corrections import Edit, SetFields
from smolvlm_core.analysis.report import workout_report
from smolvlm_core.domain import Span
from smolvlm_core.exercise import ExerciseStep, Phase, Sides
from tests.services import finished
from tests.ui.browsing import IN_CHROMIUM, WAIT_MS, position, shoot
from tests.ui.conftest import Site
from tests.workouts import NO_POSE, UNPOSED, counted, exercise, workout

pytestmark = IN_CHROMIUM

HOSTILE = '<img src=x onerror="alert(1)">'
REST = ExerciseStep(Span(5.3, 7), Phase.REST, None, "Rest: little or no movement.", 0.9)
MEASURED = workout_report(
    workout(
        exercise("Squat", counted(0.5, 2, 2.4, sides=Sides(88, 71)), "Feet stand wide, hips go down."),
        REST,
        exercise("Alternating lunge <i>left</i>", counted(7, 5, 1.0), "One foot steps back."),
        ExerciseStep(Span(12, 20), Phase.EXECUTION, "Plank", "Still. Held for 8 s.", 0.7),
        *(exercise("Lunge", counted(20 + 4 * place, 3, 1.0)) for place in range(4)),
    )
)
UNMEASURED = workout_report(workout(exercise(None, counted(1, 4, 2.5, UNPOSED)), pose=NO_POSE))


@pytest.fixture
def session_id(site: Site, clip_path: Path) -> str:
    return finished(site.service, clip_path, MEASURED)


@pytest.fixture
def shown(page: Page, site: Site, session_id: str) -> Page:
    """The page with the cards of ``MEASURED``; its player does not really play."""
    page.goto(f"{site.url}?session={session_id}")
    expect(cards(page)).to_have_count(7)
    page.locator("#sv-player video").evaluate("video => { video.play = () => Promise.resolve(); }")
    return page


def cards(page: Page) -> Locator:
    return page.locator("#sv-found .sv-set")


def rename(page: Page, place: int, name: str, end: str = "Enter") -> None:
    card = cards(page).nth(place)
    card.get_by_role("button", name="Change the exercise").press("Enter")
    page.keyboard.type(name)
    page.keyboard.press(end)


def test_a_card_shows_its_set_and_what_is_clicked_seeks(shown: Page) -> None:
    first, second = cards(shown).nth(0), cards(shown).nth(1)
    expect(shown.get_by_role("heading", name="Set by set")).to_be_visible()
    expect(first.get_by_role("heading", name="Set 1")).to_be_visible()
    expect(first).to_contain_text("one every 2.4 s")
    expect(first).to_contain_text("left 88\u00b0, right 71\u00b0")
    expect(first).to_contain_text("the app is sure")
    expect(first.get_by_role("spinbutton", name="Repetitions of Set 1")).to_have_value("2")
    second.get_by_role("button", name="Play Set 2").click()
    assert position(shown) == pytest.approx(7.0, abs=0.05)
    second.locator("summary").click()
    second.locator(".sv-reps tbody tr").nth(3).locator("td").last.click()
    assert position(shown) == pytest.approx(10.0, abs=0.05)
    expect(second.locator("img")).to_have_js_property("naturalWidth", 960)
    assert shown.locator("#sv-found i").count() == 0, "names are text"
    expect(shown.locator(".sv-between")).to_contain_text("Rest, 1.7 s")
    shoot(shown, "sets-1280-light")


def test_a_name_is_corrected_by_keyboard_and_stays(shown: Page, site: Site, session_id: str) -> None:
    cards(shown).nth(4).scroll_into_view_if_needed()
    before = shown.evaluate("window.scrollY")
    cards(shown).nth(4).locator("summary").click()
    rename(shown, 4, "Bulgarian split squat")
    expect(shown.locator(".sv-answer")).to_have_text("Saved.")
    expect(shown.locator(".sv-answer")).to_be_in_viewport()
    expect(cards(shown).nth(4).locator(".sv-hand")).to_contain_text("Measured: Lunge.")
    assert shown.evaluate("document.activeElement.dataset.do") == "edit", "the keyboard stays where it was"
    assert abs(shown.evaluate("window.scrollY") - before) < 5
    expect(cards(shown).nth(4).locator("details")).to_have_attribute("open", "")
    expect(shown.locator("#sv-summary")).to_contain_text("Bulgarian split squat 1 set, 3 repetitions")
    expect(shown.locator(".sv-session")).to_contain_text("Bulgarian split squat")
    assert (
        site.service.results(session_id).results["exercise_steps"][5]["exercise_name"] == "Bulgarian split squat"
    )
    shown.reload()
    expect(cards(shown).nth(4).locator(".sv-shown")).to_have_text("Bulgarian split squat")
    cards(shown).nth(4).get_by_role("button", name="Undo").press("Enter")
    expect(cards(shown).nth(4).locator(".sv-shown")).to_have_text("Lunge")
    expect(cards(shown).nth(4).locator(".sv-hand")).to_be_hidden()
    assert shown.evaluate("document.activeElement.dataset.do") == "edit"


def test_escape_and_an_empty_name_change_nothing(shown: Page, site: Site, session_id: str) -> None:
    rename(shown, 0, "Oops", "Escape")
    rename(shown, 0, " ", "Enter")
    shown.keyboard.press("Tab")
    expect(cards(shown).nth(0).locator(".sv-shown")).to_have_text("Squat")
    expect(shown.locator(".sv-answer")).to_have_text("")
    assert site.service.results(session_id).results == MEASURED


def test_leaving_a_field_saves_and_totals_follow(shown: Page) -> None:
    number = cards(shown).nth(0).get_by_role("spinbutton")
    number.fill("12")
    shown.keyboard.press("Tab")
    expect(shown.locator("#sv-summary h2")).to_have_text("7 sets, 29 repetitions")
    number.press("ArrowUp")
    number.press("ArrowUp")
    expect(shown.locator("#sv-summary h2")).to_have_text("7 sets, 31 repetitions")
    expect(number).to_be_focused()
    expect(number).to_have_value("14")
    expect(cards(shown).nth(0).locator("img")).to_have_js_property("naturalWidth", 960)
    expect(shown.locator(".sv-session tfoot")).to_contain_text("31")
    number.fill("1001")
    number.press("Enter")
    expect(shown.locator(".sv-answer")).to_contain_text("from 0 to 1000")
    expect(number).to_have_value("14")
    number.fill("")
    number.press("Enter")
    expect(number).to_have_value("2")
    note = cards(shown).nth(0).get_by_role("textbox", name="Note on Set 1")
    note.fill("left knee hurt")
    note.press("Enter")
    expect(shown.locator(".sv-answer")).to_have_text("Saved.")
    shown.reload()
    expect(note).to_have_value("left knee hurt")


def test_a_hold_can_be_counted_and_a_set_removed_and_put_back(shown: Page) -> None:
    hold = cards(shown).nth(2)
    hold.get_by_role("spinbutton", name="Repetitions of Hold at 00:12").fill("3")
    shown.keyboard.press("Enter")
    expect(shown.locator("#sv-summary h2")).to_have_text("7 sets, 22 repetitions")
    cards(shown).nth(0).get_by_role("button", name="Remove Set 1").press("Enter")
    expect(shown.locator("#sv-summary h2")).to_have_text("6 sets, 20 repetitions")
    back = cards(shown).nth(0).get_by_role("button", name="Put back Set 1")
    expect(back).to_be_focused()
    expect(cards(shown).nth(0).locator(".sv-kept")).to_be_hidden()
    expect(shown.locator("#sv-timeline .sv-mark")).to_have_count(6)
    shoot(shown, "sets-removed")
    back.press("Enter")
    expect(shown.locator("#sv-summary h2")).to_have_text("7 sets, 22 repetitions")
    expect(cards(shown).nth(0).get_by_role("button", name="Remove Set 1")).to_be_focused()


def test_changes_made_one_after_the_other_all_arrive(shown: Page, site: Site, session_id: str) -> None:
    for place in range(4):
        rename(shown, 3 + place, f"Exercise {place}")
    expect(shown.locator("#sv-summary")).to_contain_text("Exercise 3")
    names = [step["exercise_name"] for step in site.service.results(session_id).results["exercise_steps"]]
    assert names[4:] == [f"Exercise {place}" for place in range(4)]


def test_two_tabs_lose_nothing_silently(shown: Page, context: BrowserContext) -> None:
    other = context.new_page()
    other.goto(shown.url)
    expect(cards(other)).to_have_count(7)
    rename(shown, 0, "Deadlift")
    expect(shown.locator(".sv-answer")).to_have_text("Saved.")
    rename(other, 0, "Thruster")
    expect(other.locator(".sv-answer")).to_contain_text("its name is \u201cDeadlift\u201d")
    expect(cards(other).nth(0).locator(".sv-shown")).to_have_text("Deadlift")
    rename(other, 1, "Lunge")
    expect(other.locator(".sv-answer")).to_have_text("Saved.")
    shown.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(cards(shown).nth(1).locator(".sv-shown")).to_have_text("Lunge")
    other.close()


def test_names_are_text_everywhere(shown: Page) -> None:
    rename(shown, 0, HOSTILE)
    expect(shown.locator(".sv-answer")).to_have_text("Saved.")
    expect(cards(shown).nth(0).locator(".sv-shown")).to_have_text(HOSTILE)
    expect(shown.locator("#sv-summary")).to_contain_text(HOSTILE)
    expect(shown.locator(".sv-session")).to_contain_text(HOSTILE)
    shown.reload()
    expect(cards(shown).nth(0).locator(".sv-shown")).to_have_text(HOSTILE)
    assert shown.locator("img[src=x]").count() == 0


def test_the_table_can_be_copied(shown: Page, site: Site, session_id: str) -> None:
    site.service.correct(session_id, Edit(SetFields(exercise_name="=1+1"), set_number=1))
    shown.reload()
    shown.context.grant_permissions(["clipboard-read"])
    expect(shown.locator(".sv-session")).to_contain_text("=1+1")
    shown.get_by_role("button", name="Copy this table").click()
    expect(shown.locator(".sv-answer")).to_contain_text("copied")
    text = str(shown.evaluate("navigator.clipboard.readText()"))
    rows = [row.split("\t") for row in text.splitlines()]
    assert rows[0] == ["Exercise", "Sets", "Repetitions", "Time under load", "Rest after"]
    assert rows[1] == ["'=1+1", "1", "2", "4.8 s", "1.7 s"]
    assert rows[-1][:3] == ["All together", "7", "19"]


def test_a_session_that_is_gone_says_so(shown: Page, site: Site, session_id: str) -> None:
    # All charts: one that is asked for after the deletion would be a complaint of its own.
    shown.locator(".sv-chart").evaluate_all(
        "all => Promise.all(all.map((one) => { one.loading = 'eager'; return one.decode(); }))"
    )
    shown.context.request.delete(f"{site.url}api/v1/video/session/{session_id}")
    rename(shown, 0, "Deadlift")
    expect(shown.locator("#sv-intake-note")).to_contain_text("That video is gone")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "dark")])
def test_a_workout_is_readable_on_every_screen(
    browser: Browser, site: Site, clip_path: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    for report, name in ((MEASURED, "workout"), (UNMEASURED, "no-pose"), (workout_report(workout()), "empty")):
        page.goto(f"{site.url}?session={finished(site.service, clip_path, report)}")
        expect(page.locator("#sv-summary h2")).to_be_visible()
        for chart in page.locator("#sv-found img").all():
            chart.scroll_into_view_if_needed()
            expect(chart).to_have_js_property("naturalWidth", 960)
        if report is MEASURED:
            page.locator("#sv-found details summary").first.click()
            rename(page, 1, "Bulgarian split squat with a long pause")
            expect(page.locator(".sv-answer")).to_have_text("Saved.")
        if name == "empty":
            expect(page.locator("#sv-found")).to_contain_text(re.compile("Film the whole body"))
        shoot(page, f"{name}-{width}-{scheme}")
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), "scrolls sideways"
    context.close()
