"""Results in the names of the wire contract: what ``results.json``, REST, the page and Python all show."""

import dataclasses
from collections.abc import Iterator, Sequence

from smolvlm_core.analysis.clock import DECIMALS, clock
from smolvlm_core.analysis.looking import EFFORTS, most_moments, segment_frames
from smolvlm_core.analysis.set_report import UNCOUNTED, measured_words, set_report
from smolvlm_core.domain import (
    AnalysisOptions,
    Evidence,
    Highlight,
    HighlightsResult,
    JSONValue,
    PartSoFar,
    ScoredMoment,
    ScoredSegment,
    Skipped,
    Span,
)
from smolvlm_core.exercise import ExerciseStep, LabelledSegment, Phase, WorkoutResult
from smolvlm_core.models.signals import words_of

SCHEMA_VERSION = 3
UNKNOWN_EXERCISE = "Unknown Exercise"

Report = dict[str, JSONValue]
"""A JSON object whose fields are those of ``results`` in the REST contract."""


def highlights_report(result: HighlightsResult) -> Report:
    """The ``results`` of a highlights analysis."""
    return {
        "schema_version": SCHEMA_VERSION,
        "analysis_type": "highlights",
        "processing_time_seconds": round(result.processing_s, DECIMALS),
        "total_duration_seconds": round(result.duration_s, DECIMALS),
        "total_segments_analyzed": len(result.segments),
        "highlights_found": len(result.highlights),
        "settings": _settings(result.options),
        "model": dataclasses.asdict(result.model),
        "highlights": [_highlight(highlight) for highlight in result.highlights],
        "overview": result.overview,
        "closest": None if result.closest is None else moment_report(result.closest),
        "all_moments": [moment_report(moment) for moment in result.moments],
        "all_analyses": [_scored(segment) for segment in result.segments],
        "scoring": {
            "model_share": result.scoring.model_share,
            "baseline": round(result.scoring.baseline, 3),
            "rule": result.scoring.rule,
        },
        "effort": _effort(result),
        "warnings": list(result.warnings),
    }


def workout_report(result: WorkoutResult) -> Report:
    """The ``results`` of a workout analysis."""
    steps = list(_steps(result.steps))
    return {
        "schema_version": SCHEMA_VERSION,
        "analysis_type": "workout_with_timestamps",
        "processing_time_seconds": round(result.processing_s, DECIMALS),
        "total_duration_seconds": round(result.duration_s, DECIMALS),
        "total_segments_analyzed": len(result.segments),
        "system_prompt": result.options.criteria.system_prompt,
        "user_prompt": result.options.criteria.user_prompt,
        "settings": _settings(result.options),
        "model": dataclasses.asdict(result.model),
        "pose": dataclasses.asdict(result.pose),
        "exercise_steps": steps,
        "segment_analyses": [_labelled(segment) for segment in result.segments],
        "summary": workout_summary(steps, clock(result.duration_s)),
        "warnings": list(result.warnings),
    }


def found_in(report: Report) -> int:
    """How many highlights or sets there are."""
    highlights = report.get("highlights_found")
    return int(report["summary"]["total_sets"] if highlights is None else highlights)


def _times(span: Span) -> Report:
    return {
        "start_timestamp": round(span.start_s, DECIMALS),
        "end_timestamp": round(span.end_s, DECIMALS),
        "duration": round(span.duration_s, DECIMALS),
        "timestamp_formatted": f"{clock(span.start_s)} - {clock(span.end_s)}",
    }


def moment_report(moment: ScoredMoment) -> Report:
    """A scored moment that need not be a highlight."""
    return {
        **_times(moment.span),
        "significance_score": round(moment.score, 1),
        "description": moment.description,
        "evidence": _evidence(moment.evidence, moment.meaning),
    }


def part_report(part: PartSoFar) -> Report:
    """A stretch that was scored, of an analysis that still runs."""
    return {
        "start_timestamp": round(part.span.start_s, DECIMALS),
        "end_timestamp": round(part.span.end_s, DECIMALS),
        "significance_score": None if part.score is None else round(part.score, 1),
    }


def _evidence(evidence: Evidence, meaning: float | None = None) -> Report:
    return {
        "motion_ratio": round(evidence.motion_ratio, 2),
        "rarity": round(evidence.rarity, 3),
        "loudness_db": None if evidence.loudness_db is None else round(evidence.loudness_db, 1),
        "cuts": evidence.cuts,
        "strength": round(evidence.strength, 3),
        "liveliest": evidence.liveliest,
        "loudest": evidence.loudest,
        "sudden_sound": evidence.sudden_sound,
        "lone_shot": evidence.lone_shot,
        "rare_voice": evidence.rare_voice,
        "meaning": None if meaning is None else round(meaning, 3),
        "words": words_of(evidence),
    }


