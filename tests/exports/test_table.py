"""The CSV file, read back by the csv module: every value in its cell, no cell a formula."""

import csv
from io import StringIO

import pytest

from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import Span
from smolvlm_core.exports.table import BOM, HIGHLIGHT_COLUMNS, STEP_COLUMNS, csv_text
from smolvlm_core.exports.words import one_line
from tests.exports.samples import HOSTILE, highlight, highlights, hostile_highlights, hostile_workout, two_sets

FORMULA_STARTS = tuple("=+-@\t\r")


def rows(report: Report, delimiter: str = ",") -> list[list[str]]:
    text = csv_text(report)
    assert text.startswith(BOM)
    return list(
        csv.reader(StringIO(text.removeprefix(BOM), newline=""), delimiter=delimiter, strict=delimiter == ",")
    )


def table(report: Report) -> list[dict[str, str]]:
    head, *body = rows(report)
    return [dict(zip(head, row, strict=True)) for row in body]


def test_highlights_are_in_time_order_with_their_rank() -> None:
    found = table(
        highlights(
            highlight(1, Span(70.0, 75.5), "A dog, barking.", 9.1), highlight(2, Span(10.0, 12.0), 'A "cat".', 6.4)
        )
    )
    assert [(row["rank"], row["start_seconds"], row["score"], row["description"]) for row in found] == [
        ("2", "10.0", "6.4", 'A "cat".'),
        ("1", "70.0", "9.1", "A dog, barking."),
    ]
    assert found[1] | {"time": "01:10 - 01:15", "duration_seconds": "5.5", "loudness_db": "6.2"} == found[1]
    assert found[1]["measured"].startswith("Motion 2.3")


def test_steps_have_their_numbers_and_empty_cells_where_nothing_was_measured() -> None:
    squat, rest, lunge = table(two_sets())
    assert (squat["exercise_name"], squat["repetitions"], squat["tempo_seconds"]) == ("Squat", "5", "2.0")
    assert (rest["movement_phase"], rest["repetitions"], rest["set_number"]) == ("Rest", "", "")
    assert (lunge["step"], lunge["set_number"], lunge["end_seconds"]) == ("3", "2", "20.0")
    assert lunge["range_of_motion_unit"] == "\u00b0"


def test_nothing_found_is_a_header() -> None:
    assert rows(highlights()) == [list(HIGHLIGHT_COLUMNS)]
    assert rows({"analysis_type": "workout_with_timestamps", "exercise_steps": []}) == [list(STEP_COLUMNS)]


def test_lines_end_as_the_standard_has_it() -> None:
    text = csv_text(two_sets())
    assert text.count("\r\n") == text.count("\n") == 4


@pytest.mark.parametrize("report", [hostile_highlights(), hostile_workout()], ids=["highlights", "workout"])
def test_no_cell_of_words_is_a_formula(report: Report) -> None:
    found = table(report)
    assert len(found) == len(HOSTILE)
    for row in found:
        for name in ("description", "exercise_name", "measured"):
            assert not row.get(name, "").startswith(FORMULA_STARTS), row[name]


def test_a_formula_stays_readable_behind_an_apostrophe() -> None:
    words = [row["description"] for row in table(hostile_highlights())]
    assert words[2] == "'=cmd|' /C calc'!A0"
    assert words[4] == '"quoted", & <b>bold</b>; \'=1+1'
    assert words[7] == "'@SUM(A1)"
    assert [words[place] for place in (0, 1, 3, 5)] == [one_line(HOSTILE[place]) for place in (0, 1, 3, 5)]


def test_nor_where_semicolons_part_the_cells() -> None:
    cells = [cell for row in rows(hostile_highlights(), ";") for cell in row[1:]]
    assert cells, "the words have semicolons"
    assert not [cell for cell in cells if cell.strip().startswith(FORMULA_STARTS)]
