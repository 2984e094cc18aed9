"""Results as CSV (RFC 4180): a row for each highlight or step of a workout, by the time they start.

Editors go through a video from its start, so time orders the rows; ``rank`` has the order of the list.
"""

import csv
import re
from io import StringIO

from smolvlm_core.analysis.reading import is_workout
from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import JSONValue
from smolvlm_core.exports.words import one_line

BOM = "\ufeff"
"""Excel takes a CSV file without it for one in the code page of the country, and shows other letters as junk."""

FORMULA = re.compile(r"(^|;\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a spreadsheet would begin to compute. Also after a semicolon, which parts cells in much of Europe."""
AS_TEXT = r"\1'"  # spreadsheets read an apostrophe in front as "this is text"

HIGHLIGHT_COLUMNS = (
    "rank",
    "id",
    "start_seconds",
    "end_seconds",
    "duration_seconds",
    "time",
    "score",
    "description",
    "measured",
    "motion_ratio",
    "rarity",
    "loudness_db",
    "cuts",
    "meaning",
)
STEP_COLUMNS = (
    "step",
    "set_number",
    "exercise_name",
    "movement_phase",
    "start_seconds",
    "end_seconds",
    "duration_seconds",
    "time",
    "repetitions",
    "tempo_seconds",
    "lowering_seconds",
    "lifting_seconds",
    "range_of_motion",
    "range_of_motion_unit",
    "driving_signal",
    "left_range_of_motion",
    "right_range_of_motion",
    "confidence",
    "description",
    "measured_exercise_name",
    "measured_repetitions",
    "note",
)
ELSEWHERE = {
    "start_seconds": "start_timestamp",
    "end_seconds": "end_timestamp",
    "duration_seconds": "duration",
    "time": "timestamp_formatted",
    "score": "significance_score",
    "measured": "words",
}
"""Columns that have another name in the report."""


def csv_text(report: Report) -> str:
    """A header and the rows, with ``BOM``. What is not known is an empty cell."""
    workout = is_workout(report)
    columns: tuple[str, ...] = STEP_COLUMNS if workout else HIGHLIGHT_COLUMNS
    parts: list[Report] = report["exercise_steps" if workout else "highlights"]
    fields = [
        {columns[0]: place} | part.get("evidence", {}) | (part.get("corrected") or {}) | part
        for place, part in enumerate(parts, 1)
    ]
    fields.sort(key=lambda row: float(row["start_timestamp"]))
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(ELSEWHERE.get(name, name))) for name in columns] for row in fields)
    return BOM + text.getvalue()


def _cell(value: JSONValue) -> str | int | float:
    """Numbers stay numbers; texts can no longer be taken for formulas."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    return FORMULA.sub(AS_TEXT, one_line(value))
