"""Results that nobody measured, with words that nobody should have to trust."""

from fractions import Fraction

from smolvlm_core.analysis.report import Report, highlights_report, workout_report
from smolvlm_core.domain import (
    AnalysisOptions,
    AnalysisType,
    Evidence,
    Highlight,
    HighlightsResult,
    ModelInfo,
    ScoredMoment,
    Span,
    VideoInfo,
)
from smolvlm_core.exercise import ExerciseStep, Phase
from tests.workouts import counted, exercise, workout

SMOL = ModelInfo("torch", "SmolVLM2-256M", "abc123", "cpu", "bfloat16", "the default on a CPU")
EVIDENCE = Evidence(2.3, 0.62, 6.2, 1, 0.74)
HOUR_S = 3600.0

HOSTILE = (
    "<script>alert(1)</script>",
    "00:00:01.000 --> 00:00:02.000",
    "=cmd|' /C calc'!A0",
    "one\n\ntwo\r\nthree\u2028four",
    '"quoted", & <b>bold</b>; =1+1',
    "\U0001f3c3\u200d\u2640\ufe0f runs",
    "\u0648\u0627\u062d\u062f \u202eevil\u202c",
    "@SUM(A1)",
    "it's {\\an8} a 'test' ]]> \x00\x1b[31m",
    "\ud800 alone",
    "  ",
    "https://example.org/x.png",
)


def video(
    fps: Fraction = Fraction(25), duration_s: float = 120.0, filename: str = "holiday.mp4", has_audio: bool = True
) -> VideoInfo:
    return VideoInfo(
        filename, duration_s, fps, 1280, 720, round(duration_s * fps), "h264", "mov", has_audio, 0, 1_000_000
    )


def highlight(place: int, span: Span, words: str = "A dog jumps.", score: float = 8.0) -> Highlight:
    return Highlight(f"h{place}", span, score, words, EVIDENCE, 0.81)


def highlights(*found: Highlight, closest: ScoredMoment | None = None) -> Report:
    """Results of an analysis that found these, best first."""
    return highlights_report(
        HighlightsResult(
            AnalysisOptions(AnalysisType.HIGHLIGHTS),
            SMOL,
            tuple(sorted(found, key=lambda one: -one.score)),
            (),
            120.0,
            3.4,
            closest=closest,
            overview="In 02:00, moments stand out.",
        )
    )


def hostile_highlights() -> Report:
    return highlights(
        *(highlight(place, Span(10.0 * place, 10.0 * place + 5), words) for place, words in enumerate(HOSTILE, 1))
    )


def hostile_workout() -> Report:
    return workout_report(
        workout(*(exercise(words, counted(20.0 * place, 2, 1.0), words) for place, words in enumerate(HOSTILE, 1)))
    )


def two_sets() -> Report:
    """A set of five squats from second 2, a rest, and a set of three lunges from second 14."""
    return workout_report(
        workout(
            exercise("Squat", counted(2.0, 5, 2.0)),
            ExerciseStep(Span(12.0, 14.0), Phase.REST, None, "Rest: little movement.", 0.9),
            exercise("Lunge", counted(14.0, 3, 2.0)),
        )
    )
