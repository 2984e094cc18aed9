"""The second, closer look at a workout: fifteen pictures a second wherever something moves, and the sets in them.

The body is looked for in each of these pictures; without a pose model their movement alone is counted. Every
stretch is a durable step: a killed process goes on with the next one. Only one stretch is in memory.
"""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from smolvlm_core.analysis.naming import find_holds, joined_holds
from smolvlm_core.analysis.pipeline import STAMP_ERROR_S, Measured
from smolvlm_core.analysis.run import Run, Source
from smolvlm_core.domain import Frame, FrameRGB, JSONValue, Progress, Span
from smolvlm_core.errors import ModelError, ModelUnavailable
from smolvlm_core.exercise import (
    Bout,
    Curve,
    Drive,
    MeasuredSet,
    Pose,
    PoseInfo,
    Posture,
    Repetition,
    Sides,
    Unit,
)
from smolvlm_core.models.base import PoseModel, PoseSource
from smolvlm_core.signals.activity import ActivityOptions, active_spans
from smolvlm_core.signals.bins import running_mean
from smolvlm_core.signals.joints import body_signals
from smolvlm_core.signals.movement import SAMPLE_HZ, MovementMeter, Take
from smolvlm_core.signals.posture import posture_of
from smolvlm_core.signals.sets import find_sets
from smolvlm_core.video.frames import FrameReader

PICTURES_AT_A_TIME = 16
LONGEST_SIDE_PX = 640  # of the pictures looked at: a body in the distance still has some hundred pixels


@dataclass(frozen=True, slots=True)
class StretchOptions:
    """Where to look closer. Chosen by eye: pauses of a set stay inside, long rests are passed over."""

    margin_s: float = 1.5
    """Looked at before and after movement: a set begins and ends slowly."""
    joined_gap_s: float = 6.0
    """Stretches with less than this between them are one; no pause within a set is longer."""
    least_calm_s: float = 5.0
    """Calm that lasts so long may be a hold, such as a plank."""
    longest_s: float = 600.0
    """A longer one is divided at the calmest moment of its second half: memory and the time that an interrupted
    process loses grow with it."""
    calm_bins: int = 12
    """Quarters of a second, a repetition: where all of it is calm, nothing is going on."""
    calm_hz: float = 2.0
    """Pictures a second of a calm: enough to see that somebody keeps a posture."""
    least_pictures: int = 8
    """To say anything: half a second of movement."""
    without_pose: ActivityOptions = field(default_factory=ActivityOptions)
    """What is movement, where movement alone is counted: what stirs at rest would be counted, too."""
    with_pose: ActivityOptions = field(default_factory=lambda: ActivityOptions(start_share=0.2, keep_share=0.1))
    """What is, on a body: next to jumping jacks, curls are calm. On six spliced workouts."""


def stretches(
    measured: Measured, with_pose: bool = False, options: StretchOptions = StretchOptions()
) -> tuple[Span, ...]:
    """Where something moves, with margins, in order; none across a cut, none longer than ``longest_s``."""
    activity = options.with_pose if with_pose else options.without_pose
    found: list[Span] = []
    cuts_s = measured.curves.cuts_s
    for span in active_spans(measured.curves, activity):
        first_s = max([0.0, *(cut_s for cut_s in cuts_s if cut_s <= span.start_s + STAMP_ERROR_S)])
        last_s = min([measured.duration_s, *(cut_s for cut_s in cuts_s if cut_s >= span.end_s - STAMP_ERROR_S)])
        start_s, end_s = max(first_s, span.start_s - options.margin_s), min(last_s, span.end_s + options.margin_s)
        if end_s <= start_s:
            continue
        near = found and first_s <= found[-1].start_s and start_s - found[-1].end_s < options.joined_gap_s
        if near:
            found[-1] = Span(found[-1].start_s, max(found[-1].end_s, end_s))
        else:
            found.append(Span(start_s, end_s))
    return tuple(part for span in found for part in _divided(span, measured, options))


@dataclass(frozen=True, slots=True)
class Look:
    """One closer look: ``SAMPLE_HZ`` pictures a second where something moves, else few, for holds."""

    span: Span
    moving: bool
    rate_hz: float


def looks_at(measured: Measured, with_pose: bool, options: StretchOptions = StretchOptions()) -> list[Look]:
    """All stretches, and with a pose the calm between them where it lasts, in order; none across a cut."""
    moving = stretches(measured, with_pose, options)
    looks = [Look(span, True, SAMPLE_HZ) for span in moving]
    if with_pose:
        edges = {0.0, measured.duration_s, *measured.curves.cuts_s}
        edges |= {edge_s for span in moving for edge_s in (span.start_s, span.end_s)}
        between = [Span(a, b) for a, b in pairwise(sorted(edges)) if b - a >= options.least_calm_s]
        for calm in between:
            if not any(span.contains(calm.middle_s) for span in moving):
                looks += [Look(part, False, options.calm_hz) for part in _divided(calm, measured, options)]
    return sorted(looks, key=lambda look: look.span)


def _divided(span: Span, measured: Measured, options: StretchOptions) -> Iterator[Span]:
    longest_s = options.longest_s
    times_s, activity = measured.curves.times_s, measured.curves.changed_area
    while span.duration_s > longest_s:
        near = (times_s > span.start_s + longest_s / 2) & (times_s < span.start_s + longest_s)
        calm_s = float(times_s[near][running_mean(activity[near], options.calm_bins).argmin()])
        yield Span(span.start_s, calm_s)
        span = Span(calm_s, span.end_s)
    yield span


