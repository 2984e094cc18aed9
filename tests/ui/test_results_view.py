"""Results as people read them: rows that know their time, honest empty states, everything escaped."""

import re
from dataclasses import replace

from smolvlm_core.analysis.report import Report, highlights_report, moment_report, workout_report
from smolvlm_core.domain import (
    AnalysisOptions,
    AnalysisType,
    Highlight,
    HighlightsResult,
    ModelInfo,
    ScoredMoment,
    ScoredSegment,
    Skipped,
    Span,
)
from smolvlm_core.ui import results_view
from tests.workouts import CALM, LIVELY, SMOL, workout

SESSION = "4b4e6f1e-0c39-4c7a-9a1c-2f3d5e8f9b10"
SEGMENTS = (
    ScoredSegment(0, Span(0, 5), 3.2, CALM),
    ScoredSegment(1, Span(5, 10), 5.4, LIVELY),
    ScoredSegment(2, Span(10, 12), Skipped("the model gave no <answer>"), CALM),
)
CLOSEST = ScoredMoment(Span(5, 10), 5.4, LIVELY)
HIGHLIGHT = Highlight("h1", Span(5.25, 10), 8.9, "A <b>goal</b>.", LIVELY)
FOUND = HighlightsResult(
    AnalysisOptions(AnalysisType.HIGHLIGHTS),
    SMOL,
    (HIGHLIGHT,),
    SEGMENTS,
    12.0,
    3.4,
    ("It breaks off at <12> s.",),
)


def starts_of(html: str) -> list[float]:
    return [float(start) for start in re.findall(r'data-start="([\d.]+)"', html)]


def rows_of(html: str) -> list[str]:
    return html.split("<tr ")[1:]


def cards_of(html: str) -> list[str]:
    return html.split("<li ")[1:]


def highlights(result: HighlightsResult = FOUND) -> Report:
    return highlights_report(result)


def test_highlights_know_their_exact_start() -> None:
    html = results_view.found_table(highlights(), SESSION)
    assert starts_of(html) == [5.25]
    assert 'data-end="10.000"' in html
    assert "00:05.2 \u2013 00:10.0" in html
    assert "8.9" in html
    assert "Motion 3.2\u00d7 this video" in html


def test_text_of_the_model_is_escaped() -> None:
    assert "A &lt;b&gt;goal&lt;/b&gt;." in results_view.found_table(highlights(), SESSION)
    assert "no &lt;answer&gt;" in results_view.segments_table(highlights())
    assert "at &lt;12&gt; s." in results_view.summary(highlights(), SESSION)


def test_a_measured_description_is_said_once() -> None:
    report = highlights()
    report["highlights"][0]["description"] = report["highlights"][0]["evidence"]["words"]
    assert results_view.found_table(report, SESSION).count("Motion 3.2") == 1


def test_every_part_is_listed_with_its_score_or_why_it_has_none() -> None:
    rows = rows_of(results_view.segments_table(highlights()))
    assert [(">3.2<" in row, ">5.4<" in row, "Not scored" in row) for row in rows] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]


def test_the_summary_counts_warns_names_the_judge_and_offers_the_file() -> None:
    html = results_view.summary(highlights(), SESSION)
    for words in (
        "1 highlight<",
        "Judged by SmolVLM2-256M on cpu (bfloat16).",
        '<summary>Why this model</summary><p lang="en">The default on cpu.</p>',
        "It took 3.4 s.",
    ):
        assert words in html
    for name in ("html", "csv", "chapters", "srt", "vtt", "edl", "fcpxml", "json"):
        assert f'href="api/v1/video/export/{SESSION}?format={name}" download' in html


