"""int8 on torch: every product, nothing else, and only where it is better than float32."""

import gc
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from smolvlm_core.domain import Criteria, SegmentView, never_cancelled
from smolvlm_core.errors import Cancelled, ModelError
from smolvlm_core.models import loading, torch_int8
from smolvlm_core.models.agreement import Agreement, view_of
from smolvlm_core.models.checkpoint import Checkpoint
from smolvlm_core.models.loading import Chosen, load_checkpoint, load_model
from smolvlm_core.models.sample_pictures import generated_pictures
from smolvlm_core.models.smolvlm import SmolVLM
from smolvlm_core.models.torch_int8 import int8_copy
from tests.models.training import load_tiny, torch_eyes

MAPS = Path("/proc/self/maps")
SMALL = torch.ao.nn.quantized.dynamic.Linear


@pytest.fixture
def view() -> SegmentView:
    return view_of(generated_pictures(2, seed=3))


@pytest.fixture
def load(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], SmolVLM]:
    """Loads the tiny checkpoint as on a CPU without bfloat16; racing and comparing are the test's."""
    monkeypatch.setattr(loading, "choose_dtype", lambda _device: Chosen("float32", "so the test wants"))
    checkpoint = Checkpoint(tiny_folder, "tests/tiny", None)
    return lambda: load_model(checkpoint, Chosen("cpu", "a test"), 2, "a test asks for it")


def racing(monkeypatch: pytest.MonkeyPatch, exact_s: float, int8_s: float) -> None:
    def best_of(ways: Any, rounds: int) -> list[float]:
        for way in ways:
            way()
        return [exact_s, int8_s]

    monkeypatch.setattr(torch_int8, "best_of", best_of)


def products(model: Any) -> list[torch.nn.Module]:
    return [module for module in model.modules() if hasattr(module, "in_features")]


def test_every_product_is_in_int8_and_all_else_is_shared(tiny: SmolVLM) -> None:
    model = torch_eyes(tiny).model
    before = len(products(model))
    int8 = int8_copy(model)
    assert len(products(int8)) == before > 10
    assert all(isinstance(module, SMALL) for module in products(int8))
    assert all(isinstance(module, torch.nn.Linear) for module in products(model)), "the original is as it was"
    assert int8.get_input_embeddings().weight is model.get_input_embeddings().weight


@pytest.mark.skipif(not MAPS.exists(), reason="only Linux tells what a process has mapped")
def test_the_file_goes_with_the_original(tiny_folder: Path, tmp_path: Path) -> None:
    """Else a checkpoint of a gigabyte stays in memory for the sake of its embeddings and biases."""
    checkpoint = Checkpoint(Path(shutil.copytree(tiny_folder, tmp_path / "mapped")), "tests/tiny", None)
    loaded = load_checkpoint(checkpoint, "cpu", "float32")
    assert str(checkpoint.folder) in MAPS.read_text()
    int8 = int8_copy(loaded.model)
    del loaded
    gc.collect()
    assert str(checkpoint.folder) not in MAPS.read_text()
    assert products(int8)


def test_it_is_taken_where_it_is_faster(
    load: Callable[[], SmolVLM], view: SegmentView, monkeypatch: pytest.MonkeyPatch
) -> None:
    racing(monkeypatch, 3.0, 2.0)
    model = load()
    assert model.info.dtype == "int8 weights, float32"
    assert "int8: 1.5 times as fast as float32 on this CPU, with cosines of 0.99" in model.info.reason
    assert all(isinstance(module, SMALL) for module in products(torch_eyes(model).model))
    assert model.describe(view, Criteria(), never_cancelled) is not None


def test_it_is_not_taken_where_it_is_no_faster(
    load: Callable[[], SmolVLM], monkeypatch: pytest.MonkeyPatch
) -> None:
    racing(monkeypatch, 2.0, 2.0)
    model = load()
    assert model.info.dtype == "float32"
    assert "int8 would be 1.0 times as fast" in model.info.reason
    assert not any(isinstance(module, SMALL) for module in products(torch_eyes(model).model))


@pytest.mark.parametrize("reached", [Agreement(0.95, 1.0), Agreement(1.0, 0.97)])
def test_it_is_not_taken_where_it_answers_otherwise(
    load: Callable[[], SmolVLM], monkeypatch: pytest.MonkeyPatch, reached: Agreement
) -> None:
    racing(monkeypatch, 3.0, 1.0)
    monkeypatch.setattr(torch_int8, "compare", lambda *_: reached)
    assert load().info.dtype == "float32"


def test_a_torch_without_it_goes_on_in_float32(
    load: Callable[[], SmolVLM], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(torch.ao.quantization, "quantize_dynamic")
    model = load()
    assert model.info.dtype == "float32"
    assert "this torch has no int8 for it (AttributeError)" in model.info.reason


def test_a_processor_without_kernels_goes_on_in_float32(
    load: Callable[[], SmolVLM], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("Didn't find engine for operation quantized::linear_prepack NoQEngine")

    monkeypatch.setattr(torch.ao.quantization, "quantize_dynamic", fail)
    assert "no int8 for it (RuntimeError)" in load().info.reason


def test_a_trial_that_fails_is_told(load: Callable[[], SmolVLM], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ModelError("The model failed on this segment.") from RuntimeError("no such shape")

    monkeypatch.setattr(torch_int8, "compare", fail)
    model = load()
    assert model.info.dtype == "float32"
    assert "int8 failed in a trial (no such shape)" in model.info.reason


def test_where_bfloat16_is_native_nothing_is_tried(
    load: Callable[[], SmolVLM], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "choose_dtype", lambda _device: Chosen("bfloat16", "so the test wants"))
    monkeypatch.setattr(torch_int8, "int8_copy", lambda _: pytest.fail("tried"))
    assert load().info.dtype == "bfloat16"


def test_it_stops_between_products(
    load: Callable[[], SmolVLM], view: SegmentView, monkeypatch: pytest.MonkeyPatch
) -> None:
    racing(monkeypatch, 3.0, 1.0)
    monkeypatch.setattr("smolvlm_core.models.smolvlm.TICK_S", 0.0)
    model, looks = load(), 0

    def check() -> None:
        nonlocal looks
        looks += 1
        if looks == 9:  # the vision tower of the tiny model alone has more products
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        model.judge(view, Criteria(), check)
    assert looks == 9


def test_a_numbers_format_that_is_asked_for_is_kept(tiny_folder: Path) -> None:
    assert load_tiny(tiny_folder).info.dtype == "float32"
