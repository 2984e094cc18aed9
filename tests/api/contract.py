"""A client written from the wire contract alone: uploads, analyzes, and checks every field it was promised.

Imports nothing of the app, so it can be put over any server that speaks the contract.
"""

import asyncio
import re
import uuid
from collections.abc import Callable
from typing import Any

import httpx

PREFIX = "/api/v1/video"
POLL_S = 0.1
PATIENCE_S = 300.0
JSON = dict[str, Any]
Check = Callable[[Any], bool]


def text(value: object) -> bool:
    return isinstance(value, str)


def words(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def count(value: object) -> bool:
    return type(value) is int and value >= 0


def positive(value: object) -> bool:
    return type(value) is int and value > 0


def number(value: object) -> bool:
    return type(value) in (int, float)


def seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def flag(value: object) -> bool:
    return isinstance(value, bool)


def share(value: object) -> bool:
    return seconds(value) and 0 <= value <= 1  # type: ignore[operator]


def uuid4(value: object) -> bool:
    return isinstance(value, str) and str(uuid.UUID(value)) == value and uuid.UUID(value).version == 4


def a_list(value: object) -> bool:
    return isinstance(value, list)


def an_object(value: object) -> bool:
    return isinstance(value, dict)


def like(pattern: str) -> Check:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def exactly(*allowed: object) -> Check:
    return lambda value: value in allowed


def maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


CLOCK = r"(\d+:)?\d\d:\d\d"

VIDEO_INFO: dict[str, Check] = {
    "filename": words,
    "duration": seconds,
    "fps": number,
    "resolution": like(r"\d+x\d+"),
    "frames": positive,
    "codec": words,
    "has_audio": flag,
    "rotation": exactly(0, 90, 180, 270, -90, -180, -270),
    "size_bytes": positive,
}
TIMES: dict[str, Check] = {
    "start_timestamp": seconds,
    "end_timestamp": seconds,
    "duration": seconds,
    "timestamp_formatted": like(f"{CLOCK} - {CLOCK}"),
}
MODEL: dict[str, Check] = {"backend": words, "id": words, "revision": maybe(text), "device": words, "dtype": words}
PROGRESS: dict[str, Check] = {
    "session_id": uuid4,
    "status": exactly("uploaded", "analyzing", "completed", "failed", "cancelled"),
    "progress": lambda value: number(value) and 0 <= value <= 100,
    "current_step": text,
    "segments_completed": count,
    "total_segments": count,
    "video_info": an_object,
}
HIGHLIGHTS: dict[str, Check] = {
    "analysis_type": exactly("highlights"),
    "processing_time_seconds": seconds,
    "total_segments_analyzed": positive,
    "highlights_found": count,
    "settings": an_object,
    "model": an_object,
    "highlights": a_list,
    "all_analyses": a_list,
}
HIGHLIGHT: dict[str, Check] = TIMES | {
    "id": words,
    "significance_score": lambda value: number(value) and 1 <= value <= 10,
    "description": words,
    "evidence": an_object,
}
WORKOUT: dict[str, Check] = {
    "analysis_type": exactly("workout_with_timestamps"),
    "processing_time_seconds": seconds,
    "total_duration_seconds": seconds,
    "total_segments_analyzed": positive,
    "system_prompt": text,
    "user_prompt": text,
    "model": an_object,
    "exercise_steps": a_list,
    "segment_analyses": a_list,
    "summary": an_object,
}
STEP: dict[str, Check] = TIMES | {
    "exercise_name": words,
    "description": words,
    "movement_phase": exactly("Setup", "Execution", "Rest", "Transition"),
    "repetitions": maybe(count),
    "tempo_seconds": maybe(seconds),
    "confidence": share,
}
SUMMARY: dict[str, Check] = {
    "total_exercises_identified": count,
    "total_repetitions": count,
    "video_duration_formatted": like(CLOCK),
}
PROBLEM: dict[str, Check] = {"type": words, "title": words, "status": positive, "detail": words, "code": words}


def check_fields(found: Any, promised: dict[str, Check], where: str) -> None:
    """Every promised field is there and what it should be; more fields are welcome."""
    assert isinstance(found, dict), where
    for name, check in promised.items():
        assert name in found, f"{where}: {name} is missing"
        assert check(found[name]), f"{where}: {name} is {found[name]!r}"


class ContractClient:
    """Goes through the documented endpoints of one server."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def upload(self, name: str, data: bytes, description: str = "") -> JSON:
        files = {"video": (name, data, "video/mp4")}
        answer = await self._ok("POST", "/upload", files=files, data={"description": description})
        promised = {"session_id": uuid4, "video_info": an_object, "status": exactly("uploaded"), "message": words}
        check_fields(answer, promised, "upload")
        check_fields(answer["video_info"], VIDEO_INFO, "video_info")
        return answer

    async def analyze(self, session_id: str, **form: str | int | float) -> JSON:
        """Start, follow to the end, and fetch: the results."""
        started = await self._ok("POST", f"/analyze/{session_id}", data=form)
        promised = {
            "task_id": uuid4,
            "session_id": exactly(session_id),
            "status": exactly("started"),
            "message": words,
        }
        check_fields(started, promised | {"analysis_type": exactly(form["analysis_type"])}, "analyze")
        last = await self._follow(session_id)
        assert last["status"] == "completed", last
        answer = await self._ok("GET", f"/results/{session_id}")
        promised = {"session_id": exactly(session_id), "analysis_complete": exactly(True), "results": an_object}
        check_fields(answer, promised | {"video_info": exactly(last["video_info"])}, "results")
        results: JSON = answer["results"]
        assert last["results"] == results
        check_fields(results["model"], MODEL, "model")
        return results

    async def delete(self, session_id: str) -> None:
        answer = await self._ok("DELETE", f"/session/{session_id}")
        promised = {"session_id": exactly(session_id), "status": exactly("cleaned_up"), "message": words}
        check_fields(answer, promised, "delete")
        for call in ("progress", "results"):
            await self.refused(404, "GET", f"/{call}/{session_id}")

    async def refused(self, status: int, method: str, path: str, **sent: Any) -> JSON:
        """The problem of a call that has to be refused with ``status``."""
        answer = await self._http.request(method, PREFIX + path, **sent)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")
        problem: JSON = answer.json()
        check_fields(problem, PROBLEM, path)
        assert problem["status"] == status
        return problem

    async def _follow(self, session_id: str) -> JSON:
        """Poll to the end; progress never goes back."""
        furthest = 0.0
        for _ in range(round(PATIENCE_S / POLL_S)):
            now = await self._ok("GET", f"/progress/{session_id}")
            check_fields(now, PROGRESS, "progress")
            check_fields(now["video_info"], VIDEO_INFO, "video_info")
            assert now["progress"] >= furthest, "progress went back"
            assert now["segments_completed"] <= now["total_segments"]
            assert ("results" in now) == (now["status"] == "completed")
            assert ("error" in now) == (now["status"] == "failed")
            furthest = now["progress"]
            if now["status"] != "analyzing":
                return now
            await asyncio.sleep(POLL_S)
        raise AssertionError(f"not done after {PATIENCE_S} s: {now}")

    async def _ok(self, method: str, path: str, **sent: Any) -> JSON:
        answer = await self._http.request(method, PREFIX + path, **sent)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        body: JSON = answer.json()
        return body


def check_times(found: JSON, duration_s: float, where: str) -> None:
    start_s, end_s = found["start_timestamp"], found["end_timestamp"]
    assert 0 <= start_s < end_s <= duration_s + 0.1, where
    assert abs(found["duration"] - (end_s - start_s)) < 0.01, where
    assert found["timestamp_formatted"] == f"{clock(start_s)} - {clock(end_s)}", where


def clock(time_s: float) -> str:
    whole = int(time_s)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def check_highlights(results: JSON, duration_s: float, min_significance: int, max_highlights: int) -> None:
    """Everything the contract says of the results of highlights."""
    check_fields(results, HIGHLIGHTS, "results")
    found, segments = results["highlights"], results["all_analyses"]
    assert results["highlights_found"] == len(found) <= max_highlights
    assert results["total_segments_analyzed"] == len(segments)
    for highlight in found:
        check_fields(highlight, HIGHLIGHT, "highlight")
        check_times(highlight, duration_s, "highlight")
        assert highlight["significance_score"] >= min_significance
    scores = [highlight["significance_score"] for highlight in found]
    assert scores == sorted(scores, reverse=True), "not best first"
    assert len({highlight["id"] for highlight in found}) == len(found)
    for segment in segments:
        check_fields(segment, TIMES, "segment")
        check_times(segment, duration_s, "segment")
        assert number(segment["significance_score"]) or words(segment["skipped_reason"])
    check_in_time_order(segments)


def check_workout(results: JSON, duration_s: float) -> None:
    """Everything the contract says of the results of a workout."""
    check_fields(results, WORKOUT, "results")
    check_fields(results["summary"], SUMMARY, "summary")
    assert abs(results["total_duration_seconds"] - duration_s) < 0.5
    assert results["total_segments_analyzed"] == len(results["segment_analyses"])
    assert results["summary"]["video_duration_formatted"] == clock(results["total_duration_seconds"])
    for step in results["exercise_steps"]:
        check_fields(step, STEP, "step")
        check_times(step, duration_s, "step")
    for segment in results["segment_analyses"]:
        check_fields(segment, TIMES, "segment")
        check_times(segment, duration_s, "segment")
    check_in_time_order(results["exercise_steps"])
    check_in_time_order(results["segment_analyses"])


def check_in_time_order(spans: list[JSON]) -> None:
    starts_s = [span["start_timestamp"] for span in spans]
    assert starts_s == sorted(starts_s)
