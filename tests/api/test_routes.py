"""The documented endpoints: what each answers, and every way it refuses."""

import asyncio
import threading
import time
import uuid
from collections import deque
from pathlib import Path

import httpx
import pytest

from smolvlm_core.api.schemas import Problem, ProgressResponse, ResultsResponse
from smolvlm_core.domain import CheckCancelled
from smolvlm_core.errors import ModelError
from smolvlm_core.jobs.service import JobService
from tests.api.conftest import LIMITS, files_under
from tests.fakes import NO, YES, ScriptedEngine, ScriptedModel

VIDEO = "/api/v1/video"
HIGHLIGHTS = {"analysis_type": "highlights", "segment_duration": "2"}


async def upload(client: httpx.AsyncClient, clip: bytes) -> str:
    answer = await client.post(f"{VIDEO}/upload", files={"video": ("clip.mp4", clip)})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["session_id"])


async def ended(client: httpx.AsyncClient, session_id: str) -> ProgressResponse:
    """Progress once the analysis is over."""
    for _ in range(600):
        answer = await client.get(f"{VIDEO}/progress/{session_id}")
        if answer.json()["status"] != "analyzing":
            return ProgressResponse.model_validate(answer.json())
        await asyncio.sleep(0.05)
    raise AssertionError(answer.text)


def hold(model: ScriptedModel) -> None:
    """Holds the model inside its questions; they end when they are cancelled."""

    def wait(check: CheckCancelled) -> None:
        while True:
            check()
            time.sleep(0.01)

    model.before_reply = wait


def problem(answer: httpx.Response) -> Problem:
    assert answer.headers["content-type"] == "application/problem+json"
    found = Problem.model_validate(answer.json())
    assert found.status == answer.status_code
    return found


async def test_upload_answers_with_what_was_measured(client: httpx.AsyncClient, clip: bytes) -> None:
    answer = (await client.post(f"{VIDEO}/upload", files={"video": ("clip.mp4", clip)})).json()
    assert uuid.UUID(answer["session_id"]).version == 4
    assert (answer["status"], bool(answer["message"])) == ("uploaded", True)
    assert answer["video_info"] == {
        "filename": "clip.mp4",
        "duration": 8.0,
        "fps": 5.0,
        "resolution": "160x96",
        "frames": 40,
        "codec": "h264",
        "has_audio": False,
        "rotation": 0,
        "size_bytes": len(clip),
    }


