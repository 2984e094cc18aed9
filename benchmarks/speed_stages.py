"""What each side of ``benchmarks.speed`` is asked to do, and what it spent on it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Work:
    """One segment: ``frames`` evenly over it, then ``words`` tokens."""

    start_s: float
    length_s: float
    frames: int
    words: int

    @property
    def times_s(self) -> tuple[float, ...]:
        return tuple(self.start_s + (index + 0.5) * self.length_s / self.frames for index in range(self.frames))


@dataclass(slots=True)
class Spent:
    """Seconds by stage on the wall and of the processor (all threads), and ``tokens`` written as ``words``.

    ``question`` is the part of ``words`` that it takes to ask for them.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    processor_s: dict[str, float] = field(default_factory=dict)
    tokens: int = 0
    prompt_tokens: int = 0

    @contextmanager
    def on(self, stage: str) -> Iterator[None]:
        started_s, processor_s = time.perf_counter(), time.process_time()
        yield
        self.add(stage, time.perf_counter() - started_s, time.process_time() - processor_s)

    def add(self, stage: str, seconds: float, processor_s: float) -> None:
        for table, value in ((self.seconds, seconds), (self.processor_s, processor_s)):
            table[stage] = table.get(stage, 0.0) + value

    def less(self, stage: str, part: "Spent", of: str) -> None:
        """What ``part`` spent on the stage ``of`` was counted under ``stage`` too."""
        self.add(stage, -part.seconds.get(of, 0.0), -part.processor_s.get(of, 0.0))


class Side(Protocol):
    """What is measured."""

    def segment(self, work: Work) -> Spent:
        """Decode, look, judge and write."""

    def video(self) -> float:
        """Seconds for the whole video. Raises: ValueError: this side cannot."""
