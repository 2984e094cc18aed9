"""Shapes are read as they are written, and every one in the table can be read."""

import pytest

from smolvlm_core.models.exercise_shapes import COMMON, shapes_of
from smolvlm_core.models.exercises import EXERCISES


@pytest.mark.parametrize("row", EXERCISES, ids=lambda row: row.name)
def test_the_shapes_of_every_row_can_be_read(row: object) -> None:
    assert isinstance(row, type(EXERCISES[0]))
    assert len(shapes_of(row.shapes)) == (row.shapes.count("|") + 1 if row.shapes else 0)


def test_common_shapes_can_be_read_and_are_used() -> None:
    used = " ".join([*(row.shapes for row in EXERCISES), *COMMON.values()])
    for name, text in COMMON.items():
        assert len(shapes_of(text)) == 1
        assert name in used


def test_limits_are_numbers_in_their_order() -> None:
    (one,) = shapes_of("knee_low 40..115, facing_high -1..-0.55")
    assert dict(one) == {"knee_low": (40.0, 115.0), "facing_high": (-1.0, -0.55)}


def test_the_later_of_two_limits_holds_also_over_common_ones() -> None:
    (one,) = shapes_of("prone, lean_low 60..70")
    assert one["lean_low"] == (60.0, 70.0)
    assert "facing_high" in one


def test_ways_of_doing_it_are_apart() -> None:
    first, second = shapes_of("knee_low 40..115 | hip_low 40..115")
    assert set(first) == {"knee_low"}
    assert set(second) == {"hip_low"}
    assert shapes_of("") == ()


@pytest.mark.parametrize(
    "text", ["knees 40..115", "knee_low 40", "knee_low 115..40", "upside down", "knee_low a..b"]
)
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"knee|upside|could not"):
        shapes_of(text)
