"""Runs the app as on ZeroGPU: ``python -m tests.on_zero_gpu``.

The ``spaces`` package is the real one, with its decorator, its forked workers and its client; it talks to the
scheduler of ``tests/zero_gpu.py``. Only what needs a GPU is done on the CPU instead.
"""

import runpy
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).parent.parent


def patch() -> None:
    """Needs ``SPACES_ZERO_GPU`` and the scheduler's address in the environment."""
    version: Any = torch.version
    version.cuda = version.cuda or "13.0"  # PyTorch's CPU build has none, and spaces wants one
    from spaces.zero import torch as on_zero

    on_zero.init = lambda _uuid: None
    on_zero.move = move_to_cpu


def move_to_cpu(callback: Callable[[int], Any] | None = None) -> None:
    """What ``spaces.zero.torch.patching.move`` does for CUDA: every stand-in gets its tensor back."""
    from spaces.zero.torch import patching

    for stand_in, original in patching.cuda_aliases.items():
        if original is not None:
            stand_in.data = original
    for pack in patching.tensor_packs:
        stored = Path(pack.path()).read_bytes()
        offset = 0
        for packed, size_bytes, aligned_bytes in chain(*pack.batches, pack.big_tensors):
            storage = torch.frombuffer(bytearray(stored[offset : offset + size_bytes]), dtype=torch.uint8)
            whole = torch.tensor([], dtype=packed.dtype)
            whole.set_(storage.untyped_storage(), 0, packed.shape, packed.stride())
            for stand_in in pack.fakes[packed]:
                stand_in.data = whole
            offset += aligned_bytes


if __name__ == "__main__":
    patch()
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
