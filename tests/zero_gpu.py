"""A scheduler as ZeroGPU's, over HTTP on this machine, for the real ``spaces`` package to ask for GPUs."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a GPU."""

    token: str | None
    duration_s: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer other than a GPU. ``wait`` is an ISO 8601 duration."""

    status: int
    left_s: int = 0
    wait: str = "PT0S"
    auth: str | None = None

    @property
    def body(self) -> bytes:
        return json.dumps({"left": self.left_s, "wait": self.wait}).encode()


@dataclass
class Scheduler:
    """``refusals`` are given out one by one before GPUs are, after a wait in line with ``queue_first``.

    ``asked``, ``allowed`` and ``released`` record what happened; without ``may_answer`` nobody gets an answer.
    """

    url: str = ""
    refusals: deque[Refusal] = field(default_factory=deque)
    queue_first: bool = False
    may_answer: threading.Event = field(default_factory=threading.Event)
    asked: list[Asked] = field(default_factory=list)
    allowed: set[str] = field(default_factory=set)
    released: list[tuple[str, bool]] = field(default_factory=list)

    def environment(self, folder: Path) -> dict[str, str]:
        """What makes ``spaces`` believe that it is on ZeroGPU with this scheduler."""
        cgroup = folder / "cgroup"
        cgroup.write_text("5:devices:/a-space\n")
        return {
            "SPACES_ZERO_GPU": "true",
            "SPACES_ZERO_DEVICE_API_URL": self.url,
            "ZEROGPU_PROC_SELF_CGROUP_PATH": str(cgroup),
            "ZEROGPU_OFFLOAD_DIR": str(folder / "tensors"),
            "OMP_NUM_THREADS": "1",  # OpenMP's threads do not survive a fork; on a GPU none are used
        }


@contextmanager
def scheduler() -> Iterator[Scheduler]:
    """One that runs."""
    state = Scheduler()
    state.may_answer.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            sent = {name: values[0] for name, values in parse_qs(parts.query).items()}
            getattr(self, "on_" + parts.path.strip("/").replace("-", "_"))(sent)

        def on_startup_report(self, _sent: dict[str, str]) -> None:
            self.answer(200)

        def on_schedule(self, sent: dict[str, str]) -> None:
            state.asked.append(Asked(sent.get("token"), int(sent["durationSeconds"])))
            state.may_answer.wait(60)
            if state.refusals:
                refusal = state.refusals.popleft()
                headers = {"X-Authenticated": refusal.auth} if refusal.auth else {}
                self.answer(refusal.status, refusal.body, headers)
                return
            grant = {
                "idle": len(state.asked) > 1,
                "nvidiaIndex": 0,
                "nvidiaUUID": "MIG-of-a-test",
                "allowToken": f"allow-{len(state.asked)}",
            }
            body = json.dumps(grant).encode()
            if state.queue_first:
                events = b"event: ping\n\n", b"event: succeeded\ndata: " + body + b"\n\n"
                self.stream(events)
            else:
                self.answer(200, body)

        def on_allow(self, sent: dict[str, str]) -> None:
            state.allowed.add(sent["allowToken"])
            self.answer(200)

        def on_release(self, sent: dict[str, str]) -> None:
            state.released.append((sent["allowToken"], sent["fail"] == "true"))
            self.answer(200)

        def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def stream(self, events: tuple[bytes, ...]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            for event in events:
                self.wfile.write(event)
                self.wfile.flush()
                threading.Event().wait(0.2)  # each is a piece of its own to the client
            self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
