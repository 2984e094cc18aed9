"""What every reader of a report asks of it. Knows neither how it was made nor how it is shown."""

from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import AnalysisType, Span


def is_workout(report: Report) -> bool:
    """Whether these are the results of a workout, not of highlights."""
    return bool(report["analysis_type"] != AnalysisType.HIGHLIGHTS)


def span_of(part: Report) -> Span:
    """When a part of the report happens."""
    return Span(float(part["start_timestamp"]), float(part["end_timestamp"]))


def when(part: Report) -> str:
    """The same for people: ``01:01 \N{EN DASH} 01:10``."""
    return str(part["timestamp_formatted"]).replace(" - ", " \N{EN DASH} ")


def many(count: int, noun: str) -> str:
    """``1 set``, ``2 sets``."""
    return f"{int(count)} {noun}{'' if int(count) == 1 else 's'}"
