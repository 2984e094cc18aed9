"""Converts a checkpoint: ``python -m smolvlm_core.models.openvino.conversion ORDER``, in a process of its own.

The memory that takes, several times the checkpoint's, is given back when the process ends; that also ends
when its standard input does. It says how far it is in lines of JSON on standard output.
"""

import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from smolvlm_core.domain import FrameRGB, ModelInfo
from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.models.agreement import SHOWN_FRAMES, Agreement, Bounds, compare
from smolvlm_core.models.checkpoint import Checkpoint
from smolvlm_core.models.loading import Chosen, LoadedCheckpoint, load_checkpoint, on_torch
from smolvlm_core.models.openvino.child import Order
from smolvlm_core.models.openvino.conventions import conventions_of, read_conventions, write_conventions
from smolvlm_core.models.openvino.pixels import Pixels
from smolvlm_core.models.openvino.plan import Plan
from smolvlm_core.models.openvino.runtime import OpenVinoRuntime
from smolvlm_core.models.openvino.store import Files, Manifest, write_manifest
from smolvlm_core.models.openvino.trial import choose_plan, vision_gain
from smolvlm_core.models.racing import FASTER
from smolvlm_core.models.sample_pictures import generated_pictures, pictures_of
from smolvlm_core.models.smolvlm import SmolVLM

Tell = Callable[[float, str], None]
"""Takes percent and what is being done."""


def convert(order: Order, tell: Tell, bounds: Bounds) -> Manifest:
    """Write graphs, embeddings and manifest. Raises: ModelUnavailable: the checkpoint cannot be read."""
    tell(1, "reading the weights")
    checkpoint = Checkpoint(Path(order.checkpoint), order.id, None)
    loaded = load_checkpoint(checkpoint, "cpu", "float32")
    files = Files(Path(order.target))
    calibration = pictures_of(Path(order.calibration)) if order.calibration else generated_pictures()
    tell(10, "the text model")
    conventions = conventions_of(loaded)
    write_conventions(files, conventions)
    _write_text(loaded, files)
    tell(30, "what this processor does best")
    plan = choose_plan(files, order.precisions, order.threads)
    tell(35, "the vision model")
    as_float = Files(files.folder / "float")
    _write_vision(loaded, as_float)
    tell(45, "the vision model in int8")
    _quantize_vision(files, as_float, Pixels(conventions.pictures), calibration)
    tell(80, "comparing with the original")
    manifest = _settle(order, plan, loaded, bounds)
    shutil.rmtree(as_float.folder)
    write_manifest(files.folder, manifest)
    tell(100, "done")
    return manifest


def _write_text(loaded: LoadedCheckpoint, files: Files) -> None:
    import nncf  # noqa: PLC0415
    import openvino as ov  # noqa: PLC0415

    from smolvlm_core.models.openvino.graphs import text_model  # noqa: PLC0415

    graph = nncf.compress_weights(text_model(loaded.model), mode=nncf.CompressWeightsMode.INT8_ASYM)
    ov.save_model(graph, files.text, compress_to_fp16=False)
    embeddings = loaded.model.get_input_embeddings().weight.detach().numpy()
    np.save(files.embeddings, embeddings.astype(np.float32))


def _write_vision(loaded: LoadedCheckpoint, files: Files) -> None:
    import openvino as ov  # noqa: PLC0415

    from smolvlm_core.models.openvino.graphs import vision_model  # noqa: PLC0415

    side_px = int(loaded.model.config.vision_config.image_size)
    files.folder.mkdir()
    ov.save_model(vision_model(loaded.model, side_px), files.vision, compress_to_fp16=False)


def _quantize_vision(files: Files, as_float: Files, pixels: Pixels, pictures: Sequence[FrameRGB]) -> None:
    """Weights and activations in int8. SmoothQuant of matrix products, at any strength, changed no cosine of a
    small trained tower, nor did asymmetric activations.
    """
    import nncf  # noqa: PLC0415
    import openvino as ov  # noqa: PLC0415

    frames = [pixels.of([picture]) for picture in pictures]
    quantized = nncf.quantize(
        ov.Core().read_model(as_float.vision),
        nncf.Dataset(frames, lambda frame: {"pixels": frame}),
        subset_size=len(frames),
        model_type=nncf.ModelType.TRANSFORMER,
        preset=nncf.QuantizationPreset.PERFORMANCE,
        fast_bias_correction=True,
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            smooth_quant_alphas=nncf.AdvancedSmoothQuantParameters(matmul=-1)
        ),
    )
    ov.save_model(quantized, files.vision, compress_to_fp16=False)


def _settle(order: Order, plan: Plan, loaded: LoadedCheckpoint, bounds: Bounds) -> Manifest:
    """int8 if it is near enough and faster; else float, if that is near enough; else nothing."""
    files = Files(Path(order.target))
    as_float = Files(files.folder / "float")
    pictures = generated_pictures(SHOWN_FRAMES, seed=1)
    original = on_torch(loaded, _info(order, "torch"), SHOWN_FRAMES)
    int8 = compare(original, _assembled(order, plan), pictures)
    gain = vision_gain(files, as_float, plan)
    found = f"{gain:.1f} times as fast as in float, with {int8.words} to the original"
    near_enough = order.vision != "float" and int8.within(bounds)
    if order.vision == "int8" or (near_enough and gain >= FASTER):
        return _manifest(plan, Chosen("int8", found), int8, bounds)
    for suffix in (".xml", ".bin"):
        as_float.vision.with_suffix(suffix).replace(files.vision.with_suffix(suffix))
    original.runtime.decoder.forget()
    reached = compare(original, _assembled(order, plan), pictures)
    return _manifest(plan, Chosen("float", f"int8 would be {found}"), reached, bounds)


def _manifest(plan: Plan, vision: Chosen, reached: Agreement, bounds: Bounds) -> Manifest:
    refused = None
    if not reached.within(bounds):
        refused = (
            f"its answers are not the original's: cosines {reached.vision_cosine:.4f} (at least "
            f"{bounds.vision_cosine}) and {reached.logits_cosine:.4f} (at least {bounds.logits_cosine})"
        )
    return Manifest(
        precision=plan.precision.value,
        precision_reason=plan.precision.reason,
        writing=plan.writing.value if plan.writing else "",
        writing_reason=plan.writing.reason if plan.writing else "",
        vision=vision.value,
        vision_reason=vision.reason,
        vision_cosine=reached.vision_cosine,
        logits_cosine=reached.logits_cosine,
        refused=refused,
    )


def _assembled(order: Order, plan: Plan) -> SmolVLM:
    """As it will be read from the files."""
    files = Files(Path(order.target))
    conventions = read_conventions(files)
    runtime = OpenVinoRuntime(files, plan, conventions.pictures, conventions.image_token_id)
    return SmolVLM(runtime, conventions.speech, _info(order, "openvino"), SHOWN_FRAMES)


def _info(order: Order, backend: str) -> ModelInfo:
    return ModelInfo(backend, order.id, None, "cpu", "float32", "compared after conversion")


def main() -> int:
    """Exit status 1: the checkpoint cannot be converted, and the last line says why."""
    _end_with_parent()
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # libraries print progress bars

    def say(**fields: Any) -> None:
        print(json.dumps(fields), file=lines)

    try:
        convert(Order.from_json(sys.argv[1]), lambda percent, step: say(percent=percent, step=step), Bounds())
    except ModelUnavailable as error:
        say(failed=error.message)
        return 1
    return 0


def _end_with_parent() -> None:
    def wait() -> None:
        os.read(sys.stdin.fileno(), 1)  # nothing is ever written there
        os._exit(1)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
