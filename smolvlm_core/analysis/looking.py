"""Where a model looks: which segments, which moments, and how far around them. Knows spans and numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from smolvlm_core.domain import AnalysisOptions, Span, Thoroughness


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A few of the frames that looks at these spans show, so that those cost nothing more. Best span first."""

    spans: tuple[Span, ...]


Where = Span | tuple[float, ...] | Glimpse
"""Where frames are taken: evenly over a span; at these times in seconds, rising; or out of other looks."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a model is shown of a segment: ``seen`` and ``most`` as for ``Looker.view``."""

    span: Span
    seen: Where | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Effort:
    """How closely a model looks: coarsely everywhere, closely where something may be. None: no limit."""

    segments: int | None
    """It is asked about at most, the most promising ..."""
    segment_frames: int | None
    """... with so many frames of each (own criteria: twice as many, for measurements know nothing of them)."""
    frames_per_s: float
    """It is shown no more of anything, but always ``LEAST_FRAMES``, if that many can be told apart."""
    moments: int
    """It is then asked about at most, with all frames it wants ..."""
    moments_per_minute: float | None
    """... and no more than this many a minute of video, but always ``LEAST_MOMENTS``."""
    halves: bool
    """Whether it is asked about the halves of a long moment."""


MOST_FRAMES_PER_S = 2.0

EFFORTS = {
    # Chosen by time: the 256M checkpoint on two cores takes some seconds a question.
    # SmolVLM2 was taught on a frame a second.
    Thoroughness.FAST: Effort(24, 2, 1.0, 12, 2.0, halves=False),
    Thoroughness.BALANCED: Effort(120, 2, 1.0, 30, 4.0, halves=True),
    Thoroughness.EXHAUSTIVE: Effort(None, None, MOST_FRAMES_PER_S, 300, None, halves=True),
}
LEAST_FRAMES = 3  # of two seconds, too: a start, a middle and an end
LEAST_MOMENTS = 6

AROUND_SHARE = 0.2  # of a moment's length is shown before and after it: what led to it, what came of it
AROUND_MOST_S = 1.0
BLIND_SHARE = 0.5  # of the segments on a user's own criteria: taken evenly, as measurements know nothing of them


def shortlist(strengths: Sequence[float], options: AnalysisOptions) -> frozenset[int]:
    """Which segments (by index) the model is asked about: the strongest, and for own criteria some everywhere."""
    most = EFFORTS[options.thoroughness].segments
    if most is None or len(strengths) <= most:
        return frozenset(range(len(strengths)))
    even = round(most * BLIND_SHARE) if options.criteria.are_own else 0
    chosen = {int((index + 0.5) * len(strengths) / even) for index in range(even)}
    for index in sorted(range(len(strengths)), key=lambda index: (-strengths[index], index)):
        if len(chosen) >= most:
            break
        chosen.add(index)
    return frozenset(chosen)


def with_surroundings(span: Span, cuts_s: Sequence[float], duration_s: float) -> Span:
    """The moment and a little around it, but nothing of another shot."""
    around_s = min(AROUND_MOST_S, AROUND_SHARE * span.duration_s)
    earliest_s = max([0.0, *(cut_s for cut_s in cuts_s if cut_s <= span.start_s + 1e-6)])
    latest_s = min([duration_s, *(cut_s for cut_s in cuts_s if cut_s >= span.end_s - 1e-6)])
    start_s, end_s = max(earliest_s, span.start_s - around_s), min(latest_s, span.end_s + around_s)
    return Span(min(start_s, span.start_s), max(end_s, span.end_s))


def segment_frames(options: AnalysisOptions) -> int | None:
    """How many frames of a segment the model is shown at most; None: as many as it wants."""
    most = EFFORTS[options.thoroughness].segment_frames
    return most if most is None or not options.criteria.are_own else 2 * most


def most_moments(options: AnalysisOptions, duration_s: float) -> int:
    """How many moments of a video the model is asked about at most."""
    effort = EFFORTS[options.thoroughness]
    if effort.moments_per_minute is None:
        return effort.moments
    return min(effort.moments, max(LEAST_MOMENTS, ceil(effort.moments_per_minute * duration_s / 60)))
