"""The evaluation of highlights runs from folder to summary, and counts what it should."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cost import decode, picture_stream
from benchmarks.finds import Chance, judge
from benchmarks.highlights import main, row_of
from benchmarks.highlights_report import Row, row_text, summary_of, summary_text
from benchmarks.truth import Truth
from smolvlm_core.domain import Skipped, Span
from tests.benchmarks.results import result_of
from tests.clips import ClipSpec, calm, corners, in_turn, tone, wild_balls, write_clip

NEEDLE = Span(8, 12)


def row(truth: Truth, *spans: Span, highest: float | None = 3.0, failure: str | None = None) -> Row:
    find = judge(spans, truth)
    baselines = {"frame_difference": judge([], truth), "loudness": judge([], truth)}
    return Row(truth, 20.0, highest, highest, find, baselines, Chance(0.1, 0.05, 0.2), None, failure)


COMPOSITE = Truth("composite/c.mp4", "composite", None, (NEEDLE,), (NEEDLE,))
CALM = Truth("good/calm.mp4", "good", "calm", (), ())


def test_summary_keeps_positives_and_negatives_apart() -> None:
    other = Truth("good/a.mp4", "good", None, (Span(1, 2),), (Span(1, 2),))
    rows = [row(COMPOSITE, NEEDLE), row(other, Span(5, 6)), row(CALM, Span(0, 20), highest=5.9)]
    summary = summary_of(rows)
    assert summary["hit1_iou50_composites"] == 1.0
    assert summary["recall3"] == 0.5
    assert summary["negatives_clean"] == 1.0
    assert summary["cost_over_decode"] is None
    assert summary["n"]["recall3"] == 2
    assert summary["n"]["median_edge_error_s"] == 2
    assert summary["baselines"]["frame_difference"]["recall3"] == 0.0
    assert summary["baselines"]["random"]["hit1_iou30_composites"] == 0.1
    assert summary["groups"]["good"]["ours"]["hit1_iou30"] == 0.0


def test_a_negative_that_scores_six_is_not_clean_and_neither_is_a_failure() -> None:
    rows = [row(CALM, highest=6.0), row(CALM, highest=None, failure="damaged"), row(CALM)]
    summary = summary_of(rows)
    assert summary["negatives_clean"] == pytest.approx(1 / 3)
    assert summary["failed"] == ["good/calm.mp4"]
    assert "1 of 3 with nothing >= 6" in summary_text(rows)
    assert "FAILED: damaged" in row_text(rows[1])


def test_a_failure_is_a_miss() -> None:
    assert summary_of([row(COMPOSITE, highest=None, failure="damaged")])["hit1_iou50_composites"] == 0.0


@pytest.mark.parametrize(("highlight", "segment"), [(7.0, 2.0), (2.0, 7.0)])
def test_the_highest_score_is_that_of_highlights_and_segments(highlight: float, segment: float) -> None:
    result = result_of([(Span(0, 10), segment), (Span(10, 20), Skipped("dark"))], [(Span(1, 3), highlight)])
    found = row_of(CALM, result, {"frame_difference": (), "loudness": ()}, None, None)
    assert (found.score, found.highest) == (highlight, 7.0)


def folder_with_a_needle(folder: Path) -> Path:
    picture = in_turn((0.0, corners), (NEEDLE.start_s, wild_balls()), (NEEDLE.end_s, corners))
    write_clip(folder / "needle.mp4", ClipSpec(20.0, picture=picture, sound=tone(loud=NEEDLE)))
    write_clip(folder / "calm.mp4", ClipSpec(6.0, picture=calm(noise=1)))
    (folder / "broken.mp4").write_bytes(b"no video at all")
    needle = {"t0": NEEDLE.start_s, "t1": NEEDLE.end_s, "what": "balls"}
    manifest: dict[str, Any] = {
        "good": [
            {"file": "calm.mp4", "ground_truth": {"label": "calm", "moments": []}},
            {"file": "gone.mp4", "ground_truth": {"label": "calm", "moments": []}},
            {"file": "broken.mp4", "ground_truth": {"moments": [needle]}},
        ],
        "composite": [{"file": "needle.mp4", "ground_truth": {"needles": [needle], "needle_peak_moments": None}}],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_from_folder_to_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = folder_with_a_needle(tmp_path), tmp_path / "out.json"
    assert main([str(folder), "--json", str(out)]) == 1, "one file cannot be analyzed"
    text = capsys.readouterr().out
    assert "skipped: gone.mp4: no such file" in text
    assert "composite: 1 videos with events" in text
    summary = json.loads(out.read_text())
    assert summary["model"]["backend"] == "signals"
    assert summary["failed"] == ["broken.mp4"]
    assert summary["negatives_clean"] == 1.0
    assert summary["hit1_iou50_composites"] == 1.0
    assert summary["baselines"]["loudness"]["hit1_iou50_composites"] == 1.0
    assert summary["cost_over_decode"] > 0
    assert summary["n"]["cost_over_decode"] == 2
    rows = {row["file"]: row for row in summary["rows"]}
    assert rows["needle.mp4"]["ours"]["top"] == pytest.approx([NEEDLE.start_s, NEEDLE.end_s], abs=0.5)
    assert rows["broken.mp4"]["failure"]


def test_one_file_without_its_cost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_with_a_needle(tmp_path)
    assert main([str(folder), "--only", "calm", "--no-cost"]) == 0
    text = capsys.readouterr().out
    assert "negative (calm)" in text
    assert "needle.mp4" not in text
    assert "cost over" not in text


def test_a_folder_without_manifest_is_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("skipped: ")


def test_a_checkpoint_that_is_not_there_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(SystemExit, match="holds no checkpoint"):
        main([str(tmp_path), "--backend", "torch", "--checkpoint", str(tmp_path)])


def test_decoding_counts_every_picture(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "a.mp4", ClipSpec(3.0))
    assert decode(video, picture_stream(video)) == 30
