"""Weights as llama.cpp wants them."""

import numpy as np

from benchmarks.speed_gguf import pairs_side_by_side


def test_rotary_pairs_come_side_by_side() -> None:
    rows = np.arange(8, dtype=np.float32)[:, None]
    assert pairs_side_by_side(rows, heads=2).ravel().tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
