"""The pictures of the report: of each highlight one frame of the video, of each counted set its chart."""

from itertools import islice
from pathlib import Path

from smolvlm_core.analysis.chart import chart_png
from smolvlm_core.analysis.reading import is_workout, span_of
from smolvlm_core.analysis.report import Report
from smolvlm_core.video.thumbnails import thumbnails

CHARTS_MOST = 40

Pictures = tuple[bytes | None, ...]
"""As many as there are highlights or steps; None where there is none."""


def pictures_of(report: Report, path: Path) -> Pictures:
    """JPEGs of the highlights, out of the video at ``path``, or PNGs of the steps of a workout."""
    if is_workout(report):
        return _charts(report["exercise_steps"])
    return thumbnails(path, [span_of(highlight).middle_s for highlight in report["highlights"]])


def _charts(steps: list[Report]) -> Pictures:
    """Results from before sets were measured have none."""
    counted = (place for place, step in enumerate(steps) if step.get("set_number") and step.get("curve"))
    drawn = frozenset(islice(counted, CHARTS_MOST))
    return tuple(chart_png(step) if place in drawn else None for place, step in enumerate(steps))
