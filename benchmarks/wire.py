"""A REST client of the documented contract, and nothing more: status, headers and JSON as they come."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

JSON = dict[str, Any]
"""A JSON object as the server sent it; ``benchmarks.shapes`` judges its fields."""

PREFIX = "/api/v1/video"
POLL_S = 0.1
STALL_S = 30.0
FINAL = {"completed", "failed", "cancelled"}


@dataclass
class Watched:
    """What polling ``progress`` to the end saw."""

    last: JSON = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Client:
    """One server. Every method answers with the raw response; none raises for a status."""

    def __init__(self, base_url: str, timeout_s: float = STALL_S) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=timeout_s)

    def close(self) -> None:
        self.http.close()

    def upload(self, path: Path, name: str | None = None, description: str = "") -> httpx.Response:
        with path.open("rb") as content:
            files = {"video": (name if name is not None else path.name, content, "application/octet-stream")}
            return self.http.post(f"{PREFIX}/upload", files=files, data={"description": description})

    def analyze(self, session_id: str, **form: str | int | float) -> httpx.Response:
        return self.http.post(f"{PREFIX}/analyze/{session_id}", data={key: str(form[key]) for key in form})

    def progress(self, session_id: str) -> httpx.Response:
        return self.http.get(f"{PREFIX}/progress/{session_id}")

    def results(self, session_id: str) -> httpx.Response:
        return self.http.get(f"{PREFIX}/results/{session_id}")

    def cancel(self, session_id: str) -> httpx.Response:
        return self.http.post(f"{PREFIX}/cancel/{session_id}")

    def delete(self, session_id: str) -> httpx.Response:
        return self.http.delete(f"{PREFIX}/session/{session_id}")

    def watch(self, session_id: str, timeout_s: float = 3600.0) -> Watched:
        """Polls until the analysis ends, stalls for ``STALL_S``, or ``timeout_s`` is over."""
        seen = Watched()
        started = changed = time.monotonic()
        while True:
            response = self.progress(session_id)
            now = time.monotonic()
            seen.seconds = now - started
            if response.status_code != 200:
                seen.problems.append(f"progress answered {response.status_code}: {response.text[:200]}")
                return seen
            body: JSON = response.json()
            if seen.last:
                if body.get("progress", 0) < seen.last.get("progress", 0):
                    seen.problems.append(f"progress went back: {seen.last['progress']} -> {body.get('progress')}")
                if not same_state(body, seen.last):
                    changed = now
            seen.last = body
            if body.get("status") in FINAL:
                return seen
            if now - changed > STALL_S or seen.seconds > timeout_s:
                seen.problems.append(f"stalled at {body.get('progress')} %: {body.get('current_step')!r}")
                return seen
            time.sleep(POLL_S)


def same_state(one: JSON, other: JSON) -> bool:
    keys = ("status", "progress", "current_step", "segments_completed", "queue_position")
    return all(one.get(key) == other.get(key) for key in keys)
