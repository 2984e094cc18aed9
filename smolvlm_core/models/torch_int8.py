"""Dynamic int8 of torch, for CPUs with neither OpenVINO nor bfloat16 instructions; taken where it proves better.

torch.ao.quantization and the tensors it makes are announced to end; torchao, which follows, writes more slowly
than float32 unless it is compiled (docs/log.md). Without it the model stays in float32, and says why.
"""

import copy
import itertools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from smolvlm_core.domain import Criteria, FrameRGB, never_cancelled
from smolvlm_core.errors import ModelError
from smolvlm_core.models.agreement import Bounds, compare, view_of
from smolvlm_core.models.prompts import score_prompt
from smolvlm_core.models.racing import FASTER, best_of
from smolvlm_core.models.sample_pictures import generated_pictures
from smolvlm_core.models.smolvlm import SmolVLM

PICTURES = 2  # a CPU that needs int8 takes seconds for each
TOKENS = 8


def in_int8_if_better(weights: Any, assemble: Callable[[Any], SmolVLM]) -> SmolVLM:
    """A model in int8 if it is faster and near enough, else in float32, with the reason in its ``info``.

    Args: weights: a model of transformers in float32; assemble: makes a ``SmolVLM`` of one.
    """
    try:
        small = int8_copy(weights)
    except (AttributeError, ImportError, RuntimeError) as error:  # not there, or no kernels
        return _told(assemble(weights), "float32", f"this torch has no int8 for it ({type(error).__name__})")
    exact, int8 = assemble(weights), assemble(small)
    pictures = generated_pictures(PICTURES, seed=1)
    try:
        reached = compare(exact, int8, pictures)
        exact_s, int8_s = best_of([_segment(model, pictures) for model in (exact, int8)], rounds=1)
    except ModelError as error:
        return _told(exact, "float32", f"int8 failed in a trial ({error.__cause__})")
    gain = exact_s / int8_s
    found = f"{gain:.1f} times as fast as float32 on this CPU, with {reached.words} to it"
    if reached.within(Bounds()) and gain >= FASTER:
        return _told(int8, "int8 weights, float32", f"int8: {found}")
    return _told(exact, "float32", f"int8 would be {found}")


def int8_copy(weights: Any) -> Any:
    """A copy whose matrix products are in int8, weights by output channel and activations as they come.

    All other tensors are shared, and no longer in the file that was mapped, so that it can go with the original.
    Hooks on modules are copied too.

    Raises: AttributeError, ImportError: this torch has no dynamic int8; RuntimeError: it has no kernels here.
    """
    from torch.ao import quantization  # noqa: PLC0415
    from torch.nn import Linear  # noqa: PLC0415

    replaced = {id(module.weight) for module in weights.modules() if isinstance(module, Linear)}
    replaced.discard(id(weights.get_input_embeddings().weight))  # the last product has the same
    tensors = {id(tensor): tensor for tensor in itertools.chain(weights.parameters(), weights.buffers())}
    for tensor in tensors.values():
        if id(tensor) not in replaced:
            tensor.data = tensor.data.clone()
    copied = copy.deepcopy(weights, dict(tensors))
    by_channel = quantization.per_channel_dynamic_qconfig
    quantize: Any = quantization.quantize_dynamic
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its end
        return quantize(copied, {Linear: by_channel}, inplace=True)


def _segment(model: SmolVLM, pictures: Sequence[FrameRGB]) -> Callable[[], object]:
    """Looks at a picture, reads a question and writes some words."""
    question = model.question(score_prompt(Criteria()), view_of(pictures))
    decoder = model.runtime.decoder

    def work() -> None:
        with model.runtime.working(never_cancelled):
            model.eyes.look(pictures[:1])
            decoder.forget()
            token = int(decoder.next_logits(question).argmax())
            answer = decoder.side_by_side([decoder.keep()])
            for _ in range(TOKENS):
                token = int(answer.extend([token], [0])[0].argmax())

    return work


def _told(model: SmolVLM, dtype: str, reason: str) -> SmolVLM:
    model.info = replace(model.info, dtype=dtype, reason=f"{model.info.reason}; {reason}")
    return model
