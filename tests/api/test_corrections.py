"""PATCH /results: corrections of a workout's sets over REST, and every file that follows them."""

import csv
import json
import uuid
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from smolvlm_core.analysis.report import workout_report
from smolvlm_core.api.schemas import ResultsResponse
from smolvlm_core.jobs.service import JobService
from tests.exports.samples import HOSTILE
from tests.services import HIGHLIGHTS, finished
from tests.workouts import counted, exercise, workout

VIDEO = "/api/v1/video"
REPORT = workout_report(workout(exercise("Squat", counted(0, 2, 1.0)), exercise("Lunge", counted(3, 4, 1.0))))
TEXT_FORMATS = ("json", "csv", "vtt", "srt", "chapters", "edl", "fcpxml", "html")


@pytest.fixture
def session_id(working_service: JobService, clip_path: Path) -> str:
    return finished(working_service, clip_path, REPORT)


async def correct(client: httpx.AsyncClient, session_id: str, body: Any) -> httpx.Response:
    """The body as JSON; bytes as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    return await client.patch(f"{VIDEO}/results/{session_id}", content=content, headers=headers)


async def test_the_answer_is_that_of_the_results(working_client: httpx.AsyncClient, session_id: str) -> None:
    body = {"set_number": 2, "exercise_name": "Step-up", "repetitions": 5, "note": "too fast"}
    answer = await correct(working_client, session_id, body)
    assert answer.status_code == 200
    assert answer.json() == (await working_client.get(f"{VIDEO}/results/{session_id}")).json()
    ResultsResponse.model_validate(answer.json())
    step = answer.json()["results"]["exercise_steps"][1]
    assert (step["exercise_name"], step["repetitions"]) == ("Step-up", 5)
    assert step["corrected"]["measured_exercise_name"] == "Lunge"
    assert answer.json()["results"]["summary"]["total_repetitions"] == 7
    progress = (await working_client.get(f"{VIDEO}/progress/{session_id}")).json()
    assert progress["results"] == answer.json()["results"]


async def test_null_takes_a_correction_back(working_client: httpx.AsyncClient, session_id: str) -> None:
    await correct(working_client, session_id, {"set_number": 1, "exercise_name": "Plank", "removed": True})
    answer = await correct(working_client, session_id, {"step": 1, "exercise_name": None, "removed": None})
    assert answer.json()["results"] == REPORT


async def test_every_file_shows_what_was_corrected(working_client: httpx.AsyncClient, session_id: str) -> None:
    await correct(working_client, session_id, {"set_number": 1, "removed": True})
    await correct(
        working_client,
        session_id,
        {"set_number": 2, "exercise_name": "Thruster", "repetitions": 7, "note": "heavy"},
    )
    for name in TEXT_FORMATS:
        text = (await working_client.get(f"{VIDEO}/export/{session_id}", params={"format": name})).text
        assert "Thruster" in text, name
        if name not in ("json", "csv"):
            assert "Squat" not in text, f"{name} shows a set that was none"
        if name != "chapters":
            assert "heavy" in text, f"{name} has no room for the note"
        if name in ("vtt", "srt", "edl", "fcpxml", "html", "chapters"):
            assert "7 repetitions" in text, name
            assert name == "html" or "4 repetitions" not in text, name
    text = (await working_client.get(f"{VIDEO}/export/{session_id}?format=csv")).text
    rows = list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))
    assert [row["repetitions"] for row in rows] == ["", "7"]
    assert [row["measured_exercise_name"] for row in rows] == ["Squat", "Lunge"]
    assert [row["measured_repetitions"] for row in rows] == ["2", "4"]
    assert [row["note"] for row in rows] == ["", "heavy"]


async def test_the_chart_follows_and_a_removed_set_has_none(
    working_client: httpx.AsyncClient, session_id: str
) -> None:
    url = f"{VIDEO}/chart/{session_id}/1"
    before = await working_client.get(url)
    await correct(working_client, session_id, {"set_number": 1, "exercise_name": "Thruster", "repetitions": 7})
    after = await working_client.get(url, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.content != before.content
    await correct(working_client, session_id, {"set_number": 1, "removed": True})
    assert (await working_client.get(url)).status_code == 404


NAMES = [*(words for words in HOSTILE if words.strip()), "a\nb\r\n\u2028c", "\u05d0\u05d9\u05de\u05d5\u05df"]


@pytest.mark.parametrize("words", NAMES)
async def test_names_of_any_kind_are_text_in_every_file(
    working_client: httpx.AsyncClient, session_id: str, words: str
) -> None:
    body = {"set_number": 1, "exercise_name": words, "note": words}
    answer = await correct(working_client, session_id, body)
    assert answer.status_code == 200
    name = answer.json()["results"]["exercise_steps"][0]["exercise_name"]
    assert len(name.splitlines()) == 1
    for wanted in TEXT_FORMATS:
        made = await working_client.get(f"{VIDEO}/export/{session_id}", params={"format": wanted})
        assert made.status_code == 200
        if wanted in ("html", "vtt", "fcpxml"):
            assert "<script>" not in made.text
            assert "<b>bold</b>" not in made.text
    assert (await working_client.get(f"{VIDEO}/chart/{session_id}/1")).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"set_number": 1, "exercise_name": ""}, "exercise_name"),
        ({"set_number": 1, "exercise_name": "\u200b"}, "exercise_name"),
        ({"set_number": 1, "exercise_name": "x" * 10_000}, "exercise_name"),
        ({"set_number": 1, "exercise_name": ["\ud800"]}, "exercise_name"),
        ({"set_number": 1, "repetitions": -1}, "repetitions"),
        ({"set_number": 1, "repetitions": 1001}, "repetitions"),
        ({"set_number": 1, "repetitions": "8"}, "repetitions"),
        ({"set_number": 1, "repetitions": True}, "repetitions"),
        ({"set_number": 1, "repetitions": 10**400}, "repetitions"),
        ({"set_number": 1, "removed": "yes"}, "removed"),
        ({"set_number": 1, "note": "x" * 501}, "note"),
        ({"set_number": 0, "note": "a"}, "set_number"),
        ({"set_number": 1, "note": "a", "name": 1}, "other"),
        ({"set_number": 1, "note": "a", "\ud800": 1}, "body"),
        ({"set_number": 1, "note": "a", "seen": {"repetitions": {}}}, "seen.repetitions"),
        ([], "body"),
        (None, "body"),
    ],
)
async def test_a_body_that_cannot_be_used_names_the_field(
    working_client: httpx.AsyncClient, session_id: str, body: Any, field: str
) -> None:
    answer = await correct(working_client, session_id, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter")
    assert field in answer.json()["detail"]
    unchanged = (await working_client.get(f"{VIDEO}/results/{session_id}")).json()
    assert unchanged["results"] == REPORT


async def test_every_field_that_cannot_be_used_is_named(
    working_client: httpx.AsyncClient, session_id: str
) -> None:
    answer = await correct(working_client, session_id, {"set_number": 1, "repetitions": -1, "removed": 3})
    assert answer.json()["errors"] == [
        {"field": "repetitions", "sent": "-1", "allowed": "a whole number from 0 to 1000, or null"},
        {"field": "removed", "sent": "3", "allowed": "true, false or null"},
    ]


async def test_bodies_that_are_no_json_or_endless(working_client: httpx.AsyncClient, session_id: str) -> None:
    for body in (b"", b"{", b"\xff\xfe", b"[" * 100_000):
        answer = await correct(working_client, session_id, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    endless = await correct(working_client, session_id, {"set_number": 1, "note": "x" * 600_000})
    assert endless.status_code == 413
    form = await working_client.patch(f"{VIDEO}/results/{session_id}", data={"set_number": "1"})
    assert (form.status_code, form.json()["code"]) == (422, "invalid_input")


async def test_sessions_and_sets_that_cannot_be_corrected(
    working_client: httpx.AsyncClient, working_service: JobService, clip: bytes, session_id: str
) -> None:
    wanted = {"set_number": 1, "exercise_name": "Lunge"}

    async def outcome(session: str, body: Any = wanted) -> tuple[int, str]:
        answer = await correct(working_client, session, body)
        return answer.status_code, answer.json()["code"]

    assert await outcome(str(uuid.uuid4())) == (404, "session_not_found")
    assert await outcome(session_id, wanted | {"set_number": 3}) == (404, "set_not_found")
    assert await outcome(session_id, {"step": 3, "note": "a"}) == (404, "set_not_found")
    assert await outcome(session_id, {"set_number": 1}) == (422, "invalid_parameter")
    assert await outcome(session_id, {"note": "a"}) == (422, "invalid_parameter")
    assert await outcome(session_id, wanted | {"step": 1}) == (422, "invalid_parameter")
    sent = await working_client.post(f"{VIDEO}/upload", files={"video": ("a.mp4", clip)})
    assert await outcome(sent.json()["session_id"]) == (409, "not_completed")
    working_service.start_analysis(session_id, HIGHLIGHTS)
    working_service.wait(session_id, timeout_s=60)
    assert await outcome(session_id) == (409, "not_a_workout")


async def test_a_change_to_what_is_no_longer_so_is_refused(
    working_client: httpx.AsyncClient, session_id: str
) -> None:
    first = {"set_number": 1, "exercise_name": "Lunge", "seen": {"exercise_name": "Squat"}}
    assert (await correct(working_client, session_id, first)).status_code == 200
    answer = await correct(working_client, session_id, first | {"exercise_name": "Plank"})
    assert (answer.status_code, answer.json()["code"]) == (409, "correction_conflict")
    assert "\u201cLunge\u201d" in answer.json()["detail"]
    other = {"set_number": 1, "repetitions": 3, "seen": {"exercise_name": "Squat", "repetitions": 2}}
    assert (await correct(working_client, session_id, other)).status_code == 200


def test_the_document_describes_the_body(api: FastAPI) -> None:
    document = api.openapi()
    operation = document["paths"][f"{VIDEO}/results/{{session_id}}"]["patch"]
    content = operation["requestBody"]["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/CorrectionRequest"}
    schema = document["components"]["schemas"]["CorrectionRequest"]
    assert set(schema["properties"]) == {
        "exercise_name",
        "repetitions",
        "removed",
        "note",
        "set_number",
        "step",
        "seen",
    }
    number, nothing = schema["properties"]["repetitions"]["anyOf"]
    assert (number["minimum"], number["maximum"], nothing) == (0, 1000, {"type": "null"})
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/ResultsResponse"}
