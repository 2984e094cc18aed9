"""From a checkpoint's folder to a model on a device, with the reasons for device and number format."""

import json
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from smolvlm_core.domain import ModelInfo
from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.models.batching import BatchingSmolVLM
from smolvlm_core.models.checkpoint import Checkpoint
from smolvlm_core.models.encoding import PromptEncoder
from smolvlm_core.models.smolvlm import SmolVLM, Speech
from smolvlm_core.models.torch_int8 import in_int8_if_better
from smolvlm_core.models.torch_runtime import TorchRuntime
from smolvlm_core.models.wording import wording_of
from smolvlm_core.models.zero_gpu.place import on_zero_gpu

MODEL_TYPE = "smolvlm"
BF16_FLAGS = ("avx512_bf16", "amx_bf16", "bf16")  # x86, x86, ARM, as /proc/cpuinfo writes them
CPU_INFO = Path("/proc/cpuinfo")
GPU_DEVICES = tuple(Path("/dev") / name for name in ("nvidiactl", "nvidia0", "kfd", "dxg"))  # NVIDIA, AMD, WSL


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value somebody else would have to set, and why it is this one."""

    value: str
    reason: str


def choose_device(wanted: str) -> Chosen:
    """``cuda``, ``mps`` or ``cpu``.

    Raises: ModelUnavailable: the wanted one is not there.
    """
    if wanted in {"auto", "cpu"} and not a_gpu_may_be_here():  # spares OpenVINO an import of 500 MB
        return Chosen("cpu", "no GPU was found" if wanted == "auto" else "SMOLVLM_DEVICE asks for cpu")
    import torch  # noqa: PLC0415

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        best = next(name for name, is_there in there.items() if is_there)
        return Chosen(best, "no GPU was found" if best == "cpu" else "a GPU was found")
    if not there.get(wanted, False):
        raise ModelUnavailable(f"SMOLVLM_DEVICE asks for {wanted}, which is not there.")
    return Chosen(wanted, f"SMOLVLM_DEVICE asks for {wanted}")


def a_gpu_may_be_here() -> bool:
    """What can be told without torch: False only where no driver of a GPU is loaded."""
    return on_zero_gpu() or sys.platform != "linux" or any(device.exists() for device in GPU_DEVICES)


def choose_dtype(device: str, cpu_info: Path = CPU_INFO) -> Chosen:
    """``bfloat16`` where the hardware multiplies it, else ``float32``: emulated, bfloat16 is slower."""
    if device != "cpu":
        return Chosen("bfloat16", "the GPU's native format")
    if not cpu_info.is_file():
        return Chosen("float32", "whether this CPU has bfloat16 instructions is not known")
    flags = set(cpu_info.read_text(errors="replace").split())
    native = next((flag for flag in BF16_FLAGS if flag in flags), None)
    if native:
        return Chosen("bfloat16", f"this CPU has {native}")
    return Chosen("float32", "this CPU has no bfloat16 instructions")


@dataclass(frozen=True, slots=True)
class LoadedCheckpoint:
    """``model`` and ``processor`` of transformers' Auto classes, the model on its device and in eval mode."""

    model: Any
    processor: Any


def load_model(
    checkpoint: Checkpoint, device: Chosen, frames_per_segment: int, why: str, dtype: Chosen | None = None
) -> SmolVLM:
    """Load weights and processor with transformers' Auto classes.

    Args: why: how the checkpoint was chosen, for ``ModelInfo.reason``; dtype: what suits the device unless given,
        on a CPU without bfloat16 with matrix products in int8 where that is better.
    Raises: ModelUnavailable: the folder holds no whole SmolVLM2, or it does not fit into memory.
    """
    require_smolvlm(checkpoint)
    numbers = dtype or choose_dtype(device.value)
    loaded = load_checkpoint(checkpoint, device.value, numbers.value)
    reason = f"{why}; {device.value}: {device.reason}; {numbers.value}: {numbers.reason}"
    name = _device_name(device.value)
    info = ModelInfo("torch", checkpoint.id, checkpoint.revision, name, numbers.value, reason)

    def assemble(weights: Any) -> SmolVLM:
        return on_torch(replace(loaded, model=weights), info, frames_per_segment)

    if dtype is None and (device.value, numbers.value) == ("cpu", "float32"):
        return in_int8_if_better(loaded.model, assemble)
    return assemble(loaded.model)


