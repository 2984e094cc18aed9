"""Counts, times and names against examples reckoned by hand; nothing to measure is None, never NaN."""

import json
from pathlib import Path

import pytest

from benchmarks.workout_metrics import (
    CountedSet,
    Row,
    match_sets,
    measure,
    measure_counts,
    measure_names,
    measure_times,
)
from benchmarks.workout_report import (
    BARS,
    Passes,
    Realtime,
    all_passed,
    bars_text,
    clip_text,
    composite_text,
    summary_of,
    summary_text,
)
from benchmarks.workout_truth import TrueSet, Truth
from smolvlm_core.domain import Span


def counted(start_s: float, end_s: float, repetitions: int, name: str | None = None) -> CountedSet:
    step_s = (end_s - start_s) / repetitions
    return CountedSet(
        Span(start_s, end_s), tuple(start_s + (index + 0.5) * step_s for index in range(repetitions)), name
    )


def true(start_s: float, end_s: float, repetitions: int | None, exercise: str = "squat") -> TrueSet:
    return TrueSet(Span(start_s, end_s), repetitions, exercise)


def clip(
    repetitions: int | None, *found: CountedSet, exercise: str = "squat", sets: tuple[TrueSet, ...] | None = None
) -> Row:
    return Row(Truth("clip.mp4", Path("clip.mp4"), exercise, repetitions, sets), found, 10.0, 2.0)


def spliced(sets: tuple[TrueSet, ...], *found: CountedSet) -> Row:
    return Row(Truth("spliced.mp4", Path("spliced.mp4"), "", None, sets, composite=True), found, 10.0, 2.0)


# -- Matching -------------------------------------------------------------------------------


def test_a_counted_set_serves_one_true_set_only() -> None:
    over_both = counted(0, 20, 9)
    first, second = match_sets([true(0, 12, 5), true(13, 20, 4)], [over_both])
    assert first.found is over_both
    assert first.iou == pytest.approx(0.6)
    assert first.match is over_both
    assert second.found is second.match is None
    assert second.iou == 0
    assert second.count_error == -4


def test_the_better_overlap_goes_first() -> None:
    near, exact = counted(0, 8, 3), counted(1, 10, 4)
    (pair,) = match_sets([true(1, 10, 4)], [near, exact])
    assert pair.match is exact
    one, other = match_sets([true(0, 9, 3), true(1, 10, 4)], [exact, near])
    assert (one.found, other.found) == (near, exact)


def test_a_set_that_covers_too_little_is_told_but_not_matched() -> None:
    (pair,) = match_sets([true(0, 10, 5)], [counted(6, 12, 5)])
    assert pair.found is not None
    assert pair.iou == pytest.approx(4 / 12)
    assert pair.match is None
    assert pair.count_error == -5


def test_half_is_enough() -> None:
    (pair,) = match_sets([true(0, 10, 5)], [counted(0, 5, 4)])
    assert pair.match is not None
    assert pair.count_error == -1


def test_nothing_matches_nothing() -> None:
    assert match_sets([], [counted(0, 1, 1)]) == ()
    (pair,) = match_sets([true(0, 10, None)], [])
    assert pair.match is None
    assert pair.count_error is None


# -- Measures -------------------------------------------------------------------------------


def test_counts() -> None:
    counts = measure_counts([(0, 10), (-1, 5), (3, 6), (2, 0)])
    assert counts.n == 3
    assert counts.obo == pytest.approx(2 / 3)
    assert counts.exact == pytest.approx(1 / 3)
    assert counts.mae_relative == pytest.approx((0 + 0.2 + 0.5) / 3)


def test_a_clip_counts_with_all_its_sets_and_is_called_as_the_longest() -> None:
    row = clip(14, counted(0, 4, 9, "Push-up"), counted(6, 9, 4, "Squat"))
    assert (row.counted, row.error, row.named) == (13, -1, "Push-up")
    assert clip(3).named is None


def test_times_are_taken_over_matched_sets() -> None:
    row = spliced(
        (true(0, 10, 5), true(20, 30, 5), true(40, 50, 5)),
        counted(0.5, 10, 5),
        counted(20, 28.5, 5),
        counted(46, 60, 5),
        counted(90, 95, 2),
    )
    times = measure_times([row])
    assert (times.n, times.extra_sets) == (3, 2)
    assert times.matched == pytest.approx(2 / 3)
    assert times.start_error_s == pytest.approx(0.25)
    assert times.end_error_s == pytest.approx(0.75)


