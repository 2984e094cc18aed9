"""Writes a checkpoint as llama.cpp reads it: its text model, and its vision tower with the projector, as GGUF.

Names, number formats and the order of rows in query and key are those of llama.cpp's own converter, which its
Python package does not bring.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.models.wording import Wording

Weights = NDArray[np.float32]

TEXT_PREFIX = "model.text_model."
TEXT_NAMES = {
    "embed_tokens": "token_embd",
    "norm": "output_norm",
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
VISION_PREFIX = "model.vision_model."
VISION_NAMES = {
    "embeddings.patch_embedding": "v.patch_embd",
    "embeddings.position_embedding": "v.position_embd",
    "post_layernorm": "v.post_ln",
    "layer_norm1": "ln1",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.out_proj": "attn_out",
    "layer_norm2": "ln2",
    "mlp.fc1": "ffn_up",
    "mlp.fc2": "ffn_down",
}
OTHER_NAMES = {
    "lm_head.weight": "output.weight",  # missing where it is the embedding's
    "model.connector.modality_projection.proj.weight": "mm.model.fc.weight",
}
LAYER = re.compile(r"(?:encoder\.)?layers\.(\d+)\.(.+)")
TOKEN_NORMAL, TOKEN_CONTROL, TOKEN_UNUSED = 1, 3, 5  # llama.cpp's numbers


@dataclass(frozen=True, slots=True)
class Formats:
    """Of matrices, as ``GGMLQuantizationType`` calls them; vectors and the vision tower's embeddings are F32."""

    text: str = "Q8_0"
    vision: str = "F16"


@dataclass(frozen=True, slots=True)
class PeerFiles:
    """Of one checkpoint."""

    folder: Path

    @property
    def text(self) -> Path:
        return self.folder / "text.gguf"

    @property
    def vision(self) -> Path:
        return self.folder / "mmproj.gguf"

    @property
    def wording(self) -> Path:
        return self.folder / "wording.json"

    def whole(self) -> bool:
        return all(path.is_file() for path in (self.text, self.vision, self.wording))


def write_peer_files(checkpoint: Path, folder: Path, formats: Formats = Formats()) -> PeerFiles:
    """Nothing to do where they lie already. Args: checkpoint: a folder with safetensors."""
    files = PeerFiles(folder)
    if not files.whole():
        folder.mkdir(parents=True, exist_ok=True)
        _write(files.text, "llama", _text_fields(checkpoint), _text_tensors(checkpoint, formats.text))
        _write(files.vision, "clip", _vision_fields(checkpoint), _vision_tensors(checkpoint, formats.vision))
        files.wording.write_text(json.dumps(asdict(_wording(checkpoint)), indent=1), encoding="utf-8")
    return files


def read_wording(files: PeerFiles) -> Wording:
    told: dict[str, Any] = json.loads(files.wording.read_text(encoding="utf-8"))
    lists = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
    return Wording(**(told | lists))


def _wording(checkpoint: Path) -> Wording:
    from smolvlm_core.models.checkpoint import Checkpoint  # noqa: PLC0415
    from smolvlm_core.models.loading import load_processor  # noqa: PLC0415
    from smolvlm_core.models.wording import wording_of  # noqa: PLC0415

    return wording_of(load_processor(Checkpoint(checkpoint, checkpoint.name, None)))


@dataclass(frozen=True, slots=True)
class Tensor:
    """``values`` are to be written as ``format``."""

    name: str
    values: Weights
    format: str


