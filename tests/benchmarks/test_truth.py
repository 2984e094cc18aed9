"""What counts as an event, what is to be found, and which videos should stay quiet."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.truth import Left, Truth, iou, nearest, read_manifest, truth_of
from smolvlm_core.domain import Span


def moment(t0: float, t1: float, what: str = "a goal") -> dict[str, Any]:
    return {"t0": t0, "t1": t1, "what": what}


def test_what_is_said_to_be_no_event_does_not_count() -> None:
    truth = truth_of("a.mp4", "good", {"moments": [moment(1, 2), moment(5, 6, "whip pan: NOT an event")]})
    assert truth.events == truth.wanted == (Span(1, 2),)
    assert not truth.negative


def test_needles_are_wanted_and_their_peaks_are_right_as_well() -> None:
    truth = truth_of("a.mp4", "composite", {"needles": [moment(10, 20)], "needle_peak_moments": [[12, 13]]})
    assert truth.wanted == (Span(10, 20),)
    assert truth.events == (Span(10, 20), Span(12, 13))


@pytest.mark.parametrize(
    ("ground_truth", "negative"),
    [
        ({"label": None, "moments": []}, True),
        ({"label": "calm", "moments": [moment(1, 2)]}, True),
        ({"label": "one_clear_event", "moments": [moment(1, 2)]}, False),
        ({"moments": [moment(1, 2, "NOT an event")]}, True),
    ],
)
def test_negatives(ground_truth: dict[str, Any], negative: bool) -> None:
    assert truth_of("a.mp4", "good", ground_truth).negative is negative


@pytest.mark.parametrize(
    ("other", "expected"), [(Span(0, 10), 1.0), (Span(5, 15), 1 / 3), (Span(10, 20), 0.0), (Span(2, 4), 0.2)]
)
def test_iou(other: Span, expected: float) -> None:
    assert iou(Span(0, 10), other) == pytest.approx(expected)
    assert iou(other, Span(0, 10)) == pytest.approx(expected)


def test_nearest_is_the_event_with_the_highest_iou() -> None:
    assert nearest(Span(0, 10), [Span(8, 12), Span(0, 8)]) == (0.8, Span(0, 8))
    assert nearest(Span(0, 10), [Span(20, 30)]) == (0.0, None)
    assert nearest(Span(0, 10), []) == (0.0, None)


def test_entries_that_cannot_be_used_say_why(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    entries = [
        {"file": "a.mp4", "ground_truth": {"moments": [moment(1, 2)]}},
        {"file": "a.mp4"},
        {"file": "b.mp4", "ground_truth": {"moments": []}},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps({"good": entries}))
    assert list(read_manifest(tmp_path)) == [
        Truth("a.mp4", "good", None, (Span(1, 2),), (Span(1, 2),)),
        Left("a.mp4", "no ground truth"),
        Left("b.mp4", "no such file"),
    ]
