"""Are the results of an analysis what the contract documents? One sentence for each thing that is not."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from benchmarks.set_shapes import numbering_problems, set_problems, totals_problems
from benchmarks.shapes import (
    PHASES,
    SLACK_S,
    formatted,
    is_count,
    is_number,
    order_problems,
    span_problems,
    times_of,
    wrong_types,
)
from benchmarks.wire import JSON

GAP_S = 0.15
"""Segments cover the video; what a header claims and what decodes may differ by a few frames."""


def model_problems(results: JSON) -> Iterator[str]:
    model = results.get("model")
    if not isinstance(model, dict):
        yield f"results: model is {model!r}"
        return
    yield from wrong_types(model, {"backend": str, "id": str, "device": str, "dtype": str}, "model")
    if "revision" not in model:
        yield "model: revision is missing"


def common_problems(results: JSON, analysis_type: str) -> Iterator[str]:
    if results.get("analysis_type") != analysis_type:
        yield f"results: analysis_type is {results.get('analysis_type')!r}"
    took_s = results.get("processing_time_seconds")
    if not is_number(took_s) or took_s < 0:
        yield f"results: processing_time_seconds is {took_s!r}"
    if not is_count(results.get("total_segments_analyzed")):
        yield f"results: total_segments_analyzed is {results.get('total_segments_analyzed')!r}"
    warnings = results.get("warnings", [])
    if not isinstance(warnings, list) or not all(isinstance(warning, str) and warning for warning in warnings):
        yield f"results: warnings is {warnings!r}"
    yield from model_problems(results)


def cover_problems(segments: list[JSON], duration_s: float, where: str) -> Iterator[str]:
    """In time order from 0 to the end, without holes."""
    yield from order_problems(segments, where)
    spans = [times for segment in segments if (times := times_of(segment)) is not None]
    if not spans or len(spans) != len(segments):
        yield f"{where}: {len(segments)} segments, {len(spans)} of them with times"
        return
    for index, (start_s, end_s) in enumerate(spans):
        if not 0 <= start_s < end_s <= duration_s + SLACK_S:
            yield f"{where}[{index}]: {start_s} to {end_s} s in a video of {duration_s} s"
    ends = [0.0, *(end_s for _, end_s in spans)]
    starts = [*(start_s for start_s, _ in spans), duration_s]
    for end_s, start_s in zip(ends, starts, strict=True):
        if start_s - end_s > GAP_S:
            yield f"{where}: nothing covers {end_s} to {start_s} s"


def score_problems(segments: list[JSON]) -> Iterator[str]:
    for index, segment in enumerate(segments):
        score = segment.get("significance_score")
        if score is None:
            if not any(
                isinstance(segment.get(name), str) and segment[name] for name in ("reason", "skipped_reason")
            ):
                yield f"all_analyses[{index}]: neither a score nor the reason it has none: {segment}"
        elif not is_number(score) or not 1 <= score <= 10:
            yield f"all_analyses[{index}]: score is {score!r}"


def highlight_problems(item: JSON, duration_s: float, minimum: float, where: str) -> Iterator[str]:
    yield from span_problems(item, duration_s, where)
    yield from wrong_types(item, {"id": str, "description": str, "evidence": dict}, where)
    if not str(item.get("description", "")).strip():
        yield f"{where}: no description"
    score = item.get("significance_score")
    if not is_number(score) or not minimum - 1e-6 <= score <= 10:
        yield f"{where}: score is {score!r}, at least {minimum} was asked for"


def highlights_problems(results: JSON, duration_s: float, minimum: int, at_most: int) -> Iterator[str]:
    yield from common_problems(results, "highlights")
    items, segments = results.get("highlights"), results.get("all_analyses")
    if not isinstance(items, list) or not isinstance(segments, list):
        yield "results: highlights or all_analyses is missing"
        return
    if results.get("highlights_found") != len(items):
        yield f"results: highlights_found is {results.get('highlights_found')!r}, there are {len(items)}"
    if len(items) > at_most:
        yield f"results: {len(items)} highlights, at most {at_most} were asked for"
    if results.get("total_segments_analyzed") != len(segments):
        yield f"results: {results.get('total_segments_analyzed')} segments analyzed, {len(segments)} listed"
    settings = results.get("settings")
    expected = {"min_significance": minimum, "max_highlights": at_most}
    if not isinstance(settings, dict) or any(settings.get(name) != expected[name] for name in expected):
        yield f"results: settings is {settings!r}, {expected} was asked for"
    for index, item in enumerate(items):
        yield from highlight_problems(item, duration_s, minimum, f"highlights[{index}]")
    scores = [score for item in items if is_number(score := item.get("significance_score"))]
    if any(one < other for one, other in pairwise(scores)):
        yield f"highlights: not best first: {scores}"
    if len({item.get("id") for item in items}) != len(items):
        yield "highlights: an id occurs twice"
    yield from order_problems(sorted(items, key=lambda item: times_of(item) or (0.0, 0.0)), "highlights")
    yield from cover_problems(segments, duration_s, "all_analyses")
    yield from score_problems(segments)


def step_problems(item: JSON, duration_s: float, where: str) -> Iterator[str]:
    yield from span_problems(item, duration_s, where)
    yield from wrong_types(item, {"exercise_name": str, "description": str, "movement_phase": str}, where)
    if item.get("movement_phase") not in PHASES:
        yield f"{where}: movement_phase is {item.get('movement_phase')!r}"
    for name, sane in (("repetitions", is_count), ("tempo_seconds", is_number)):
        if name not in item or (item[name] is not None and not sane(item[name])):
            yield f"{where}: {name} is {item.get(name, 'missing')!r}"
    confidence = item.get("confidence")
    if not is_number(confidence) or not 0 <= confidence <= 1:
        yield f"{where}: confidence is {confidence!r}"
    yield from set_problems(item, where)


def summary_problems(summary: Any, steps: list[JSON], duration_s: float) -> Iterator[str]:
    if not isinstance(summary, dict):
        yield f"results: summary is {summary!r}"
        return
    if not is_count(summary.get("total_exercises_identified")):
        yield f"summary: total_exercises_identified is {summary.get('total_exercises_identified')!r}"
    if not is_count(summary.get("total_repetitions")):
        yield f"summary: total_repetitions is {summary.get('total_repetitions')!r}"
    counted = sum(item["repetitions"] for item in steps if is_count(item.get("repetitions")))
    if summary.get("total_repetitions") != counted:
        yield f"summary: {summary.get('total_repetitions')!r} repetitions, the steps have {counted}"
    yield from totals_problems(summary, steps)
    if summary.get("video_duration_formatted") not in formatted(duration_s):
        yield f"summary: {summary.get('video_duration_formatted')!r} for {duration_s} s"


def pose_problems(pose: Any) -> Iterator[str]:
    if not isinstance(pose, dict) or "id" not in pose or not isinstance(pose.get("reason"), str):
        yield f"results: pose is {pose!r}"
    elif pose["id"] is not None and not isinstance(pose["id"], str):
        yield f"pose: id is {pose['id']!r}"


def workout_problems(results: JSON, duration_s: float) -> Iterator[str]:
    yield from common_problems(results, "workout_with_timestamps")
    yield from wrong_types(results, {"system_prompt": str, "user_prompt": str}, "results")
    total_s = results.get("total_duration_seconds")
    if not is_number(total_s) or abs(total_s - duration_s) > 0.5:
        yield f"results: total_duration_seconds is {total_s!r} for a video of {duration_s} s"
    steps, segments = results.get("exercise_steps"), results.get("segment_analyses")
    if not isinstance(steps, list) or not isinstance(segments, list):
        yield "results: exercise_steps or segment_analyses is missing"
        return
    yield from pose_problems(results.get("pose"))
    for index, item in enumerate(steps):
        yield from step_problems(item, duration_s, f"exercise_steps[{index}]")
    yield from order_problems(steps, "exercise_steps")
    yield from numbering_problems(steps)
    yield from order_problems(segments, "segment_analyses")
    if results.get("total_segments_analyzed") != len(segments):
        yield f"results: {results.get('total_segments_analyzed')} segments analyzed, {len(segments)} listed"
    yield from summary_problems(results.get("summary"), steps, total_s if is_number(total_s) else duration_s)
