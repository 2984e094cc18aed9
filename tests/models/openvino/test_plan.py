"""Number formats and threads suit the processor, and say why."""

from pathlib import Path

import pytest

from smolvlm_core.models.loading import Chosen
from smolvlm_core.models.openvino import plan
from smolvlm_core.models.openvino.plan import Plan, choose_threads, precisions_of

TWINS = "".join(f"processor\t: {n}\nphysical id\t: 0\ncore id\t\t: {n // 2}\n\n" for n in range(8))


def test_formats_worth_a_trial_are_those_the_processor_multiplies() -> None:
    assert precisions_of(["FP32", "INT8", "BF16"]) == ("bf16", "f32")
    assert precisions_of(["FP32", "INT8"]) == ("f32",)


@pytest.mark.parametrize(("precision", "cache"), [("bf16", "bf16"), ("f32", "f16")])
def test_the_cache_has_16_bits(precision: str, cache: str) -> None:
    properties = Plan(Chosen(precision, "tried"), Chosen("3", "as many as there are")).properties
    assert properties["INFERENCE_PRECISION_HINT"] == precision
    assert properties["KV_CACHE_PRECISION"] == cache
    assert properties["INFERENCE_NUM_THREADS"] == 3


def test_a_cache_that_another_graph_takes_over_has_8_bits() -> None:
    writing = Chosen("f32", "tried")
    both = Plan(Chosen("bf16", "tried"), Chosen("3", "as many as there are"), writing)
    assert both.properties["KV_CACHE_PRECISION"] == "u8"
    assert both.writing_properties["KV_CACHE_PRECISION"] == "f16"


@pytest.mark.parametrize(
    ("allowed", "quota", "threads", "reason"),
    [
        (range(8), "max 100000", "4", "one for each core"),
        (range(0, 8, 2), "max 100000", "4", "one for each processor"),
        ((0, 1, 2), "max 100000", "2", "one for each core"),
        (range(8), "250000 100000", "2", "as many as this container may use"),
        (range(8), "50000 100000", "1", "as many as this container may use"),
        (range(8), "", "4", "one for each core"),
    ],
)
def test_threads_are_cores_that_may_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: range, quota: str, threads: str, reason: str
) -> None:
    monkeypatch.setattr(plan, "_allowed_cpus", lambda: set(allowed))
    (tmp_path / "cpuinfo").write_text(TWINS)
    (tmp_path / "cpu.max").write_text(quota)
    chosen = choose_threads(tmp_path / "cpuinfo", tmp_path / "cpu.max")
    assert (chosen.value, chosen.reason) == (threads, reason)


def test_a_system_that_tells_nothing_gets_one_thread_a_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "_allowed_cpus", lambda: {0, 1, 2})
    assert choose_threads(tmp_path / "none", tmp_path / "none").value == "3"
