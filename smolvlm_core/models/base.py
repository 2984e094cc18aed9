"""The contracts of the two models: one judges segments, one finds a body. ``tests/models/test_contract.py`` is the
suite of the first.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from smolvlm_core.domain import (
    CheckCancelled,
    Choice,
    Criteria,
    FrameRGB,
    Judgement,
    ModelInfo,
    SegmentView,
    Skipped,
)
from smolvlm_core.errors import ModelError
from smolvlm_core.exercise import Pose, PoseInfo

MAX_DESCRIPTION_TOKENS = 48


WantsWords = Callable[[int, float | None], bool]
"""Takes the index of a view and its log-odds, as soon as they are known, in order."""


class VideoModel(Protocol):
    """Judges segments. Implementations are safe to call from one thread at a time.

    ``check`` is called between units of work small enough that cancelling takes under a second.
    """

    @property
    def info(self) -> ModelInfo:
        """What runs here, and why it was chosen."""

    @property
    def frames_wanted(self) -> int:
        """How many frames a ``SegmentView`` should carry; 0 when none is looked at."""

    def judge(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> float | None:
        """Log-odds (nats) of Yes against No to "is this what is looked for", less those of an empty scene.

        0: no likelier than where there is nothing to see. None: this model judges by measurement alone,
        which is so exactly when ``frames_wanted`` is 0.
        Raises: ModelError: the model could not answer; Cancelled: from ``check``.
        """

    def describe(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> str:
        """One or two plain sentences on what happens, without times or counts of its own.

        Raises: ModelError, Cancelled.
        """

    def judge_and_describe(
        self, views: Sequence[SegmentView], criteria: Criteria, wants_words: WantsWords, check: CheckCancelled
    ) -> list[Judgement | Skipped]:
        """As ``judge``, and for those that are worth it ``describe``, of several at once: where a model reads one
        after the other and writes side by side, that is faster. Skipped: the ``ModelError`` of either.

        Raises: Cancelled.
        """

    def choose(
        self, view: SegmentView, labels: Sequence[str], criteria: Criteria, check: CheckCancelled
    ) -> Choice:
        """The likeliest of ``labels`` for what is shown, or None when not sure.

        Raises: ModelError, Cancelled.
        """


def one_by_one(
    model: VideoModel,
    views: Sequence[SegmentView],
    criteria: Criteria,
    wants_words: WantsWords,
    check: CheckCancelled,
) -> list[Judgement | Skipped]:
    """``judge_and_describe`` of a model to which several at once are no advantage."""

    def words_of(view: SegmentView) -> str | Skipped:
        try:
            return model.describe(view, criteria, check)
        except ModelError as error:
            return Skipped(error.message)

    replies: list[Judgement | Skipped] = []
    for index, view in enumerate(views):
        try:
            log_odds = model.judge(view, criteria, check)
        except ModelError as error:
            replies.append(Skipped(error.message))
            continue
        replies.append(Judgement(log_odds, words_of(view) if wants_words(index, log_odds) else None))
    return replies


QuestionKind = Literal["judge", "describe", "choose"]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What one method of ``VideoModel`` is asked; ``labels`` are those of a choice."""

    kind: QuestionKind
    view: SegmentView
    criteria: Criteria
    labels: tuple[str, ...] = ()


@runtime_checkable
class ForesightedModel(Protocol):
    """A ``VideoModel`` to which many at once are an advantage: it is told what will be asked."""

    @property
    def asks_dearly(self) -> bool:
        """Whether a question that was not foreseen costs so much that few should be asked."""

    def foresee(self, coming: Iterator[Question], check: CheckCancelled) -> None:
        """Prepare for as many of ``coming`` as go together, at least the first; the methods then answer faster.

        They know a question by the very object of its view. What nobody asks for is dropped.
        Raises: GpuRefused: none could be asked; Cancelled.
        """


class PoseModel(Protocol):
    """Finds the body of one person, frame after frame of the same shot. For one thread at a time."""

    @property
    def info(self) -> PoseInfo:
        """What runs here."""

    def estimate(self, rgb: FrameRGB) -> Pose | None:
        """The person followed since the last call, or else the clearest one; None where nobody is seen."""

    def forget(self) -> None:
        """The next picture has nothing to do with the last: a cut, or a gap."""


class PoseSource(Protocol):
    """Where a ``PoseModel`` comes from."""

    def open(self, check: CheckCancelled) -> PoseModel:
        """A pose model for one video; the first time this may load it from the network.

        Raises: ModelUnavailable: none can be had, with the reason for people; Cancelled.
        """
