"""Damaged or foreign folders are refused in plain words; automatic choices give their reason."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.models import loading
from smolvlm_core.models.engine import EngineOptions, ModelEngine
from smolvlm_core.models.loading import Chosen, choose_device, choose_dtype


def _cut_weights(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


def _drop_a_weight(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["model.connector.modality_projection.proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def _foreign(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))


def _no_json(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def _no_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_cut_weights, "damaged"),
        (_drop_a_weight, "damaged"),
        (_foreign, "not a SmolVLM2"),
        (_no_json, "damaged"),
        (_no_tokenizer, "damaged"),
    ],
)
def test_a_damaged_checkpoint_is_refused(
    tiny_folder: Path, tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    folder = tmp_path / "spoiled"
    shutil.copytree(tiny_folder, folder)
    spoil(folder)
    with pytest.raises(ModelUnavailable, match=words) as caught:
        ModelEngine(EngineOptions(backend="torch", checkpoint=str(folder), device="cpu")).acquire()
    assert str(tmp_path) not in caught.value.message


def test_a_whole_one_is_loaded_and_says_so(tiny_folder: Path) -> None:
    engine = ModelEngine(EngineOptions(checkpoint=str(tiny_folder), device="cpu", frames_per_segment=3))
    model = engine.acquire()
    assert (model.info.backend, model.info.id, model.info.device) == ("torch", tiny_folder.name, "cpu")
    assert model.frames_wanted == 3
    assert "SMOLVLM_CHECKPOINT names it" in model.info.reason


@pytest.mark.parametrize(
    ("flags", "dtype"),
    [
        ("flags : sse2 avx2", "float32"),
        ("flags : avx512f avx512_bf16 amx_tile", "bfloat16"),
        ("Features : asimd bf16", "bfloat16"),
    ],
)
def test_numbers_suit_the_processor(tmp_path: Path, flags: str, dtype: str) -> None:
    cpu_info = tmp_path / "cpuinfo"
    cpu_info.write_text(flags)
    chosen = choose_dtype("cpu", cpu_info)
    assert chosen.value == dtype
    assert "this CPU has" in chosen.reason
    assert choose_dtype("cpu", tmp_path / "none").value == "float32"
    assert choose_dtype("cuda", cpu_info).value == "bfloat16"


def test_a_device_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(loading, "GPU_DEVICES", (tmp_path,))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ModelUnavailable, match="cuda, which is not there"):
        choose_device("cuda")
    assert choose_device("auto").value == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto").value == "cuda"


def test_without_a_driver_of_a_gpu_torch_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(loading, "GPU_DEVICES", (tmp_path / "none",))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: pytest.fail("asked"))
    assert choose_device("auto") == Chosen("cpu", "no GPU was found")
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(pytest.fail.Exception, match="asked"):
        choose_device("auto")
