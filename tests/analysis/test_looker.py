"""Which frames a model is shown of a segment, and where they come from."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from smolvlm_core.analysis.highlights import analyze_highlights
from smolvlm_core.analysis.looker import Looker, looker
from smolvlm_core.analysis.looking import LEAST_FRAMES, Glimpse
from smolvlm_core.analysis.pipeline import measure
from smolvlm_core.analysis.run import Source
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Limits, Span, Thoroughness
from smolvlm_core.video.frames import FrameReader
from smolvlm_core.video.probe import probe
from tests.clips import ClipSpec, calm, in_turn, moving_ball, write_clip
from tests.fakes import MemoryRun, ScriptedModel

LENGTH_S = 12.0


def source_of(folder: Path, width: int, height: int) -> Source:
    """A ball that flies, and from the sixth second on a calm wall."""
    picture = in_turn((0.0, moving_ball(period_s=5.3)), (6.0, calm()))
    path = write_clip(folder / "clip.mp4", ClipSpec(LENGTH_S, Fraction(25), width, height, picture))
    return Source(path, folder / "curves.npz", probe(path, path.name, Limits()))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return source_of(tmp_path_factory.mktemp("large"), 960, 540)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return source_of(tmp_path_factory.mktemp("small"), 320, 180)


@pytest.fixture
def look(request: pytest.FixtureRequest) -> Iterator[Looker]:
    source: Source = request.getfixturevalue(request.param)
    model, run = ScriptedModel(), MemoryRun()
    with looker(source, measure(source, run, 0.1, stills=True), model, run) as look:
        yield look


def times_of(look: Looker, span: Span, most: int | None = None) -> list[float]:
    return [frame.time_s for frame in look.view(span, None, most).frames]


@pytest.mark.parametrize("look", ["large"], indirect=True)
def test_a_large_video_is_not_decoded_again(look: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the video was decoded a second time")

    monkeypatch.setattr(FrameReader, "at", never)
    times_s = times_of(look, Span(0.0, 4.0))
    assert len(times_s) == look.model.frames_wanted
    assert all(0 <= time_s < 4 for time_s in times_s)


@pytest.mark.parametrize("look", ["large", "small"], indirect=True)
def test_all_looks_choose_among_the_same_moments(look: Looker) -> None:
    looks = [times_of(look, Span(start_s, start_s + 2)) for start_s in (0.0, 0.7, 1.5, 2.2, 3.1, 3.9)]
    assert len({time_s for times_s in looks for time_s in times_s}) <= 12  # two a second of six


@pytest.mark.parametrize("look", ["large", "small"], indirect=True)
def test_no_frame_is_of_another_segment(look: Looker) -> None:
    for span in (Span(0.3, 5.9), Span(2.0, 2.4), Span(5.5, 6.0)):
        times_s = times_of(look, span)
        assert times_s
        assert all(span.start_s - 0.04 <= time_s < span.end_s for time_s in times_s)


@pytest.mark.parametrize("look", ["large", "small"], indirect=True)
def test_a_coarse_look_spreads_few_frames_evenly(look: Looker) -> None:
    assert times_of(look, Span(0.0, 6.0), 3) == pytest.approx([1.0, 3.0, 5.0], abs=0.5)


@pytest.mark.parametrize("look", ["large", "small"], indirect=True)
@pytest.mark.parametrize("most", [1, 2, 3, 4])
def test_a_glimpse_shows_some_of_the_frames_of_other_looks(look: Looker, most: int) -> None:
    spans = (Span(3.2, 5.8), Span(0.4, 2.6))
    shown = look.view(Span(0.0, 6.0), Glimpse(spans), most)
    times_s = [frame.time_s for frame in shown.frames]
    assert times_s == sorted(times_s)
    assert len(times_s) == most
    within = [sum(span.contains(time_s) for time_s in times_s) for span in spans]
    assert within == [(most + 1) // 2, most // 2], "the better one first"
    assert set(times_s) <= {time_s for span in spans for time_s in times_of(look, span)}
    assert shown.span == Span(0.0, 6.0)


@pytest.mark.parametrize("look", ["large", "small"], indirect=True)
def test_a_scene_in_which_nothing_changes_is_shown_once(look: Looker) -> None:
    assert len(times_of(look, Span(6.5, 12.0))) == 1


def test_a_damaged_store_of_stills_costs_a_decoding(large: Source) -> None:
    model, run = ScriptedModel(), MemoryRun()
    measured = measure(large, run, 0.1, stills=True)
    with looker(large, measured, model, run) as look:
        kept = large.stills_path.rename(large.stills_path.with_suffix(".kept"))
        try:
            assert len(times_of(look, Span(0.0, 4.0))) == model.frames_wanted
        finally:
            kept.rename(large.stills_path)


@pytest.mark.parametrize(
    ("thoroughness", "most"), [(Thoroughness.FAST, 2), (Thoroughness.BALANCED, 2), (Thoroughness.EXHAUSTIVE, 4)]
)
def test_segments_are_looked_at_coarsely_and_moments_closely(
    small: Source, thoroughness: Thoroughness, most: int
) -> None:
    model = ScriptedModel()
    options = AnalysisOptions(AnalysisType.HIGHLIGHTS, segment_duration_s=6.0, thoroughness=thoroughness)
    analyze_highlights(small, options, model, MemoryRun())
    shown = [len(view.frames) for kind, view, _ in model.calls if kind == "judge"]
    assert max(shown[:3]) == most  # of the three segments; moments follow
    assert max(shown[3:]) == model.frames_wanted


@pytest.mark.parametrize(("frames_per_s", "most"), [(1.0, 10), (2.0, 20)])
def test_long_looks_have_so_many_frames_a_second(small: Source, frames_per_s: float, most: int) -> None:
    model, run = ScriptedModel(frames_wanted=64), MemoryRun()
    with looker(small, measure(small, run, 0.1, stills=True), model, run, frames_per_s) as look:
        lively = times_of(look, Span(0.0, 6.0))
        assert most / 2 - 2 <= len(lively) <= most * 0.6
        assert len(times_of(look, Span(1.0, 3.0))) == max(LEAST_FRAMES, 2 * frames_per_s)
