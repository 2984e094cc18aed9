"""The measures of QVHighlights against examples worked out by hand, and one run over made-up annotations."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.qv_metrics import (
    IOU_THRESHOLDS,
    Window,
    average_precision,
    first_iou,
    hit_at_1,
    ranking_precision,
    saliency_precision,
    very_good_clips,
)
from benchmarks.qvhighlights import Prediction, main, measure, query_of
from smolvlm_core.domain import Span
from tests.clips import ClipSpec, corners, in_turn, tone, wild_balls, write_clip

MOMENTS = (Span(0, 10), Span(20, 30))


def windows(*parts: tuple[float, float, float]) -> list[Window]:
    return [Window(Span(start_s, end_s), score) for start_s, end_s, score in parts]


def test_thresholds_are_those_of_the_paper() -> None:
    assert IOU_THRESHOLDS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [
        (windows((0, 10, 0.9), (20, 30, 0.8)), 1.0),
        (windows((0, 10, 0.9)), 0.5),
        (windows((40, 50, 0.9), (0, 10, 0.8)), 0.25),  # right at rank 2 only: 1/2 of recall at precision 1/2
        (windows((0, 10, 0.9), (40, 50, 0.8), (20, 30, 0.7)), 0.5 * 1 + 0.5 * 2 / 3),
        (windows((0, 10, 0.9), (0, 10, 0.8)), 0.5),  # the same moment twice: the second is wrong
        (windows((0, 10, 0.1), (40, 50, 0.9)), 0.25),  # ranked by score, not by place in the list
        (windows((0, 4.9, 0.9)), 0.0),
        (windows((0, 5, 0.9)), 0.5),  # an IoU of exactly .5 is enough
        ([], 0.0),
    ],
)
def test_average_precision(predicted: list[Window], expected: float) -> None:
    assert average_precision(predicted, MOMENTS, 0.5) == pytest.approx(expected)


def test_only_the_first_ten_windows_count() -> None:
    wrong = [(40.0 + index, 41.0 + index, 0.9) for index in range(10)]
    assert average_precision(windows(*wrong, (0, 10, 1.0)), MOMENTS, 0.5) == 0.0


def test_recall_at_one_takes_the_best_matching_moment() -> None:
    assert first_iou(windows((20, 26, 0.1), (0, 10, 0.9)), MOMENTS) == pytest.approx(0.6)
    assert first_iou([], MOMENTS) == 0.0


def test_each_annotator_has_their_own_very_good_clips() -> None:
    table = very_good_clips(4, [1, 2], [[4, 3, 0], [4, 4, 2]])
    assert table.tolist() == [[False] * 3, [True, False, False], [True, True, False], [False] * 3]


def test_a_hit_needs_one_annotator() -> None:
    table = very_good_clips(3, [1], [[4, 0, 0]])
    assert hit_at_1(np.array([0.1, 0.9, 0.2]), table)
    assert not hit_at_1(np.array([0.9, 0.9, 0.2]), table), "the first of equals is taken"
    assert not hit_at_1(np.array([0.1, 0.2, 0.3, 0.9]), table), "a clip after the annotated ones is no hit"


@pytest.mark.parametrize(
    ("scores", "positive", "expected"),
    [
        ([4, 3, 2, 1], [1, 0, 1, 0], (1 + 2 / 3) / 2),
        ([4, 3, 2, 1], [0, 1, 1, 0], 2 / 3),  # precision 1/2, then 2/3; interpolated 2/3 at both levels
        ([4, 4, 2, 1], [1, 0, 0, 0], 1 / 2),  # equal scores are one step
        ([1, 1, 1, 1], [1, 0, 0, 1], 1 / 2),
        ([4, 3], [0, 0], 0.0),
        ([4, 3], [1, 1], 1.0),
    ],
)
def test_ranking_precision(scores: list[float], positive: list[int], expected: float) -> None:
    assert ranking_precision(np.array(scores, float), np.array(positive, bool)) == pytest.approx(expected)


def test_saliency_is_averaged_over_annotators_and_fitted_to_the_annotated_clips() -> None:
    table = very_good_clips(3, [0, 1], [[4, 0, 0], [0, 4, 0]])
    assert saliency_precision(np.array([0.9, 0.5, 0.1, 7.0]), table) == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert saliency_precision(np.array([0.9]), table) == pytest.approx((1 + 1 / 3 + 0) / 3)


def entry(qid: int, vid: str, **truth: Any) -> dict[str, Any]:
    return {"qid": qid, "query": "balls jump about", "vid": vid, "duration": 20} | truth


TRUTH = {
    "relevant_windows": [[8, 12]],
    "relevant_clip_ids": [4, 5],
    "saliency_scores": [[4, 4, 3], [4, 4, 4]],
}


def test_measures_are_means_over_the_queries_with_a_truth() -> None:
    saliency = np.array([0, 0, 0, 0, 9.0, 8, 0, 0, 0, 0])
    found = Prediction(query_of(entry(1, "a", **TRUTH)), tuple(windows((8, 11, 0.9))), saliency)
    missed = Prediction(query_of(entry(2, "a", **TRUTH)), (), saliency[::-1])
    hidden = Prediction(query_of(entry(3, "a")), (), saliency)
    measures = measure([found, missed, hidden])
    assert measures["n"] == 2
    assert measures["r1_iou50"] == measures["r1_iou70"] == 0.5
    assert measures["map_iou50"] == measures["map_iou75"] == 0.5
    assert measures["map"] == pytest.approx(6 / 10 / 2), "an IoU of .75 passes six of ten thresholds"
    assert measures["highlight_hit1_very_good"] == 1.0, "clips 4 and 5 trade places, both very good to someone"
    # the third annotator likes clip 5 alone, which the first prediction ranks second
    assert measures["highlight_map_very_good"] == pytest.approx(((1 + 1 + 1 / 2) / 3 + 1) / 2)
    assert measure([])["map"] is None


def test_from_annotations_to_measures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = in_turn((0.0, corners), (8.0, wild_balls()), (12.0, corners))
    write_clip(tmp_path / "needle.mp4", ClipSpec(20.0, picture=picture, sound=tone(loud=Span(8, 12))))
    lines = [entry(1, "needle", **TRUTH), entry(2, "needle"), entry(3, "gone", **TRUTH)]
    annotations, out, predictions = (tmp_path / name for name in ("val.jsonl", "out.json", "predictions.jsonl"))
    annotations.write_text("".join(json.dumps(line) + "\n" for line in lines))
    arguments = [str(annotations), str(tmp_path), "--json", str(out), "--predictions-out", str(predictions)]
    assert main(arguments) == 0
    assert "skipped: query 3: no gone.mp4" in capsys.readouterr().out
    report = json.loads(out.read_text())
    assert (report["queries"], report["skipped"], report["n"]) == (3, 1, 1)
    assert report["r1_iou70"] == 1.0
    assert report["highlight_hit1_very_good"] == 1.0
    first, second = (json.loads(line) for line in predictions.read_text().splitlines())
    assert (first["qid"], second["qid"]) == (1, 2)
    assert len(first["pred_saliency_scores"]) == 10
    assert len(first["pred_relevant_windows"][0]) == 3
