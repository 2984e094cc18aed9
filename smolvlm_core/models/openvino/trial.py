"""Which of several ways to run a graph is the fastest on this very processor: tried, not guessed from its name."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from smolvlm_core.models.encoding import Question
from smolvlm_core.models.loading import Chosen
from smolvlm_core.models.openvino.decoder import OpenVinoDecoder
from smolvlm_core.models.openvino.plan import Plan
from smolvlm_core.models.openvino.runtime import Inference, compiled, text_inferences
from smolvlm_core.models.openvino.store import Files
from smolvlm_core.models.racing import best_of

PROMPT_TOKENS = 700  # eight frames of 64 tokens, their times, and a question
DESCRIPTION = 48  # tokens
WORTH_MEMORY = 1.1  # writing must be so many times as fast with a graph of its own


def choose_plan(files: Files, precisions: Sequence[str], threads: Chosen) -> Plan:
    """The formats in which the text model is fastest: one to read, and another to write where that pays.

    A second graph takes over the first one's cache, which takes its time, and its own memory.
    """
    if len(precisions) == 1:
        return Plan(Chosen(precisions[0], "this CPU has no bfloat16 instructions"), threads)
    plans = [Plan(Chosen(name, "tried"), threads) for name in precisions]
    seconds = best_of([_asking(files, plan) for plan in plans])
    first, second = np.argsort(seconds)[:2]
    reason = f"{seconds[second] / seconds[first]:.1f} times as fast as {precisions[second]} on this CPU"
    best = Plan(Chosen(precisions[first], reason), threads)
    other = Chosen(precisions[second], "tried")
    alone_s, two_s = best_of([_asking(files, plan, DESCRIPTION) for plan in (best, replace(best, writing=other))])
    if alone_s < WORTH_MEMORY * two_s:
        return best
    return replace(best, writing=replace(other, reason=f"it describes {alone_s / two_s:.1f} times as fast"))


def _asking(files: Files, plan: Plan, tokens: int = 0) -> Callable[[], object]:
    """Reads a segment's frames and a question, or once it has read them, writes so many tokens."""
    embeddings = np.load(files.embeddings, mmap_mode="r")
    decoder = OpenVinoDecoder(*text_inferences(files, plan), embeddings, -1)
    ids = [index % len(embeddings) for index in range(PROMPT_TOKENS)]

    def ask() -> None:
        if not tokens:
            decoder.forget()
        token = int(decoder.next_logits(Question((*ids, 0), ())).argmax())
        answer = decoder.side_by_side([decoder.keep()]) if tokens else None
        for _ in range(tokens):
            assert answer is not None
            token = int(answer.extend([token], [0])[0].argmax())

    return ask


def vision_gain(fast: Files, slow: Files, plan: Plan) -> float:
    """How many times as fast the vision graph of the one is as that of the other."""
    fast_s, slow_s = best_of([_looking(files, plan) for files in (fast, slow)])
    return slow_s / fast_s


def _looking(files: Files, plan: Plan) -> Callable[[], object]:
    graph = compiled(files.vision, plan.properties, batch=1)
    pixels = np.zeros([int(size) for size in graph.input(0).get_shape()], np.float32)
    inference = Inference(graph)
    return lambda: inference.run({"pixels": pixels})
