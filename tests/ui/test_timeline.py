"""The line under the player: bars as high as scores, marks where something was found, all of it to click."""

import re
from dataclasses import replace

from smolvlm_core.analysis.report import Report, highlights_report, moment_report, part_report, workout_report
from smolvlm_core.domain import PartSoFar, Span
from smolvlm_core.ui.timeline import TICKS_MOST, running_timeline, timeline
from tests.ui.test_render import VIEW
from tests.ui.test_results_view import CLOSEST, FOUND, HIGHLIGHT, SESSION
from tests.ui.test_workout_view import REPORT
from tests.workouts import workout

PIECE = re.compile(
    r'<b class="([^"]+)" data-start="([\d.]+)" title="([^"]*)"(?: data-picture="[^"]*")? '
    r'style="left: ([\d.]+)%; width: ([\d.]+)%; --height: (\d+)%"'
)


def pieces_of(report: Report) -> list[tuple[str, ...]]:
    return [found.groups() for found in PIECE.finditer(timeline(report, SESSION))]


def test_bars_stand_where_their_parts_are_as_high_as_they_scored() -> None:
    first, second, third, mark = pieces_of(highlights_report(FOUND))
    assert first == ("sv-part", "0.000", "00:00 \u2013 00:05: 3.2", "0.000", "41.667", "32")
    assert second[3:] == ("41.667", "41.667", "54")
    assert third[0] == "sv-part sv-unscored"
    assert third[2].endswith("not scored")
    assert mark[0] == "sv-mark"
    assert float(mark[1]) == HIGHLIGHT.span.start_s
    assert "8.9: A &lt;b&gt;goal" in mark[2]
    assert float(mark[5]) == 89


def test_a_highlight_knows_its_picture() -> None:
    line = timeline(highlights_report(FOUND), SESSION)
    assert line.count("data-picture=") == 1
    assert f'data-picture="api/v1/video/thumbnail/{SESSION}?t=7.625"' in line


def test_while_it_runs_the_line_is_as_long_as_the_video() -> None:
    parts = (PartSoFar(Span(0, 6.01), 4.0), PartSoFar(Span(6.01, 12.02), None))
    view = replace(
        VIEW,
        scored_so_far=tuple(part_report(part) for part in parts),
        best_so_far=(moment_report(CLOSEST) | {"description": "A <b>goal</b>."},),
    )
    line = running_timeline(view)
    first, second, mark = (found.groups() for found in PIECE.finditer(line))
    assert first == ("sv-part", "0.000", "00:00 \u2013 00:06: 4.0", "0.000", "25.000", "40")
    assert (second[0], second[3]) == ("sv-part sv-unscored", "25.000")
    assert mark[0] == "sv-mark"
    assert "5.4: A &lt;b&gt;goal" in mark[2]
    assert "<b>goal" not in line


def test_a_workout_shows_its_sets() -> None:
    pieces = pieces_of(REPORT)
    assert len(pieces) == 4
    assert all(kind == "sv-mark" for kind, *_ in pieces)
    assert "Squat, 12 repetitions" in pieces[0][2]
    assert all(float(left) + float(width) <= 100.001 for *_, left, width, _ in pieces)


def test_nothing_looked_at_shows_no_line() -> None:
    assert timeline(highlights_report(FOUND) | {"all_analyses": [], "highlights": []}, SESSION) == ""
    assert running_timeline(VIEW) == ""


def test_times_below_are_few_and_rise() -> None:
    for duration_s in (2.0, 12.0, 61.0, 600.0, 5000.0, 14400.0):
        report = workout_report(workout()) | {"total_duration_seconds": duration_s}
        places = [float(place) for place in re.findall(r'<span style="left: ([\d.]+)%', timeline(report, SESSION))]
        assert places == sorted(places)
        assert 2 <= len(places) <= TICKS_MOST + 1
        assert places[-1] <= 100