def test_names_are_compared_by_the_table() -> None:
    names = measure_names(
        [
            ("pike push-up", "Push-up"),
            ("curl", "dumbbell curl"),
            ("row", "Squat"),
            ("donkey kick", None),
            ("juggling with knives", "Squat"),
        ]
    )
    assert names.n == 4
    assert names.right == pytest.approx(2 / 3)
    assert names.abstained == pytest.approx(1 / 4)
    assert names.unknown == ("juggling with knives",)


def test_everything_about_a_folder() -> None:
    measures = measure(
        [
            clip(4, counted(1, 9, 5, "Squat"), sets=(true(0, 9, 4),)),
            clip(8, counted(1, 9, 4, "Lunge")),
            clip(None, counted(1, 9, 5, "Squat")),
            clip(0, counted(1, 3, 2), counted(5, 8, 3)),
            clip(0),
            spliced((true(0, 5, 3), true(6, 9, None, "lunge")), counted(0, 5, 3, "Squat"), counted(6, 9, 2)),
        ]
    )
    assert (measures.counts.n, measures.counts.obo, measures.counts.mae_relative) == (2, 0.5, 0.375)
    assert (measures.negatives, measures.false_sets) == (2, 2)
    assert (measures.names.right, measures.names.abstained) == (0.5, 0.0)
    assert (measures.clip_times.n, measures.clip_times.start_error_s) == (1, 1.0)
    assert (measures.composite_counts.n, measures.composite_counts.exact) == (1, 1.0)
    assert (measures.composite_names.right, measures.composite_names.abstained) == (1.0, 0.5)
    assert measures.realtime_factor == pytest.approx(0.2)


def test_a_failed_analysis_counts_nothing_and_is_not_clean() -> None:
    truths = [Truth("a.mp4", Path("a.mp4"), "squat", reps, ()) for reps in (5, 0)]
    measures = measure([Row(truth, (), 0.0, 1.0, "it is damaged") for truth in truths])
    assert (measures.counts.obo, measures.counts.mae_relative, measures.false_sets) == (0.0, 1.0, 1)
    assert measures.realtime_factor is None


# -- The summary ----------------------------------------------------------------------------

HEADLINE = ("obo", "mae_relative", "false_sets", "sets_matched", "start_error_s", "end_error_s", "naming")


def test_nothing_to_measure_is_null() -> None:
    summary = summary_of(Passes((), None), Realtime(None, "all videos"))
    again = json.loads(json.dumps(summary, allow_nan=False))
    for key in HEADLINE:
        assert again[key] is again[f"{key}_without_pose"] is None
    assert all(bar["passed"] is None for bar in again["bars"])
    assert "not measured" in bars_text(summary)
    assert all_passed(summary)
    assert "0 counted clips: within one -" in summary_text((), "nothing")


def test_both_passes_are_told_apart() -> None:
    rows = clip(4, counted(1, 9, 4, "Squat")), clip(4, counted(1, 9, 8))
    summary = summary_of(Passes((rows[0],), (rows[1],)), Realtime(0.5, "a minute"))
    assert (summary["obo"], summary["obo_without_pose"]) == (1.0, 0.0)
    assert (summary["naming"], summary["naming_without_pose"]) == (1.0, None)
    assert (summary["realtime_factor"], summary["realtime_source"]) == (0.5, "a minute")
    assert not all_passed(summary)
    verdicts = {bar.key: bar.passed(summary[bar.key]) for bar in BARS}
    assert verdicts["obo"] is True
    assert verdicts["obo_without_pose"] is False
    assert verdicts["false_sets"] is None
    without = summary_of(Passes(None, (rows[1],)), Realtime(0.5, "a minute"))
    assert (without["obo"], without["obo_without_pose"]) == (None, 0.0)


@pytest.mark.parametrize(("key", "value", "passed"), [("obo", 0.95, True), ("realtime_factor", 1.0, False)])
def test_a_bar_is_exact(key: str, value: float, passed: bool) -> None:
    (bar,) = (bar for bar in BARS if bar.key == key)
    assert bar.passed(value) is passed


def test_rows_as_text() -> None:
    assert "+1    1  5 in 1.0-9.0" in clip_text(clip(4, counted(1, 9, 5)))
    assert " ?    5     ? " in clip_text(clip(None, counted(1, 9, 5)))
    text = composite_text(spliced((true(0, 5, 3), true(20, 25, 3)), counted(1, 5, 3), counted(40, 50, 7)))
    assert "start  +1.00 s, end  +0.00 s, counted   3, IoU 0.80" in text
    assert "nothing found" in text
    assert "beside them: 7 in 40.0-50.0" in text
