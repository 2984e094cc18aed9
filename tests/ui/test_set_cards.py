"""The cards of sets: what was measured, what can be corrected, everything escaped, and always the same parts."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from smolvlm_core.analysis.corrections import corrected_report
from smolvlm_core.analysis.report import Report, workout_report
from smolvlm_core.analysis.set_report import measured_words
from smolvlm_core.domain import Span
from smolvlm_core.exercise import Drive, ExerciseStep, Phase, Sides, Unit
from smolvlm_core.ui.set_cards import between, card, label_of
from tests.exports.samples import HOSTILE
from tests.workouts import NO_POSE, UNPOSED, counted, exercise, workout

SESSION = "4b4e6f1e-0c39-4c7a-9a1c-2f3d5e8f9b10"
SQUATS = exercise("Squat", counted(3, repetitions=12, tempo_s=2.1, sides=Sides(88.2, 71)))
REST = ExerciseStep(Span(28.2, 60), Phase.REST, None, "A rest.", 0.9)
PLANK = ExerciseStep(Span(60, 90), Phase.EXECUTION, "Plank", "Held for 30 s.", 0.7)
UNKNOWN = exercise(None, counted(106, repetitions=1, tempo_s=2.0), "Quick <moves>.")
REPORT = workout_report(workout(SQUATS, REST, PLANK, UNKNOWN))


def card_of(place: int = 1, report: Report = REPORT, **kept: object) -> str:
    """The card of a step, with these corrections."""
    shown = corrected_report(report, {str(place): kept} if kept else {})
    return card(shown["exercise_steps"][place - 1], place, SESSION)


def one(step: ExerciseStep) -> str:
    return card_of(report=workout_report(workout(step)))


class Parts(HTMLParser):
    """The elements of a card, without what it says; fails on tags that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(f"{tag}.{dict(attrs).get('class', '')}")
        if tag not in ("input", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_counted_set_shows_what_was_measured() -> None:
    html = card_of()
    for words in (
        ">Set 1</h4>",
        'data-field="exercise_name" data-value="Squat"',
        'data-field="repetitions" data-value="12"',
        "<dt>Tempo</dt><dd>one every 2.1 s (0.9 s down, 0.8 s up)</dd>",
        "<dt>Movement</dt><dd>knee angle 88\u00b0</dd>",
        "<dt>Sides</dt><dd>left 88\u00b0, right 71\u00b0</dd>",
        "<dt>Name</dt><dd>the app is sure</dd>",
        'data-start="3.000"',
        "00:03 \u2013 00:28",
        ">25 s<",
        "Hips go down.",
    ):
        assert words in html
    assert 'class="sv-hand" hidden' in html


@pytest.mark.parametrize(
    ("confidence", "words"),
    [(0.85, "the app is sure"), (0.7, "fairly sure"), (0.4, "not sure: please check"), (0.0, None)],
)
def test_how_sure_a_name_is_comes_in_plain_words(confidence: float, words: str | None) -> None:
    html = one(replace(SQUATS, confidence=confidence))
    assert words in html if words else "<dt>Name</dt>" not in html
    assert "%" not in html.partition("<table")[0]


def test_what_has_no_name_or_count_says_so() -> None:
    assert "could not tell: please type its name" in card_of(4)
    plank = card_of(3)
    assert "Hold at 01:00" in plank
    assert 'data-field="repetitions" data-value=""' in plank
    assert "<img" not in plank
    assert "Held for 30 s." not in plank.partition('class="sv-said"')[2], "its length stands beside it"


def test_a_corrected_set_tells_what_was_measured_and_offers_the_way_back() -> None:
    html = card_of(exercise_name="Lunge", repetitions=10, note="slow")
    assert "Corrected by hand. Measured: <bdi>Squat</bdi>, 12 repetitions." in html
    assert 'class="sv-hand">' in html
    assert "<dd>corrected by hand</dd>" in html
    assert 'data-field="note" data-value="slow"' in html
    hold = card_of(3, repetitions=4)
    assert "Measured: not counted." in hold
    assert ">Hold at 01:00</h4>" in hold
    assert 'class="sv-hand" hidden' in card_of(note="slow"), "a note corrects nothing"


def test_a_removed_set_can_be_put_back() -> None:
    html = card_of(removed=True)
    assert 'class="sv-kept" hidden' in html
    assert "<strong>Set 1</strong> removed: <bdi>Squat</bdi>, 00:03 \u2013 00:28" in html
    assert "<img" not in html
    assert 'class="sv-gone" hidden' in card_of()


def test_every_state_has_the_same_parts_so_that_focus_stays() -> None:
    def skeleton(html: str) -> list[str]:
        """Without what is measured, which nothing stands behind that can be focused."""
        parts = [part for part in Parts(html).seen if part.split(".")[1]]
        drawn = parts.index("div.sv-drawn")
        return parts[: drawn + 1] + parts[parts.index("div.sv-gone") :]

    usual = skeleton(card_of())
    assert len(usual) > 12
    assert skeleton(card_of(exercise_name="Lunge", repetitions=3, note="a")) == usual
    assert skeleton(card_of(removed=True)) == usual


def test_every_repetition_is_a_row_that_seeks() -> None:
    html = card_of()
    starts = [float(start) for start in re.findall(r'<tr data-start="([\d.]+)"', html)]
    assert starts == [round(3 + 2.1 * index, 3) for index in range(12)]
    assert ">00:05.1</button>" in html
    assert "<td>00:07.2</td><td>2.1 s" in html
    assert len(re.findall(r'<tr data-start="', card_of(repetitions=3))) == 12, "what was counted stays"


def test_the_chart_is_asked_for_without_words_by_a_relative_address_that_changes_with_it() -> None:
    def address(html: str) -> str:
        (found,) = re.findall(r'<img [^>]*src="([^"]+)" loading="lazy"', html)
        return str(found)

    assert address(card_of()).startswith(f"api/v1/video/chart/{SESSION}/1?words=false&amp;v=")
    assert address(card_of()) == address(card_of(note="a")), "what is not drawn changes nothing"
    assert address(card_of()) == address(card_of(repetitions=3)) == address(card_of(exercise_name="X"))
    other = workout_report(workout(exercise("Squat", counted(4, 12, 2.1))))
    assert address(card_of(report=other)) != address(card_of())
    assert ">Knee angle over the time of the video</p>" in card_of()
    assert 'alt="Chart of Set 1: knee angle over time, 12 repetitions marked"' in card_of()


@pytest.mark.parametrize("words", [*HOSTILE, '"><img src=x onerror=alert(1)>', "\u05d0\u05d9\u05de\u05d5\u05df"])
def test_what_comes_from_models_and_users_is_escaped(words: str) -> None:
    step = replace(exercise(words, counted(0, drive=Drive(words, Unit.DEGREES))), description=words)
    report = workout_report(workout(step))
    report["exercise_steps"][0]["range_of_motion_unit"] = words
    for html in (card_of(report=report), card_of(exercise_name=words or "x", note=words), one(step)):
        html.encode()
        parts = Parts(html).seen
        assert "script." not in parts
        assert "b." not in parts
        assert parts.count("img.sv-chart") == 1 == len([part for part in parts if part.startswith("img")])
        assert len(html.splitlines()) == 1


def test_without_a_pose_no_angle_is_claimed() -> None:
    html = card_of(report=workout_report(workout(exercise(None, counted(0, drive=UNPOSED)), pose=NO_POSE)))
    assert "<dt>Tempo</dt><dd>one every 2.0 s</dd>" in html
    assert "100% of the usual" in html
    assert "\u00b0" not in html


def test_body_lengths_are_named() -> None:
    jump = Drive("hip height", Unit.BODY_LENGTHS)
    assert "hip height 1.00 body lengths" in one(exercise("Jump", counted(0, drive=jump)))


def test_numbers_of_a_set_are_not_said_twice() -> None:
    measured = counted(3, repetitions=12, tempo_s=2.1)
    alone = measured_words(exercise("Squat", measured))
    assert 'dir="auto">Hips go down.</p>' in one(exercise("Squat", measured, f"Hips go down. {alone}"))
    assert 'dir="auto"></p>' in one(exercise("Squat", measured, alone))


def test_a_rest_is_one_line() -> None:
    html = between(REPORT["exercise_steps"][1])
    assert "<span>Rest, 32 s</span>" in html
    assert 'data-start="28.200"' in html
    assert "Between exercises, 32 s" in between(REPORT["exercise_steps"][1] | {"movement_phase": "Transition"})


def test_results_from_before_sets_were_measured_still_show() -> None:
    report = workout_report(workout(SQUATS))
    (step,) = report["exercise_steps"]
    for name in (
        "set_number",
        "range_of_motion",
        "left_range_of_motion",
        "repetition_times",
        "curve",
        "corrected",
    ):
        del step[name]
    del step["measured_words"]
    assert "Squat" in card_of(report=report)
    assert label_of(step) == "Set at 00:03"
