"""One raw ASGI request, for what clients do badly: stop in the middle, never stop, or say nothing."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message

BOUNDARY = b"a-boundary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY.decode()}"


@dataclass
class Exchange:
    """What was sent and answered. ``taken``: pieces of the body the app had read when it answered."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    taken: int = 0


async def request(
    app: ASGIApp,
    path: str,
    pieces: Iterable[bytes],
    headers: dict[str, str],
    *,
    then_leave: bool = False,
    stay_s: float | None = None,
) -> Exchange:
    """POST the pieces.

    ``then_leave``: the client disconnects after the last instead of ending the body. ``stay_s``: it
    disconnects that long after the body ended; None waits for the answer.
    """
    exchange = Exchange()
    body = iter(pieces)
    gone_at_s: float | None = None

    async def receive() -> Message:
        nonlocal gone_at_s
        if exchange.status == 0:
            exchange.taken += 1
        piece = next(body, None)
        if piece is not None:
            return {"type": "http.request", "body": piece, "more_body": True}
        if gone_at_s is not None:
            if (left_s := gone_at_s - time.monotonic()) > 0:
                await asyncio.sleep(left_s)
            return {"type": "http.disconnect"}
        gone_at_s = time.monotonic() + (3600 if stay_s is None else stay_s)
        return (
            {"type": "http.disconnect"}
            if then_leave
            else {"type": "http.request", "body": b"", "more_body": False}
        )

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            exchange.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            exchange.body += message.get("body", b"")

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
    }
    await app(scope, receive, send)
    return exchange


def part(name: str, data: bytes, filename: str | bytes | None = None) -> bytes:
    """One part of a form, with its leading boundary."""
    raw = filename.encode() if isinstance(filename, str) else filename
    of_file = b"" if raw is None else b'; filename="' + raw + b'"'
    head = b'--%b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n'
    return head % (BOUNDARY, name.encode(), of_file) + data + b"\r\n"


END = b"--" + BOUNDARY + b"--\r\n"


def cut(body: bytes, size: int) -> Iterator[bytes]:
    """The body in pieces of ``size`` bytes."""
    return (body[start : start + size] for start in range(0, len(body), size))
