"""How a CPU runs the converted model: number formats and threads, each with its reason."""

import math
import os
from dataclasses import dataclass
from pathlib import Path

from smolvlm_core.models.loading import CPU_INFO, Chosen

CPU_MAX = Path("/sys/fs/cgroup/cpu.max")  # what a container may use: "quota period" in µs, or "max period"

Properties = dict[str, str | int]
"""As OpenVINO's CPU plugin wants them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``precision`` of activations and cache; weights are int8 either way.

    ``writing``: that of a second text graph, for one token after another; None: the one that reads writes, too.
    """

    precision: Chosen
    threads: Chosen
    writing: Chosen | None = None

    @property
    def properties(self) -> Properties:
        """Where another graph writes, the cache is in 8 bits: OpenVINO reads that out in a fifth of the time."""
        return _properties(self.precision, self.threads) | ({"KV_CACHE_PRECISION": "u8"} if self.writing else {})

    @property
    def writing_properties(self) -> Properties:
        return _properties(self.writing or self.precision, self.threads)


def _properties(precision: Chosen, threads: Chosen) -> Properties:
    """The cache is in 16 bits: with 8, decoding took 1.1 times as long, for 23 KiB less a token (256M)."""
    return {
        "INFERENCE_PRECISION_HINT": precision.value,
        "INFERENCE_NUM_THREADS": int(threads.value),
        "PERFORMANCE_HINT": "LATENCY",
        "KV_CACHE_PRECISION": "bf16" if precision.value == "bf16" else "f16",
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": 64,
    }


def precisions_of(capabilities: list[str]) -> tuple[str, ...]:
    """The formats worth a trial. Args: capabilities: what OpenVINO says the CPU can."""
    return ("bf16", "f32") if "BF16" in capabilities else ("f32",)


def choose_threads(cpu_info: Path = CPU_INFO, cpu_max: Path = CPU_MAX) -> Chosen:
    """One for each core that this process may use: twins on one core wait for the same unit."""
    allowed = _allowed_cpus()
    cores = _cores(allowed, cpu_info)
    count, reason = len(allowed), "one for each processor"
    if cores and cores < count:
        count, reason = cores, "one for each core"
    quota = _quota(cpu_max)
    if quota is not None and quota < count:
        count, reason = max(1, math.floor(quota)), "as many as this container may use"
    return Chosen(str(count), reason)


def _allowed_cpus() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def _cores(allowed: set[int], cpu_info: Path) -> int:
    """How many cores the allowed processors lie on; 0 when the system does not say."""
    text = cpu_info.read_text(errors="replace") if cpu_info.is_file() else ""
    cores = set()
    for block in text.split("\n\n"):
        fields = dict(line.split(":", 1) for line in block.splitlines() if ":" in line)
        plain = {name.strip(): value.strip() for name, value in fields.items()}
        if "core id" in plain and int(plain.get("processor", "-1")) in allowed:
            cores.add((plain.get("physical id"), plain["core id"]))
    return len(cores)


def _quota(cpu_max: Path) -> float | None:
    """Processors' worth of time; None when there is no limit."""
    words = cpu_max.read_text().split() if cpu_max.is_file() else []
    return int(words[0]) / int(words[1]) if len(words) == 2 and words[0] != "max" else None
