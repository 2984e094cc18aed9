"""Which pictures a report gets: one from the middle of each highlight, one chart for each counted set."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from smolvlm_core.analysis.chart import chart_png
from smolvlm_core.domain import Span
from smolvlm_core.exports import pictures
from smolvlm_core.exports.pictures import pictures_of
from tests.clips import ClipSpec, read_time_code, time_code, write_clip
from tests.exports.samples import highlight, highlights, two_sets

NOWHERE = Path("nowhere.mp4")


def test_a_highlight_has_the_frame_in_its_middle(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "time.mp4", ClipSpec(duration_s=10.0, fps=Fraction(10), picture=time_code))
    report = highlights(highlight(1, Span(6.0, 8.0), score=9.0), highlight(2, Span(1.0, 4.0), score=7.0))
    shown_s = []
    for jpeg in pictures_of(report, path):
        assert jpeg is not None
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        shown_s.append(read_time_code(picture.astype(np.uint8)))
    assert shown_s == pytest.approx([7.0, 2.5])


def test_each_counted_set_has_its_chart() -> None:
    report = two_sets()
    squat, _, lunge = report["exercise_steps"]
    assert pictures_of(report, NOWHERE) == (chart_png(squat), None, chart_png(lunge))


def test_there_are_only_so_many_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "CHARTS_MOST", 1)
    assert [png is not None for png in pictures_of(two_sets(), NOWHERE)] == [True, False, False]


def test_results_from_before_sets_were_measured_have_none() -> None:
    report = two_sets()
    for step in report["exercise_steps"]:
        del step["set_number"], step["curve"]
    assert pictures_of(report, NOWHERE) == (None, None, None)