def _write(path: Path, architecture: str, fields: Mapping[str, Any], tensors: Iterator[Tensor]) -> None:
    """The file appears whole or not at all. Lists of floats, integers and strings keep their kind."""
    import gguf  # noqa: PLC0415

    partial = path.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, architecture)
    for name, value in fields.items():
        _add(writer, name, value)
    for tensor in tensors:
        kind = gguf.GGMLQuantizationType[tensor.format]
        writer.add_tensor(tensor.name, gguf.quantize(tensor.values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(path)


def _add(writer: Any, name: str, value: Any) -> None:
    if isinstance(value, bool):
        writer.add_bool(name, value)
    elif isinstance(value, int):
        writer.add_uint32(name, value)
    elif isinstance(value, float):
        writer.add_float32(name, value)
    elif isinstance(value, str):
        writer.add_string(name, value)
    else:
        writer.add_array(name, value)


def _weights(checkpoint: Path, prefixes: tuple[str, ...]) -> Iterator[tuple[str, Weights]]:
    from safetensors import safe_open  # noqa: PLC0415

    for path in sorted(checkpoint.glob("*.safetensors")):
        with safe_open(path, framework="np") as stored:
            for name in sorted(stored.keys()):
                if name.startswith(prefixes):
                    yield name, stored.get_tensor(name).astype(np.float32)


def _config(checkpoint: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    return config


def _text_fields(checkpoint: Path) -> dict[str, Any]:
    config = _config(checkpoint)
    text = config["text_config"]
    architecture = {
        "vocab_size": text["vocab_size"],
        "context_length": text["max_position_embeddings"],
        "embedding_length": text["hidden_size"],
        "block_count": text["num_hidden_layers"],
        "feed_forward_length": text["intermediate_size"],
        "attention.head_count": text["num_attention_heads"],
        "attention.head_count_kv": text["num_key_value_heads"],
        "attention.key_length": text["head_dim"],
        "attention.value_length": text["head_dim"],
        "attention.layer_norm_rms_epsilon": text["rms_norm_eps"],
        "rope.dimension_count": text["head_dim"],
        "rope.freq_base": float(text["rope_parameters"]["rope_theta"]),
    }
    fields = {f"llama.{name}": value for name, value in architecture.items()}
    return fields | {f"tokenizer.ggml.{name}": value for name, value in _vocabulary(checkpoint, config).items()}


def _vocabulary(checkpoint: Path, config: dict[str, Any]) -> dict[str, Any]:
    """Byte-level BPE; numbers of the head that no token has are unused."""
    tokenizer = json.loads((checkpoint / "tokenizer.json").read_text(encoding="utf-8"))
    size = config["text_config"]["vocab_size"]
    tokens = [f"[PAD{number}]" for number in range(size)]
    types = [TOKEN_UNUSED] * size
    for token, number in tokenizer["model"]["vocab"].items():
        tokens[number], types[number] = token, TOKEN_NORMAL
    for added in tokenizer["added_tokens"]:
        tokens[added["id"]], types[added["id"]] = added["content"], TOKEN_CONTROL
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in tokenizer["model"]["merges"]]
    digits_alone = '"Digits"' in json.dumps(tokenizer["pre_tokenizer"])
    return {
        "model": "gpt2",
        "pre": "smollm" if digits_alone else "gpt-2",
        "tokens": tokens,
        "token_type": types,
        "merges": merges,
        "bos_token_id": config["text_config"]["bos_token_id"],
        "eos_token_id": config["text_config"]["eos_token_id"],
        "add_bos_token": False,
    }


def _text_tensors(checkpoint: Path, matrices: str) -> Iterator[Tensor]:
    text = _config(checkpoint)["text_config"]
    heads = {"attn_q": text["num_attention_heads"], "attn_k": text["num_key_value_heads"]}
    for name, values in _weights(checkpoint, (TEXT_PREFIX, "lm_head.")):
        ours = _name(name, TEXT_PREFIX, TEXT_NAMES, "blk")
        part = ours.split(".")[-2]
        shown = pairs_side_by_side(values, heads[part]) if part in heads else values
        yield Tensor(ours, shown, matrices if values.ndim > 1 else "F32")


def pairs_side_by_side(values: Weights, heads: int) -> Weights:
    """Rotary embedding pairs row i with i + width / 2 in transformers, with the next one in llama.cpp."""
    halves = values.reshape(heads, 2, -1, *values.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(values.shape))


def _vision_fields(checkpoint: Path) -> dict[str, Any]:
    """The longest side is the video processor's: a frame is one square, where a photo would become many."""
    config = _config(checkpoint)
    vision = config["vision_config"]
    video = json.loads((checkpoint / "processor_config.json").read_text(encoding="utf-8"))["video_processor"]
    tower = {
        "projection_dim": config["text_config"]["hidden_size"],
        "image_size": vision["image_size"],
        "patch_size": vision["patch_size"],
        "embedding_length": vision["hidden_size"],
        "feed_forward_length": vision["intermediate_size"],
        "block_count": vision["num_hidden_layers"],
        "attention.head_count": vision["num_attention_heads"],
        "attention.layer_norm_epsilon": vision["layer_norm_eps"],
        "image_mean": video["image_mean"],
        "image_std": video["image_std"],
        "projector.scale_factor": config["scale_factor"],
        "preproc_image_size": video["size"]["longest_edge"],
    }
    clip = {"has_vision_encoder": True, "projector_type": "idefics3", "use_gelu": True}
    return {f"clip.{name}": value for name, value in clip.items()} | {
        f"clip.vision.{name}": value for name, value in tower.items()
    }


def _vision_tensors(checkpoint: Path, matrices: str) -> Iterator[Tensor]:
    for name, values in _weights(checkpoint, (VISION_PREFIX, "model.connector.")):
        exact = values.ndim == 1 or ".embeddings." in name
        yield Tensor(_name(name, VISION_PREFIX, VISION_NAMES, "v.blk"), values, "F32" if exact else matrices)


def _name(name: str, prefix: str, names: Mapping[str, str], block: str) -> str:
    """llama.cpp's of a weight. Raises: KeyError: it has none."""
    if name in OTHER_NAMES:
        return OTHER_NAMES[name]
    part, _, kind = name.removeprefix(prefix).rpartition(".")
    layer = LAYER.fullmatch(part)
    return f"{block}.{layer[1]}.{names[layer[2]]}.{kind}" if layer else f"{names[part]}.{kind}"
