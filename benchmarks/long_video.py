"""Time and memory for one hour of 360p, with the measured signals alone or with a checkpoint.

    python -m benchmarks.long_video [--minutes 60] [--limit-mib 1536] [--checkpoint PATH] [--thoroughness fast]

Makes the video (one minute encoded, then its packets repeated), starts the app, analyzes, prints the wall time of
the analysis and the most memory the server held. Exit 1 when it fails or takes more memory than the limit.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.footage import write_piece, write_repeated
from benchmarks.serve import running
from benchmarks.wire import Client

PIECE_S = 60
MIB = 1024**2


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--limit-mib", type=float, default=1536.0)
    parser.add_argument("--checkpoint", help="hub id or folder of a SmolVLM2 checkpoint; measured signals without")
    parser.add_argument("--thoroughness", choices=("fast", "balanced", "exhaustive"), default="balanced")
    arguments = parser.parse_args()
    model = {"SMOLVLM_BACKEND": "signals"}
    if arguments.checkpoint:
        model = {"SMOLVLM_BACKEND": "torch", "SMOLVLM_CHECKPOINT": arguments.checkpoint}
    with tempfile.TemporaryDirectory() as folder:
        piece, video = Path(folder) / "piece.mp4", Path(folder) / "video.mp4"
        write_piece(piece, PIECE_S)
        write_repeated(video, piece, arguments.minutes, PIECE_S)
        with running(model) as server:
            idle_mib = server.peak_rss_bytes() / MIB
            client = Client(server.base_url, timeout_s=120)
            session_id = client.upload(video).raise_for_status().json()["session_id"]
            uploaded_mib = server.peak_rss_bytes() / MIB
            started = time.monotonic()
            form = {"analysis_type": "highlights", "thoroughness": arguments.thoroughness}
            client.analyze(session_id, **form).raise_for_status()
            watched = client.watch(session_id)
            wall_s = time.monotonic() - started
            peak_mib = server.peak_rss_bytes() / MIB
    status = watched.last.get("status")
    segments = watched.last.get("total_segments")
    print(
        f"{arguments.minutes} min of 640x360, {segments} segments, {arguments.checkpoint or 'signals'}, "
        f"{arguments.thoroughness}: {status} in {wall_s:.0f} s "
        f"({arguments.minutes * 60 / wall_s:.0f}x real time); server's peak memory {peak_mib:.0f} MiB "
        f"(idle {idle_mib:.0f}, after the upload {uploaded_mib:.0f}); {watched.problems or 'no stall'}"
    )
    return 0 if status == "completed" and peak_mib <= arguments.limit_mib and not watched.problems else 1


if __name__ == "__main__":
    sys.exit(main())
