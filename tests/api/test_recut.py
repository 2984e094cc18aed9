"""Highlights chosen anew over REST: the answer is that of ``/results``, and every refusal says why."""

from pathlib import Path

import httpx
import pytest

from smolvlm_core.analysis.report import workout_report
from smolvlm_core.api.schemas import ResultsResponse
from smolvlm_core.jobs.service import JobService
from tests.api.test_routes import VIDEO, problem, upload
from tests.kept import kept_report
from tests.services import finished
from tests.workouts import workout

UNKNOWN = "00000000-0000-4000-8000-000000000007"


@pytest.fixture
def session_id(working_service: JobService, clip_path: Path) -> str:
    return finished(working_service, clip_path, kept_report())


async def test_the_answer_is_the_new_results(working_client: httpx.AsyncClient, session_id: str) -> None:
    answer = await working_client.post(
        f"{VIDEO}/recut/{session_id}",
        data={"min_significance": "4", "max_highlights": "3", "max_reel_duration": "2"},
    )
    assert answer.status_code == 200
    told = ResultsResponse.model_validate(answer.json()).results
    assert told.analysis_type == "highlights"
    assert told.settings.model_dump(include={"min_significance", "max_highlights", "max_reel_duration"}) == {
        "min_significance": 4,
        "max_highlights": 3,
        "max_reel_duration": 2.0,
    }
    assert [one.significance_score for one in told.highlights] == [9.2, 7.7]
    assert (await working_client.get(f"{VIDEO}/results/{session_id}")).json() == answer.json()
    assert (await working_client.get(f"{VIDEO}/progress/{session_id}")).json()["results"] == answer.json()[
        "results"
    ]
    rows = (await working_client.get(f"{VIDEO}/export/{session_id}?format=csv")).text.strip().splitlines()
    assert len(rows) == 1 + told.highlights_found


async def test_what_is_not_sent_stays(working_client: httpx.AsyncClient, session_id: str) -> None:
    url = f"{VIDEO}/recut/{session_id}"
    assert (await working_client.post(url, data={"max_highlights": "2"})).json()["results"][
        "highlights_found"
    ] == 2
    settings = (await working_client.post(url, data={"min_significance": "5"})).json()["results"]["settings"]
    assert (settings["min_significance"], settings["max_highlights"]) == (5, 2)
    assert (await working_client.post(url)).json()["results"]["settings"] == settings


@pytest.mark.parametrize(
    ("field", "sent", "allowed"),
    [
        ("min_significance", "11", "a whole number from 1 to 10"),
        ("min_significance", "6.5", "a whole number from 1 to 10"),
        ("max_highlights", "0", "a whole number, at least 1"),
        ("max_reel_duration", "nan", "a number from 0 to 86400"),
    ],
)
async def test_a_parameter_out_of_range_is_named(
    working_client: httpx.AsyncClient, session_id: str, field: str, sent: str, allowed: str
) -> None:
    found = problem(await working_client.post(f"{VIDEO}/recut/{session_id}", data={field: sent}))
    assert (found.status, found.code) == (422, "invalid_parameter")
    assert found.errors is not None
    assert [(one.field, one.sent, one.allowed) for one in found.errors] == [(field, sent, allowed)]


async def test_where_there_is_nothing_to_recut(
    working_client: httpx.AsyncClient, working_service: JobService, clip: bytes, clip_path: Path
) -> None:
    found = problem(await working_client.post(f"{VIDEO}/recut/{UNKNOWN}", data={"min_significance": "nonsense"}))
    assert (found.status, found.code) == (404, "session_not_found")
    fresh = await upload(working_client, clip)
    found = problem(await working_client.post(f"{VIDEO}/recut/{fresh}"))
    assert (found.status, found.code, found.session_status) == (409, "not_completed", "uploaded")
    trained = finished(working_service, clip_path, workout_report(workout()))
    found = problem(await working_client.post(f"{VIDEO}/recut/{trained}"))
    assert (found.status, found.code) == (409, "nothing_to_recut")
