"""Stand-ins that really work: a model that plays back a script and remembers what it was asked."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from smolvlm_core.domain import (
    CheckCancelled,
    Choice,
    Criteria,
    FrameRGB,
    JSONValue,
    Judgement,
    ModelInfo,
    ModelState,
    ModelStatus,
    Progress,
    SegmentView,
    Skipped,
    Span,
    never_cancelled,
)
from smolvlm_core.errors import Cancelled, ModelUnavailable, SmolVLMError
from smolvlm_core.exercise import Pose, PoseInfo
from smolvlm_core.models.base import PoseModel, WantsWords, one_by_one

T = TypeVar("T")
YES, NO = 12.0, -12.0
"""Log-odds of a model that is as sure as it can be."""

SCRIPTED_INFO = ModelInfo("scripted", "tests/scripted", "1", "cpu", "float32", "asked for by a test")


@dataclass
class ScriptedModel:
    """A ``VideoModel`` whose replies are queued; an exception in the queue is raised, the last reply repeats.

    ``calls`` records every question; ``before_reply`` runs inside it (to wait, or to count). With ``yes_in`` it
    says Yes to what mostly lies in that span, and ``log_odds`` is only asked for errors.
    """

    log_odds: deque[float | SmolVLMError] = field(default_factory=lambda: deque([0.0]))
    yes_in: Span | None = None
    descriptions: deque[str | SmolVLMError] = field(default_factory=lambda: deque(["Something happens."]))
    choices: deque[str | SmolVLMError | None] = field(default_factory=lambda: deque([None]))
    frames_wanted: int = 4
    info: ModelInfo = SCRIPTED_INFO
    before_reply: Callable[[CheckCancelled], None] = lambda check: check()
    calls: list[tuple[str, SegmentView, Criteria]] = field(default_factory=list)

    def judge(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> float | None:
        reply = self._reply("judge", self.log_odds, view, criteria, check)
        if self.yes_in is None:
            return reply
        return YES if self.yes_in.contains(view.span.middle_s) else NO

    def describe(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> str:
        return self._reply("describe", self.descriptions, view, criteria, check)

    def judge_and_describe(
        self, views: Sequence[SegmentView], criteria: Criteria, wants_words: WantsWords, check: CheckCancelled
    ) -> list[Judgement | Skipped]:
        return one_by_one(self, views, criteria, wants_words, check)

    def choose(
        self, view: SegmentView, labels: Sequence[str], criteria: Criteria, check: CheckCancelled
    ) -> Choice:
        label = self._reply("choose", self.choices, view, criteria, check)
        if label is None:
            return Choice(None, 0.0, {name: 1 / len(labels) for name in labels})
        rest = {name: 0.1 / max(1, len(labels) - 1) for name in labels}
        return Choice(label, 0.9, rest | {label: 0.9})

    def _reply(
        self,
        kind: str,
        queue: deque[T | SmolVLMError],
        view: SegmentView,
        criteria: Criteria,
        check: CheckCancelled,
    ) -> T:
        self.calls.append((kind, view, criteria))
        self.before_reply(check)
        reply = queue.popleft() if len(queue) > 1 else queue[0]
        if isinstance(reply, SmolVLMError):
            raise reply
        return reply


@dataclass
class ScriptedEngine:
    """Hands out one model, always ready."""

    model: ScriptedModel = field(default_factory=ScriptedModel)

    def acquire(self, check: CheckCancelled = never_cancelled) -> ScriptedModel:
        return self.model

    def status(self) -> ModelStatus:
        return ModelStatus(ModelState.READY, "ready", info=self.model.info)

    def warm_up(self) -> None:
        pass

    def close(self) -> None:
        pass


class NoPose:
    """A ``PoseSource`` that has none; ``opened`` counts who asked."""

    def __init__(self, reason: str = "A test has no pose model.") -> None:
        self.reason = reason
        self.opened = 0

    def open(self, check: CheckCancelled) -> PoseModel:
        self.opened += 1
        raise ModelUnavailable(self.reason)


SCRIPTED_POSE = PoseInfo("tests/pose", "asked for by a test")


@dataclass
class ScriptedPose:
    """A ``PoseModel`` and its own ``PoseSource``, whose poses are queued; the last one repeats.

    ``calls`` records every picture, and None for each time it was told to forget.
    """

    poses: deque[Pose | None] = field(default_factory=lambda: deque([None]))
    info: PoseInfo = SCRIPTED_POSE
    calls: list[FrameRGB | None] = field(default_factory=list)
    opened: int = 0

    def open(self, check: CheckCancelled) -> PoseModel:
        check()
        self.opened += 1
        return self

    def estimate(self, rgb: FrameRGB) -> Pose | None:
        self.calls.append(rgb)
        return self.poses.popleft() if len(self.poses) > 1 else self.poses[0]

    def forget(self) -> None:
        self.calls.append(None)


class MemoryRun:
    """An ``analysis.run.Run`` that keeps its steps and reports in memory and is never cancelled."""

    def __init__(self) -> None:
        self.steps: dict[str, JSONValue] = {}
        self.reports: list[Progress] = []

    def step(self, name: str, work: Callable[[], JSONValue]) -> JSONValue:
        if name not in self.steps:
            self.steps[name] = work()
        return self.steps[name]

    def report(self, progress: Progress) -> None:
        self.reports.append(progress)

    def check(self) -> None:
        pass

    def log(self, event: str, **fields: object) -> None:
        pass

    def elapsed_s(self) -> float:
        return 0.0


def cancel_after(checks: int) -> CheckCancelled:
    """A check that lets so many looks pass, and then cancels."""
    left: Iterator[int] = iter(range(checks))

    def check() -> None:
        if next(left, None) is None:
            raise Cancelled("The work was cancelled.")

    return check
