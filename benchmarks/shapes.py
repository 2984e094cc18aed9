"""Is an answer what the contract documents? Every function yields one sentence for each thing that is not.

Knows the field names and their ranges, and nothing of how the server makes them.
"""

import json
import math
import re
import uuid
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeGuard

from benchmarks.wire import JSON

SLACK_S = 0.011
"""Times are rounded to hundredths at the finest."""

SERVER_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|tmp|var|usr|data|app|work|opt|etc|private|Users)/[\w.]")
PHASES = {"Setup", "Execution", "Rest", "Transition"}
STATUSES = {"uploaded", "analyzing", "completed", "failed", "cancelled"}


def is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_uuid4(value: Any) -> bool:
    try:
        return uuid.UUID(str(value)).version == 4
    except ValueError:
        return False


def wrong_types(body: JSON, fields: Mapping[str, type], where: str) -> Iterator[str]:
    for name, kind in fields.items():
        if name not in body:
            yield f"{where}: {name} is missing"
        elif not isinstance(body[name], kind) or (kind is not bool and isinstance(body[name], bool)):
            yield f"{where}: {name} is {body[name]!r}, not {kind.__name__}"


def server_paths(text: str) -> Iterator[str]:
    if match := SERVER_PATH.search(text):
        yield f"a server path shows: {text[max(0, match.start() - 30) : match.end() + 30]!r}"


def formatted(time_s: float) -> set[str]:
    """How a time may read: MM:SS, from an hour on H:MM:SS; cut off or rounded."""
    texts = set()
    for whole in (int(time_s), round(time_s)):
        minutes, seconds = divmod(whole, 60)
        texts.add(
            f"{minutes:02d}:{seconds:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
        )
    return texts


def times_of(item: JSON) -> tuple[float, float] | None:
    """Start and end in seconds; None when one of them is no number (``span_problems`` says so)."""
    start_s, end_s = item.get("start_timestamp"), item.get("end_timestamp")
    return (start_s, end_s) if is_number(start_s) and is_number(end_s) else None


def span_problems(item: JSON, duration_s: float, where: str) -> Iterator[str]:
    """Start and end lie inside the video, duration is their difference."""
    times, length_s = times_of(item), item.get("duration")
    if times is None or not is_number(length_s):
        yield f"{where}: start, end or duration is missing or no number: {item}"
        return
    start_s, end_s = times
    if not 0 <= start_s < end_s <= duration_s + SLACK_S:
        yield f"{where}: {start_s} to {end_s} s does not lie in a video of {duration_s} s"
    if abs(length_s - (end_s - start_s)) > 2 * SLACK_S:
        yield f"{where}: duration {length_s} is not {end_s} - {start_s}"
    start, _, end = str(item.get("timestamp_formatted")).partition(" - ")
    if start not in formatted(start_s) or end not in formatted(end_s):
        yield f"{where}: timestamp_formatted is {item.get('timestamp_formatted')!r} for {start_s} to {end_s} s"


def order_problems(items: list[JSON], where: str) -> Iterator[str]:
    """In time order, none over the next."""
    spans = [times for item in items if (times := times_of(item)) is not None]
    for (start_s, end_s), (next_s, _) in pairwise(spans):
        if next_s < start_s:
            yield f"{where}: not in time order: {start_s} before {next_s}"
        elif next_s < end_s - SLACK_S:
            yield f"{where}: {start_s} to {end_s} s overlaps the next, from {next_s} s"


def video_info_problems(info: Any, filename: str | None = None) -> Iterator[str]:
    if not isinstance(info, dict):
        yield f"video_info is {info!r}"
        return
    yield from wrong_types(
        info, {"filename": str, "resolution": str, "frames": int, "codec": str, "has_audio": bool}, "video_info"
    )
    yield from wrong_types(info, {"rotation": int, "size_bytes": int}, "video_info")
    for name in ("duration", "fps"):
        if not is_number(info.get(name)) or info[name] <= 0:
            yield f"video_info: {name} is {info.get(name)!r}"
    if not re.fullmatch(r"[1-9]\d*x[1-9]\d*", str(info.get("resolution"))):
        yield f"video_info: resolution is {info.get('resolution')!r}"
    if is_number(info.get("frames")) and info["frames"] < 1:
        yield f"video_info: {info['frames']} frames"
    if info.get("rotation") not in (0, 90, 180, 270, -90, -180, -270):
        yield f"video_info: rotation is {info.get('rotation')!r}"
    if filename is not None and info.get("filename") != filename:
        yield f"video_info: filename is {info.get('filename')!r}, {filename!r} was sent"


def problem_problems(status: int, headers: Any, text: str, codes: set[str] | None = None) -> Iterator[str]:
    """An error must be a problem document of RFC 9457 with a stable code and words for people."""
    content_type = headers.get("content-type", "")
    if not content_type.startswith("application/problem+json"):
        yield f"{status} comes as {content_type!r}: {text[:120]!r}"
    try:
        body = json.loads(text)
    except ValueError:
        yield f"{status} is no JSON: {text[:120]!r}"
        return
    yield from wrong_types(
        body, {"type": str, "title": str, "detail": str, "code": str, "status": int}, str(status)
    )
    if body.get("status") != status:
        yield f"{status}: the body says {body.get('status')!r}"
    if not str(body.get("detail", "")).strip():
        yield f"{status}: detail is empty"
    if codes is not None and body.get("code") not in codes:
        yield f"{status}: code is {body.get('code')!r}, not one of {sorted(codes)}"
    yield from server_paths(text)


def progress_problems(body: JSON, session_id: str) -> Iterator[str]:
    yield from wrong_types(body, {"session_id": str, "status": str, "current_step": str}, "progress")
    if body.get("session_id") != session_id or body.get("status") not in STATUSES:
        yield f"progress: session_id {body.get('session_id')!r}, status {body.get('status')!r}"
    if not is_number(body.get("progress")) or not 0 <= body["progress"] <= 100:
        yield f"progress: progress is {body.get('progress')!r}"
    done, total = body.get("segments_completed"), body.get("total_segments")
    if not is_count(done) or not is_count(total) or done > total:
        yield f"progress: {done!r} of {total!r} segments"
    yield from video_info_problems(body.get("video_info"))
    if body.get("status") == "completed" and (
        not isinstance(body.get("results"), dict) or body["progress"] != 100
    ):
        yield f"progress: completed at {body.get('progress')} %, results: {type(body.get('results')).__name__}"
    if body.get("status") == "failed" and not body.get("error"):
        yield "progress: failed without an error"
