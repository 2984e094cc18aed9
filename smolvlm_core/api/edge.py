"""The outermost layer around the REST paths: who may call from other sites, safe headers, request metrics.

The page's own paths pass through untouched.
"""

import time
from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from smolvlm_core.api.metrics import Metrics
from smolvlm_core.api.paths import is_rest

METHODS = ("GET", "POST", "PATCH", "DELETE")
EXPOSED_HEADERS = ("Retry-After", "Content-Disposition")
MARK = "smolvlm.edge"  # in the scope of a request that went through already
STALLED = 499  # counted for requests that got no response


class Edge:
    """Middleware of the REST paths.

    Inside the page's server it is not the outermost one by itself: that server puts a layer of its
    own around it, which lets any site call with credentials. So when the server starts (ASGI's
    ``lifespan``), this moves around everything, and hides ``Origin`` from the layers within.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, cors_origins: Sequence[str]) -> None:
        self._app = app
        self._metrics = metrics
        self._cors_origins = tuple(cors_origins)
        self._rest = CORSMiddleware(
            self._serve,
            allow_origins=self._cors_origins,
            allow_methods=METHODS,
            expose_headers=EXPOSED_HEADERS,
            allow_headers=("*",),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            self._move_outside(scope)
        if scope["type"] == "http" and is_rest(scope["path"]) and MARK not in scope:
            await self._rest({**scope, MARK: True}, receive, send)
        else:
            await self._app(scope, receive, send)

    def _move_outside(self, scope: Scope) -> None:
        app = scope["app"]
        if not isinstance(app.middleware_stack, Edge):
            app.middleware_stack = Edge(app.middleware_stack, self._metrics, self._cors_origins)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started_s = time.perf_counter()
        status = STALLED

        async def send_safely(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        headers = [(name, value) for name, value in scope["headers"] if name != b"origin"]
        try:
            await self._app({**scope, "headers": headers}, receive, send_safely)
        finally:
            took_s = time.perf_counter() - started_s
            self._metrics.request(scope["method"], scope["path"], status, took_s)
