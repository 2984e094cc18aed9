"""From a wish in words to an exact interval: the trained model finds the ball that is asked for, and only that."""

import numpy as np
import pytest

from smolvlm_core.analysis.highlights import analyze_highlights
from smolvlm_core.analysis.run import Source
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Criteria, FrameRGB, HighlightsResult, Limits, Span
from smolvlm_core.models.base import VideoModel
from smolvlm_core.video.probe import probe
from tests.clips import ClipSpec, calm, write_clip
from tests.fakes import MemoryRun
from tests.models.balls import SEGMENT_S, Ball, draw

RED, BLUE, OTHER = Ball("red", "right"), Ball("blue", "right"), Ball("blue", "left")
SHOWN = {RED: Span(9.0, 9.0 + SEGMENT_S), BLUE: Span(27.0, 27.0 + SEGMENT_S)}
DURATION_S = 42.0

pytestmark = pytest.mark.slow


def two_rolls(time_s: float, width: int, height: int) -> FrameRGB:
    """An empty wall, but for a red and later a blue ball that roll by."""
    wall = calm(noise=2.0)(time_s, width, height)
    for ball, span in SHOWN.items():
        if span.contains(time_s):
            return draw(ball, (time_s - span.start_s) / SEGMENT_S, 0.5, wall)
    return np.asarray(wall)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    folder = tmp_path_factory.mktemp("query")
    clip = write_clip(folder / "rolls.mp4", ClipSpec(duration_s=DURATION_S, picture=two_rolls))
    return Source(clip, folder / "curves.npz", probe(clip, clip.name, Limits()))


def found(source: Source, model: VideoModel, criteria: Criteria) -> HighlightsResult:
    options = AnalysisOptions(AnalysisType.HIGHLIGHTS, criteria=criteria)
    return analyze_highlights(source, options, model, MemoryRun())


@pytest.mark.parametrize("wanted", [RED, BLUE])
def test_a_query_finds_its_interval_and_not_the_other(source: Source, seeing: VideoModel, wanted: Ball) -> None:
    result = found(source, seeing, wanted.criteria)
    (highlight,) = result.highlights
    shared_s = highlight.span.overlap_s(SHOWN[wanted])
    assert shared_s / highlight.span.union(SHOWN[wanted]).duration_s > 0.6
    assert highlight.span.end_s == pytest.approx(SHOWN[wanted].end_s, abs=0.2)
    assert all(highlight.span.overlap_s(span) == 0 for ball, span in SHOWN.items() if ball != wanted)
    assert highlight.score >= 8
    assert highlight.meaning is not None
    assert highlight.meaning > 0.8
    assert result.scoring.model_share == 0.8


def test_a_query_nobody_satisfies_says_what_came_closest(source: Source, seeing: VideoModel) -> None:
    result = found(source, seeing, OTHER.criteria)
    assert result.highlights == ()
    assert result.closest is not None
    assert result.closest.score < 6
    assert "Nothing" in result.overview
    assert "closest" in result.overview