def _highlight(highlight: Highlight) -> Report:
    return {
        "id": highlight.id,
        **_times(highlight.span),
        "significance_score": round(highlight.score, 1),
        "description": highlight.description,
        "evidence": _evidence(highlight.evidence, highlight.meaning),
    }


def _scored(segment: ScoredSegment) -> Report:
    return {
        "segment": segment.index + 1,
        **_times(segment.span),
        "significance_score": None if isinstance(segment.score, Skipped) else round(segment.score, 1),
        "skipped_reason": segment.score.reason if isinstance(segment.score, Skipped) else None,
        "evidence": _evidence(segment.evidence, segment.meaning),
    }


def _steps(steps: Sequence[ExerciseStep]) -> Iterator[Report]:
    number = 0
    for step in steps:
        number += step.measured is not None
        yield {
            "exercise_name": _name(step),
            **_times(step.span),
            "description": step.description,
            "measured_words": measured_words(step) or None,
            "movement_phase": step.phase,
            "repetitions": step.repetitions,
            "tempo_seconds": None if step.tempo_s is None else round(step.tempo_s, DECIMALS),
            "confidence": round(step.confidence, 3),
            "corrected": None,
            **(UNCOUNTED if step.measured is None else set_report(step.measured, number)),
        }


def _name(step: ExerciseStep) -> str:
    return step.exercise_name or (UNKNOWN_EXERCISE if step.phase is Phase.EXECUTION else step.phase)


def workout_summary(steps: Sequence[Report], video_duration_formatted: str) -> Report:
    """The totals of these steps of a report."""
    sets = [step for step in steps if step["movement_phase"] == Phase.EXECUTION]
    return {
        "total_exercises_identified": sum(step["exercise_name"] != UNKNOWN_EXERCISE for step in sets),
        "total_sets": len(sets),
        "total_repetitions": sum(step["repetitions"] or 0 for step in sets),
        "sets_by_exercise": _by_exercise(sets),
        "active_seconds": _seconds_of(steps, Phase.EXECUTION),
        "rest_seconds": _seconds_of(steps, Phase.REST, Phase.TRANSITION),
        "video_duration_formatted": video_duration_formatted,
    }


def _by_exercise(sets: Sequence[Report]) -> list[Report]:
    """In the order in which they first happen; ``repetitions`` is None where none of the sets was counted.

    People write names as they like: "squat" and "Squat" are one exercise, called as at first.
    """
    groups: dict[str, list[Report]] = {}
    for step in sets:
        groups.setdefault(str(step["exercise_name"]).casefold(), []).append(step)
    return [
        {
            "exercise_name": group[0]["exercise_name"],
            "sets": len(group),
            "repetitions": sum(known) if (known := _counts(group)) else None,
        }
        for group in groups.values()
    ]


def _counts(sets: Sequence[Report]) -> list[int]:
    return [step["repetitions"] for step in sets if step["repetitions"] is not None]


def _seconds_of(steps: Sequence[Report], *phases: Phase) -> float:
    return round(sum((step["duration"] for step in steps if step["movement_phase"] in phases), 0.0), DECIMALS)


def _labelled(segment: LabelledSegment) -> Report:
    choice = segment.choice
    named = None if isinstance(choice, Skipped) else choice
    return {
        "segment": segment.index + 1,
        **_times(segment.span),
        "exercise_name": None if named is None else named.label or UNKNOWN_EXERCISE,
        "confidence": None if named is None else round(named.confidence, 3),
        "skipped_reason": choice.reason if isinstance(choice, Skipped) else None,
        "moving_share": round(segment.moving_share, 3),
        "evidence": _evidence(segment.evidence),
    }


def _effort(result: HighlightsResult) -> Report | None:
    """What the thoroughness came to; None where no model looked."""
    if not result.scoring.model_share:
        return None
    effort = EFFORTS[result.options.thoroughness]
    return {
        "segments": effort.segments,
        "segment_frames": segment_frames(result.options),
        "frames_per_second": effort.frames_per_s,
        "moments": most_moments(result.options, result.duration_s),
        "halves": effort.halves,
    }


def _settings(options: AnalysisOptions) -> Report:
    return {
        "analysis_type": options.analysis_type,
        "min_significance": options.min_significance,
        "max_highlights": options.max_highlights,
        "segment_duration": options.segment_duration_s,
        "system_prompt": options.criteria.system_prompt,
        "user_prompt": options.criteria.user_prompt,
        "thoroughness": options.thoroughness,
        "max_reel_duration": options.max_reel_s,
    }
