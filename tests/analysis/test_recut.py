"""Another choice out of finished results: what an analysis with those parameters would have chosen."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from smolvlm_core.analysis.recut import Cut, recut
from smolvlm_core.analysis.report import Report, workout_report
from smolvlm_core.api.results import HighlightsResults
from smolvlm_core.domain import AnalysisOptions, AnalysisType, ScoredMoment, Span
from smolvlm_core.errors import NothingToRecut
from tests.kept import MEASURED, MEASURED_WORDS, STEADY, kept_report
from tests.workouts import workout

OPTIONS = AnalysisOptions(AnalysisType.HIGHLIGHTS)
NEWCOMERS = "were not on the list when the model looked"


def starts(report: Report) -> list[float]:
    return [one["start_timestamp"] for one in report["highlights"]]


def words(report: Report) -> list[str]:
    return [one["description"] for one in report["highlights"]]


@pytest.mark.parametrize(
    "options", [OPTIONS, replace(OPTIONS, max_highlights=1), replace(OPTIONS, min_significance=10, max_reel_s=1.0)]
)
def test_the_same_parameters_change_nothing(options: AnalysisOptions) -> None:
    report = kept_report(options)
    same = Cut(options.min_significance, options.max_highlights, options.max_reel_s)
    assert recut(report, same) == recut(report, Cut()) == report


@pytest.mark.parametrize(
    "options",
    [
        replace(OPTIONS, min_significance=8),
        replace(OPTIONS, min_significance=1, max_highlights=2),
        replace(OPTIONS, min_significance=2, max_reel_s=2.0),
        replace(OPTIONS, min_significance=10),
    ],
)
def test_it_is_what_an_analysis_with_these_parameters_chooses(options: AnalysisOptions) -> None:
    cut = Cut(options.min_significance, options.max_highlights, options.max_reel_s)
    new, analyzed = recut(kept_report(), cut), kept_report(options)
    assert starts(new) == starts(analyzed)
    assert [one["id"] for one in new["highlights"]] == [f"h{rank}" for rank in range(1, len(starts(new)) + 1)]
    for field in ("settings", "highlights_found", "all_analyses", "processing_time_seconds", "model"):
        assert new[field] == analyzed[field]
    if analyzed["closest"] is not None:
        assert new["closest"] | {"description": None} == analyzed["closest"]


def test_what_was_not_described_carries_what_was_measured_and_that_is_said() -> None:
    new = recut(kept_report(), Cut(min_significance=4))
    assert words(new) == [
        "At 2 s something happens.",
        "At 4 s something happens.",
        "At 3 s something happens.",
        MEASURED_WORDS,
    ]
    (warning,) = new["warnings"]
    assert warning.startswith("1 of 4 highlights carry measured words only")
    assert NEWCOMERS in warning
    assert "01: Nothing measured" in new["overview"]


def test_words_outlive_being_cut_away() -> None:
    report = kept_report()
    away = recut(report, Cut(min_significance=10))
    assert (away["highlights"], away["highlights_found"]) == ([], 0)
    assert away["closest"]["significance_score"] == 9.2
    assert "The closest was 00:02 to 00:02 with 9.2" in away["overview"]
    assert recut(away, Cut(min_significance=6)) == report


def test_without_a_model_there_is_nothing_to_be_sorry_for() -> None:
    assert recut(kept_report(model=MEASURED), Cut(min_significance=1))["warnings"] == []


def test_warnings_follow_the_choice_and_those_of_the_video_stay() -> None:
    report = kept_report(warnings=("The file breaks off at 8 s.",))
    tight = recut(report, Cut(max_reel_s=1.0))
    assert tight["warnings"] == [
        "The file breaks off at 8 s.",
        "2 more would have made the list, but not within 1 s in all.",
    ]
    wide = recut(tight, Cut(min_significance=1, max_reel_s=0.0))
    assert [NEWCOMERS in text for text in wide["warnings"]] == [False, True]
    assert recut(wide, Cut(6)) == report


def test_results_from_before_words_were_kept_beside_moments() -> None:
    older = kept_report()
    for one in older["all_moments"]:
        del one["description"]
    del older["settings"]["max_reel_duration"]
    away = recut(older, Cut(min_significance=10))
    back = recut(away, Cut(min_significance=6))
    assert words(back) == words(older)
    assert [one["description"] for one in back["all_moments"]] == [
        None,
        *(words(back)[i] for i in (0, 2, 1)),
        None,
    ]


def test_results_from_before_moments_were_kept_can_be_cut_shorter_and_back() -> None:
    older = kept_report()
    del older["all_moments"]
    short = recut(older, Cut(max_highlights=1))
    assert starts(short) == [2.0]
    assert starts(recut(short, Cut(max_highlights=9))) == starts(older)


def test_the_report_that_came_in_is_left_alone() -> None:
    report = kept_report()
    before = copy.deepcopy(report)
    recut(report, Cut(1, 50, 3.0))
    assert report == before


def test_it_is_described_field_by_field() -> None:
    for cut in (Cut(1), Cut(10)):
        new: dict[str, Any] = recut(kept_report(), cut)
        assert json.loads(json.dumps(new)) == new
        assert HighlightsResults.model_validate(new).model_dump(mode="json") == new


def test_a_workout_has_nothing_to_choose() -> None:
    with pytest.raises(NothingToRecut):
        recut(workout_report(workout()), Cut(1))


def test_without_any_moment_the_best_part_is_the_closest() -> None:
    report = kept_report(moments=())
    new = recut(report, Cut(min_significance=1))
    assert new["highlights"] == []
    assert new["closest"]["significance_score"] == 3.3
    assert "segment" not in new["closest"]


def test_hours_of_moments_are_chosen_from_at_once() -> None:
    many = [ScoredMoment(Span(14.0 * n, 14.0 * n + 5), 1 + n % 90 / 10, STEADY) for n in range(1000)]
    report = kept_report(moments=many, duration_s=14000.0)
    new = recut(report, Cut(1, 1000, 3000.0))
    assert new["highlights_found"] == 600