async def test_progress_of_an_upload_has_no_results_and_no_error(client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(client, clip)
    answer = (await client.get(f"{VIDEO}/progress/{session_id}")).json()
    assert (answer["status"], answer["progress"]) == ("uploaded", 0.0)
    assert (answer["segments_completed"], answer["total_segments"], answer["current_step"]) == (0, 0, "")
    assert not {"results", "error", "queue_position", "task_id"} & set(answer)


@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
async def test_analyze_takes_either_form(working_client: httpx.AsyncClient, clip: bytes, encoding: str) -> None:
    session_id = await upload(working_client, clip)
    fields = HIGHLIGHTS | {"user_prompt": "Wo ist der Höhepunkt?"}
    url = f"{VIDEO}/analyze/{session_id}"
    if encoding == "urlencoded":
        answer = await working_client.post(url, data=fields)
    else:
        answer = await working_client.post(url, files={name: (None, text) for name, text in fields.items()})
    assert answer.status_code == 200, answer.text
    started = answer.json()
    assert uuid.UUID(started["task_id"]).version == 4
    assert (started["session_id"], started["analysis_type"]) == (session_id, "highlights")
    assert (started["status"], bool(started["message"])) == ("started", True)
    await ended(working_client, session_id)
    results = (await working_client.get(f"{VIDEO}/results/{session_id}")).json()["results"]
    assert results["settings"]["user_prompt"] == "Wo ist der Höhepunkt?"


async def test_results_come_with_progress_and_on_their_own(
    working_client: httpx.AsyncClient, engine: ScriptedEngine, clip: bytes
) -> None:
    engine.model.log_odds = deque([NO, YES, ModelError("No answer."), NO])
    session_id = await upload(working_client, clip)
    await working_client.post(f"{VIDEO}/analyze/{session_id}", data=HIGHLIGHTS)
    progress = await ended(working_client, session_id)
    assert (progress.status, progress.progress) == ("completed", 100.0)
    answer = (await working_client.get(f"{VIDEO}/results/{session_id}")).json()
    assert answer["analysis_complete"] is True
    ResultsResponse.model_validate(answer)
    with_progress = (await working_client.get(f"{VIDEO}/progress/{session_id}")).json()
    assert with_progress["results"] == answer["results"]
    skipped = answer["results"]["all_analyses"][2]
    assert skipped["significance_score"] is None
    assert skipped["skipped_reason"]


async def test_a_failed_analysis_says_why(
    working_client: httpx.AsyncClient, engine: ScriptedEngine, clip: bytes
) -> None:
    engine.model.log_odds = deque([ModelError("The model is out of order.")])
    session_id = await upload(working_client, clip)
    await working_client.post(f"{VIDEO}/analyze/{session_id}", data=HIGHLIGHTS)
    progress = await ended(working_client, session_id)
    assert (progress.status, progress.error_code) == ("failed", "model_error")
    assert progress.error
    assert progress.results is None
    refused = problem(await working_client.get(f"{VIDEO}/results/{session_id}"))
    assert (refused.status, refused.code, refused.session_status) == (409, "not_completed", "failed")


async def test_results_before_the_end_tell_the_status(client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(client, clip)
    refused = problem(await client.get(f"{VIDEO}/results/{session_id}"))
    assert (refused.status, refused.code, refused.session_status) == (409, "not_completed", "uploaded")


async def test_one_analysis_at_a_time_and_a_bounded_queue(
    working_client: httpx.AsyncClient, engine: ScriptedEngine, clip: bytes
) -> None:
    hold(engine.model)
    running, waiting, refused = [await upload(working_client, clip) for _ in range(LIMITS.queue_limit + 1)]
    assert (await working_client.post(f"{VIDEO}/analyze/{running}", data=HIGHLIGHTS)).status_code == 200
    again = problem(await working_client.post(f"{VIDEO}/analyze/{running}", data=HIGHLIGHTS))
    assert (again.status, again.code) == (409, "already_analyzing")
    assert (await working_client.post(f"{VIDEO}/analyze/{waiting}", data=HIGHLIGHTS)).status_code == 200
    answer = await working_client.post(f"{VIDEO}/analyze/{refused}", data=HIGHLIGHTS)
    assert (problem(answer).status, problem(answer).code) == (429, "queue_full")
    assert int(answer.headers["retry-after"]) > 0
    progress = (await working_client.get(f"{VIDEO}/progress/{waiting}")).json()
    assert (progress["status"], progress["queue_position"]) in [("analyzing", 1), ("analyzing", 2)]
    for session_id in (waiting, running):
        cancelled = (await working_client.post(f"{VIDEO}/cancel/{session_id}")).json()
        assert cancelled["status"] == "cancelled"
        assert (await ended(working_client, session_id)).status == "cancelled"


async def test_progress_tells_the_best_so_far_until_there_are_results(
    working_client: httpx.AsyncClient, engine: ScriptedEngine, clip: bytes
) -> None:
    go_on = threading.Event()

    def hold_at_the_second_moment(check: CheckCancelled) -> None:
        while len(engine.model.calls) == 7 and not go_on.wait(0.01):
            check()

    engine.model.log_odds = deque([YES])
    engine.model.before_reply = hold_at_the_second_moment
    session_id = await upload(working_client, clip)
    assert "best_so_far" not in (await working_client.get(f"{VIDEO}/progress/{session_id}")).json()
    await working_client.post(f"{VIDEO}/analyze/{session_id}", data=HIGHLIGHTS)
    for _ in range(400):
        answer = (await working_client.get(f"{VIDEO}/progress/{session_id}")).json()
        if answer.get("best_so_far"):
            break
        await asyncio.sleep(0.05)
    progress = ProgressResponse.model_validate(answer)
    assert progress.status == "analyzing"
    assert progress.results is None
    assert progress.best_so_far is not None
    (best,) = progress.best_so_far
    assert (best.timestamp_formatted, best.significance_score) == ("00:00 - 00:02", 6.4)
    assert progress.scored_so_far is not None
    assert [one.end_timestamp for one in progress.scored_so_far] == [2.0, 4.0, 6.0, 8.0]
    go_on.set()
    done = await ended(working_client, session_id)
    assert (done.status, done.best_so_far, done.scored_so_far) == ("completed", None, None)
    assert done.results is not None


async def test_cancel_without_an_analysis_is_refused(client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(client, clip)
    refused = problem(await client.post(f"{VIDEO}/cancel/{session_id}"))
    assert (refused.status, refused.code) == (409, "nothing_to_cancel")


async def test_delete_stops_the_work_and_leaves_nothing(
    working_client: httpx.AsyncClient,
    working_service: JobService,
    engine: ScriptedEngine,
    clip: bytes,
    data_dir: Path,
) -> None:
    hold(engine.model)
    session_id = await upload(working_client, clip)
    await working_client.post(f"{VIDEO}/analyze/{session_id}", data=HIGHLIGHTS)
    answer = (await working_client.delete(f"{VIDEO}/session/{session_id}")).json()
    assert (answer["session_id"], answer["status"], bool(answer["message"])) == (session_id, "cleaned_up", True)
    assert working_service.load().sessions == 0
    assert files_under(data_dir) == set()
    assert problem(await working_client.get(f"{VIDEO}/progress/{session_id}")).code == "session_not_found"


CALLS = [
    ("POST", "analyze"),
    ("GET", "progress"),
    ("GET", "results"),
    ("POST", "cancel"),
    ("DELETE", "session"),
]


@pytest.mark.parametrize(("method", "call"), CALLS)
@pytest.mark.parametrize(
    "session_id",
    [
        str(uuid.UUID(int=7, version=4)),
        "x",
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "' OR 1=1 --",
        "jobs.sqlite",
        "é" * 300,
    ],
)
async def test_an_unknown_session_is_not_found(
    client: httpx.AsyncClient, method: str, call: str, session_id: str
) -> None:
    answer = await client.request(
        method, f"{VIDEO}/{call}/{session_id}", data=HIGHLIGHTS if method == "POST" else None
    )
    assert problem(answer).status == 404


async def test_an_expired_session_is_gone(
    working_client: httpx.AsyncClient, working_service: JobService, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = await upload(working_client, clip)
    later = time.time() + LIMITS.session_ttl_s + 1
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: later)
        await asyncio.to_thread(working_service.tidy)
    for method, call in CALLS:
        data = HIGHLIGHTS if method == "POST" else None
        answer = await working_client.request(method, f"{VIDEO}/{call}/{session_id}", data=data)
        assert (problem(answer).status, problem(answer).code) == (410, "session_expired")


@pytest.mark.parametrize(
    ("field", "sent", "allowed"),
    [
        ("analysis_type", "dance", "highlights, workout"),
        ("analysis_type", "", "highlights, workout"),
        ("min_significance", "11", "from 1 to 10"),
        ("max_highlights", "0", "at least 1"),
        ("segment_duration", "-1", "from 1 to 600"),
    ],
)
async def test_a_wrong_parameter_is_named(
    client: httpx.AsyncClient, clip: bytes, field: str, sent: str, allowed: str
) -> None:
    session_id = await upload(client, clip)
    refused = problem(await client.post(f"{VIDEO}/analyze/{session_id}", data=HIGHLIGHTS | {field: sent}))
    assert (refused.status, refused.code) == (422, "invalid_parameter")
    assert field in refused.detail
    assert allowed in refused.detail
    assert refused.errors is not None
    assert [error.field for error in refused.errors] == [field]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b'{"analysis_type": "highlights"}', 422),
        ("multipart/form-data", b"", 422),
        ("multipart/form-data; boundary=x", b"garbage", 422),
        ("", b"", 422),
        ("application/x-www-form-urlencoded", b"a=b&" * 100, 422),
        ("application/x-www-form-urlencoded", b"user_prompt=" + b"x" * 600_000, 413),
    ],
)
async def test_a_body_that_is_no_form_is_refused(
    client: httpx.AsyncClient, clip: bytes, content_type: str, body: bytes, status: int
) -> None:
    session_id = await upload(client, clip)
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await client.post(f"{VIDEO}/analyze/{session_id}", content=body, headers=headers)
    assert problem(answer).status == status


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/video/nothing", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("GET", "/api/v1/video/upload", 405, "method_not_allowed"),
        ("PUT", "/health", 405, "method_not_allowed"),
    ],
)
async def test_unknown_paths_and_methods_are_problems(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    refused = problem(await client.request(method, path))
    assert (refused.status, refused.code) == (status, code)


async def test_many_clients_at_once(working_client: httpx.AsyncClient, clip: bytes) -> None:
    uploaded = await asyncio.gather(*(upload(working_client, clip) for _ in range(8)))
    assert len(set(uploaded)) == 8
    await working_client.post(f"{VIDEO}/analyze/{uploaded[0]}", data=HIGHLIGHTS)
    polls = [working_client.get(f"{VIDEO}/progress/{session_id}") for session_id in uploaded * 10]
    assert {answer.status_code for answer in await asyncio.gather(*polls)} == {200}
    assert (await ended(working_client, uploaded[0])).status == "completed"
