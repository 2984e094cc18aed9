"""From a checkpoint to a model on OpenVINO: converted if that was not done before, checked, compiled."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from smolvlm_core.domain import ModelInfo, ModelState, ModelStatus
from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.models.checkpoint import Checkpoint
from smolvlm_core.models.loading import Chosen, require_smolvlm
from smolvlm_core.models.openvino.child import Order, VisionFormat, convert_in_child
from smolvlm_core.models.openvino.conventions import read_conventions
from smolvlm_core.models.openvino.plan import Plan, choose_threads, precisions_of
from smolvlm_core.models.openvino.runtime import OpenVinoRuntime
from smolvlm_core.models.openvino.store import (
    Files,
    Manifest,
    begin,
    finish,
    folder_of,
    mark_used,
    read_manifest,
    state_of,
)
from smolvlm_core.models.smolvlm import SmolVLM

NEEDED = ("openvino", "nncf")
DEVICE = "cpu"

Report = Callable[[ModelStatus], None]


@dataclass(frozen=True, slots=True)
class OpenVinoOptions:
    """``folder`` keeps converted checkpoints; ``calibration`` holds pictures like those that will be shown."""

    folder: Path
    calibration: Path | None = None
    frames_per_segment: int = 8
    vision: VisionFormat = "auto"


def why_not_here() -> str | None:
    """Why OpenVINO cannot be used in this process, or None. Imports nothing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    return f"{' and '.join(missing)} not installed" if missing else None


def load_openvino(checkpoint: Checkpoint, options: OpenVinoOptions, why: str, report: Report) -> SmolVLM:
    """Takes seconds, or minutes the first time.

    Args: why: how checkpoint and backend were chosen, for ``ModelInfo.reason``.
    Raises: ModelUnavailable: not installed, not to be converted, or too far from the original.
    """
    missing = why_not_here()
    if missing is not None:
        raise ModelUnavailable(f"{missing[0].upper()}{missing[1:]}.", hint="pip install -r requirements.txt")
    require_smolvlm(checkpoint)
    precisions = precisions_of(_capabilities())
    folder = folder_of(options.folder, checkpoint, _made_for(precisions, options))
    threads = choose_threads()
    manifest = read_manifest(folder)
    if manifest is None:
        order = _order(checkpoint, options, precisions, threads)
        manifest = _convert(order, options.folder, folder, report)
    if manifest.refused is not None:
        raise ModelUnavailable(f"{checkpoint.id} was not taken to OpenVINO: {manifest.refused}.")
    mark_used(folder)
    report(ModelStatus(ModelState.LOADING, f"Loading {checkpoint.id}"))
    writing = Chosen(manifest.writing, manifest.writing_reason) if manifest.writing else None
    plan = Plan(Chosen(manifest.precision, manifest.precision_reason), threads, writing)
    return _assembled(checkpoint, plan, folder, options, f"{why}; {_reason(plan, manifest)}")


def _order(
    checkpoint: Checkpoint, options: OpenVinoOptions, precisions: tuple[str, ...], threads: Chosen
) -> Order:
    """Without the folder to fill."""
    calibration = str(options.calibration.resolve()) if options.calibration else ""
    return Order(str(checkpoint.folder), checkpoint.id, "", precisions, threads, calibration, options.vision)


def _convert(order: Order, root: Path, folder: Path, report: Report) -> Manifest:
    def on_progress(percent: float, step: str) -> None:
        message = f"Preparing {order.id} for this processor, once: {step}, {percent:.0f} %"
        report(ModelStatus(ModelState.LOADING, message, percent))

    on_progress(0.0, "starting")
    try:
        partial = begin(root)
        try:
            convert_in_child(replace(order, target=str(partial)), on_progress)
            finish(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise ModelUnavailable("The converted model cannot be written to the data folder.") from error
    manifest = read_manifest(folder)
    if manifest is None:
        raise ModelUnavailable("The converted model cannot be read back from the data folder.")
    return manifest


def _assembled(checkpoint: Checkpoint, plan: Plan, folder: Path, options: OpenVinoOptions, reason: str) -> SmolVLM:
    files = Files(folder)
    try:
        conventions = read_conventions(files)
        runtime = OpenVinoRuntime(files, plan, conventions.pictures, conventions.image_token_id)
    except (RuntimeError, OSError, ValueError, TypeError, KeyError) as error:
        shutil.rmtree(folder, ignore_errors=True)  # converted anew at the next try
        raise ModelUnavailable(f"The converted {checkpoint.id} is damaged.") from error
    dtype = f"int8 weights, {plan.precision.value}"
    info = ModelInfo("openvino", checkpoint.id, checkpoint.revision, DEVICE, dtype, reason)
    return SmolVLM(runtime, conventions.speech, info, options.frames_per_segment)


def _capabilities() -> list[str]:
    import openvino as ov  # noqa: PLC0415

    return [str(name) for name in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")]


def _made_for(precisions: tuple[str, ...], options: OpenVinoOptions) -> str:
    """All but the checkpoint that a conversion depends on.

    Raises: ModelUnavailable: there is no such folder of pictures.
    """
    try:
        pictures = state_of(options.calibration) if options.calibration else []
    except OSError as error:
        raise ModelUnavailable("SMOLVLM_CALIBRATION_DIR names no folder of pictures.") from error
    versions = {name: version(name) for name in NEEDED}
    return json.dumps([versions, precisions, options.vision, pictures])


def _reason(plan: Plan, manifest: Manifest) -> str:
    parts = [
        f"{plan.precision.value}: {plan.precision.reason}",
        *([f"{plan.writing.value} to write: {plan.writing.reason}"] if plan.writing else []),
        f"vision in {manifest.vision}: {manifest.vision_reason}",
        f"{plan.threads.value} threads: {plan.threads.reason}",
    ]
    return "; ".join(parts)
