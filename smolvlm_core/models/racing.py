"""Which of several ways is the fastest on this very processor: timed, not guessed from its name."""

import time
from collections.abc import Callable, Sequence

ROUNDS = 3
FASTER = 1.05  # times as fast: less is not worth a small loss


def best_of(ways: Sequence[Callable[[], object]], rounds: int = ROUNDS) -> list[float]:
    """Seconds of each at its best. They take turns, after one that does not count."""
    best = [float("inf")] * len(ways)
    for turn in range(rounds + 1):
        for index, way in enumerate(ways):
            started_s = time.perf_counter()
            way()
            if turn > 0:
                best[index] = min(best[index], time.perf_counter() - started_s)
    return best
