"""The report, read by an HTML parser: it asks for nothing, runs nothing, and shows every word as text."""

import re
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from smolvlm_core.analysis.report import Report, workout_report
from smolvlm_core.domain import ScoredMoment, Span
from smolvlm_core.exercise import ExerciseStep, Phase
from smolvlm_core.exports.page import page_text
from smolvlm_core.exports.words import one_line
from tests.exports.samples import (
    EVIDENCE,
    HOSTILE,
    highlight,
    highlights,
    hostile_highlights,
    hostile_workout,
    two_sets,
    video,
)
from tests.workouts import NO_POSE, counted, exercise, workout

VOID = {"meta", "img"}
TAGS = re.compile(
    "html|head|meta|title|style|body|main|header|footer|section|h1|h2|h3|p|ul|ol|li|dl|dt|dd|div|span|b|strong|"
    "meter|img|figure|table|thead|tbody|tr|th|td"
)
ATTRIBUTES = re.compile("lang|charset|http-equiv|content|name|class|dir|src|alt|scope|min|max|value|data-name")
JPEG, PNG = b"\xff\xd8\xff a jpeg", b"\x89PNG a chart"


class Page(HTMLParser):
    """What a browser would make of the file; fails on tags that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1], data))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def text(self) -> str:
        return "\n".join(data for tag, data in self.texts if tag != "style")

    def of(self, *tags: str) -> list[str]:
        return [data for tag, data in self.texts if tag in tags]

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(report: Report, name: str = "holiday.mp4") -> Page:
    parts = report["highlights"] if "highlights" in report else report["exercise_steps"]
    data = JPEG if "highlights" in report else PNG
    return Page(page_text(report, video(filename=name), [data] * len(parts)))


EVERY = {
    "highlights": hostile_highlights(),
    "workout": hostile_workout(),
    "nothing": highlights(),
    "sets": two_sets(),
}


@pytest.mark.parametrize("report", EVERY.values(), ids=EVERY)
def test_it_asks_for_nothing_and_runs_nothing(report: Report) -> None:
    page = page_of(report, "<script>alert(1)</script> https://example.org/.mp4")
    for tag, attributes in page.tags:
        assert TAGS.fullmatch(tag)
        assert all(map(ATTRIBUTES.fullmatch, attributes)), attributes
    for image in page.attributes("img"):
        kind, data = str(image["src"]).split(",")
        assert kind in ("data:image/jpeg;base64", "data:image/png;base64")
        assert b64decode(data, validate=True) in (JPEG, PNG)
        assert image["alt"]
    (style,) = page.of("style")
    assert not re.search(r"url\(|@import|expression|</", style)


def test_its_policy_forbids_all_but_its_own_style_and_pictures() -> None:
    page = page_of(two_sets())
    (style,) = page.of("style")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    metas = page.attributes("meta")
    assert metas[0] == {"charset": "utf-8"}
    assert metas[1]["http-equiv"] == "Content-Security-Policy"
    assert str(metas[1]["content"]).split("; ") == [
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


@pytest.mark.parametrize("report", [hostile_highlights(), hostile_workout()], ids=["highlights", "workout"])
def test_every_word_is_shown_as_text(report: Report) -> None:
    texts = page_of(report).text().splitlines()
    for words in filter(None, map(one_line, HOSTILE)):
        assert words in texts


def test_warnings_prompts_and_names_are_text_too() -> None:
    report = two_sets()
    report["warnings"] = ["<i>warned</i>"]
    report["settings"] |= {"user_prompt": "<i>asked</i>", "system_prompt": "</style>"}
    report["model"] |= {"id": '"><i>model</i>', "reason": "<i>why</i>"}
    report["summary"]["sets_by_exercise"][0]["exercise_name"] = "<i>by name</i>"
    text = page_of(report, "<i>name</i>.mp4").text()
    for words in ("warned", "asked", "model", "why", "by name", "name"):
        assert f"<i>{words}</i>" in text
    assert "</style>" in text


def test_highlights_come_best_first_with_all_that_is_known() -> None:
    page = page_of(
        highlights(highlight(1, Span(5.0, 9.0), "Second.", 6.5), highlight(2, Span(61.0, 70.0), "First.", 9.25))
    )
    assert page.of("h1") == ["holiday.mp4"]
    assert page.of("h3") == ["01:01 \u2013 01:10", "00:05 \u2013 00:09"]
    assert [meter["value"] for meter in page.attributes("meter")] == ["9.2", "6.5"]
    assert [image["alt"] for image in page.attributes("img")] == [
        "Picture at 01:01 \u2013 01:10",
        "Picture at 00:05 \u2013 00:09",
    ]
    text = page.text()
    for words in (
        "2:00 min",
        "1280 \u00d7 720",
        "25 frames a second",
        "In 02:00, moments stand out.",
        "First.",
        "Motion 2.3\u00d7 the usual",
        "Rarity 62%",
        "Loudness +6.2 dB",
        "1 cut",
        "Model 81% sure",
        "SmolVLM2-256M",
        "abc123",
        "the default on a CPU",
        "Least score",
        "balanced",
    ):
        assert words in text, words


def test_a_highlight_without_a_picture_has_its_words() -> None:
    report = highlights(highlight(1, Span(5.0, 9.0), "Seen."))
    page = Page(page_text(report, video(), [None]))
    assert page.attributes("img") == []
    assert "Seen." in page.of("p")


def test_without_highlights_it_says_so_and_what_came_closest() -> None:
    report = highlights(closest=ScoredMoment(Span(3.0, 6.0), 4.2, EVIDENCE))
    page = page_of(report)
    assert "No highlights" in page.of("h2")
    assert "In 02:00, moments stand out." in page.of("p")
    assert page.attributes("li") != []  # the facts are there all the same


def test_measured_words_are_said_once() -> None:
    report = highlights(highlight(1, Span(5.0, 9.0)))
    measured = report["highlights"][0]["evidence"]["words"]
    report["highlights"][0]["description"] = measured
    assert page_of(report).of("p").count(measured) == 1


def test_a_workout_has_its_sets_and_charts() -> None:
    report = two_sets()
    page = Page(page_text(report, video(), [PNG, None, PNG]))
    text = page.text()
    assert "2 sets, 8 repetitions" in page.of("h2")
    assert page.of("strong") == ["Squat", "Rest", "Lunge"]
    assert [attributes.get("class") for attributes in page.attributes("tr")] == [None, None, "quiet", None]
    for words in (
        "Squat: 1 set, 5 repetitions",
        "00:02 \u2013 00:12",
        "2.0 s",
        "Execution",
        "90%",
        "16 s of exercise",
    ):
        assert words in text, words
    measured = "one every 2.0 s; knee angle moves by 88\u00b0; 0.9 s down, 0.8 s up."
    assert [image["alt"] for image in page.attributes("img")] == [
        f"Chart of set 1, Squat: 5 repetitions, {measured}",
        f"Chart of set 2, Lunge: 3 repetitions, {measured}",
    ]


def test_a_workout_says_what_found_the_body_or_why_nothing_did() -> None:
    assert "blazepose-lite: it runs on this machine" in page_of(two_sets()).of("dd")
    report = workout_report(workout(exercise("Squat", counted(2.0)), pose=NO_POSE))
    assert "None: the pose model could not be fetched" in page_of(report).of("dd")


def test_a_workout_without_sets_is_a_page_too() -> None:
    rest = ExerciseStep(Span(0.0, 20.0), Phase.REST, None, "", 0.9)
    page = Page(page_text(workout_report(workout(rest)), video(), [None]))
    assert "No repeated movement was found" in page.of("h2")
    nothing = Page(page_text(workout_report(workout()), video(), []))
    assert nothing.attributes("table") == []


def test_results_from_before_sets_were_measured_still_make_a_page() -> None:
    report = two_sets()
    del report["pose"]
    report["summary"] = {"total_exercises_identified": 2, "total_repetitions": 8}
    for step in report["exercise_steps"]:
        for name in ("set_number", "curve", "repetition_times", "measured_words"):
            step.pop(name, None)
    page = Page(page_text(report, video(), [None] * 3))
    assert page.of("strong") == ["Squat", "Rest", "Lunge"]
