"""Number formats and threads suit the processor, and say why."""

from pathlib import Path

import pytest

from smolvlm_core.models.openvino import plan
from smolvlm_core.models.openvino.plan import choose_plan, choose_threads

TWINS = "".join(f"processor\t: {n}\nphysical id\t: 0\ncore id\t\t: {n // 2}\n\n" for n in range(8))


@pytest.mark.parametrize(
    ("capabilities", "precision", "cache"),
    [(["FP32", "INT8", "BF16"], "bf16", "bf16"), (["FP32", "INT8"], "f32", "f16")],
)
def test_precision_is_what_the_processor_multiplies(capabilities: list[str], precision: str, cache: str) -> None:
    chosen = choose_plan(capabilities)
    assert chosen.precision.value == precision
    assert "this CPU" in chosen.precision.reason
    assert chosen.properties["INFERENCE_PRECISION_HINT"] == precision
    assert chosen.properties["KV_CACHE_PRECISION"] == cache
    assert chosen.properties["INFERENCE_NUM_THREADS"] == int(chosen.threads.value) >= 1


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
