"""How much work an analysis is, in seconds of the machine that was measured. Knows nothing of any other machine.

The kinds of work are told apart so that one measured video says something of another: longer, larger, looked at
more closely. The most that may be asked of a model is reckoned with; often less is.
"""

from dataclasses import dataclass
from math import ceil

from smolvlm_core.analysis.looking import EFFORTS, most_moments, segment_frames
from smolvlm_core.domain import AnalysisOptions, AnalysisType, ModelInfo, VideoInfo

# Seconds on 2 cores of an Intel Xeon (AVX-512), Python 3.11, 2026-11; see the README's table.
FIXED_S = 0.1  # whatever the video: opening it, rows in the database
SCAN_SHARE = 0.005  # seconds a second of video, whatever its size ...
SCAN_S_PER_MPX = 0.0015  # ... and a million pixels of it; `benchmarks.long_video`: 199 s for 4 h of 640x360
MOVEMENT_SHARE = 0.2  # seconds a second of a workout, for the body in it; `benchmarks.workout --speed`

FRAMES_A_LOOK = 8  # that a model is shown of a segment or moment, where the effort names no number


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a model takes for each picture it is shown, and for each description."""

    frame_s: float
    words_s: float


NO_MODEL = Pace(0.0, 0.0)
# Of OpenVINO: 15 pictures take 2.0 s with 256M, of which reading the prompt is 0.8 (with 500M 1.5), and a token
# 18 ms after them; `benchmarks.speed`, docs/log.md. A token of 500M: by reckoning, with the weights.
PACES = {"256M": Pace(0.13, 0.9), "500M": Pace(0.18, 1.7)}
UNTIMED = PACES["256M"]
"""For backends and checkpoints that were not measured: tells their videos apart, not how long one takes."""


def pace_of(model: ModelInfo) -> tuple[Pace, bool]:
    """The pace to reckon with, and whether it was measured for such a model."""
    if model.backend == "signals":
        return NO_MODEL, True
    size = next((size for size in PACES if size in model.id), None)
    if model.backend == "openvino" and size is not None:
        return PACES[size], True
    return PACES.get(size or "", UNTIMED), False


def reckoned_s(video: VideoInfo, options: AnalysisOptions, pace: Pace, *, scanned: bool = False) -> float:
    """Seconds of work that grow with the video (``FIXED_S`` come on top), on the machine that was measured.

    Args: scanned: an analysis before has scanned the video already.
    """
    mpx_per_s = video.width * video.height * float(video.fps) / 1e6
    scan_s = 0.0 if scanned else video.duration_s * (SCAN_SHARE + SCAN_S_PER_MPX * mpx_per_s)
    if options.analysis_type is AnalysisType.WORKOUT:
        segments = ceil(video.duration_s / options.segment_duration_s)
        asked_s = segments * (FRAMES_A_LOOK * pace.frame_s + pace.words_s)
        return scan_s + video.duration_s * MOVEMENT_SHARE + asked_s
    return scan_s + _looks_s(video.duration_s, options, pace)


def _looks_s(duration_s: float, options: AnalysisOptions, pace: Pace) -> float:
    """Of highlights: each segment coarsely, the moments closely, words for the best."""
    segments = ceil(duration_s / options.segment_duration_s)
    most = EFFORTS[options.thoroughness].segments
    looked_at = segments if most is None else min(most, segments)
    each = min(FRAMES_A_LOOK, segment_frames(options) or FRAMES_A_LOOK)
    moments = min(most_moments(options, duration_s), ceil(duration_s))
    frames = looked_at * each + moments * FRAMES_A_LOOK
    return frames * pace.frame_s + min(options.max_highlights, moments) * pace.words_s
