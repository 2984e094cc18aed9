"""Errors on the wire: one status for every class, one shape for every error."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from smolvlm_core import errors
from smolvlm_core.api.problems import TaskFailed, class_of, handlers, problem_of, status_of
from smolvlm_core.api.schemas import Problem

CONTRACT = {
    errors.SmolVLMError: 500,
    errors.InputError: 422,
    errors.InvalidParameter: 422,
    errors.UnsupportedContainer: 415,
    errors.NoVideoStream: 422,
    errors.Undecodable: 422,
    errors.VideoTooLong: 422,
    errors.FrameTooLarge: 422,
    errors.UploadTooLarge: 413,
    errors.ModelError: 500,
    errors.ModelUnavailable: 503,
    errors.GpuRefused: 503,
    errors.GpuQuotaSpent: 429,
    errors.ClipError: 500,
    errors.NothingToCut: 422,
    errors.JobError: 409,
    errors.SessionNotFound: 404,
    errors.SessionExpired: 410,
    errors.AlreadyAnalyzing: 409,
    errors.NotCompleted: 409,
    errors.SetNotFound: 404,
    errors.HighlightNotFound: 404,
    errors.NotAWorkout: 409,
    errors.CorrectionConflict: 409,
    errors.NothingToCancel: 409,
    errors.QueueFull: 429,
    errors.RendererBusy: 503,
    errors.PreviewNotReady: 503,
    errors.NothingToRecut: 409,
    errors.PictureNotFound: 404,
    errors.ServiceClosing: 503,
    errors.DiskBudgetSpent: 503,
    errors.TaskLost: 500,
    errors.Cancelled: 409,
}


def family(root: type[errors.SmolVLMError]) -> Iterator[type[errors.SmolVLMError]]:
    yield root
    for child in root.__subclasses__():
        yield from family(child)


OF_THE_PACKAGE = [found for found in family(errors.SmolVLMError) if found.__module__ == errors.__name__]


@pytest.mark.parametrize("error", OF_THE_PACKAGE, ids=lambda error: error.__name__)
def test_every_error_has_its_status_and_a_code_of_its_own(error: type[errors.SmolVLMError]) -> None:
    assert status_of(error) == CONTRACT[error]
    assert class_of(error.code) is error


def test_a_failed_task_answers_with_the_status_of_its_error() -> None:
    assert problem_of(TaskFailed("undecodable", "Not one frame.")).status == 422
    assert problem_of(TaskFailed("from_another_version", "Eh?")).status == 500


def test_not_completed_tells_the_status_of_the_session() -> None:
    problem = problem_of(errors.NotCompleted("analyzing"))
    assert (problem.code, problem.session_status) == ("not_completed", "analyzing")
    assert problem.type == "urn:smolvlm:problem:not_completed"


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI(exception_handlers=handlers())
    raised: dict[str, Exception] = {
        "full": errors.QueueFull("Full."),
        "disk": errors.DiskBudgetSpent("Spent.", hint="Wait."),
        "surprise": RuntimeError("/root/secret/path.py broke"),
    }

    async def fail(request: Request, name: str, number: int = 0) -> None:
        raise raised[name]

    app.get("/api/{name}")(fail)
    app.get("/gradio_api/{name}")(fail)
    return app


async def get(app: FastAPI, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path)


@pytest.mark.parametrize(("path", "status", "seconds"), [("/api/full", 429, "30"), ("/api/disk", 503, "300")])
async def test_errors_that_pass_say_when_to_come_back(app: FastAPI, path: str, status: int, seconds: str) -> None:
    answer = await get(app, path)
    assert (answer.status_code, answer.headers["retry-after"]) == (status, seconds)
    assert answer.headers["content-type"] == "application/problem+json"
    assert Problem.model_validate(answer.json()).status == status


@pytest.mark.logs_errors
async def test_a_surprise_is_logged_and_tells_nothing(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    answer = await get(app, "/api/surprise")
    problem = Problem.model_validate(answer.json())
    assert (answer.status_code, problem.code) == (500, "internal_error")
    assert "secret" not in answer.text
    assert "request_broke" in caplog.text


async def test_a_request_that_cannot_be_read_names_the_field(app: FastAPI) -> None:
    problem = Problem.model_validate((await get(app, "/api/full?number=many")).json())
    assert (problem.status, problem.code) == (422, "invalid_parameter")
    assert problem.errors is not None
    assert (problem.errors[0].field, problem.errors[0].sent) == ("number", "many")


@pytest.mark.logs_errors
async def test_the_pages_own_paths_keep_the_form_the_page_expects(app: FastAPI) -> None:
    assert (await get(app, "/gradio_api/a/b")).json() == {"detail": "Not Found"}
    assert (await get(app, "/gradio_api/surprise")).text == "Internal Server Error"
    invalid = await get(app, "/gradio_api/full?number=many")
    assert isinstance(invalid.json()["detail"], list)


@pytest.mark.parametrize(("path", "status", "code"), [("/api/a/b", 404, "not_found")])
async def test_unknown_paths_are_problems(app: FastAPI, path: str, status: int, code: str) -> None:
    problem = Problem.model_validate((await get(app, path)).json())
    assert (problem.status, problem.code) == (status, code)
