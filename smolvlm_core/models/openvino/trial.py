"""Which of several ways to run a graph is the fastest on this very processor: tried, not guessed from its name."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from smolvlm_core.models.encoding import Question
from smolvlm_core.models.loading import Chosen
from smolvlm_core.models.openvino.decoder import OpenVinoDecoder
from smolvlm_core.models.openvino.plan import Plan
from smolvlm_core.models.openvino.runtime import Inference, compiled
from smolvlm_core.models.openvino.store import Files

ROUNDS = 3
PROMPT_TOKENS = 700  # eight frames of 64 tokens, their times, and a question
TOKENS_WRITTEN = 12  # a description of 48 for every fourth segment that is judged


def best_of(ways: Sequence[Callable[[], object]], rounds: int = ROUNDS) -> list[float]:
    """Seconds of each at its best. They take turns, after one that does not count."""
    best = [float("inf")] * len(ways)
    for turn in range(rounds + 1):
        for index, way in enumerate(ways):
            started_s = time.perf_counter()
            way()
            if turn > 0:
                best[index] = min(best[index], time.perf_counter() - started_s)
    return best


def choose_precision(files: Files, precisions: Sequence[str], threads: Chosen) -> Chosen:
    """The format in which the text model is fastest: reading a segment's frames, and now and then writing."""
    if len(precisions) == 1:
        return Chosen(precisions[0], "this CPU has no bfloat16 instructions")
    seconds = best_of([_reading(files, Plan(Chosen(name, "tried"), threads)) for name in precisions])
    first, second = np.argsort(seconds)[:2]
    gain = seconds[second] / seconds[first]
    return Chosen(precisions[first], f"{gain:.1f} times as fast as {precisions[second]} on this CPU")


def _reading(files: Files, plan: Plan) -> Callable[[], object]:
    embeddings = np.load(files.embeddings, mmap_mode="r")
    decoder = OpenVinoDecoder(Inference(compiled(files.text, plan)), embeddings, image_token_id=-1)
    question = Question(tuple(index % len(embeddings) for index in range(PROMPT_TOKENS)), ())

    def read_and_write() -> None:
        decoder.forget()
        token = int(decoder.next_logits(question).argmax())
        for _ in range(TOKENS_WRITTEN):
            token = int(decoder.extend(token).argmax())

    return read_and_write


def vision_gain(fast: Files, slow: Files, plan: Plan) -> float:
    """How many times as fast the vision graph of the one is as that of the other."""
    fast_s, slow_s = best_of([_looking(files, plan) for files in (fast, slow)])
    return slow_s / fast_s


def _looking(files: Files, plan: Plan) -> Callable[[], object]:
    graph = compiled(files.vision, plan, batch=1)
    pixels = np.zeros([int(size) for size in graph.input(0).get_shape()], np.float32)
    inference = Inference(graph)
    return lambda: inference.run({"pixels": pixels})
