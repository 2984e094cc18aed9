"""A model that wants to know what comes is told: few visits, the same findings, frames read once and in order."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest

from smolvlm_core.analysis.foresight import Coming, Foresight
from smolvlm_core.analysis.highlights import analyze_highlights
from smolvlm_core.analysis.looking import Look
from smolvlm_core.analysis.run import Source
from smolvlm_core.analysis.workout import analyze_workout
from smolvlm_core.domain import (
    AnalysisOptions,
    AnalysisType,
    CheckCancelled,
    Choice,
    Criteria,
    Evidence,
    HighlightsResult,
    Limits,
    SegmentView,
    Span,
    never_cancelled,
)
from smolvlm_core.errors import GpuQuotaSpent, Undecodable
from smolvlm_core.models.base import ForesightedModel, Question
from smolvlm_core.video.frames import FrameReader
from smolvlm_core.video.probe import probe
from tests.clips import ClipSpec, in_turn, moving_ball, wild_balls, write_clip
from tests.fakes import SCRIPTED_INFO, YES, MemoryRun, NoPose, ScriptedModel

BUILT_IN = AnalysisOptions(AnalysisType.HIGHLIGHTS, segment_duration_s=4.0, min_significance=2)
OWN = AnalysisOptions(
    AnalysisType.HIGHLIGHTS, segment_duration_s=4.0, criteria=Criteria(user_prompt="A ball."), min_significance=2
)
EVIDENCE = Evidence(motion_ratio=1.0, rarity=0.0, loudness_db=None, cuts=0, strength=0.0)


@dataclass
class Foresighted(ScriptedModel):
    """Remembers what it was told of, and which questions came without that."""

    told: list[list[Question]] = field(default_factory=list)
    alone: list[str] = field(default_factory=list)
    batch: int = 100
    asks_dearly: bool = True
    refuse_after: int | None = None

    def foresee(self, coming: Iterator[Question], check: CheckCancelled) -> None:
        if self.refuse_after is not None and len(self.told) >= self.refuse_after:
            raise GpuQuotaSpent("Your GPU time is used up.", hint="Sign in.")
        questions = list(islice(coming, self.batch))
        self.told.append(questions)
        self._known = {(one.kind, id(one.view)) for one in questions}

    def _note(self, kind: str, view: SegmentView) -> None:
        if (kind, id(view)) not in getattr(self, "_known", set()):
            self.alone.append(kind)

    def judge(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> float | None:
        self._note("judge", view)
        return super().judge(view, criteria, check)

    def describe(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> str:
        self._note("describe", view)
        return super().describe(view, criteria, check)

    def choose(
        self, view: SegmentView, labels: Sequence[str], criteria: Criteria, check: CheckCancelled
    ) -> Choice:
        self._note("choose", view)
        return super().choose(view, labels, criteria, check)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    folder = tmp_path_factory.mktemp("foresight")
    calm_ball = moving_ball(period_s=7.0)
    picture = in_turn(
        (0.0, calm_ball), (6.0, wild_balls()), (9.0, calm_ball), (15.0, wild_balls()), (18.0, calm_ball)
    )
    path = write_clip(folder / "clip.mp4", ClipSpec(24.0, Fraction(12), 320, 180, picture))
    return Source(path, folder / "curves.npz", probe(path, path.name, Limits()))


def seen_by(model: ScriptedModel, asked: str) -> list[tuple[Span, tuple[float, ...]]]:
    """What it was shown for one kind of question."""
    views = [view for kind, view, _ in model.calls if kind == asked]
    return sorted((view.span, tuple(frame.time_s for frame in view.frames)) for view in views)


def moments_of(result: HighlightsResult) -> list[tuple[Span, float, str]]:
    return [(one.span, one.score, one.description) for one in result.highlights]


def test_only_models_that_ask_for_it_are_told() -> None:
    assert isinstance(Foresighted(), ForesightedModel)
    assert not isinstance(ScriptedModel(), ForesightedModel)


@pytest.mark.parametrize("options", [BUILT_IN, OWN], ids=["built-in", "own"])
def test_highlights_are_the_same_in_few_visits(source: Source, options: AnalysisOptions) -> None:
    usual, told = ScriptedModel(yes_in=Span(6, 9)), Foresighted(yes_in=Span(6, 9))
    without = analyze_highlights(source, options, usual, MemoryRun())
    together = analyze_highlights(source, options, told, MemoryRun())
    assert moments_of(together) == moments_of(without)
    assert together.highlights
    assert not told.alone
    assert [visit[0].kind for visit in told.told] == ["judge", "judge", "describe"]
    if options is BUILT_IN:
        assert seen_by(told, "judge") == seen_by(usual, "judge")


def test_small_batches_cover_everything_too(source: Source) -> None:
    one, small = Foresighted(yes_in=Span(6, 9)), Foresighted(yes_in=Span(6, 9), batch=2)
    assert moments_of(analyze_highlights(source, BUILT_IN, one, MemoryRun())) == moments_of(
        analyze_highlights(source, BUILT_IN, small, MemoryRun())
    )
    assert not small.alone
    assert all(1 <= len(visit) <= 2 for visit in small.told)
    assert len(small.told) > len(one.told)


def test_a_long_video_of_which_some_is_looked_at_is_told_of_that_only(source: Source) -> None:
    model = Foresighted(yes_in=Span(6, 9))
    analyze_highlights(source, BUILT_IN, model, MemoryRun())
    told = [question.view.span for visit in model.told for question in visit if question.kind == "judge"]
    asked = [view.span for kind, view, _ in model.calls if kind == "judge"]
    assert sorted(told) == sorted(asked)


def test_a_workout_is_told_too(source: Source) -> None:
    options = AnalysisOptions(AnalysisType.WORKOUT, segment_duration_s=4.0)
    usual, told = ScriptedModel(), Foresighted()
    without = analyze_workout(source, options, usual, MemoryRun(), NoPose())
    together = analyze_workout(source, options, told, MemoryRun(), NoPose())
    assert together.steps == without.steps
    assert together.segments == without.segments
    assert any(kind == "choose" for kind, _, _ in told.calls)
    assert not told.alone
    assert len(told.told) <= 3
    for kind in ("choose", "describe"):
        assert seen_by(told, kind) == seen_by(usual, kind)


def test_a_refusal_ends_the_analysis_at_once(source: Source) -> None:
    model, run = Foresighted(yes_in=Span(6, 9), refuse_after=1), MemoryRun()
    with pytest.raises(GpuQuotaSpent, match="used up"):
        analyze_highlights(source, BUILT_IN, model, run)
    assert len(model.told[0]) == sum(name.startswith("score-") for name in run.steps)
    assert not any(name.startswith("moment-") for name in run.steps)


def test_after_an_interruption_only_the_rest_is_asked(source: Source) -> None:
    run = MemoryRun()
    analyze_highlights(source, BUILT_IN, ScriptedModel(yes_in=Span(6, 9)), run)
    run.steps = {name: value for name, value in run.steps.items() if name in ("score-0", "score-1", "score-2")}
    again = Foresighted(yes_in=Span(6, 9))
    analyze_highlights(source, BUILT_IN, again, run)
    assert again.told[0][0].view.span.start_s > 8, "the first three were answered before"
    assert not again.alone


def test_what_was_not_told_is_built_when_it_is_asked() -> None:
    built: list[Look] = []

    def build(look: Look) -> SegmentView:
        built.append(look)
        return SegmentView(look.span, (), EVIDENCE)

    looks = [Look(Span(second, second + 1)) for second in range(4)]
    foresight = Foresight(Foresighted(log_odds=ScriptedModel().log_odds, yes_in=Span(0, YES)), never_cancelled)
    foresight.tell(Coming("judge", Criteria(), looks[:3]))
    assert foresight.view(looks[1], build).span == looks[1].span
    assert built == looks[1:3], "what comes before is left out"
    assert foresight.view(looks[3], build).span == looks[3].span
    assert foresight.view(looks[2], build).span == looks[2].span
    assert built == looks[1:]


# -- One ahead --------------------------------------------------------------------------------


def looks(count: int) -> list[Look]:
    return [Look(Span(start, start + 1)) for start in range(count)]


@dataclass
class Darkroom:
    """Builds views, and notes which and in which thread."""

    built: list[float] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    begun: dict[float, threading.Event] = field(default_factory=lambda: defaultdict(threading.Event))

    def build(self, look: Look) -> SegmentView:
        self.threads.add(threading.current_thread().name)
        self.built.append(look.span.start_s)
        self.begun[look.span.start_s].set()
        if look.span.start_s == BROKEN_S:
            raise Undecodable("It is damaged there.")
        return SegmentView(look.span, (), EVIDENCE)


BROKEN_S = 13.0


@pytest.fixture
def decoder() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1, thread_name_prefix="decoder") as pool:
        yield pool


def test_the_next_view_is_built_while_the_model_answers(decoder: ThreadPoolExecutor) -> None:
    room, coming = Darkroom(), looks(4)
    foresight = Foresight(ScriptedModel(), never_cancelled, decoder)
    foresight.tell(Coming("judge", Criteria(), coming))
    for place, look in enumerate(coming):
        assert foresight.view(look, room.build).span == look.span
        if place + 1 < len(coming):
            assert room.begun[coming[place + 1].span.start_s].wait(10), "before it is asked for"
        assert len(room.built) <= place + 2, "one ahead, no more"
    assert room.built == [0, 1, 2, 3]
    assert room.threads == {"decoder_0"}


def test_what_is_asked_out_of_turn_is_built_all_the_same(decoder: ThreadPoolExecutor) -> None:
    room, coming = Darkroom(), looks(4)
    foresight = Foresight(ScriptedModel(), never_cancelled, decoder)
    foresight.tell(Coming("judge", Criteria(), coming))
    stranger = Look(Span(20, 21))
    for look in (coming[0], coming[2], stranger, coming[1]):
        assert foresight.view(look, room.build).span == look.span
    assert room.threads == {"decoder_0"}


def test_what_cannot_be_built_is_told_when_it_is_asked_for(decoder: ThreadPoolExecutor) -> None:
    room, coming = Darkroom(), looks(15)
    foresight = Foresight(ScriptedModel(), never_cancelled, decoder)
    foresight.tell(Coming("judge", Criteria(), coming))
    for look in coming[:13]:
        foresight.view(look, room.build)
    with pytest.raises(Undecodable):
        foresight.view(coming[13], room.build)
    assert foresight.view(coming[14], room.build).span == coming[14].span


def test_while_a_batch_is_answered_some_of_the_next_is_built(decoder: ThreadPoolExecutor) -> None:
    room, coming = Darkroom(), looks(10)
    foresight = Foresight(Foresighted(), never_cancelled, decoder)
    foresight.tell(Coming("judge", Criteria(), coming))
    foresight.view(coming[0], room.build)
    for look in coming[:5]:
        assert room.begun[look.span.start_s].wait(10)
    assert room.threads == {"decoder_0"}
    for look in coming[1:]:
        assert foresight.view(look, room.build).span == look.span
    assert sorted(room.built) == [look.span.start_s for look in coming], "each once"


def test_cheap_batches_change_nothing_of_what_is_asked(source: Source) -> None:
    """On a GPU at hand there is no reason to ask less."""
    usual, batching = ScriptedModel(yes_in=Span(6, 9)), Foresighted(yes_in=Span(6, 9), asks_dearly=False)
    without = analyze_highlights(source, BUILT_IN, usual, MemoryRun())
    together = analyze_highlights(source, BUILT_IN, batching, MemoryRun())
    assert moments_of(together) == moments_of(without)
    assert seen_by(batching, "judge") == seen_by(usual, "judge")
    assert seen_by(batching, "describe") == seen_by(usual, "describe")


@pytest.mark.parametrize(("device", "ahead"), [("cpu", False), ("cuda (H200)", True), ("server:8000", True)])
def test_pictures_are_decoded_ahead_where_the_model_computes_elsewhere(
    source: Source, monkeypatch: pytest.MonkeyPatch, device: str, ahead: bool
) -> None:
    threads: set[str] = set()
    read = FrameReader.at

    def noted(reader: FrameReader, *args: Any) -> Any:
        threads.add(threading.current_thread().name.partition("_")[0])
        return read(reader, *args)

    monkeypatch.setattr(FrameReader, "at", noted)
    model = ScriptedModel(yes_in=Span(6, 9), info=replace(SCRIPTED_INFO, device=device))
    usual = analyze_highlights(source, BUILT_IN, ScriptedModel(yes_in=Span(6, 9)), MemoryRun())
    threads.clear()
    assert moments_of(analyze_highlights(source, BUILT_IN, model, MemoryRun())) == moments_of(usual)
    assert threads == ({"decoder"} if ahead else {"MainThread"})
