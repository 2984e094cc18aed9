"""Does an analysis go on after ``kill -9``, without running finished segments again?

    python -m benchmarks.kill_resume [--at 50] [--backend signals]

Starts the app, analyzes a generated video, kills the server at the given percentage of segments, starts it again
over the same data folder and waits. The log lines ``event=segment_scored`` of both runs tell which segments ran
when: one may occur twice, that which was running when the process died. Exit 1 otherwise.
"""

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.footage import write_piece, write_repeated
from benchmarks.serve import Server, start
from benchmarks.wire import FINAL, JSON, Client

PIECE_S, PIECES = 20, 30
"""Ten minutes in segments of a second: enough of them to be caught in the middle."""

KILL_TIMEOUT_S = 900.0
SCORED = re.compile(r"event=segment_scored\b[^\n]*\bsegment=(\d+)")


def scored_segments(server: Server) -> list[int]:
    return [int(number) for number in SCORED.findall(server.log_text())]


def kill_at(server: Server, client: Client, session_id: str, percent: float) -> JSON:
    """Waits for that share of the segments, then kills; the last progress seen."""
    deadline = time.monotonic() + KILL_TIMEOUT_S
    while time.monotonic() < deadline:
        progress: JSON = client.progress(session_id).json()
        done, total = progress["segments_completed"], progress["total_segments"]
        if progress["status"] in FINAL:
            raise RuntimeError(f"the analysis was {progress['status']} before it could be killed")
        if total and 100 * done / total >= percent:
            server.kill()
            return progress
        time.sleep(0.005)
    raise RuntimeError("the analysis did not get far enough to be killed")


def report(before: list[int], after: list[int], killed: JSON, final: JSON) -> bool:
    """Prints what ran when; True when nothing was lost or repeated."""
    total = final["total_segments"]
    twice = sorted(set(before) & set(after)) + sorted({n for n in after if after.count(n) > 1})
    never = sorted(set(range(1, total + 1)) - set(before) - set(after))
    print(
        f"killed at {killed['progress']:.0f} % ({killed['segments_completed']} of {total} segments done); "
        f"scored before: {len(before)}, after the restart: {len(after)}; twice: {twice}; never: {never}; "
        f"the analysis {final['status']}"
    )
    return final["status"] == "completed" and len(twice) <= 1 and not never and bool(before) and bool(after)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at", type=float, default=50.0, metavar="PERCENT")
    parser.add_argument("--backend", default="signals")
    arguments = parser.parse_args()
    settings = {"SMOLVLM_BACKEND": arguments.backend}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        piece, video = Path(folder) / "piece.mp4", Path(folder) / "video.mp4"
        write_piece(piece, PIECE_S, size_px=(160, 90), fps=8)
        write_repeated(video, piece, times=PIECES, piece_s=PIECE_S)
        first = start(Path(folder), settings)
        try:
            client = Client(first.base_url)
            session_id = client.upload(video).raise_for_status().json()["session_id"]
            client.analyze(session_id, analysis_type="highlights", segment_duration=1).raise_for_status()
            killed = kill_at(first, client, session_id, arguments.at)
        finally:
            first.kill()
        second = start(Path(folder), settings)
        try:
            watched = Client(second.base_url).watch(session_id)
        finally:
            second.stop()
        print("\n".join(watched.problems))
        fine = report(scored_segments(first), scored_segments(second), killed, watched.last)
    return 0 if fine and not watched.problems else 1


if __name__ == "__main__":
    sys.exit(main())
