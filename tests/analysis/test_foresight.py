"""A model that wants to know what comes is told: few visits, the same findings, frames read once and in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice

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
from smolvlm_core.errors import GpuQuotaSpent
from smolvlm_core.models.base import ForesightedModel, Question
from smolvlm_core.video.probe import probe
from tests.clips import ClipSpec, in_turn, moving_ball, wild_balls, write_clip
from tests.fakes import YES, MemoryRun, NoPose, ScriptedModel

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
