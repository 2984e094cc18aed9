"""The measures of TVSum against examples worked out by hand, and one run over made-up annotations."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from benchmarks.tvsum import main, read_annotations
from benchmarks.tvsum_metrics import (
    f1,
    knapsack,
    rank_correlations,
    shot_edges,
    shot_means,
    summary_f1,
    summary_frames,
)
from smolvlm_core.domain import Span
from tests.clips import ClipSpec, corners, in_turn, tone, wild_balls, write_clip


def test_shots_are_two_seconds_and_the_last_is_what_is_left() -> None:
    assert shot_edges(frames=50, duration_s=5.0).tolist() == [0, 20, 40, 50]
    assert shot_edges(frames=120, duration_s=4.004).tolist() == [0, 60, 120]
    assert shot_edges(frames=3, duration_s=30.0).tolist() == [0, 1, 2, 3]


def test_importance_of_a_shot_is_the_mean_of_its_frames() -> None:
    assert shot_means(np.array([1.0, 3, 5, 5]), np.array([0, 2, 4])).tolist() == [2.0, 5.0]


@pytest.mark.parametrize(
    ("values", "lengths", "capacity", "expected"),
    [
        ([3, 2, 2], [3, 2, 2], 4, [False, True, True]),  # the best single one is not the best choice
        ([1, 5, 1], [2, 2, 2], 2, [False, True, False]),
        ([1, 1, 1], [2, 2, 2], 4, [True, True, False]),  # of equals the earlier ones
        ([9, 1], [5, 1], 4, [False, True]),  # what does not fit is left
        ([1], [1], 0, [False]),
    ],
)
def test_knapsack(values: list[float], lengths: list[int], capacity: int, expected: list[bool]) -> None:
    assert knapsack(np.array(values, float), np.array(lengths), capacity).tolist() == expected


def test_knapsack_is_as_good_as_trying_everything() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        values, lengths = rng.integers(1, 6, 8).astype(float), rng.integers(1, 5, 8)
        chosen = knapsack(values, lengths, 9)
        assert lengths[chosen].sum() <= 9
        choices = [np.array(bits, bool) for bits in product((False, True), repeat=8)]
        assert values[chosen].sum() == max(values[bits].sum() for bits in choices if lengths[bits].sum() <= 9)


def test_a_summary_shows_fifteen_percent() -> None:
    edges = np.arange(0, 101, 5)
    frames = summary_frames(np.arange(20.0), edges)
    assert np.flatnonzero(frames).tolist() == list(range(85, 100))


def test_f1() -> None:
    one, other = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 0], bool)
    assert f1(one, one) == 1.0
    assert f1(one, other) == 0.5
    assert f1(one, ~one) == 0.0
    assert f1(np.zeros(4, bool), np.zeros(4, bool)) == 0.0


def test_agreement_is_averaged_over_annotators() -> None:
    edges = np.arange(0, 101, 5)
    ours = np.arange(20.0)
    same, reverse = np.repeat(ours, 5), np.repeat(ours[::-1], 5)
    assert summary_f1(ours, np.stack([same, reverse]), edges) == pytest.approx(0.5)
    assert rank_correlations(ours, np.stack([same]), edges) == pytest.approx((1.0, 1.0))
    assert rank_correlations(ours, np.stack([same, reverse]), edges) == pytest.approx((0.0, 0.0))


def test_ties_are_those_of_tau_b_and_nothing_correlates_with_a_constant() -> None:
    edges = np.arange(5)
    ours, theirs = np.array([1.0, 2, 3, 4]), np.array([1.0, 1, 2, 3])
    tau, rho = rank_correlations(ours, theirs[None], edges)
    assert tau == pytest.approx(5 / (6 * 5) ** 0.5)  # 5 of 6 pairs agree, one is tied on one side
    assert rho == pytest.approx(4.5 / (5 * 4.5) ** 0.5)  # of the ranks 1, 2, 3, 4 and 1.5, 1.5, 3, 4
    assert rank_correlations(np.ones(4), theirs[None], edges) == (0.0, 0.0)


def test_from_annotations_to_measures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = in_turn((0.0, corners), (8.0, wild_balls()), (12.0, corners))
    write_clip(tmp_path / "needle.mp4", ClipSpec(20.0, picture=picture, sound=tone(loud=Span(8, 12))))
    importance = ",".join(["1"] * 80 + ["5"] * 40 + ["2"] * 80)
    rows = [f"{video}\tVT\t{importance}" for video in ("needle", "needle", "gone")]
    annotations, out = tmp_path / "anno.tsv", tmp_path / "out.json"
    annotations.write_text("\n".join(rows) + "\n")
    assert read_annotations(annotations)["needle"].shape == (2, 200)
    assert main([str(annotations), str(tmp_path), "--json", str(out)]) == 0
    assert "skipped: no gone.mp4" in capsys.readouterr().out
    report = json.loads(out.read_text())
    assert (report["videos"], report["n"]) == (2, 1)
    assert report["f1"] == 1.0
    assert report["kendall_tau"] > 0.5
    assert report["rows"][0]["annotators"] == 2
