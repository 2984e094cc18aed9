"""Who may call from other sites, with the page's server around the routes as in real life."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Message

from smolvlm_core.api.app import create_api
from smolvlm_core.jobs.service import JobService

ALLOWED = "https://allowed.example"
OTHER = "https://other.example"
CREDENTIALS = "access-control-allow-credentials"
ORIGIN = "access-control-allow-origin"


@asynccontextmanager
async def started(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """The app as a server runs it, from its start to its end."""
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    running = asyncio.ensure_future(
        app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, to_app.get, from_app.put)
    )
    await to_app.put({"type": "lifespan.startup"})
    assert (await from_app.get())["type"] == "lifespan.startup.complete"
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://public.example") as client:
        yield client
    await to_app.put({"type": "lifespan.shutdown"})
    await running


def inside_the_pages_server(api: FastAPI) -> FastAPI:
    """The API's parts where they run in real life. Call it in a running event loop: Gradio makes one otherwise."""
    import gradio as gr
    from gradio.routes import App

    with gr.Blocks() as page:
        gr.Markdown("A page")
    parts: dict[str, Any] = {
        "routes": api.routes,
        "openapi_url": None,
        "exception_handlers": api.exception_handlers,
        "middleware": api.user_middleware,
    }
    served: FastAPI = App.create_app(page, app_kwargs=parts)
    return served


async def check_only_allowed_sites_may_call(client: httpx.AsyncClient) -> None:
    for path, status in (("/health", 200), ("/api/v1/video/progress/x", 404), ("/api/nothing", 404)):
        allowed = await client.get(path, headers={"Origin": ALLOWED})
        other = await client.get(path, headers={"Origin": OTHER})
        none = await client.get(path)
        assert {allowed.status_code, other.status_code, none.status_code} == {status}
        assert allowed.headers[ORIGIN] == ALLOWED
        assert ORIGIN not in other.headers
        assert ORIGIN not in none.headers
        assert not any(CREDENTIALS in answer.headers for answer in (allowed, other, none))


async def check_preflights_follow_the_same_rule(client: httpx.AsyncClient) -> None:
    for origin, status in ((ALLOWED, 200), (OTHER, 400)):
        headers = {"Origin": origin, "Access-Control-Request-Method": "DELETE"}
        answer = await client.options("/api/v1/video/session/x", headers=headers)
        assert answer.status_code == status
        assert answer.headers.get(ORIGIN) == (ALLOWED if origin == ALLOWED else None)
        assert CREDENTIALS not in answer.headers


async def check_answers_are_neither_guessed_at_nor_cached(client: httpx.AsyncClient) -> None:
    for path in ("/health", "/api/nothing", "/openapi.json", "/metrics"):
        headers = (await client.get(path)).headers
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


async def check_documents_are_served(client: httpx.AsyncClient) -> None:
    assert "swagger" in (await client.get("/docs")).text
    document = (await client.get("/openapi.json")).json()
    assert not [path for path in document["paths"] if path.startswith("/gradio_api")]


async def check_errors_are_problems(client: httpx.AsyncClient) -> None:
    for method, path, status in (("GET", "/api/nothing", 404), ("PUT", "/health", 405)):
        answer = await client.request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


CHECKS = [
    check_only_allowed_sites_may_call,
    check_preflights_follow_the_same_rule,
    check_answers_are_neither_guessed_at_nor_cached,
    check_documents_are_served,
    check_errors_are_problems,
]


@pytest.mark.parametrize("check", CHECKS)
async def test_alone(service: JobService, check: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    async with started(create_api(service, [ALLOWED])) as client:
        await check(client)


async def test_inside_the_pages_server(service: JobService) -> None:
    """The same rules hold there, and the page's own paths pass untouched."""
    async with started(inside_the_pages_server(create_api(service, [ALLOWED]))) as client:
        for check in CHECKS:
            await check(client)
        nothing = await client.get("/gradio_api/nothing", headers={"Origin": OTHER})
        assert nothing.json() == {"detail": "Not Found"}
        assert "x-content-type-options" not in nothing.headers


async def test_a_service_without_allowed_sites_allows_none(service: JobService) -> None:
    async with started(create_api(service)) as client:
        assert ORIGIN not in (await client.get("/health", headers={"Origin": ALLOWED})).headers


async def test_a_service_for_all_sites_sends_no_credentials(service: JobService) -> None:
    async with started(create_api(service, ["*"])) as client:
        headers = (await client.get("/health", headers={"Origin": OTHER})).headers
        assert (headers[ORIGIN], CREDENTIALS in headers) == ("*", False)
