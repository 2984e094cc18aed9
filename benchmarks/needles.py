"""Is the moment that matters among the top three highlights?

    python -m benchmarks.needles http://127.0.0.1:7860 FOLDER [--segment-s 15]

For each ``composite`` video of ``FOLDER/manifest.json``: calm footage with a needle whose times are known. Found
means: one of the best three highlights and the needle cover each other by at least half of the shorter one.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.wire import JSON, Client

TOP = 3


def overlap_share(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Seconds both cover over the length of the shorter one."""
    shared_s = min(one[1], other[1]) - max(one[0], other[0])
    return max(0.0, shared_s) / min(one[1] - one[0], other[1] - other[0])


def highlights_of(client: Client, video: Path, segment_s: float) -> list[JSON]:
    session_id = client.upload(video).raise_for_status().json()["session_id"]
    try:
        form = {"min_significance": 1, "max_highlights": TOP, "segment_duration": segment_s}
        client.analyze(session_id, analysis_type="highlights", **form).raise_for_status()
        client.watch(session_id)
        highlights: list[JSON] = client.results(session_id).raise_for_status().json()["results"]["highlights"]
        return highlights
    finally:
        client.delete(session_id)


def rank_of_needle(needles: list[tuple[float, float]], highlights: list[JSON]) -> int | None:
    """1 for the best highlight; None when none of them shows a needle."""
    for rank, item in enumerate(highlights, start=1):
        span = (item["start_timestamp"], item["end_timestamp"])
        if any(overlap_share(span, needle) >= 0.5 for needle in needles):
            return rank
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--segment-s", type=float, default=15.0)
    arguments = parser.parse_args()
    if not (arguments.folder / "manifest.json").exists():
        print(f"skipped: {arguments.folder} holds no manifest.json")
        return 0
    manifest = json.loads((arguments.folder / "manifest.json").read_text(encoding="utf-8"))
    client = Client(arguments.url)
    found = 0
    for entry in manifest["composite"]:
        needles = [(needle["t0"], needle["t1"]) for needle in entry["ground_truth"]["needles"]]
        highlights = highlights_of(client, arguments.folder / entry["file"], arguments.segment_s)
        rank = rank_of_needle(needles, highlights)
        found += rank is not None
        spans = [
            f"{item['start_timestamp']:.1f}-{item['end_timestamp']:.1f} ({item['significance_score']:.1f})"
            for item in highlights
        ]
        print(
            f"{'ok  ' if rank else 'MISS'} {entry['file']}: needle {needles}, rank {rank}, top: {', '.join(spans)}"
        )
    print(f"{found} of {len(manifest['composite'])} needles in the top {TOP}")
    return 0 if found == len(manifest["composite"]) else 1


if __name__ == "__main__":
    sys.exit(main())
