"""On whose account the work of a task is done: a context around it, kept in memory only and never written down."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Visit = Callable[[], AbstractContextManager[None]]
"""Opens the context in the thread that works; made where the work is asked for."""

Visits = Callable[[], Visit]
"""Takes down who asks now, in the context of their request."""


def nobody() -> AbstractContextManager[None]:
    """The ``Visit`` of work that is on nobody's account: always off ZeroGPU, and on it after a restart."""
    return nullcontext()


def nobody_asks() -> Visit:
    """The ``Visits`` where it does not matter who asks."""
    return nobody
