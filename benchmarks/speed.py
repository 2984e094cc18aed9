"""How much faster is the app on this CPU than SmolVLM2 the way of its model card?

    python -m benchmarks.speed [--sizes 256M 500M] [--rounds 3] [--frames 15] [--video-s 180] [--json OUT]
                               [--folder DIR] [--video PATH] [--peer {llama.cpp,llama.cpp-plain}]

Builds checkpoints of the published sizes with random weights (speed does not depend on them) and a video of
1080p. Two processes take turns on its segments of 15 s: transformers in float32 on frames of every second,
with 200 tokens of answer, and the app's model on as many frames, with a score and 48 tokens. Ratios are those of
the medians on the wall; those of processor time (``_processor``) hold on a machine with other work, too. The app
also analyzes the whole video, which the other side would need all its segments for.

``--peer llama.cpp`` adds a third side, the same weights in llama.cpp with its defaults on all cores (text int8,
vision float16); ``llama.cpp-plain`` is without flash attention in the text model, which on some CPUs makes a token
faster and prefill slower. It does what the app does (the same frames and prompts, 48 tokens, the second question
from where it differs), so it is spared what llama.cpp adds to a frame itself: the picture once more, as its only
part. ``over_peer`` is what it spends on vision, prefill and words over what ours does. Its threads wait in loops:
other work on the machine slows it most, and its processor time says little. It needs
``pip install llama-cpp-python==0.3.36 gguf``, with ``CXXFLAGS="-fno-tree-dse -fno-dse"`` before it where GCC 12
builds for a CPU with AMX: llama.cpp crashes at the first prompt without.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.speed_footage import write_landscape
from benchmarks.speed_gguf import write_peer_files
from benchmarks.speed_stages import Work
from smolvlm_core.domain import Limits
from smolvlm_core.video.probe import probe
from tests.models.tiny import build_tiny_checkpoint

SEGMENT_S = 15.0
NAIVE_WORDS = 200
OUR_WORDS = 48
WORDS = {"naive": NAIVE_WORDS, "ours": OUR_WORDS, "peer": OUR_WORDS}
PEERS = ("llama.cpp", "llama.cpp-plain")
PEER_PACKAGES = {"llama_cpp": "llama-cpp-python==0.3.36", "gguf": "gguf"}
STAGES = ("decode", "vision", "prefill", "words")
SIZES = ("256M", "500M")
MIB_PER_GIB = 1024


class Worker:
    """A ``benchmarks.speed_worker``, ready for orders."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._read()

    def segment(self, work: Work) -> dict[str, Any]:
        return self._ask({"do": "segment", "work": asdict(work)})

    def video_s(self) -> float:
        return float(self._ask({"do": "video"})["seconds"])

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            status = self._process.wait()
            raise SystemExit(f"a side of the comparison ended early ({status}); what it printed says why")
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def worker(kind: str, checkpoint: Path, video: Path, converted: Path) -> Iterator[Worker]:
    command = [sys.executable, "-m", "benchmarks.speed_worker", kind, str(checkpoint), str(video), str(converted)]
    # Threads that wait in a loop would count as work, and be in the other side's way. Those of llama.cpp wait for
    # each other hundreds of times a token: asleep, they take about twice as long.
    environment = os.environ if kind in PEERS else {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield Worker(process)
    finally:
        process.terminate()
        process.wait()


@dataclass(slots=True)
class Measured:
    """Of one size: what each side spent on each segment, and ours on the whole video."""

    naive: list[dict[str, Any]] = field(default_factory=list)
    ours: list[dict[str, Any]] = field(default_factory=list)
    peer: list[dict[str, Any]] = field(default_factory=list)
    video_s: float | None = None

    def stage(self, side: str, stage: str, clock: str = "seconds") -> float:
        """Median seconds, on the wall or (``processor_s``) of all threads."""
        return float(statistics.median(one[clock].get(stage, 0.0) for one in getattr(self, side)))

    def segment_s(self, side: str, *, words: bool, clock: str = "seconds") -> float:
        return sum(self.stage(side, stage, clock) for stage in STAGES if words or stage != "words")

    def per_token_s(self, side: str, clock: str = "seconds") -> float:
        """The first token comes with the prefill, or with a question of its own; the others one by one.

        What it takes to have another graph write is in it.
        """
        written_s = self.stage(side, "words", clock) - self.stage(side, "question", clock)
        return written_s / (int(getattr(self, side)[0]["tokens"]) - 1)

    def ratios(self, name: str, clock: str = "seconds") -> dict[str, float]:
        """How many times as much the naive side spends."""
        naive_s = self.segment_s("naive", words=True, clock=clock)
        return {
            f"score_{name}": naive_s / self.segment_s("ours", words=False, clock=clock),
            f"words_{name}": naive_s / self.segment_s("ours", words=True, clock=clock),
            f"decode_{name}": self.per_token_s("naive", clock) / self.per_token_s("ours", clock),
        }

    def peer_ratios(self, name: str) -> dict[str, float]:
        """``decode``: the naive side's over the peer's, a token; ``over``: the peer's over ours, less decoding."""
        peer_s, ours_s = (sum(self.stage(side, stage) for stage in STAGES[1:]) for side in ("peer", "ours"))
        return {
            f"peer_decode_{name}": self.per_token_s("naive") / self.per_token_s("peer"),
            f"over_peer_{name}": peer_s / ours_s,
        }

    def require_same_prompt(self) -> None:
        """Raises: SystemExit: the peer reads another number of tokens than ours."""
        lengths = [[one["prompt_tokens"] for one in side] for side in (self.ours, self.peer) if side]
        if any(length != lengths[0] for length in lengths):
            raise SystemExit(f"the sides read prompts of different lengths: {lengths}")

    @property
    def sides(self) -> list[str]:
        """Those that ran."""
        return [side for side in WORDS if getattr(self, side)]

    def peak_gib(self, side: str) -> float:
        return float(max(one["peak_mib"] for one in getattr(self, side))) / MIB_PER_GIB


def measure(size: str, folder: Path, video: Path, arguments: argparse.Namespace) -> Measured:
    checkpoint = folder / size
    if not (checkpoint / "config.json").is_file():
        build_tiny_checkpoint(checkpoint, size)
    found = Measured()
    kinds = {"ours": "ours", "naive": "naive"}
    converted = dict.fromkeys(WORDS, folder / "converted")
    if arguments.peer:
        kinds["peer"] = arguments.peer
        converted["peer"] = write_peer_files(checkpoint, folder / f"gguf-{size}").folder
    with ExitStack() as stack:
        workers = {
            side: stack.enter_context(worker(kind, checkpoint, video, converted[side]))
            for side, kind in kinds.items()
        }
        works = [Work(index * SEGMENT_S, SEGMENT_S, arguments.frames, 4) for index in range(arguments.rounds + 1)]
        for side in kinds.keys() - {"naive"}:
            workers[side].segment(works[0])  # to warm up
        for work in works[1:]:
            for side in sorted(kinds):
                getattr(found, side).append(workers[side].segment(_with_words(work, WORDS[side])))
            found.require_same_prompt()
            print(f"  {size}: {' | '.join(_line(getattr(found, side)[-1]) for side in found.sides)}", flush=True)
        if (arguments.video or arguments.video_s >= 2 * SEGMENT_S) and size == SIZES[0]:
            found.video_s = workers["ours"].video_s()
    return found


def _with_words(work: Work, words: int) -> Work:
    return Work(work.start_s, work.length_s, work.frames, words)


def _line(spent: dict[str, Any]) -> str:
    return " ".join(f"{stage} {spent['seconds'][stage]:.2f}" for stage in STAGES)


def keys_of(size: str, found: Measured, video_s: float) -> dict[str, float]:
    """What ``--json`` writes of one size. All but seconds and GiB are ratios."""
    name = size.lower()
    naive_s = found.segment_s("naive", words=True)
    keys = found.ratios(name)
    keys |= {f"{key}_processor": value for key, value in found.ratios(name, "processor_s").items()}
    keys |= {
        f"extra_question_{name}": found.stage("ours", "extra_question") / found.segment_s("ours", words=False),
        f"peak_rss_{name}_gib": found.peak_gib("ours"),
        f"peak_rss_naive_{name}_gib": found.peak_gib("naive"),
    }
    for stage in STAGES:
        keys |= {f"{side}_{stage}_{name}_s": found.stage(side, stage) for side in found.sides}
    if found.peer:
        keys |= found.peer_ratios(name)
        keys |= {f"{side}_token_{name}_s": found.per_token_s(side) for side in found.sides}
        keys[f"peak_rss_peer_{name}_gib"] = found.peak_gib("peer")
    if found.video_s is not None:
        keys[f"video_{name}"] = naive_s * video_s / SEGMENT_S / found.video_s
        keys[f"realtime_{name}"] = video_s / found.video_s
    return keys


def table(size: str, found: Measured, frames: int) -> str:
    """Seconds by stage, and the ratios."""
    rows = [f"| {size}, {frames} frames | decode | vision | prefill | words | total | ratio |", "|---" * 7 + "|"]
    naive_s = found.segment_s("naive", words=True)
    for label, side, words in (
        (f"transformers float32, {NAIVE_WORDS} tokens", "naive", True),
        ("OpenVINO, score", "ours", False),
        (f"OpenVINO, score and {OUR_WORDS} tokens", "ours", True),
        ("llama.cpp, score", "peer", False),
        (f"llama.cpp, score and {OUR_WORDS} tokens", "peer", True),
    ):
        if side not in found.sides:
            continue
        cells = [f"{found.stage(side, stage):.2f}" if words or stage != "words" else "" for stage in STAGES]
        total_s = found.segment_s(side, words=words)
        rows.append(f"| {label} | {' | '.join(cells)} | {total_s:.2f} s | {naive_s / total_s:.1f} |")
    return "\n".join(rows)


def video_of(arguments: argparse.Namespace, folder: Path) -> tuple[Path, float]:
    """The video, and its length in seconds."""
    if arguments.video:
        return arguments.video, probe(arguments.video, arguments.video.name, Limits()).duration_s
    video_s = max(arguments.video_s, (arguments.rounds + 1) * SEGMENT_S)
    video = folder / f"landscape-{video_s:.0f}.mp4"
    if not video.is_file():
        write_landscape(video, video_s)
    return video, video_s


def require_peer() -> None:
    """Raises: SystemExit: what the peer needs is not installed."""
    if not all(importlib.util.find_spec(module) for module in PEER_PACKAGES):
        raise SystemExit(f"--peer needs packages: pip install {' '.join(PEER_PACKAGES.values())}")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=15)
    parser.add_argument("--video-s", type=float, default=180.0)
    parser.add_argument("--video", type=Path, metavar="PATH", help="in place of the generated one, all of it")
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keeps checkpoints, video and conversions")
    parser.add_argument("--peer", choices=PEERS, help="a third side")
    arguments = parser.parse_args(argv)
    if arguments.peer:
        require_peer()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        video, video_s = video_of(arguments, folder)
        keys: dict[str, float] = {}
        for size in arguments.sizes:
            found = measure(size, folder, video, arguments)
            keys |= keys_of(size, found, video_s)
            print(table(size, found, arguments.frames), flush=True)
    for name, value in keys.items():
        print(f"{name}: {value:.3f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(keys, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