def on_torch(loaded: LoadedCheckpoint, info: ModelInfo, frames_per_segment: int) -> SmolVLM:
    """Raises: ModelUnavailable: the tokenizer cannot tell Yes from No."""
    speech = speech_of(loaded.processor, loaded.model.config, loaded.model.generation_config)
    kind = SmolVLM if loaded.model.device.type == "cpu" else BatchingSmolVLM
    return kind(TorchRuntime(loaded.model, loaded.processor), speech, info, frames_per_segment)


def require_smolvlm(checkpoint: Checkpoint) -> None:
    """Raises: ModelUnavailable: the folder holds something else."""
    try:
        config = json.loads((checkpoint.folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(checkpoint) from error
    found = config.get("model_type") if isinstance(config, dict) else None
    if found != MODEL_TYPE:
        raise ModelUnavailable(f"{checkpoint.id} is not a SmolVLM2 checkpoint but {str(found)[:40]!r}.")


def speech_of(processor: Any, config: Any, generation: Any) -> Speech:
    """How a checkpoint talks, by its processor and its two configurations of transformers.

    Raises: ModelUnavailable: its chat template does more than to put words in their places.
    """
    tokenizer = processor.tokenizer
    end_id = int(tokenizer.eos_token_id)
    context = int(config.text_config.max_position_embeddings)
    encoder = PromptEncoder(wording_of(processor), tokenizer.backend_tokenizer, context, end_id)
    listed = generation.eos_token_id
    several = listed if isinstance(listed, list) else [listed]
    return Speech(encoder, frozenset({end_id, *(int(token) for token in several if token is not None)}))


@contextmanager
def reading_files_of(checkpoint: Checkpoint) -> Iterator[None]:
    """Around transformers reading a folder. Raises: ModelUnavailable: not whole, or not understood."""
    try:
        from huggingface_hub.errors import StrictDataclassError  # noqa: PLC0415
        from safetensors import SafetensorError  # noqa: PLC0415
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415
    except ImportError as error:
        raise ModelUnavailable("torch or transformers is not installed.") from error
    quiet: Any = disable_progress_bar  # the log is no terminal
    quiet()
    try:
        yield
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RuntimeError,
        ImportError,
        SafetensorError,
        StrictDataclassError,
    ) as error:
        raise _damaged(checkpoint) from error


def load_processor(checkpoint: Checkpoint) -> Any:
    """transformers' processor of the checkpoint. Raises: ModelUnavailable."""
    with reading_files_of(checkpoint):
        from transformers import AutoProcessor  # noqa: PLC0415

        processors: Any = AutoProcessor
        return processors.from_pretrained(checkpoint.folder, local_files_only=True, trust_remote_code=False)


def load_checkpoint(checkpoint: Checkpoint, device: str, dtype: str) -> LoadedCheckpoint:
    """Weights and processor. ``dtype`` is a name of torch. Raises: ModelUnavailable."""
    processor = load_processor(checkpoint)
    with reading_files_of(checkpoint):
        import torch  # noqa: PLC0415
        from transformers import AutoModelForImageTextToText  # noqa: PLC0415

        models: Any = AutoModelForImageTextToText
        try:
            model, report = models.from_pretrained(
                checkpoint.folder,
                dtype=getattr(torch, dtype),
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
            )
            _require_whole(checkpoint, report)
            return LoadedCheckpoint(_placed(model, device), processor)
        except torch.OutOfMemoryError as error:
            raise ModelUnavailable(f"{checkpoint.id} does not fit into the memory of {device}.") from error


def _require_whole(checkpoint: Checkpoint, report: dict[str, Any]) -> None:
    """transformers fills missing weights with random numbers; such a model would answer nonsense."""
    if report["missing_keys"] or report["mismatched_keys"]:
        raise _damaged(checkpoint)


def _placed(model: Any, device: str) -> Any:
    return model.to(device).eval().requires_grad_(False)


def _damaged(checkpoint: Checkpoint) -> ModelUnavailable:
    return ModelUnavailable(
        f"The files of {checkpoint.id} are incomplete or damaged.",
        hint="Delete them and let them be downloaded again, or set SMOLVLM_CHECKPOINT to a whole copy.",
    )


def _device_name(device: str) -> str:
    import torch  # noqa: PLC0415

    if device == "cuda":
        return f"cuda ({torch.cuda.get_device_name()})"
    return f"mps ({platform.processor() or 'Apple'})" if device == "mps" else device
