"""What an analysis costs, held against what was measured."""

from fractions import Fraction

import pytest

from smolvlm_core.analysis.cost import NO_MODEL, PACES, pace_of, reckoned_s
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Criteria, ModelInfo, VideoInfo

HIGHLIGHTS = AnalysisOptions(AnalysisType.HIGHLIGHTS)
WORKOUT = AnalysisOptions(AnalysisType.WORKOUT)


def video(duration_s: float, width: int, height: int, fps: int = 30) -> VideoInfo:
    return VideoInfo("a.mp4", duration_s, Fraction(fps), width, height, 1, "h264", "mov", True, 0, 1)


@pytest.mark.parametrize(
    ("what", "options", "measured_s"),
    [
        (video(4 * 3600, 640, 360), HIGHLIGHTS, 199),  # benchmarks.long_video
        (video(60, 1920, 1080), WORKOUT, 20),  # benchmarks.workout --speed: 15 to 26
        (video(18 * 60, 1920, 1080), WORKOUT, 258),
    ],
)
def test_the_reckoning_is_near_the_readmes_table(
    what: VideoInfo, options: AnalysisOptions, measured_s: float
) -> None:
    assert 0.6 < reckoned_s(what, options, NO_MODEL) / measured_s < 1.7


def test_a_model_on_two_cores_is_near_what_was_measured() -> None:
    """139 s of 768x432 at 10 a second took a 256M checkpoint 17.6 s: 7.9 times real time (benchmarks.speed)."""
    reckoned = reckoned_s(video(139, 768, 432, 10), HIGHLIGHTS, PACES["256M"])
    assert 1 < reckoned / 17.6 < 2, "the most that may be asked"


def test_own_criteria_are_looked_at_more_closely() -> None:
    own = AnalysisOptions(AnalysisType.HIGHLIGHTS, criteria=Criteria(user_prompt="goals"))
    film = video(600, 640, 360)
    assert reckoned_s(film, own, PACES["256M"]) > reckoned_s(film, HIGHLIGHTS, PACES["256M"])


@pytest.mark.parametrize(
    ("backend", "checkpoint", "known"),
    [
        ("signals", "measured-signals", True),
        ("openvino", "HuggingFaceTB/SmolVLM2-500M-Video-Instruct", True),
        ("openvino", "someone/else", False),
        ("torch", "HuggingFaceTB/SmolVLM2-256M-Video-Instruct", False),
        ("remote", "HuggingFaceTB/SmolVLM2-256M-Video-Instruct", False),
    ],
)
def test_only_what_was_measured_is_claimed(backend: str, checkpoint: str, known: bool) -> None:
    model = ModelInfo(backend, checkpoint, None, "cpu", "int8", "a test")
    assert pace_of(model)[1] is known
