"""Whether this process runs on ZeroGPU. Imports nothing: it is asked before anything is loaded."""

import os

VARIABLE = "SPACES_ZERO_GPU"
YES = ("1", "t", "true")


def on_zero_gpu() -> bool:
    """As the ``spaces`` package decides it."""
    return os.environ.get(VARIABLE, "").lower() in YES
