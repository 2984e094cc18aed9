"""The uploaded video comes back byte for byte, whole or in part; each counted set has its chart."""

import json
import uuid
from pathlib import Path

import httpx

from smolvlm_core.analysis.chart import chart_png
from smolvlm_core.analysis.report import workout_report
from smolvlm_core.domain import Span
from smolvlm_core.exercise import ExerciseStep, Phase
from smolvlm_core.jobs.service import JobService
from tests.services import HIGHLIGHTS, finished
from tests.workouts import counted, exercise, workout

VIDEO = "/api/v1/video"


async def upload(client: httpx.AsyncClient, clip: bytes, name: str) -> str:
    answer = await client.post(f"{VIDEO}/upload", files={"video": (name, clip)})
    return str(answer.json()["session_id"])


async def test_the_video_comes_back_whole_with_its_name(client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(client, clip, "Übung 1.mp4")
    answer = await client.get(f"{VIDEO}/source/{session_id}")
    assert (answer.status_code, answer.content) == (200, clip)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_player_seeks_by_range(client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(client, clip, "a.mp4")
    url = f"{VIDEO}/source/{session_id}"
    part = await client.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, clip[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(clip)}"
    beyond = await client.get(url, headers={"Range": f"bytes={len(clip)}-"})
    assert beyond.status_code == 416


async def test_an_unknown_session_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{VIDEO}/source/{uuid.uuid4()}")
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")


async def test_a_suffix_that_is_no_video_is_never_shown_as_a_page(client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(client, clip, "page.html")
    answer = await client.get(f"{VIDEO}/source/{session_id}")
    assert answer.headers["content-type"] == "video/mp4"


# -- Charts -----------------------------------------------------------------------------------

STEPS = (
    exercise("Squat", counted(0, 2, 1.0)),
    ExerciseStep(Span(2, 4), Phase.REST, None, "A rest.", 0.9),
    exercise("<b>Lunge</b>", counted(4, 3, 1.0)),
)
REPORT = workout_report(workout(*STEPS))


async def test_each_counted_set_has_its_chart(
    working_client: httpx.AsyncClient, working_service: JobService, clip_path: Path
) -> None:
    session_id = finished(working_service, clip_path, REPORT)
    for number, index in ((1, 0), (2, 2)):
        answer = await working_client.get(f"{VIDEO}/chart/{session_id}/{number}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert answer.content == chart_png(REPORT["exercise_steps"][index])
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["x-content-type-options"] == "nosniff"
        wordless = await working_client.get(f"{VIDEO}/chart/{session_id}/{number}?words=false")
        assert wordless.content == chart_png(REPORT["exercise_steps"][index], words=False)
        assert wordless.headers["etag"] != answer.headers["etag"]


async def test_a_chart_is_sent_again_only_after_another_analysis(
    working_client: httpx.AsyncClient, working_service: JobService, clip_path: Path
) -> None:
    session_id = finished(working_service, clip_path, REPORT)
    url = f"{VIDEO}/chart/{session_id}/1"
    known = {"If-None-Match": (await working_client.get(url)).headers["etag"]}
    again = await working_client.get(url, headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", known["If-None-Match"])
    other = workout_report(workout(exercise("Squat", counted(0, 4, 1.0))))
    working_service.results_path(session_id).write_text(json.dumps(other), encoding="utf-8")
    assert (await working_client.get(url, headers=known)).status_code == 200


async def test_a_set_that_does_not_exist_is_a_problem(
    working_client: httpx.AsyncClient, working_service: JobService, clip_path: Path
) -> None:
    session_id = finished(working_service, clip_path, REPORT)
    for number in (0, 3, -1, 10**30):
        answer = await working_client.get(f"{VIDEO}/chart/{session_id}/{number}")
        assert (answer.status_code, answer.json()["code"]) == (404, "set_not_found")
    answer = await working_client.get(f"{VIDEO}/chart/{session_id}/second")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "set_number")
    working_service.start_analysis(session_id, HIGHLIGHTS)
    working_service.wait(session_id, timeout_s=60)
    answer = await working_client.get(f"{VIDEO}/chart/{session_id}/1")
    assert (answer.status_code, answer.json()["code"]) == (404, "set_not_found")


async def test_no_chart_before_the_analysis_is_completed(client: httpx.AsyncClient, clip: bytes) -> None:
    session_id = await upload(client, clip, "a.mp4")
    answer = await client.get(f"{VIDEO}/chart/{session_id}/1")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_completed")
    assert answer.json()["session_status"] == "uploaded"
    answer = await client.get(f"{VIDEO}/chart/{uuid.uuid4()}/1")
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")
