"""Stands in for what makes films."""

import threading
from pathlib import Path

import pytest

from smolvlm_core.domain import CheckCancelled
from smolvlm_core.jobs import renders
from smolvlm_core.video.framing import Framing
from smolvlm_core.video.reel import Piece, ReportShare


class Workshop:
    """Counts what is made, and holds it until ``opened``."""

    def __init__(self) -> None:
        self.opened, self.entered = threading.Event(), threading.Event()
        self.made: list[Path] = []
        self.at_once = self.most_at_once = 0
        self.error: Exception | None = None

    def work(self, target: Path, check: CheckCancelled) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.entered.set()
        try:
            while not self.opened.wait(0.01):
                check()
            if self.error is not None:
                raise self.error
            self.made.append(target)
            target.write_bytes(b"movie" * 100)
        finally:
            self.at_once -= 1


class Studio(Workshop):
    """In place of the encoder of clips."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        monkeypatch.setattr(renders, "cut_clip", self.cut)
        monkeypatch.setattr(renders, "render", lambda pieces, *rest: self.cut(pieces[0], *rest))

    def cut(
        self, _piece: Piece, target: Path, _framing: Framing, check: CheckCancelled, report: ReportShare
    ) -> None:
        report(0.25)
        self.work(target, check)
