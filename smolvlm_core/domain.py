"""The nouns of the app as frozen values. Knows no library and no file system.

Time is seconds from the first displayed frame, in half-open spans; numbers carry their unit in the name.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

FrameRGB = NDArray[np.uint8]
"""One picture, uint8 (H, W, 3), red-green-blue, as displayed (rotation applied, square pixels)."""

CheckCancelled = Callable[[], None]
"""Called between units of work; raises ``errors.Cancelled`` when the work is no longer wanted."""


def never_cancelled() -> None:
    """The ``CheckCancelled`` of work nobody can cancel."""


class AnalysisType(StrEnum):
    HIGHLIGHTS = "highlights"
    WORKOUT = "workout"


class Thoroughness(StrEnum):
    """How much of a video a model looks at. Without a model all of it is measured, whatever was asked for."""

    FAST = "fast"
    BALANCED = "balanced"
    EXHAUSTIVE = "exhaustive"


class Status(StrEnum):
    """Of a session, on the wire. A queued analysis is ``ANALYZING`` with a queue position."""

    UPLOADED = "uploaded"
    ANALYZING = "analyzing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open interval ``[start_s, end_s)`` in seconds; never empty, never negative."""

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s:
            raise ValueError(f"not a span: {self.start_s} to {self.end_s} s")

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s

    @property
    def middle_s(self) -> float:
        return (self.start_s + self.end_s) / 2

    def contains(self, time_s: float) -> bool:
        return self.start_s <= time_s < self.end_s

    def overlap_s(self, other: "Span") -> float:
        """Seconds both cover; 0 when they only touch."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))

    def union(self, other: "Span") -> "Span":
        """The smallest span that covers both."""
        return Span(min(self.start_s, other.start_s), max(self.end_s, other.end_s))


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What ``probe`` measured. ``width`` x ``height`` is as displayed, after rotation.

    ``pixels`` is FFmpeg's name of the pixel format; that and ``audio_codec`` are empty where nobody looked.
    """

    filename: str
    duration_s: float
    fps: Fraction
    width: int
    height: int
    frames: int
    codec: str
    container: str
    has_audio: bool
    rotation: int
    size_bytes: int
    pixels: str = ""
    audio_codec: str = ""

    @property
    def resolution(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture and its presentation time."""

    time_s: float
    rgb: FrameRGB


@dataclass(frozen=True, slots=True)
class Criteria:
    """What the user asked for. Empty prompts mean the built-in ones.

    Halves of letters (lone surrogates), which JSON can carry and no file can hold, become question marks.
    """

    system_prompt: str = ""
    user_prompt: str = ""

    def __post_init__(self) -> None:
        for name in ("system_prompt", "user_prompt"):
            object.__setattr__(self, name, getattr(self, name).encode(errors="replace").decode())

    @property
    def are_own(self) -> bool:
        """Whether the user said anything."""
        return bool(self.system_prompt.strip() or self.user_prompt.strip())


@dataclass(frozen=True, slots=True)
class Evidence:
    """The measured numbers behind a score; levels are relative to the same video's usual.

    ``motion_ratio``: camera-compensated motion over this video's usual (1 = usual); ``rarity``: 0..1,
    how unlike the rest of the video it looks; ``loudness_db``: dB above this video's usual, None
    without sound; ``cuts``: hard cuts inside; ``strength``: 0..1, all of it combined; ``liveliest`` and
    ``loudest``: the video's most motion or loudest second is in here; ``sudden_sound``: one starts at once;
    ``lone_shot``: all of it lies in the only shot of its kind; ``rare_voice``: speech or music, seldom elsewhere.
    """

    motion_ratio: float
    rarity: float
    loudness_db: float | None
    cuts: int
    strength: float
    liveliest: bool = False
    loudest: bool = False
    sudden_sound: bool = False
    lone_shot: bool = False
    rare_voice: bool = False


@dataclass(frozen=True, slots=True)
class SegmentView:
    """A stretch of the video as a model sees it. ``frames`` is empty for models that look at none."""

    span: Span
    frames: tuple[Frame, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why a segment has no score or label. Counted and shown, never replaced by a default."""

    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model says of a segment: log-odds as of ``VideoModel.judge``, and words, None where not asked for."""

    log_odds: float | None
    words: str | Skipped | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A model's pick among labels. ``label`` is None when it is not sure; probabilities sum to 1."""

    label: str | None
    confidence: float
    probabilities: dict[str, float]


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What really ran, and why it was chosen."""

    backend: str
    id: str
    revision: str | None
    device: str
    dtype: str
    reason: str


class ModelState(StrEnum):
    WAITING = "waiting"
    DOWNLOADING = "downloading"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """Where the model stands. ``message`` is for people; ``percent`` is of a download, when known."""

    state: ModelState
    message: str
    percent: float | None = None
    info: ModelInfo | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What the service accepts; each is a setting of the same name."""

    max_upload_bytes: int = 2 * 1024**3
    max_duration_s: float = 4 * 3600.0
    max_side_px: int = 8192
    max_frame_px: int = 40_000_000
    queue_limit: int = 100
    session_ttl_s: float = 24 * 3600.0
    disk_budget_bytes: int = 20 * 1024**3


@dataclass(frozen=True, slots=True)
class Progress:
    """``percent`` 0..100 never goes back within a task; ``step`` is for people."""

    percent: float
    step: str
    segments_completed: int = 0
    segments_total: int = 0
    best: "tuple[ScoredMoment, ...] | None" = None
    """The best so far, best first; None where this report has no news of them."""
    parts: "tuple[PartSoFar, ...] | None" = None
    """What was scored so far, in time order; None where this report has no news of it."""
    steady: bool = True
    """Whether the rest of the bar may go on about as fast as this part of it."""


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """The parameters of one analysis, resolved. Ranges are checked at the doors (REST, page)."""

    analysis_type: AnalysisType
    min_significance: int = 6
    max_highlights: int = 10
    segment_duration_s: float = 15.0
    criteria: Criteria = field(default_factory=Criteria)
    thoroughness: Thoroughness = Thoroughness.BALANCED
    max_reel_s: float = 0.0
    """All highlights together last at most this; 0 means no limit."""


@dataclass(frozen=True, slots=True)
class ScoredSegment:
    """One segment and its 1..10 score, or the reason it has none.

    ``meaning``: 0..1, how surely the model sees what is looked for; None where no model looked.
    """

    index: int
    span: Span
    score: float | Skipped
    evidence: Evidence
    meaning: float | None = None


@dataclass(frozen=True, slots=True)
class PartSoFar:
    """A stretch of a video that is still being analyzed, and its 1..10 score until now; None where it has none."""

    span: Span
    score: float | None


@dataclass(frozen=True, slots=True)
class ScoredMoment:
    """An exact interval in which something happens; score 1..10 and ``meaning`` as in ``ScoredSegment``.

    ``description``: what was written on it; None where it never made the list.
    """

    span: Span
    score: float
    evidence: Evidence
    meaning: float | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Highlight:
    """A moment that made the list."""

    id: str
    span: Span
    score: float
    description: str
    evidence: Evidence
    meaning: float | None = None


@dataclass(frozen=True, slots=True)
class Scoring:
    """How the two parts became scores, in numbers and in words. ``model_share`` 0..1 is the weight of ``meaning``;
    ``baseline`` is what of the model's log-odds counts as usual in this video."""

    model_share: float
    baseline: float
    rule: str


@dataclass(frozen=True, slots=True)
class HighlightsResult:
    """Highlights best first; segments and moments in time order.

    ``moments`` holds every one that was scored, so that another threshold or number needs no new analysis;
    ``closest`` is the best of those below the threshold when nothing reaches it.
    """

    options: AnalysisOptions
    model: ModelInfo
    highlights: tuple[Highlight, ...]
    segments: tuple[ScoredSegment, ...]
    duration_s: float
    processing_s: float
    warnings: tuple[str, ...] = ()
    moments: tuple[ScoredMoment, ...] = ()
    closest: ScoredMoment | None = None
    overview: str = ""
    scoring: Scoring = Scoring(0.0, 0.0, "")


JSONValue = Any
"""What ``json`` can write: None, bool, int, float, str, lists and string-keyed dicts of these."""
