"""How long does ``GET progress`` take while an analysis runs?

    python -m benchmarks.latency [URL] [--video FILE] [--clients 20] [--interval-s 0.25] [--limit-ms 50]

Without URL it starts the app itself. The clients are coroutines on keep-alive connections of this process, so
their own work is in the numbers, too. Exit 1 when p99 exceeds the limit.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.footage import write_piece, write_repeated
from benchmarks.serve import running
from benchmarks.wire import PREFIX, Client

PIECE_S = 20
LONGEST_RUN_S = 120.0


async def get_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, path: str) -> bytes:
    """One request on an open connection; the body. Only what this server sends is understood."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode(errors="replace"))
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return await reader.readexactly(int(length.split(b":")[1]))


async def poll(url: str, path: str, interval_s: float, first_after_s: float, until: float) -> list[float]:
    """Polls until the analysis ends or the clock says ``until``; seconds of every answer while it ran."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    taken: list[float] = []
    await asyncio.sleep(first_after_s)
    try:
        while time.monotonic() < until:
            started = time.monotonic()
            body = await get_once(reader, writer, parts.netloc, path)
            taken_s = time.monotonic() - started
            if b'"status":"analyzing"' not in body.replace(b" ", b""):
                break
            taken.append(taken_s)
            await asyncio.sleep(max(0.0, interval_s - taken_s))
    finally:
        writer.close()
    return taken


async def poll_all(url: str, session_id: str, clients: int, interval_s: float) -> list[float]:
    path = f"{PREFIX}/progress/{session_id}"
    until = time.monotonic() + LONGEST_RUN_S
    offsets = [index * interval_s / clients for index in range(clients)]
    per_client = await asyncio.gather(*(poll(url, path, interval_s, offset, until) for offset in offsets))
    return sorted(seconds for client in per_client for seconds in client)


def percentile(ordered: list[float], percent: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def generated_video(folder: Path) -> Path:
    """Ten minutes of 360p: enough work for the polls to matter."""
    write_piece(folder / "piece.mp4", PIECE_S)
    write_repeated(folder / "video.mp4", folder / "piece.mp4", times=30, piece_s=PIECE_S)
    return folder / "video.mp4"


def measure(url: str, video: Path, clients: int, interval_s: float) -> list[float]:
    client = Client(url)
    session_id = client.upload(video).raise_for_status().json()["session_id"]
    try:
        client.analyze(session_id, analysis_type="highlights", segment_duration=5).raise_for_status()
        return asyncio.run(poll_all(url, session_id, clients, interval_s))
    finally:
        client.delete(session_id)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="?")
    parser.add_argument("--video", type=Path)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--interval-s", type=float, default=0.25)
    parser.add_argument("--limit-ms", type=float, default=50.0)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        video = arguments.video or generated_video(folder)
        url = arguments.url or stack.enter_context(running({"SMOLVLM_BACKEND": "signals"})).base_url
        taken = measure(url, video, arguments.clients, arguments.interval_s)
    if len(taken) < 100:
        print(f"only {len(taken)} answers while the analysis ran: take a longer video")
        return 1
    p50, p99, most = (1000 * value for value in (percentile(taken, 50), percentile(taken, 99), taken[-1]))
    print(
        f"{arguments.clients} clients, every {arguments.interval_s} s, {len(taken)} answers during the analysis: "
        f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, most {most:.1f} ms"
    )
    return 0 if p99 <= arguments.limit_ms else 1


if __name__ == "__main__":
    sys.exit(main())
