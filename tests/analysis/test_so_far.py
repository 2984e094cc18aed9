"""What a running analysis tells of its parts: all of them, in few words."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from smolvlm_core.analysis.highlights import analyze_highlights
from smolvlm_core.analysis.run import Source
from smolvlm_core.analysis.so_far import AGAIN_SHARE, PARTS_MOST, parts_so_far, tell_next_at
from smolvlm_core.domain import (
    AnalysisOptions,
    AnalysisType,
    Evidence,
    Limits,
    PartSoFar,
    ScoredSegment,
    Skipped,
    Span,
)
from smolvlm_core.models.signals import SignalsModel
from smolvlm_core.video.probe import probe
from tests.clips import ClipSpec, calm, in_turn, wild_balls, write_clip
from tests.fakes import MemoryRun, ScriptedModel

CALM = Evidence(1.0, 0.0, None, 0, 0.0)


def segment(index: int, score: float | Skipped) -> ScoredSegment:
    return ScoredSegment(index, Span(index, index + 1), score, CALM)


def test_few_segments_are_told_one_by_one() -> None:
    segments = [segment(0, 3.0), segment(1, Skipped("dark"))]
    assert parts_so_far(segments, 30) == (PartSoFar(Span(0, 1), 3.0), PartSoFar(Span(1, 2), None))
    assert parts_so_far([], 30) == ()


@pytest.mark.parametrize("count", [PARTS_MOST, PARTS_MOST + 1, 960, 14_400])
def test_many_are_told_together_without_a_gap(count: int) -> None:
    parts = parts_so_far([segment(index, 1.0 + index % 9) for index in range(count)], count)
    assert len(parts) <= PARTS_MOST
    assert (parts[0].span.start_s, parts[-1].span.end_s) == (0, count)
    assert all(one.span.end_s == other.span.start_s for one, other in pairwise(parts))


def test_neighbours_told_together_have_the_best_score_of_those_that_have_one() -> None:
    scores: list[float | Skipped] = [2.0, Skipped("dark"), 7.0, Skipped("dark"), Skipped("dark"), Skipped("dark")]
    segments = [segment(index, score) for index, score in enumerate(scores)]
    assert [one.score for one in parts_so_far(segments, 3 * PARTS_MOST)] == [7.0, None]


def test_those_told_together_stay_so_while_more_come() -> None:
    segments = [segment(index, 2.0) for index in range(20)]
    told = [parts_so_far(segments[:count], 3 * PARTS_MOST) for count in (6, 9, 20)]
    assert all(told[-1][: len(parts)] == parts for parts in told[:2])


def test_hours_are_told_of_seldom_enough() -> None:
    told, count = 0, 0
    while count < 14_400:
        count = tell_next_at(count)
        told += 1
    assert told < 8 * AGAIN_SHARE


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Something happens in the middle of 40 s."""
    wall = calm()
    picture = in_turn((0.0, wall), (12.0, wild_balls()), (16.0, wall))
    spec = ClipSpec(duration_s=40.0, fps=Fraction(10), picture=picture)
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", spec)


def reports_of(clip: Path, model: SignalsModel | ScriptedModel, folder: Path) -> MemoryRun:
    run = MemoryRun()
    source = Source(clip, folder / "curves.npz", probe(clip, clip.name, Limits()))
    analyze_highlights(source, AnalysisOptions(AnalysisType.HIGHLIGHTS, segment_duration_s=10.0), model, run)
    return run


def test_a_scan_without_a_model_tells_what_it_has_seen(clip: Path, tmp_path: Path) -> None:
    run = reports_of(clip, SignalsModel("a test"), tmp_path)
    watching = [one for one in run.reports if one.step.startswith("Watching") and one.parts]
    assert watching
    first = watching[0]
    assert first.parts is not None
    assert first.parts[0].span.start_s == 0
    assert 20 <= first.parts[-1].span.end_s < 40
    assert max(one.score or 0 for one in first.parts) > 5
    assert first.best
    assert all(one.steady for one in run.reports)


def test_a_model_tells_part_after_part(clip: Path, tmp_path: Path) -> None:
    run = reports_of(clip, ScriptedModel(), tmp_path)
    told = [len(one.parts) for one in run.reports if one.parts is not None]
    assert told == sorted(told)
    assert told[0] == 1
    assert told[-1] == len({one.step for one in run.reports if one.step.startswith("Analyzing")})
    assert not any(one.steady for one in run.reports if one.step.startswith("Watching"))
