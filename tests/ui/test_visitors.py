"""The token of a request reaches the thread that works for it, and nothing else of the request does."""

import threading
from contextvars import copy_context
from typing import Any

import gradio as gr
import pytest
from gradio.context import LocalContext
from spaces.zero import client

from smolvlm_core.ui.visitors import TOKEN_HEADER, Asking, RestVisitors, Visitors

TOKEN = "a.e30.b"
PAGE = object()  # stands for gr.Blocks, which wants an event loop


def token_that_spaces_finds() -> str | None:
    """As the decorator of ``spaces`` looks for it."""
    headers = client._get_headers(LocalContext.request.get(None))
    token: str | None = client._get_token_and_payload(headers)[0]
    return token


def asked_with(request: object) -> Any:
    """The visit that a handler would have made for this request."""

    def handle() -> Any:
        LocalContext.request.set(request)  # type: ignore[arg-type]
        return visitors()

    visitors = Visitors()
    visitors.page = PAGE  # type: ignore[assignment]
    return copy_context().run(handle)


REQUESTS = {
    "page": gr.Request(headers={TOKEN_HEADER: TOKEN, "cookie": "a=1"}),
    "REST": Asking(TOKEN),
}


@pytest.mark.parametrize("door", REQUESTS)
def test_the_thread_that_works_has_the_token_for_as_long_as_it_works(door: str) -> None:
    visit = asked_with(REQUESTS[door])
    found: list[object] = []

    def work() -> None:
        with visit():
            found.append(token_that_spaces_finds())
            found.append(LocalContext.blocks.get(None))
        found.append(LocalContext.request.get(None))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert found[0] == TOKEN
    assert found[1] is PAGE
    assert found[2] is None


@pytest.mark.parametrize(
    "request_",
    [None, gr.Request(headers={"accept": "*/*"}), Asking(None), object()],
    ids=["none", "page", "REST", "odd"],
)
def test_without_a_token_it_works_without_one(request_: object) -> None:
    with asked_with(request_)():
        assert token_that_spaces_finds() is None


def test_of_the_request_nothing_else_is_kept() -> None:
    with asked_with(REQUESTS["page"])():
        asking: Any = LocalContext.request.get(None)
        assert dict(asking.headers) == {TOKEN_HEADER: TOKEN}
        assert TOKEN not in repr(asking)
        assert TOKEN not in repr(asking.headers)
        assert TOKEN not in repr(vars(asking))


async def test_rest_puts_it_where_handlers_find_theirs() -> None:
    found: list[str | None] = []

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        found.append(token_that_spaces_finds())

    async def nothing(*_: Any) -> None:
        pass

    door = RestVisitors(app)
    await door({"type": "http", "headers": [(b"x-ip-token", TOKEN.encode())]}, nothing, nothing)
    await door({"type": "http", "headers": []}, nothing, nothing)
    await door({"type": "lifespan"}, nothing, nothing)
    assert found == [TOKEN, None, None]
    assert LocalContext.request.get(None) is None
