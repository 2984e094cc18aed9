"""Tells a model that wants to know it what it will be asked, and keeps what it was shown until then.

Knows no model's reasons. Without foresight, and for models that want none, every question is asked alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from smolvlm_core.analysis.looking import Look
from smolvlm_core.domain import CheckCancelled, Criteria, SegmentView
from smolvlm_core.models.base import ForesightedModel, Question, QuestionKind, VideoModel


@dataclass(frozen=True, slots=True)
class Coming:
    """Questions of one kind in the order in which they will be asked. Some may be left out, others come twice."""

    kind: QuestionKind
    criteria: Criteria
    looks: Sequence[Look]
    labels: tuple[str, ...] = ()


@dataclass(slots=True)
class Foresight:
    """``tell`` what comes, then take each ``view`` from here."""

    model: VideoModel
    check: CheckCancelled
    _coming: Coming | None = None
    _shown: dict[Look, SegmentView] = field(default_factory=dict)

    def tell(self, coming: Coming) -> None:
        """What was told before and not asked is forgotten."""
        self._coming, self._shown = coming, {}

    def view(self, look: Look, build: Callable[[Look], SegmentView]) -> SegmentView:
        """Built now, or when the model was told of it. Raises: GpuRefused; Cancelled."""
        coming = self._coming
        told = coming is not None and look not in self._shown and look in coming.looks
        if coming is not None and told and isinstance(self.model, ForesightedModel):
            self.model.foresee(self._questions(coming, look, build), self.check)
        return self._shown.pop(look, None) or build(look)

    def _questions(self, coming: Coming, first: Look, build: Callable[[Look], SegmentView]) -> Iterator[Question]:
        """From ``first`` on. Where nothing can be shown, nothing will be asked."""
        self._shown.clear()
        for look in dict.fromkeys(coming.looks[coming.looks.index(first) :]):
            view = self._shown[look] = build(look)
            if view.frames:
                yield Question(coming.kind, view, coming.criteria, coming.labels)
