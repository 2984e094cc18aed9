"""Tells a model that wants to know it what it will be asked, and keeps what it was shown until then.

Knows no model's reasons. A model that wants no foresight is asked one question after the other; while it answers,
the pictures for the next are decoded.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from smolvlm_core.analysis.looking import Look
from smolvlm_core.domain import CheckCancelled, Criteria, SegmentView
from smolvlm_core.models.base import ForesightedModel, Question, QuestionKind, VideoModel

AHEAD, AHEAD_OF_BATCHES = 1, 4  # views: each holds some megabytes of pictures
Build = Callable[[Look], SegmentView]


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
    decoder: ThreadPoolExecutor | None = None
    """One thread, in which views are then built: a few ahead of what is asked."""
    _coming: Coming | None = None
    _shown: dict[Look, SegmentView] = field(default_factory=dict)
    _ahead: "dict[Look, Future[SegmentView]]" = field(default_factory=dict)

    def tell(self, coming: Coming) -> None:
        """What was told before and not asked is forgotten."""
        self._coming, self._shown = coming, {}

    def view(self, look: Look, build: Build) -> SegmentView:
        """Built now, or ahead, or when the model was told of it. Raises: GpuRefused; Cancelled."""
        coming = self._coming
        told = coming is not None and look not in self._shown and look in coming.looks
        if coming is not None and told and isinstance(self.model, ForesightedModel):
            self.model.foresee(self._questions(coming, look, build), self.check)
        return self._shown.pop(look, None) or self._built(look, build)

    def _questions(self, coming: Coming, first: Look, build: Build) -> Iterator[Question]:
        """From ``first`` on. Where nothing can be shown, nothing will be asked."""
        self._shown.clear()
        for look in dict.fromkeys(coming.looks[coming.looks.index(first) :]):
            view = self._shown[look] = self._built(look, build)
            if view.frames:
                yield Question(coming.kind, view, coming.criteria, coming.labels)

    def _built(self, look: Look, build: Build) -> SegmentView:
        if self.decoder is None:
            return build(look)
        job = self._ahead.pop(look, None) or self.decoder.submit(build, look)
        following = self._following(look)
        for other in self._ahead.keys() - set(following):
            self._ahead.pop(other).cancel()
        view = job.result()
        for one in following:
            if one not in self._ahead:
                self._ahead[one] = self.decoder.submit(build, one)
        return view

    def _following(self, look: Look) -> Sequence[Look]:
        """What comes next by what was told, as far as it is built ahead."""
        looks = self._coming.looks if self._coming is not None else ()
        place = looks.index(look) + 1 if look in looks else len(looks)
        most = AHEAD_OF_BATCHES if isinstance(self.model, ForesightedModel) else AHEAD
        return looks[place : place + most]
