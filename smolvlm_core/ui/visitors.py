"""Carries a visitor's token for ZeroGPU from the request to the thread that works for it.

Hugging Face puts the token on every request; the ``spaces`` package looks for it in Gradio's context of the thread
that asks for a GPU. Of the request nothing else is kept, and the token only in memory.
"""

from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import gradio as gr
from gradio.context import LocalContext

from smolvlm_core.jobs.visits import Visit

TOKEN_HEADER = "x-ip-token"  # noqa: S105 - the name of a header

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


class Headers(dict[str, str]):
    """All that ``spaces`` reads of a request's headers. Shows itself to nobody, for it ends in logs otherwise."""

    def __repr__(self) -> str:
        return "<a visitor's headers>"


class Asking:
    """Stands for ``gr.Request``; ``spaces`` reads ``headers`` alone."""

    def __init__(self, token: str | None) -> None:
        self.headers = Headers({TOKEN_HEADER: token} if token else {})


class Visitors:
    """A ``Visits``. ``page``, once there is one, lets forked processes close what belongs to its server."""

    page: gr.Blocks | None = None

    def __call__(self) -> Visit:
        """The visit of whoever asks now: on the page, through a Python client, or over REST (``RestVisitors``)."""
        headers: Any = getattr(LocalContext.request.get(None), "headers", None)
        token = headers.get(TOKEN_HEADER) if hasattr(headers, "get") else None

        @contextmanager
        def visit() -> Iterator[None]:
            asking = LocalContext.request.set(Asking(token))  # type: ignore[arg-type]
            page = LocalContext.blocks.set(self.page)
            try:
                yield
            finally:
                LocalContext.blocks.reset(page)
                LocalContext.request.reset(asking)

        return visit


class RestVisitors:
    """Middleware: puts the token of a request where Gradio's own handlers find theirs."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token = dict(scope["headers"]).get(TOKEN_HEADER.encode(), b"").decode("latin-1")
        asking = LocalContext.request.set(Asking(token))  # type: ignore[arg-type]
        try:
            await self._app(scope, receive, send)
        finally:
            LocalContext.request.reset(asking)
