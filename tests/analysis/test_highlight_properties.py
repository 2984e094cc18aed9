"""Highlights of whole files: the borders of what happens, and all that must change nothing about them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from smolvlm_core.analysis.highlights import analyze_highlights
from smolvlm_core.analysis.run import Source
from smolvlm_core.domain import AnalysisOptions, AnalysisType, FrameRGB, HighlightsResult, Limits, Span
from smolvlm_core.models.signals import SignalsModel
from smolvlm_core.video.probe import probe
from tests.clips import ClipSpec, Picture, Sound, write_clip
from tests.fakes import MemoryRun
from tests.signals.scenes import Scene, jumping

SCENE = Scene(1)
DURATION_S = 30.0
EVENTS = (Span(6, 8.5), Span(19, 22))
STANDS_OUT = AnalysisOptions(AnalysisType.HIGHLIGHTS)
EDGE_S = 0.5  # two bins: the grid and the smoothing of a quarter second
SAME_S = 0.3  # one bin: what another grid of frames may move


def wild(time_s: float, width: int, height: int) -> FrameRGB:
    """A thing stands about, and goes wild twice."""
    inside = any(span.contains(time_s) for span in EVENTS)
    still_s = max([0.0, *(span.end_s for span in EVENTS if span.end_s <= time_s)])
    shown = SCENE.frame(thing=jumping(time_s if inside else still_s))
    return np.asarray(cv2.resize(shown, (width, height)), np.uint8)


def shouting(events: Sequence[Span] = EVENTS, gain: float = 1.0) -> Sound:
    """A hum that swells to a shout in the events."""

    def sound(times_s: NDArray[np.float64]) -> NDArray[np.float32]:
        loud = np.any([(times_s >= span.start_s) & (times_s < span.end_s) for span in events], axis=0)
        return (gain * np.where(loud, 0.3, 0.02) * np.sin(2 * np.pi * 440 * times_s)).astype(np.float32)

    return sound


CLIP = ClipSpec(
    duration_s=DURATION_S, fps=Fraction(10), width=160, height=90, picture=wild, sound=shouting(), gop_frames=30
)

Find = Callable[..., HighlightsResult]
"""(spec, file name) -> what was found in that file."""


@pytest.fixture
def find(tmp_path: Path) -> Find:
    return lambda spec, name="clip.mp4": found_in(tmp_path, spec, name)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[Span]:
    """What everything else is compared with."""
    return spans_of(found_in(tmp_path_factory.mktemp("plain"), CLIP, "plain.mp4"))


def found_in(folder: Path, spec: ClipSpec, name: str) -> HighlightsResult:
    clip = write_clip(folder / name, spec)
    source = Source(clip, folder / "curves.npz", probe(clip, clip.name, Limits()))
    return analyze_highlights(source, STANDS_OUT, SignalsModel("asked for by a test"), MemoryRun())


def silent(picture: Picture, duration_s: float = DURATION_S) -> ClipSpec:
    return replace(CLIP, picture=picture, duration_s=duration_s, sound=None)


def spans_of(result: HighlightsResult) -> list[Span]:
    """Of the highlights, in time order."""
    return sorted(highlight.span for highlight in result.highlights)


def assert_near(found: Sequence[Span], wanted: Sequence[Span], edge_s: float) -> None:
    assert len(found) == len(wanted), found
    for one, other in zip(found, wanted, strict=True):
        assert one.start_s == pytest.approx(other.start_s, abs=edge_s)
        assert one.end_s == pytest.approx(other.end_s, abs=edge_s)


def highest(result: HighlightsResult) -> float:
    return max(moment.score for moment in result.moments)


# -- What happens, and when -------------------------------------------------------------------


def test_each_event_is_a_highlight_with_its_own_borders(plain: list[Span]) -> None:
    assert_near(plain, EVENTS, EDGE_S)


def test_without_sound_the_same_two_come_first(find: Find) -> None:
    moments = sorted(find(silent(wild)).moments, key=lambda moment: -moment.score)
    assert_near(sorted(moment.span for moment in moments[:2]), EVENTS, EDGE_S)
    assert all(moment.score < moments[1].score - 2 for moment in moments[2:])


def test_backwards_the_highlights_are_mirrored(find: Find, plain: list[Span]) -> None:
    last_s = CLIP.frame_times_s[-1]
    events = [Span(DURATION_S - span.end_s, DURATION_S - span.start_s) for span in EVENTS]
    backwards = replace(CLIP, picture=lambda t, w, h: wild(last_s - t, w, h), sound=shouting(events))
    mirrored = [Span(DURATION_S - span.end_s, DURATION_S - span.start_s) for span in reversed(plain)]
    assert_near(spans_of(find(backwards)), mirrored, EDGE_S)


def test_two_copies_in_a_row_give_each_highlight_twice(find: Find) -> None:
    later = [Span(span.start_s + DURATION_S, span.end_s + DURATION_S) for span in EVENTS]
    twice = replace(
        CLIP,
        duration_s=2 * DURATION_S,
        picture=lambda t, w, h: wild(t % DURATION_S, w, h),
        sound=shouting([*EVENTS, *later]),
    )
    assert_near(spans_of(find(twice)), [*EVENTS, *later], EDGE_S)


def test_a_long_video_tells_what_it_found_while_it_is_watched(tmp_path: Path) -> None:
    spec = replace(CLIP, duration_s=75.0, fps=Fraction(8))
    clip, run = write_clip(tmp_path / "long.mp4", spec), MemoryRun()
    source = Source(clip, tmp_path / "curves.npz", probe(clip, clip.name, Limits()))
    result = analyze_highlights(source, STANDS_OUT, SignalsModel("asked for by a test"), run)
    told = [report for report in run.reports if report.best is not None and report.step.startswith("Watching")]
    assert [one.step for one in told] == [
        f"Watching the video: 00:{seen_s} of 01:15" for seen_s in (20, 28, 39, 55)
    ]
    for one in told:
        scores = [moment.score for moment in one.best or ()]
        assert scores == sorted(scores, reverse=True)
    assert_near(sorted(moment.span for moment in (told[-1].best or ())[:2]), spans_of(result), SAME_S)
    assert run.steps.keys() == {f"score-{index}" for index in range(5)} | {"describe-0", "describe-1"}


# -- What changes nothing ---------------------------------------------------------------------

RE_ENCODES = {
    "hevc.mp4": replace(CLIP, codec="libx265"),
    "vp9.webm": replace(CLIP, codec="libvpx-vp9", audio_codec="libopus"),
    "matroska.mkv": replace(CLIP, fps=Fraction(24000, 1001)),
    "transport.ts": replace(CLIP, fps=Fraction(25), audio_codec="mp2"),
    "motion_jpeg.avi": replace(CLIP, codec="mjpeg", pix_fmt="yuvj420p", audio_codec="pcm_s16le"),
    "starved.mp4": replace(CLIP, options=(("crf", "36"),)),
    "larger.mp4": replace(CLIP, width=320, height=180),
    "thirty.mp4": replace(CLIP, fps=Fraction(30)),
    "late.mp4": replace(CLIP, start_s=3.7),
    "late.ts": replace(CLIP, start_s=3.7, audio_codec="mp2"),
    "late.mkv": replace(CLIP, start_s=3.7),
}


@pytest.mark.parametrize("name", RE_ENCODES)
def test_a_re_encode_changes_no_highlight(find: Find, plain: list[Span], name: str) -> None:
    assert_near(spans_of(find(RE_ENCODES[name], name)), plain, SAME_S)


@pytest.mark.parametrize("seed", range(3))
def test_a_variable_frame_rate_changes_no_highlight(find: Find, plain: list[Span], seed: int) -> None:
    random = np.random.default_rng(seed)
    at_s = [t for t in replace(CLIP, fps=Fraction(15)).frame_times_s if t == 0 or random.random() < 0.75]
    variable = replace(CLIP, times_s=tuple(at_s))
    assert_near(spans_of(find(variable)), plain, SAME_S)


def test_flicker_changes_no_highlight(find: Find, plain: list[Span]) -> None:
    def flickering(time_s: float, width: int, height: int) -> FrameRGB:
        light = 1 + 0.25 * np.sin(13 * time_s)
        return np.asarray(np.clip(wild(time_s, width, height) * light, 0, 255), np.uint8)

    assert_near(spans_of(find(replace(CLIP, picture=flickering))), plain, SAME_S)


@pytest.mark.parametrize("gain", [0.3, 2.5])
def test_a_constant_gain_in_sound_changes_no_highlight(find: Find, plain: list[Span], gain: float) -> None:
    assert_near(spans_of(find(replace(CLIP, sound=shouting(gain=gain)))), plain, SAME_S)


# -- What is no highlight ---------------------------------------------------------------------


def test_a_calm_video_has_none_and_says_so(find: Find) -> None:
    result = find(silent(lambda _t, w, h: wild(0, w, h)))
    assert result.highlights == ()
    assert result.closest is not None
    assert result.closest.score < 2
    assert result.overview.startswith("Nothing in these 00:30 stands out with a score of 6 or more. The closest")


SWEEPS: dict[str, Callable[[float], tuple[float, float]]] = {
    "steady": lambda t: (12 * (t - 12.5), 0),
    "one pan": lambda t: (40 * (min(max(t, 10), 14) - 12), 0),
    "a quick pan": lambda t: (120 * (min(max(t, 12), 13.5) - 12.75), 0),
    "a diagonal": lambda t: (15 * (min(max(t, 8), 18) - 13), 6 * (min(max(t, 8), 18) - 13)),
    "to and fro": lambda t: (70 * float(np.sin(1.2 * t)) if 8 <= t < 15.85 else 0.0, 0),
}


@pytest.mark.parametrize("name", SWEEPS)
def test_the_camera_alone_is_no_highlight(find: Find, name: str) -> None:
    def swept(time_s: float, width: int, height: int) -> FrameRGB:
        return np.asarray(cv2.resize(SCENE.frame(camera=SWEEPS[name](time_s)), (width, height)), np.uint8)

    result = find(silent(swept))
    assert highest(result) < 6


@pytest.mark.parametrize("seed", range(4))
def test_many_calm_shots_are_no_highlights(find: Find, seed: int) -> None:
    """Each looks rare, and one has to be the liveliest: somebody moves all through two of them."""
    random, shot_s, shots = np.random.default_rng(seed), 2.5, 12
    scenes = [Scene(10 * seed + index, tuple(random.integers(70, 190, 3))) for index in range(shots)]

    def calm_shots(time_s: float, width: int, height: int) -> FrameRGB:
        index = min(int(time_s / shot_s), shots - 1)
        thing = jumping(time_s, reach_px=15, period_s=2.0) if index % 6 == 1 else None
        return np.asarray(cv2.resize(scenes[index].frame(thing=thing), (width, height)), np.uint8)

    result = find(silent(calm_shots, shots * shot_s))
    assert sum(segment.evidence.cuts for segment in result.segments) >= 8
    assert result.highlights == ()
    assert highest(result) < 6
