"""Moments as cards: a list that everybody can read, each with a picture that plays just that moment."""

import re

from smolvlm_core.analysis.report import highlights_report
from smolvlm_core.ui.cards import highlight_cards, moment_cards
from tests.kept import MEASURED_WORDS, kept_report
from tests.ui.test_results_view import FOUND, SESSION


def test_cards_are_a_named_list_best_first() -> None:
    html = highlight_cards(kept_report()["highlights"], SESSION)
    assert html.startswith('<ol class="sv-moments" role="list" aria-label="Highlights, best first">')
    assert re.findall(r'data-start="([\d.]+)" data-end="([\d.]+)"', html) == [
        ("2.000", "2.800"),
        ("4.000", "4.800"),
        ("3.000", "3.800"),
    ]


def test_a_card_has_its_picture_time_score_words_and_clips() -> None:
    (card,) = highlight_cards(kept_report()["highlights"][:1], SESSION).split("<li ")[1:]
    assert f'src="api/v1/video/thumbnail/{SESSION}?t=2.400" width="480" height="270" loading="lazy"' in card
    assert 'alt="Picture at 00:02."' in card
    for words in (
        "<h3>00:02.0 \u2013 00:02.8</h3>",
        ">9.2<",
        "0.8 s long",
        "At 2 s something happens.",
        MEASURED_WORDS[:30],
    ):
        assert words in card
    for query in ("", "?aspect=9%3A16", "?aspect=1%3A1"):
        assert f'data-film="api/v1/video/clips/{SESSION}/h1{query}" download' in card


def test_a_card_is_as_long_as_its_times_say() -> None:
    item = kept_report()["highlights"][0] | {"start_timestamp": 18.76, "end_timestamp": 20.24, "duration": 1.48}
    card = highlight_cards([item], SESSION)
    assert "<h3>00:18.8 \u2013 00:20.2</h3>" in card
    assert "1.4 s long" in card


def test_moments_of_a_running_analysis_have_no_clips_yet() -> None:
    html = moment_cards(kept_report()["all_moments"], SESSION)
    assert "clips/" not in html
    assert html.count("<li ") == 5
    assert "At 2 s something happens." in html
    assert html.count(MEASURED_WORDS.replace("'", "&#x27;")) == 5, "measured words stand in, and are said once"


def test_words_are_escaped() -> None:
    html = highlight_cards(highlights_report(FOUND)["highlights"], SESSION)
    assert "A &lt;b&gt;goal&lt;/b&gt;." in html


def test_nothing_is_no_list() -> None:
    assert highlight_cards([], SESSION) == moment_cards((), SESSION) == ""
