"""Highlights with a model that answers by a script: where it is asked, what it is shown, what follows from it."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import pytest

from smolvlm_core.analysis.highlights import analyze_highlights
from smolvlm_core.analysis.looking import AROUND_MOST_S, AROUND_SHARE, EFFORTS
from smolvlm_core.analysis.moments import FEW_MORE, TOGETHER
from smolvlm_core.analysis.run import Source
from smolvlm_core.domain import (
    AnalysisOptions,
    AnalysisType,
    CheckCancelled,
    Criteria,
    FrameRGB,
    HighlightsResult,
    Limits,
    SegmentView,
    Skipped,
    Span,
    Thoroughness,
)
from smolvlm_core.errors import ModelError, SmolVLMError
from smolvlm_core.models.signals import words_of
from smolvlm_core.video.probe import probe
from tests.clips import ClipSpec, write_clip
from tests.fakes import NO, YES, MemoryRun, ScriptedModel
from tests.signals.scenes import Scene, jumping

SCENE = Scene(1)
BUILT_IN = AnalysisOptions(AnalysisType.HIGHLIGHTS, segment_duration_s=15.0)
OWN = replace(BUILT_IN, criteria=Criteria(user_prompt="When the dog barks."))
EVENTS = (Span(5, 7.5), Span(22, 25))  # one in each segment
LONG_EVENT = Span(10, 18)
WHOLE_S = 9.0  # what is longer holds both halves of the long event


@dataclass
class Opinionated(ScriptedModel):
    """What it says depends on the stretch it is shown."""

    opinion: Callable[[Span], float] = field(default=lambda _span: YES)

    def judge(self, view: SegmentView, criteria: Criteria, check: CheckCancelled) -> float | None:
        super().judge(view, criteria, check)
        return self.opinion(view.span)


@dataclass
class Analysis:
    """What one analysis left behind."""

    result: HighlightsResult
    run: MemoryRun
    model: ScriptedModel

    def steps(self, kind: str) -> list[str]:
        return [name for name in self.run.steps if name.startswith(kind)]


def analyzed(clip: Path, model: ScriptedModel, options: AnalysisOptions) -> Analysis:
    run = MemoryRun()
    source = Source(clip, clip.with_suffix(".npz"), probe(clip, clip.name, Limits()))
    return Analysis(analyze_highlights(source, options, model, run), run, model)


def clip_of(folder: Path, events: Sequence[Span], duration_s: float = 30.0, fps: int = 8) -> Path:
    """A thing stands about, and jumps about in the events."""

    def picture(time_s: float, _width: int, _height: int) -> FrameRGB:
        wild = any(span.contains(time_s) for span in events)
        return SCENE.frame(thing=jumping(time_s if wild else 0.0))

    spec = ClipSpec(duration_s=duration_s, fps=Fraction(fps), width=160, height=90, picture=picture)
    return write_clip(folder / "clip.mp4", spec)


@pytest.fixture(scope="module")
def two_events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip_of(tmp_path_factory.mktemp("two"), EVENTS)


@pytest.fixture(scope="module")
def long_event(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip_of(tmp_path_factory.mktemp("long"), [LONG_EVENT])


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip_of(tmp_path_factory.mktemp("still"), [])


# -- Where it is asked ------------------------------------------------------------------------


@pytest.mark.parametrize("criteria", [BUILT_IN.criteria, OWN.criteria])
def test_fast_asks_about_the_shortlist_and_says_why_the_others_have_no_score(
    tmp_path: Path, criteria: Criteria
) -> None:
    most = EFFORTS[Thoroughness.FAST].segments
    assert most is not None
    event_s = 63.0  # in the last part
    clip = clip_of(tmp_path, [Span(event_s, event_s + 2)], duration_s=66.0, fps=4)
    options = replace(BUILT_IN, segment_duration_s=2.0, thoroughness=Thoroughness.FAST, criteria=criteria)
    found = analyzed(clip, ScriptedModel(deque([NO])), options)
    segments = found.result.segments
    skipped = [one for one in segments if isinstance(one.score, Skipped)]
    assert len(segments) > most
    assert len(found.steps("score-")) == len(segments) - len(skipped) == most
    assert {one.score.reason for one in skipped if isinstance(one.score, Skipped)} == {
        "not looked at: with thoroughness fast, only the 24 most promising parts are"
    }
    (lively,) = [one for one in segments if one.span.contains(event_s + 0.5)]
    assert not isinstance(lively.score, Skipped)
    whole = analyzed(clip, ScriptedModel(deque([NO])), replace(options, thoroughness=Thoroughness.EXHAUSTIVE))
    assert len(whole.steps("score-")) == len(segments)


def test_a_moment_is_shown_with_a_little_of_what_is_around_it(two_events: Path) -> None:
    found = analyzed(two_events, ScriptedModel(deque([YES])), BUILT_IN)
    judged = [view for kind, view, _ in found.model.calls if kind == "judge"][len(found.result.segments) :]
    assert len(judged) == len(found.result.moments) == 2
    for moment, view in zip(found.result.moments, judged, strict=True):
        around_s = min(AROUND_MOST_S, AROUND_SHARE * moment.span.duration_s)
        assert moment.span.start_s - view.span.start_s == pytest.approx(around_s)
        assert view.span.end_s - moment.span.end_s == pytest.approx(around_s)
        assert len(view.frames) == found.model.frames_wanted
        assert all(view.span.contains(frame.time_s) for frame in view.frames)
        assert view.evidence == moment.evidence, "measured is the moment alone"


def test_a_moment_is_described_as_soon_as_it_is_judged(two_events: Path) -> None:
    found = analyzed(two_events, ScriptedModel(deque([YES]), descriptions=deque(["One.", "Two."])), BUILT_IN)
    moments = found.model.calls[len(found.result.segments) :]
    assert [kind for kind, _, _ in moments] == ["judge", "describe"] * 2
    for (_, judged, _), (_, described, _) in zip(moments[::2], moments[1::2], strict=True):
        assert described is judged, "its frames were read already"
    assert found.steps("describe-") == []
    in_time_order = sorted(found.result.highlights, key=lambda one: one.span)
    assert [one.description for one in in_time_order] == ["One.", "Two."]


def test_several_moments_are_judged_in_one_step_and_told_one_by_one(tmp_path: Path) -> None:
    clip = clip_of(tmp_path, [Span(at_s, at_s + 1.5) for at_s in range(3, 60, 9)], 66.0, fps=4)
    options = replace(BUILT_IN, thoroughness=Thoroughness.EXHAUSTIVE, max_highlights=50)
    found = analyzed(clip, ScriptedModel(deque([YES])), options)
    judging = [report.step for report in found.run.reports if report.step.startswith("Judging")]
    count = len(judging)
    assert count > TOGETHER
    assert judging == [f"Judging moment {number}/{count}" for number in range(1, count + 1)]
    assert found.steps("moment-") == [f"moment-{first}" for first in range(0, count, TOGETHER)]


def test_a_coarse_look_shows_what_its_moments_will_show(two_events: Path) -> None:
    found = analyzed(two_events, ScriptedModel(deque([YES])), BUILT_IN)
    judged = [view for kind, view, _ in found.model.calls if kind == "judge"]
    close = {frame.time_s for view in judged[2:] for frame in view.frames}
    for view, event in zip(judged[:2], EVENTS, strict=True):
        times_s = [frame.time_s for frame in view.frames]
        assert len(times_s) == 2
        assert set(times_s) <= close
        assert all(event.start_s - 1 <= time_s <= event.end_s + 1 for time_s in times_s)


def test_own_criteria_are_looked_for_evenly(two_events: Path) -> None:
    found = analyzed(two_events, ScriptedModel(deque([YES])), OWN)
    first = next(view for kind, view, _ in found.model.calls if kind == "judge")
    assert any(not Span(4, 9).contains(frame.time_s) for frame in first.frames)


def test_where_few_of_many_are_chosen_only_these_are_described(tmp_path: Path) -> None:
    options = replace(BUILT_IN, max_highlights=1)
    many = clip_of(tmp_path, [Span(at_s, at_s + 1.5) for at_s in (3, 9, 15, 21, 27)], 33.0)
    found = analyzed(many, ScriptedModel(deque([YES])), options)
    assert len(found.steps("moment-")) > options.max_highlights + FEW_MORE
    assert [kind for kind, _, _ in found.model.calls].count("describe") == len(found.steps("describe-")) == 1


def test_what_has_no_words_is_not_asked_again(two_events: Path) -> None:
    script: deque[str | SmolVLMError] = deque([ModelError("no words"), "Two."])
    found = analyzed(two_events, ScriptedModel(deque([YES]), descriptions=script), BUILT_IN)
    first, second = sorted(found.result.highlights, key=lambda one: one.span)
    assert second.description == "Two."
    assert first.description == words_of(first.evidence)
    assert "1 of 2 highlights carry measured words only: the model had none." in found.result.warnings
    assert found.steps("describe-") == []


def test_a_likely_part_without_any_hill_still_becomes_a_moment(still: Path) -> None:
    likely = Span(10, 20)
    model = Opinionated(opinion=lambda span: YES if likely.contains(span.middle_s) else NO)
    found = analyzed(still, model, replace(OWN, segment_duration_s=10.0))
    (moment,) = found.result.moments
    assert moment.span == found.result.segments[1].span == likely
    assert moment.score > 8
    assert [highlight.span for highlight in found.result.highlights] == [likely]


# -- Halves of a long moment ------------------------------------------------------------------


def in_the(half: Span, other: float = NO, whole: float = 4.0) -> Opinionated:
    """Sure of what lies in ``half``; of what holds both halves, and of the other, as it is told."""

    def opinion(span: Span) -> float:
        if span.duration_s > WHOLE_S:
            return whole
        return YES if half.contains(span.middle_s) else other

    return Opinionated(opinion=opinion)


FIRST_HALF, SECOND_HALF = Span(9, 14), Span(14, 19)


def test_what_may_be_halved_is_asked_about_alone_and_described_last(long_event: Path) -> None:
    found = analyzed(long_event, in_the(SECOND_HALF), OWN)
    halved = [name.removesuffix("-halves") for name in found.steps("moment-") if name.endswith("-halves")]
    assert found.run.steps[halved[0]] == [{"log_odds": 4.0, "words": None, "wordless": None}]
    for name in halved:
        (answer,) = found.run.steps[name]
        assert answer["words"] is None, "its halves are asked about first"
    assert len(found.steps("describe-")) == len(found.result.highlights)


def best_span(clip: Path, model: ScriptedModel, options: AnalysisOptions = OWN) -> Span:
    return analyzed(clip, model, options).result.highlights[0].span


def test_a_long_moment_is_narrowed_to_the_half_that_shows_it(long_event: Path) -> None:
    first, second = best_span(long_event, in_the(FIRST_HALF)), best_span(long_event, in_the(SECOND_HALF))
    assert first.start_s == pytest.approx(LONG_EVENT.start_s, abs=0.5)
    assert second.end_s == pytest.approx(LONG_EVENT.end_s, abs=0.5)
    assert first.end_s == second.start_s
    assert 12 <= second.start_s <= 16, "parted in the middle half"


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (in_the(SECOND_HALF, other=3.5), OWN),
        (in_the(SECOND_HALF, whole=YES), OWN),
        (in_the(SECOND_HALF), BUILT_IN),
        (in_the(SECOND_HALF), replace(OWN, thoroughness=Thoroughness.FAST)),
    ],
    ids=["the other half shows it too", "the half is no surer", "built-in criteria", "fast"],
)
def test_a_long_moment_stays_whole_otherwise(
    long_event: Path, model: ScriptedModel, options: AnalysisOptions
) -> None:
    span = best_span(long_event, model, options)
    assert span.start_s == pytest.approx(LONG_EVENT.start_s, abs=0.5)
    assert span.end_s == pytest.approx(LONG_EVENT.end_s, abs=0.5)


# -- What follows -----------------------------------------------------------------------------


def test_a_model_that_fails_on_every_part_fails_the_analysis(two_events: Path) -> None:
    with pytest.raises(ModelError, match="could not judge any part of the video: Out of order"):
        analyzed(two_events, ScriptedModel(deque([ModelError("Out of order.")])), BUILT_IN)


def test_a_moment_the_model_cannot_judge_is_left_out(two_events: Path) -> None:
    replies: deque[float | SmolVLMError] = deque([YES, YES, ModelError("Out of order."), YES])
    found = analyzed(two_events, ScriptedModel(replies), BUILT_IN)
    assert [moment.span.overlap_s(EVENTS[0]) for moment in found.result.moments] == [0.0]


def test_the_best_moments_are_told_while_it_runs(two_events: Path) -> None:
    found = analyzed(two_events, ScriptedModel(deque([YES])), BUILT_IN)
    told = {report.step: report.best for report in found.run.reports}
    first, second = (replace(one, description=None) for one in found.result.moments)
    assert told["Analyzing segment 1/2"] is None
    assert told["Judging moment 1/2"] == ()
    assert told["Judging moment 2/2"] == (first,)
    assert told["Describing highlight 1/2"] == tuple(sorted([first, second], key=lambda one: -one.score))
    percents = [report.percent for report in found.run.reports]
    assert percents == sorted(percents)


def test_the_reel_has_room_for_as_much_as_was_asked_for(two_events: Path) -> None:
    whole = analyzed(two_events, ScriptedModel(deque([YES])), BUILT_IN).result
    assert len(whole.highlights) == 2
    assert whole.warnings == ()
    short = analyzed(two_events, ScriptedModel(deque([YES])), replace(BUILT_IN, max_reel_s=4.0)).result
    (kept,) = short.highlights
    assert kept.span.duration_s <= 4
    assert short.warnings == ("1 more would have made the list, but not within 4 s in all.",)
    assert short.moments == whole.moments
