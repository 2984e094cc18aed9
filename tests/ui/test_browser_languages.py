"""The page in Chromium of somebody who reads no English."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from smolvlm_core.analysis.report import workout_report
from smolvlm_core.domain import Span
from smolvlm_core.ui.words import LANGUAGES, catalogue
from tests.kept import kept_report
from tests.services import finished
from tests.ui.browsing import IN_CHROMIUM, LINK, shoot, visit
from tests.ui.conftest import Site
from tests.workouts import counted, exercise, workout

pytestmark = IN_CHROMIUM

SHORTEST = 12  # characters of a message that is English beyond doubt: "Options" is French as well
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "color_scheme": "dark"}
ALL_TEXT_JS = """
() => {
  const words = [document.title, document.body.innerText];
  for (const one of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
    if (one.checkVisibility()) { words.push(one.ariaLabel, one.title, one.placeholder, one.alt); }
  }
  return words.filter(Boolean).join('\\n');
}
"""


def english_on(page: Page, code: str = "fr") -> set[str]:
    """The page's own messages that can be read or heard there in English, though the language has other words."""
    text = page.evaluate(ALL_TEXT_JS)
    ids = (entry.id for entry in catalogue(code) if entry.string != entry.id)
    messages = {one for key in ids for one in ([key] if isinstance(key, str) else key)}
    fixed = {part.strip(" .") for message in messages for part in re.split(r"\\{\\w+\\}|\n", message)}
    return {part for part in fixed if len(part) >= SHORTEST and part in text}


@pytest.fixture
def french(browser: Browser, site: Site) -> Iterator[Page]:
    with visit(browser, site.url, locale="fr-FR") as page:
        yield page


def test_a_video_becomes_highlights_in_french(
    french: Page, site: Site, clip_path: Path, held: threading.Event
) -> None:
    page, site.engine.model.yes_in = french, Span(4, 6)
    expect(page.get_by_role("heading", level=1)).to_have_text("Trouvez les moments qui comptent")
    expect(page).to_have_title("Temps forts et entraînements en vidéo")
    expect(page.locator("html")).to_have_attribute("lang", re.compile("^fr"))
    shoot(page, "french-1-empty")
    assert not english_on(page)
    page.locator("#sv-upload input[type=file]").set_input_files(clip_path)
    expect(page).to_have_url(LINK)
    expect(page.locator("#sv-facts")).to_contain_text("avec son")
    expect(page.get_by_role("radio", name=re.compile("Temps forts"))).to_be_checked()
    page.get_by_role("button", name="Options").click()
    page.get_by_role("spinbutton", name=re.compile("Durée des parties")).fill("5")
    expect(page.get_by_role("radio", name="Équilibré")).to_be_checked()
    expect(page.get_by_placeholder("Buts, occasions manquées")).to_be_visible()
    page.get_by_role("radio", name=re.compile("^Entraînement")).check()
    expect(page.get_by_placeholder("Squats, fentes et pompes")).to_be_visible()
    page.get_by_role("radio", name=re.compile("^Temps forts")).check()
    shoot(page, "french-2-ready")
    assert not english_on(page)
    page.get_by_role("button", name="Analyser", exact=True).click()
    expect(page.get_by_role("progressbar", name="Analyse")).to_be_visible()
    expect(page.locator("#sv-progress")).to_contain_text(re.compile("partie", re.IGNORECASE))
    shoot(page, "french-3-running")
    assert not english_on(page)
    held.set()
    expect(page.locator("#sv-summary h2")).to_have_text("1 temps fort")
    expect(page.locator("#sv-recut")).to_contain_text("Ajuster les temps forts")
    shoot(page, "french-4-results")
    assert not english_on(page)


def test_a_video_is_shared_deleted_and_found_again_in_french(
    browser: Browser, site: Site, clip_path: Path
) -> None:
    url = f"{site.url}?session={finished(site.service, clip_path, kept_report())}"
    with visit(browser, url, locale="fr-FR") as page:
        _shared_and_left(page)
        expect(page.locator("#sv-history")).to_contain_text("Terminé")
        assert not english_on(page)


def _shared_and_left(page: Page) -> None:
    page.get_by_role("button", name="Copier le lien").click()
    expect(page.locator("#sv-copied")).to_contain_text("supprimer")
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", refuse)
    page.get_by_role("button", name="Supprimer cette vidéo").click()
    assert asked == ["Supprimer définitivement cette vidéo et ses résultats\N{NO-BREAK SPACE}?"]
    page.get_by_role("button", name="Prendre une autre vidéo").click()


def test_a_refusal_is_in_french(french: Page, tmp_path: Path) -> None:
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(41 * 1024**2)
    french.locator("#sv-upload input[type=file]").set_input_files(large)
    note = french.locator("#sv-refused [role=alert]")
    expect(note).to_contain_text("Ce fichier est trop lourd")
    expect(note).to_contain_text("Il pèse 41 MB, et ce serveur en accepte 40 MB au plus.")
    other = tmp_path / "letter.mp4"
    other.write_text("Dear coach, ...", encoding="utf-8")
    french.locator("#sv-upload input[type=file]").set_input_files(other)
    refused = french.locator("#sv-intake-note [role=alert]")
    expect(refused).to_contain_text("Ce fichier ne peut pas être utilisé")
    expect(refused).to_contain_text("Ce n’est pas un fichier vidéo")  # noqa: RUF001
    assert not english_on(french)


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_results_in_every_language_on_a_phone(browser: Browser, site: Site, clip_path: Path, code: str) -> None:
    steps = workout_report(workout(exercise("Squat", counted(0.5, 4, 2.4), "Feet stand wide, hips go down.")))
    for kind, report in (("highlights", kept_report()), ("workout", steps)):
        url = f"{site.url}?session={finished(site.service, clip_path, report)}"
        with visit(browser, url, locale=code, **PHONE) as page:
            expect(page.locator("#sv-summary h2")).to_be_visible()
            page.locator("#sv-summary .sv-files summary").click()
            shoot(page, f"{code}-{kind}-phone")
            assert not english_on(page, code)
            wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
            assert not wide, "the page scrolls sideways"


def test_a_language_that_is_not_spoken_gets_english(browser: Browser, site: Site) -> None:
    with visit(browser, site.url, locale="sv-SE") as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("Find the moments that matter")