class PoseFinder:
    """The pose model of one run, if there is any. One that fails is done without from there on."""

    def __init__(self, poses: PoseSource, run: Run, percent: float) -> None:
        """Opens one, which may take a download; ``percent``: how far the run is.

        What ran before an interruption runs after it too: where to look depends on it.
        Raises: ModelUnavailable: it ran before, and cannot be had now; Cancelled.
        """
        self._run = run
        run.report(Progress(percent, "Getting ready to follow the body"))
        self._model: PoseModel | None = None
        try:
            self._model = poses.open(run.check)
            self.info = self._model.info
        except ModelUnavailable as error:
            self.info = PoseInfo(None, error.message)
        before = PoseInfo(*run.step("pose", lambda: [self.info.id, self.info.reason]))
        if before.id is not None and self._model is None:
            raise ModelUnavailable(self.info.reason)
        if before.id is None:
            self._model, self.info = None, before

    @property
    def works(self) -> bool:
        return self._model is not None

    def find(self, rgb: FrameRGB) -> Pose | None:
        """The body in the picture after the last one."""
        if self._model is None:
            return None
        try:
            return self._model.estimate(rgb)
        except ModelError as error:
            self._run.log("pose_failed", reason=error.message)
            self._model, self.info = None, PoseInfo(None, error.message)
            return None

    def forget(self) -> None:
        """The next picture has nothing to do with the last."""
        if self._model is not None:
            self._model.forget()


def measure_bouts(
    source: Source,
    measured: Measured,
    finder: PoseFinder,
    run: Run,
    share: tuple[float, float],
    options: StretchOptions = StretchOptions(),
) -> tuple[Bout, ...]:
    """All sets of repetitions and all holds, in time order.

    Args: share: of the progress bar, 0..1: where this begins and ends.
    Raises: Undecodable; Cancelled.
    """
    bouts: list[Bout] = []
    looks = looks_at(measured, finder.works, options)
    total_s = sum(look.span.duration_s for look in looks)
    before_s = 0.0
    with FrameReader(source.video_path, LONGEST_SIDE_PX) as reader:
        for index, look in enumerate(looks):

            def tell(time_s: float, look: Look = look, before_s: float = before_s) -> None:
                run.check()
                done = (before_s + time_s - look.span.start_s) / total_s
                percent = 100 * (share[0] + (share[1] - share[0]) * done)
                run.report(Progress(percent, f"Counting repetitions: {done:.0%}"))

            def work(look: Look = look, tell: Callable[[float], None] = tell) -> JSONValue:
                meter = MovementMeter()
                finder.forget()
                for frame in pictures_in(reader, look, run, tell):
                    meter.add(frame.time_s, frame.rgb, finder.find(frame.rgb))
                if len(meter) < options.least_pictures:
                    return []
                return [dataclasses.asdict(bout) for bout in _bouts_in(meter.take(), look, finder.works, run)]

            run.check()
            bouts += [restored(value) for value in run.step(f"bouts-{index}", work)]
            before_s += look.span.duration_s
    return joined_holds(sorted(bouts, key=lambda bout: bout.span))


def _bouts_in(take: Take, look: Look, with_pose: bool, run: Run) -> Iterator[Bout]:
    body = body_signals(take) if with_pose else None
    sets = find_sets(take, with_pose, check=run.check) if look.moving else ()
    for found in sets:
        posture = None if body is None else posture_of(body, found.span, found.tempo_s)
        yield Bout(found.span, posture, found)
    if body is not None:
        yield from find_holds(body, look.span, [found.span for found in sets])


def pictures_in(reader: FrameReader, look: Look, run: Run, tell: Callable[[float], None]) -> Iterator[Frame]:
    """As many pictures a second as the look takes, each once, none before it; ``tell`` hears how far it is."""
    span = look.span
    last_s = -1.0
    for times_s in _batches(span, look.rate_hz):
        tell(times_s[0])
        for frame in reader.at(times_s, run.check):
            if frame.time_s > last_s and frame.time_s >= span.start_s - STAMP_ERROR_S:
                last_s = frame.time_s
                yield replace(frame, time_s=max(frame.time_s, span.start_s))  # no set begins before its cut


def _batches(span: Span, rate_hz: float) -> Iterator[list[float]]:
    count = int(span.duration_s * rate_hz)
    for first in range(0, count, PICTURES_AT_A_TIME):
        ticks = range(first, min(count, first + PICTURES_AT_A_TIME))
        yield [span.start_s + tick / rate_hz + STAMP_ERROR_S for tick in ticks]


def restored(value: Any) -> Bout:
    """The inverse of ``dataclasses.asdict``, after JSON."""
    posture, measured = value["posture"], value["measured"]
    return Bout(
        Span(**value["span"]),
        None if posture is None else Posture(**posture),
        None if measured is None else _restored_set(measured),
    )


def _restored_set(value: Any) -> MeasuredSet:
    return MeasuredSet(
        Span(**value["span"]),
        Drive(value["drive"]["name"], Unit(value["drive"]["unit"])),
        tuple(Repetition(**{**one, "span": Span(**one["span"])}) for one in value["repetitions"]),
        value["confidence"],
        Curve(tuple(value["curve"]["times_s"]), tuple(value["curve"]["values"])),
        None if value["sides"] is None else Sides(**value["sides"]),
    )
