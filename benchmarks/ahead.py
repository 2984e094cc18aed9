"""What it gains to decode the pictures of the next question while the model answers this one.

    python -m benchmarks.ahead CHECKPOINT VIDEO [--converted DIR] [--rounds 3]

Whole analyses of the video with the app's model on this CPU, with and without, in turns; each with one that has
seen nothing yet. The app does it only where the model computes elsewhere: on the same cores it gains nothing.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from unittest.mock import patch

from benchmarks.in_process import DATA_DIR, highlights_of, source_of
from smolvlm_core.analysis import looker
from smolvlm_core.models.engine import EngineOptions, load_smolvlm


def whole_s(checkpoint: str, converted: Path, video: Path) -> float:
    """An analysis with a fresh model, in seconds."""
    model = load_smolvlm(
        EngineOptions(checkpoint=checkpoint, device="cpu", converted_dir=converted), lambda _: None
    )
    with tempfile.TemporaryDirectory() as folder:
        source = source_of(video, Path(folder) / "curves.npz")
        started_s = time.perf_counter()
        highlights_of(source, model)
        return time.perf_counter() - started_s


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("video", type=Path)
    parser.add_argument("--converted", type=Path, default=DATA_DIR / "models")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    took_s: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(arguments.rounds):
        for ahead, seconds in took_s.items():
            with patch.object(looker, "decodes_ahead", lambda _, ahead=ahead: ahead):
                seconds.append(whole_s(arguments.checkpoint, arguments.converted, arguments.video))
            print(f"{'ahead' if ahead else 'in turn'}: {seconds[-1]:.1f} s", flush=True)
    print(f"in turn / ahead: {median(took_s[False]) / median(took_s[True]):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
