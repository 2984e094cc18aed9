"""Shows a model the segments of one video: which frames, taken from where, and each question as a durable step.

Knows neither what is looked for nor what becomes of the answers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

from smolvlm_core.analysis.foresight import Coming, Foresight
from smolvlm_core.analysis.looking import LEAST_FRAMES, Glimpse, Look, Where
from smolvlm_core.analysis.pipeline import STAMP_ERROR_S, TICKS_PER_S, Measured
from smolvlm_core.analysis.run import Run, Source
from smolvlm_core.domain import (
    Criteria,
    Frame,
    JSONValue,
    Judgement,
    SegmentView,
    Skipped,
    Span,
)
from smolvlm_core.errors import GpuRefused, ModelError
from smolvlm_core.models.base import ForesightedModel, VideoModel, WantsWords
from smolvlm_core.signals.alike import distinct
from smolvlm_core.video.frames import FrameReader
from smolvlm_core.video.stills import Stills

Question = Callable[[SegmentView], JSONValue]


@dataclass(frozen=True, slots=True)
class Looker:
    """Shows a model the segments of one video. Decodes forward, so ask in time order where possible."""

    measured: Measured
    model: VideoModel
    run: Run
    reader: FrameReader | None
    stills: Stills
    foresight: Foresight
    frames_per_s: float = TICKS_PER_S

    @property
    def asks_together(self) -> bool:
        """Whether questions told ahead with ``tell`` cost much less than others."""
        return isinstance(self.model, ForesightedModel) and self.model.asks_dearly

    def tell(self, coming: Coming) -> None:
        """What will be asked next."""
        self.foresight.tell(coming)

    def _foreseen(self, look: Look) -> SegmentView:
        return self.foresight.view(look, lambda one: self.view(one.span, one.seen, one.most))

    def view(self, span: Span, seen: Where | None = None, most: int | None = None) -> SegmentView:
        """The segment with its evidence and its frames (none for a model that wants none).

        ``seen``: where the frames are taken, evenly over the segment itself unless given; ``most``: so many of
        them, as many as the model wants unless given. Of neighbours that look the same, the first one is shown.
        """
        evidence = self.measured.evidence(span)
        if isinstance(seen, tuple):
            return SegmentView(span, self._decoded(seen), evidence)
        if isinstance(seen, Glimpse):
            return SegmentView(span, self._glimpsed(span, seen, most), evidence)
        return SegmentView(seen or span, self._looked(seen or span, most), evidence)

    def _most(self, most: int | None) -> int:
        return min(self.model.frames_wanted, most or self.model.frames_wanted)

    def _looked(self, seen: Span, most: int | None = None) -> tuple[Frame, ...]:
        enough = max(LEAST_FRAMES, ceil(seen.duration_s * self.frames_per_s))
        count = min(self._most(most), enough, max(1, ceil(seen.duration_s * TICKS_PER_S)))
        return distinct(self._spread(seen, count))

    def _glimpsed(self, span: Span, glimpse: Glimpse, most: int | None) -> tuple[Frame, ...]:
        """Evenly out of what the looks show of ``span``, of the first ones one more where that is needed."""
        most = self._most(most)
        looks = [[one for one in self._looked(seen) if span.contains(one.time_s)] for seen in glimpse.spans[:most]]
        frames: dict[float, Frame] = {}
        for index, shown in enumerate(looks):
            share = min(len(shown), most // len(looks) + (index < most % len(looks)))
            frames |= {shown[place].time_s: shown[place] for place in evenly(range(len(shown)), share)}
        return tuple(frames[time_s] for time_s in sorted(frames)) or self._looked(span, most)

    def _spread(self, seen: Span, count: int) -> tuple[Frame, ...]:
        """Evenly over ``seen``: of what the scan kept if that is enough, else decoded."""
        if self.reader is None:
            return ()
        kept = self.stills.between(seen.start_s, seen.end_s)
        if len(kept) >= count:
            try:
                return self.stills.read(evenly(kept, count))
            except OSError:
                self.run.log("stills_unreadable")
        ticks = range(ceil(seen.start_s * TICKS_PER_S), ceil(seen.end_s * TICKS_PER_S))
        if len(ticks) >= count:  # looks that overlap then share frames, which the model remembers
            return self._decoded([tick / TICKS_PER_S + STAMP_ERROR_S for tick in evenly(ticks, count)])
        return self._decoded([seen.start_s + (index + 0.5) * seen.duration_s / count for index in range(count)])

    def _decoded(self, times_s: Sequence[float]) -> tuple[Frame, ...]:
        return () if self.reader is None else self.reader.at(times_s, self.run.check)

    def ask(
        self, step: str, span: Span, question: Question, seen: Where | None = None, most: int | None = None
    ) -> JSONValue | Skipped:
        """One durable question about one segment; where the model has no answer, the reason.

        ``question`` gives a JSON value; ``seen`` and ``most`` as for ``view``. Raises: GpuRefused; Cancelled.
        """

        def work() -> JSONValue:
            try:
                view = self._foreseen(Look(span, seen, most))
                if self.reader is not None and not view.frames:
                    return {"skipped": "no picture could be decoded here"}
                return {"answer": question(view)}
            except GpuRefused:
                raise
            except ModelError as error:
                self.run.log("segment_skipped", step=step, reason=error.message)
                return {"skipped": error.message}

        self.run.check()
        reply = self.run.step(step, work)
        return Skipped(reply["skipped"]) if "skipped" in reply else reply["answer"]

    def judge_and_describe(
        self, step: str, seen: Mapping[Span, Span], criteria: Criteria, wants_words: WantsWords
    ) -> list[Judgement | Skipped]:
        """As of ``VideoModel``, as one durable step. ``seen``: what is shown of each span, in time order.

        Raises: GpuRefused; Cancelled.
        """

        def work() -> JSONValue:
            views = [self._foreseen(Look(span, shown)) for span, shown in seen.items()]
            replies = self.model.judge_and_describe(views, criteria, wants_words, self.run.check)
            for reply in replies:
                if isinstance(reply, Skipped):
                    self.run.log("segment_skipped", step=step, reason=reply.reason)
            return [_stored(reply) for reply in replies]

        self.run.check()
        return [_restored(reply) for reply in self.run.step(step, work)]


def _stored(reply: Judgement | Skipped) -> JSONValue:
    if isinstance(reply, Skipped):
        return {"skipped": reply.reason}
    wordless = reply.words.reason if isinstance(reply.words, Skipped) else None
    words = None if isinstance(reply.words, Skipped) else reply.words
    return {"log_odds": reply.log_odds, "words": words, "wordless": wordless}


def _restored(stored: JSONValue) -> Judgement | Skipped:
    if "skipped" in stored:
        return Skipped(stored["skipped"])
    return Judgement(
        stored["log_odds"], stored["words"] if stored["wordless"] is None else Skipped(stored["wordless"])
    )


def evenly(of: range, count: int) -> list[int]:
    """``count`` of them, spread evenly; there must be as many."""
    return [of[int((index + 0.5) * len(of) / count)] for index in range(count)]


@contextmanager
def looker(
    source: Source, measured: Measured, model: VideoModel, run: Run, frames_per_s: float = TICKS_PER_S
) -> Iterator[Looker]:
    """A ``Looker`` whose decoder is closed at the end; none is opened for a model that looks at nothing.

    Args: frames_per_s: no more are shown, but always ``LEAST_FRAMES`` where ``TICKS_PER_S`` allow it.
    """
    stills = Stills(source.stills_path)
    if not model.frames_wanted:
        yield Looker(measured, model, run, None, stills, Foresight(model, run.check), frames_per_s)
        return
    # The thread ends before the reader that it reads from.
    with FrameReader(source.video_path) as reader, _thread(needed=decodes_ahead(model)) as decoder:
        yield Looker(measured, model, run, reader, stills, Foresight(model, run.check, decoder), frames_per_s)


def decodes_ahead(model: VideoModel) -> bool:
    """Whether pictures are decoded while the model answers: on the same cores that costs more than it gains."""
    return model.info.device != "cpu"


@contextmanager
def _thread(*, needed: bool) -> Iterator[ThreadPoolExecutor | None]:
    """In which one view is decoded after the other."""
    if not needed:
        yield None
        return
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="decoder")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
