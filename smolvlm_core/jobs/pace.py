"""``Pace``: how long a task will still take, out of how its percentage moved. Pure numbers; asks no clock."""

import math
from dataclasses import dataclass, field

LEAST_S = 4.0  # of work, and ...
LEAST_PERCENT = 2.0  # ... of the bar before anything is said
RECENT_SHARE = 0.25  # of the time until now is looked back on: parts of the work differ in pace ...
RECENT_LEAST_S = 20.0  # ... but no less than this
STEP_PERCENT = 0.25  # between two samples
SETTLE_SHARE = 0.2  # of the time left, or since it began, a guess takes to follow: it must not jump ...
SETTLE_LEAST_S = 3.0  # ... but follows within seconds at the end


@dataclass(slots=True)
class Pace:
    """Told of every step forward; ``left_s`` is the guess, None while there is none."""

    left_s: float | None = None
    _samples: list[tuple[float, float]] = field(default_factory=list)
    """When, and how far it was then."""
    _began_s: float = 0.0
    _told_s: float = 0.0

    def note(self, percent: float, now_s: float, *, steady: bool = True) -> float | None:
        """The guess after this.

        Args: percent: never lower than before; steady: False where the pace tells nothing of what is to come.
        """
        if not steady or percent <= 0:
            self.left_s = None
            self._samples = []
            return None
        if len(self._samples) == 1 and percent == self._samples[0][1]:
            self._samples = []  # it has not begun to move
        if not self._samples:
            self._began_s = now_s
        if not self._samples or percent >= self._samples[-1][1] + STEP_PERCENT:
            self._samples.append((now_s, percent))
        self._forget(now_s)
        since_s, before = self._samples[0]
        took_s, moved = now_s - since_s, percent - before
        if took_s >= LEAST_S and moved >= LEAST_PERCENT:
            self._follow((100 - percent) * took_s / moved, now_s)
        return self.left_s

    def _forget(self, now_s: float) -> None:
        """What is no longer recent; the newest that is older stays, to measure from."""
        recent_s = max(RECENT_LEAST_S, RECENT_SHARE * (now_s - self._began_s))
        while len(self._samples) > 2 and self._samples[1][0] <= now_s - recent_s:
            self._samples.pop(0)

    def _follow(self, measured_s: float, now_s: float) -> None:
        if self.left_s is None:
            self.left_s = measured_s
        else:
            passed_s = now_s - self._told_s
            expected_s = max(0.0, self.left_s - passed_s)
            settle_s = max(SETTLE_LEAST_S, SETTLE_SHARE * min(expected_s, now_s - self._began_s))
            self.left_s = expected_s + (measured_s - expected_s) * (1 - math.exp(-passed_s / settle_s))
        self._told_s = now_s
