"""Errors as ``application/problem+json`` (RFC 9457): the one table from error class to HTTP status.

The handlers are given to the page's server too, so they answer for the REST paths only: what the
page's own routes raise keeps the form the page expects.
"""

from collections.abc import Callable, Coroutine, Iterator
from http import HTTPStatus
from typing import Any

from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from smolvlm_core import errors
from smolvlm_core.api.paths import is_rest
from smolvlm_core.api.schemas import FieldProblem, Problem
from smolvlm_core.domain import Status
from smolvlm_core.log import log_event, log_failure

STATUS_OF: dict[type[errors.SmolVLMError], int] = {
    errors.SmolVLMError: 500,
    errors.InputError: 422,
    errors.UnsupportedContainer: 415,
    errors.UploadTooLarge: 413,
    errors.ModelUnavailable: 503,
    errors.GpuRefused: 503,
    errors.GpuQuotaSpent: 429,
    errors.NothingToCut: 422,
    errors.JobError: 409,
    errors.SessionNotFound: 404,
    errors.SetNotFound: 404,
    errors.HighlightNotFound: 404,
    errors.PictureNotFound: 404,
    errors.SessionExpired: 410,
    errors.QueueFull: 429,
    errors.RendererBusy: 503,
    errors.PreviewNotReady: 503,
    errors.ServiceClosing: 503,
    errors.DiskBudgetSpent: 503,
    errors.TaskLost: 500,
}
"""A class that is missing here has the status of its nearest base."""

CLIENT_GONE = 499  # nginx's number for "client closed request"; nobody reads the answer
MEDIA_TYPE = "application/problem+json"

Handler = Callable[[Request, Any], Coroutine[Any, Any, Response]]


def status_of(error: type[errors.SmolVLMError]) -> int:
    """The HTTP status of an error class."""
    return next(STATUS_OF[base] for base in error.__mro__ if base in STATUS_OF)


def class_of(code: str) -> type[errors.SmolVLMError]:
    """The error class with this ``code``; the base of all when there is none (any more)."""
    return next((found for found in _family(errors.SmolVLMError) if found.code == code), errors.SmolVLMError)


def _family(root: type[errors.SmolVLMError]) -> Iterator[type[errors.SmolVLMError]]:
    yield root
    for child in root.__subclasses__():
        yield from _family(child)


class BadForm(errors.InvalidParameter):
    """One or more fields of a form cannot be used; ``fields`` has them all."""

    def __init__(self, fields: list[FieldProblem]) -> None:
        first = fields[0]
        super().__init__(first.field, first.sent, first.allowed)
        self.message = " ".join(_sentence(field) for field in fields)
        self.fields = fields


class TaskFailed(errors.SmolVLMError):
    """The analysis a client waited for ended in an error; it has that error's code and status."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The problem as a response; members that say nothing are left out."""
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, problem.status, headers=headers, media_type=MEDIA_TYPE)


def problem_of(error: errors.SmolVLMError) -> Problem:
    """The problem that tells of an error raised on purpose."""
    status = status_of(class_of(error.code) if isinstance(error, TaskFailed) else type(error))
    problem = _problem(status, error.code, error.message)
    problem.hint = error.hint
    if isinstance(error, BadForm):
        problem.errors = error.fields
    if isinstance(error, errors.NotCompleted):
        problem.session_status = Status(error.status)
    return problem


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of an endpoint that can answer with these problems (500 is always among them)."""
    return {status: {"model": Problem, "description": HTTPStatus(status).phrase} for status in (*statuses, 500)}


def handlers() -> dict[int | type[Exception], Handler]:
    """The exception handlers of the app."""
    return {
        errors.SmolVLMError: _on_own_error,
        RequestValidationError: _on_invalid_request,
        HTTPException: _on_http_error,
        ClientDisconnect: _on_client_gone,
        Exception: _on_surprise,
    }


def _problem(status: int, code: str, detail: str) -> Problem:
    return Problem(
        type=f"urn:smolvlm:problem:{code}",
        title=code.replace("_", " ").capitalize(),
        status=status,
        detail=detail,
        code=code,
    )


def _sentence(field: FieldProblem) -> str:
    return f"{field.field}: {field.sent!r} was sent; allowed: {field.allowed}."


async def _on_own_error(request: Request, error: errors.SmolVLMError) -> Response:
    problem = problem_of(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log_event("request_failed", method=request.method, status=problem.status, code=error.code)
    retry_after_s = getattr(error, "retry_after_s", None)
    return problem_response(problem, None if retry_after_s is None else {"Retry-After": str(retry_after_s)})


async def _on_invalid_request(request: Request, error: RequestValidationError) -> Response:
    if not is_rest(request.url.path):
        return await request_validation_exception_handler(request, error)
    fields = [
        FieldProblem(field=str(found["loc"][-1]), sent=str(found.get("input", ""))[:80], allowed=_allowed(found))
        for found in error.errors()
    ]
    return problem_response(problem_of(BadForm(fields)))


def _allowed(found: dict[str, Any]) -> str:
    """What a parameter takes, out of Pydantic's words, in the manner of those of forms."""
    if found["type"] == "enum":
        return f"one of {found['ctx']['expected']}".replace("'", "")
    message = str(found["msg"])
    return message[:1].lower() + message[1:]


async def _on_http_error(request: Request, error: HTTPException) -> Response:
    if not is_rest(request.url.path):
        return await http_exception_handler(request, error)
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_").replace("-", "_")
    detail = error.detail if error.detail != phrase else f"{phrase}: {request.method} {request.url.path[:200]}"
    return problem_response(_problem(error.status_code, code, detail), dict(error.headers or {}))


async def _on_client_gone(request: Request, error: Exception) -> Response:
    return Response(status_code=CLIENT_GONE)


async def _on_surprise(request: Request, error: Exception) -> Response:
    """A defect: the log has it all, the client learns nothing of our insides."""
    log_failure("request_broke", error, method=request.method)
    if not is_rest(request.url.path):
        return PlainTextResponse("Internal Server Error", status_code=500)
    return problem_response(_problem(500, "internal_error", "Something went wrong on our side. It was logged."))
