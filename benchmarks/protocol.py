"""The parts of the contract that need no particular video: errors, conflicts, older endpoints, documents."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from benchmarks.result_shapes import highlights_problems, workout_problems
from benchmarks.shapes import problem_problems
from benchmarks.wire import JSON, PREFIX, Client

BAD_FORMS: dict[str, dict[str, str | int | float]] = {
    "analysis_type": {"analysis_type": "dance"},
    "min_significance": {"analysis_type": "highlights", "min_significance": 11},
    "max_highlights": {"analysis_type": "highlights", "max_highlights": 0},
    "segment_duration": {"analysis_type": "workout", "segment_duration": "nan"},
}
NUMBERS: dict[str, tuple[str | int | float, ...]] = {
    "min_significance": (0, -1, "six", 6.5),
    "max_highlights": (-1, "many"),
    "segment_duration": (0, -5, "inf", "soon"),
}
LEGACY_LIMIT_S = 120.0


def expect(response: httpx.Response, status: int, codes: set[str] | None = None) -> Iterator[str]:
    if response.status_code != status:
        yield f"{response.request.url.path} answered {response.status_code}, not {status}: {response.text[:200]}"
    if response.status_code >= 400:
        yield from problem_problems(response.status_code, response.headers, response.text, codes)


def unknown_sessions(client: Client, video: Path) -> Iterator[str]:
    """Unknown and malformed ids are 404 everywhere, whatever a path may hold."""
    for session_id in (str(uuid.uuid4()), "nonsense", "..%2f..%2fetc", "'; DROP TABLE sessions; --", "0" * 300):
        for call in (client.progress, client.results, client.delete, client.cancel):
            response = call(session_id)
            if response.status_code != 404:
                yield f"{call.__name__} of {session_id[:40]!r} answered {response.status_code}"
        answer = client.analyze(session_id, analysis_type="highlights")
        if answer.status_code != 404:
            yield f"analyze of {session_id[:40]!r} answered {answer.status_code}"
    yield from expect(client.progress(str(uuid.uuid4())), 404, {"session_not_found"})


def bad_parameters(client: Client, video: Path) -> Iterator[str]:
    """422, naming the field; the session stays as it was."""
    session_id = client.upload(video).json()["session_id"]
    forms = list(BAD_FORMS.items())
    forms += [(name, {"analysis_type": "highlights", name: value}) for name in NUMBERS for value in NUMBERS[name]]
    for field, form in forms:
        response = client.analyze(session_id, **form)
        yield from expect(response, 422)
        if response.status_code == 422 and field not in response.json().get("detail", ""):
            yield f"the error for {form} does not name {field}: {response.json().get('detail')!r}"
    missing = client.http.post(f"{PREFIX}/analyze/{session_id}")
    yield from expect(missing, 422)
    yield from expect(client.http.post(f"{PREFIX}/upload"), 422)
    yield from expect(client.http.post(f"{PREFIX}/upload", data={"video": "not a file"}), 422)
    if (status := client.progress(session_id).json()["status"]) != "uploaded":
        yield f"after refused parameters the session is {status}"
    client.delete(session_id)


def conflicts(client: Client, video: Path) -> Iterator[str]:
    """Results too early and analyzing twice are 409; cancelling works; afterwards it may be analyzed again."""
    session_id = client.upload(video).json()["session_id"]
    yield from expect(client.results(session_id), 409, {"not_completed"})
    yield from expect(client.analyze(session_id, analysis_type="highlights"), 200)
    second = client.analyze(session_id, analysis_type="workout")
    if client.progress(session_id).json()["status"] == "analyzing":
        yield from expect(second, 409, {"already_analyzing"})
    cancelled_at = time.monotonic()
    answer = client.cancel(session_id)
    watched = client.watch(session_id)
    yield from watched.problems
    if answer.status_code == 200 and watched.last.get("status") == "cancelled":
        if time.monotonic() - cancelled_at > 1.5:
            yield f"cancelling took {time.monotonic() - cancelled_at:.1f} s"
        yield from expect(client.results(session_id), 409, {"not_completed"})
    elif watched.last.get("status") != "completed":
        yield f"after cancel ({answer.status_code}) the session is {watched.last.get('status')}"
    yield from expect(client.analyze(session_id, analysis_type="highlights", min_significance=1), 200)
    if (status := client.watch(session_id).last.get("status")) != "completed":
        yield f"analyzed again, the session is {status}"
    yield from expect(client.delete(session_id), 200)


def delete_while_running(client: Client, video: Path) -> Iterator[str]:
    session_id = client.upload(video).json()["session_id"]
    client.analyze(session_id, analysis_type="workout")
    yield from expect(client.delete(session_id), 200)
    yield from expect(client.progress(session_id), 404, {"session_not_found"})
    yield from expect(client.delete(session_id), 404, {"session_not_found"})


def health(client: Client, video: Path) -> Iterator[str]:
    for path in ("/health", "/api/health"):
        response = client.http.get(path)
        yield from expect(response, 200)
        body = response.json()
        if body.get("status") != "healthy" or not isinstance(body.get("analyzer_initialized"), bool):
            yield f"{path}: {body}"
        if not isinstance(body.get("ready"), bool):
            yield f"{path}: ready is {body.get('ready')!r}"
    if client.http.get("/ready").status_code not in (200, 503):
        yield f"/ready answered {client.http.get('/ready').status_code}"


def legacy(client: Client, video: Path) -> Iterator[str]:
    """The endpoints from before, with and without /api, wait and answer with the results."""
    for prefix in ("", "/api"):
        for kind, name in (("highlights", "highlights"), ("workout", "workout_timestamps")):
            with video.open("rb") as content:
                response = client.http.post(
                    f"{prefix}/analyze/{kind}", files={"video": (video.name, content)}, timeout=LEGACY_LIMIT_S
                )
            if response.status_code != 200:
                yield from expect(response, 200)
                continue
            body: JSON = response.json()
            if body.get("success") is not True or body.get("analysis_type") != name:
                yield f"{prefix}/analyze/{kind}: {str(body)[:120]}"
            data = body.get("data", {})
            if kind == "highlights":
                duration_s = max(segment["end_timestamp"] for segment in data["all_analyses"])
                yield from highlights_problems(data, duration_s, minimum=6, at_most=10)
            else:
                yield from workout_problems(data, data["total_duration_seconds"])
        broken = {"video": ("broken.mp4", b"not a video")}
        answer = client.http.post(f"{prefix}/analyze/highlights", files=broken)
        if answer.status_code not in (415, 422):
            yield f"{prefix}/analyze/highlights of text answered {answer.status_code}"
        yield from problem_problems(answer.status_code, answer.headers, answer.text)


def documents(client: Client, video: Path) -> Iterator[str]:
    """The page is a page, and the OpenAPI document describes every documented call with a response model."""
    for path in ("/", "/docs"):
        response = client.http.get(path)
        if response.status_code != 200 or "html" not in response.headers["content-type"]:
            yield f"{path} answered {response.status_code} {response.headers.get('content-type')}"
    response = client.http.get("/openapi.json")
    yield from expect(response, 200)
    paths: dict[str, Any] = response.json().get("paths", {})
    calls = {
        "/upload": "post",
        "/analyze/{session_id}": "post",
        "/progress/{session_id}": "get",
        "/results/{session_id}": "get",
        "/session/{session_id}": "delete",
    }
    for path, verb in calls.items():
        described = paths.get(PREFIX + path, {}).get(verb, {})
        schema = described.get("responses", {}).get("200", {}).get("content", {}).get("application/json", {})
        if not schema.get("schema"):
            yield f"openapi.json: {verb} {path} has no response model"
    for path in ("/health", "/analyze/highlights", "/api/analyze/workout"):
        if path not in paths:
            yield f"openapi.json: {path} is missing"
    missing = client.http.get(f"{PREFIX}/no-such-call")
    if missing.status_code != 404 or "<html" in missing.text:
        yield f"an unknown call answered {missing.status_code}: {missing.text[:80]}"


CHECKS: tuple[Callable[[Client, Path], Iterator[str]], ...] = (
    health,
    documents,
    unknown_sessions,
    bad_parameters,
    conflicts,
    delete_while_running,
    legacy,
)


def protocol_rows(client: Client, folder: Path, manifest: JSON) -> Iterator[tuple[str, list[str]]]:
    """Each check's name and what was wrong."""
    longest = max(manifest["good"], key=lambda entry: entry["frames_decoded"])
    shortest = min(manifest["good"], key=lambda entry: entry["bytes"])
    for check in CHECKS:
        video = folder / (longest if check in (conflicts, delete_while_running) else shortest)["file"]
        try:
            problems = list(check(client, video))
        except (httpx.HTTPError, KeyError, TypeError, ValueError, json.JSONDecodeError) as error:
            problems = [f"{type(error).__name__}: {error}"]
        yield f"protocol: {check.__name__.replace('_', ' ')}", problems
