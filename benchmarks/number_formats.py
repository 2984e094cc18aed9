"""How much faster is torch on this CPU in bfloat16, and with its products in int8, than in float32?

    python -m benchmarks.number_formats [--sizes 256M 500M] [--rounds 3] [--frames 8]

Checkpoints of the published sizes with random weights. The formats take turns at looking at a picture, reading
a question about so many frames, and writing a token after it; the ratios are those of the medians. For int8 the
mean cosines of visual tokens and of logits to float32 follow. To see what an older processor would gain:
``ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2`` before the command.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from smolvlm_core.domain import Criteria, ModelInfo, never_cancelled
from smolvlm_core.models.agreement import compare, view_of
from smolvlm_core.models.checkpoint import Checkpoint
from smolvlm_core.models.loading import load_checkpoint, on_torch
from smolvlm_core.models.prompts import score_prompt
from smolvlm_core.models.sample_pictures import generated_pictures
from smolvlm_core.models.smolvlm import SmolVLM
from smolvlm_core.models.torch_int8 import int8_copy
from tests.models.tiny import build_tiny_checkpoint

FORMATS = ("float32", "bfloat16", "int8")
STAGES = ("a picture", "a question", "a token")
TOKENS = 16


def loaded_as(folder: Path, format_: str, frames: int) -> SmolVLM:
    checkpoint = Checkpoint(folder, folder.name, None)
    loaded = load_checkpoint(checkpoint, "cpu", "bfloat16" if format_ == "bfloat16" else "float32")
    if format_ == "int8":
        loaded = replace(loaded, model=int8_copy(loaded.model))
    return on_torch(loaded, ModelInfo("torch", folder.name, None, "cpu", format_, "measured"), frames)


def spent_s(model: SmolVLM, frames: int) -> tuple[float, ...]:
    """Seconds for each of ``STAGES``."""
    pictures = generated_pictures(frames, seed=5)
    question = model.question(score_prompt(Criteria()), view_of(pictures))  # sees those it has not seen
    decoder = model.runtime.decoder
    decoder.forget()
    with model.runtime.working(never_cancelled):
        times_s = [time.perf_counter()]
        model.eyes.look(pictures[:1])
        times_s.append(time.perf_counter())
        token = int(decoder.next_logits(question).argmax())
        times_s.append(time.perf_counter())
        answer = decoder.side_by_side([decoder.keep()])
        for _ in range(TOKENS):
            answer.extend([token], [0])
        times_s.append(time.perf_counter())
    picture_s, question_s, tokens_s = np.diff(times_s)
    return float(picture_s), float(question_s), float(tokens_s) / TOKENS


def measure(folder: Path, rounds: int, frames: int) -> None:
    models = {name: loaded_as(folder, name, frames) for name in FORMATS}
    taken: dict[str, list[tuple[float, ...]]] = {name: [] for name in FORMATS}
    for _ in range(rounds):
        for name, model in models.items():
            taken[name].append(spent_s(model, frames))
    medians = {name: np.median(rows, axis=0) for name, rows in taken.items()}
    for name, seconds in medians.items():
        stages = zip(STAGES, seconds, medians["float32"] / seconds, strict=True)
        print(f"{name:9}", "; ".join(f"{stage} {s:.3f} s, {ratio:.2f} x" for stage, s, ratio in stages))
    reached = compare(models["float32"], models["int8"], generated_pictures(4, seed=1))
    print(
        f"int8      cosines {reached.vision_cosine:.4f} (vision), {reached.logits_cosine:.4f} (logits)", flush=True
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["256M", "500M"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=8)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for size in arguments.sizes:
            print(f"{size}, random weights")
            measure(build_tiny_checkpoint(Path(folder) / size, size), arguments.rounds, arguments.frames)
    return 0


if __name__ == "__main__":
    sys.exit(main())