def test_every_highlight_can_be_taken_away_and_all_of_them_as_a_reel() -> None:
    html = results_view.found_table(highlights(), SESSION)
    assert html.count(f'href="api/v1/video/clips/{SESSION}/h1') == 3
    assert html.count(f'href="api/v1/video/reel/{SESSION}') == 6
    for asked in ("", "?aspect=9%3A16", "?captions=true", "?aspect=9%3A16&amp;captions=true"):
        address = f"api/v1/video/reel/{SESSION}{asked}"
        assert f'<a href="{address}" data-film="{address}" download>' in html
    other = highlights(replace(FOUND, highlights=(replace(HIGHLIGHT, span=Span(1, 2)),)))
    (shown, another) = (
        re.findall(r'data-plays="(api/v1/video/reel/[^"]+)"', found)
        for found in (html, results_view.found_table(other, SESSION))
    )
    assert shown != another, "a player keeps its film until its address changes"
    assert f'data-film="api/v1/video/clips/{SESSION}" download' in html
    assert "<video" not in html, "a reel takes its time to be made: not before it is wanted"


def test_nothing_found_names_the_closest_and_the_way_to_it() -> None:
    report = highlights(replace(FOUND, highlights=(), closest=CLOSEST, moments=(CLOSEST,)))
    html = results_view.summary(report, SESSION)
    assert "Nothing scored 6 or more" in html
    assert "The closest was 00:05 \u2013 00:10 with 5.4." in html
    assert "Set the minimum score to 5" in html
    assert results_view.found_table(report, SESSION) == ""


def test_what_only_the_length_keeps_out_is_not_called_too_weak() -> None:
    options = AnalysisOptions(AnalysisType.HIGHLIGHTS, min_significance=5, max_reel_s=2.0)
    report = highlights(replace(FOUND, options=options, highlights=(), closest=CLOSEST, moments=(CLOSEST,)))
    report["overview"] = "What stands out in these 00:12 does not fit into 2 s in all."
    html = results_view.summary(report, SESSION)
    assert "No highlight is short enough" in html
    assert "does not fit into 2 s in all. Allow more seconds below." in html
    assert "Nothing scored" not in html


def test_without_a_moment_no_threshold_is_promised() -> None:
    html = results_view.summary(highlights(replace(FOUND, highlights=(), closest=CLOSEST)), SESSION)
    assert "The closest was" in html
    assert "Set the minimum" not in html


def test_nothing_scored_at_all_is_no_empty_claim() -> None:
    report = highlights(replace(FOUND, highlights=(), segments=SEGMENTS[2:]))
    assert "No part of the video could be scored" in results_view.summary(report, SESSION)


def test_the_best_so_far_are_cards_that_play_best_first() -> None:
    moments = (ScoredMoment(Span(61.5, 64), 8.25, LIVELY), CLOSEST)
    html = results_view.best_so_far([moment_report(moment) for moment in moments], SESSION)
    assert "Best so far</h3>" in html
    assert starts_of(html) == [61.5, 5.0]
    best, second = cards_of(html)
    assert "01:01.5 \u2013 01:04.0" in best
    assert "2.5 s long" in best
    assert "Motion 3.2\u00d7 this video" in best
    assert ">5.4<" in second


def test_nothing_so_far_takes_no_room() -> None:
    assert results_view.best_so_far((), SESSION) == ""


def test_the_text_of_the_best_so_far_is_escaped() -> None:
    moment = moment_report(CLOSEST)
    moment["evidence"]["words"] = "<script>"
    html = results_view.best_so_far([moment], SESSION)
    assert "&lt;script&gt;" in html
    assert "<script>" not in html


def test_measured_results_do_not_pretend_to_a_model() -> None:
    signals = ModelInfo("signals", "measured-signals", None, "cpu", "float32", "no network")
    html = results_view.summary(highlights(replace(FOUND, model=signals)), SESSION)
    assert "No model described what the pictures show." in html
    assert '<summary>Why there is no model</summary><p lang="en">No network.</p>' in html


def test_workout_parts_say_why_one_was_not_named() -> None:
    named, skipped = rows_of(results_view.segments_table(workout_report(workout())))
    assert "Squat" in named
    assert "Not named: nobody moves" in skipped
