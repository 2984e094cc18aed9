"""The process that makes a preview: the lowest priority, and an end with whoever wanted it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from smolvlm_core.errors import Cancelled, ClipError
from smolvlm_core.jobs import preview_process
from smolvlm_core.jobs.preview_process import PreviewOrder, make_apart
from smolvlm_core.video.reel import not_reported
from tests.jobs.conftest import until


def test_the_process_reports_and_has_the_lowest_priority(hevc: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    nices: list[int] = []

    def check() -> None:
        nices.extend(os.getpriority(os.PRIO_PROCESS, pid) for pid in children_of(os.getpid()))

    make_apart(PreviewOrder(hevc, tmp_path / "a.mp4", 3.0), check, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert max(nices) == 19


def children_of(pid: int) -> set[int]:
    """Of this process, as the kernel lists them; some may just have ended."""
    found: set[int] = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            own, parent = stat.parent.name, stat.read_text().rpartition(")")[2].split()[1]
            found |= {int(own)} if int(parent) == pid else set()
    return found


def test_a_process_that_is_not_wanted_any_more_leaves_nothing(endless: Path, tmp_path: Path) -> None:
    def check() -> None:
        if list(tmp_path.glob("*.partial")):
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        make_apart(PreviewOrder(endless, tmp_path / "a.mp4", 40.0), check, not_reported)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_killed_is_an_error(endless: Path, tmp_path: Path) -> None:
    others = children_of(os.getpid())  # a database server of the test run, say

    def check() -> None:
        if list(tmp_path.glob("*.partial")):
            (maker,) = children_of(os.getpid()) - others
            os.kill(maker, signal.SIGKILL)

    with pytest.raises(ClipError):
        make_apart(PreviewOrder(endless, tmp_path / "a.mp4", 40.0), check, not_reported)
    assert not (tmp_path / "a.mp4").exists()


PARENT = """
import sys
from pathlib import Path
from smolvlm_core.jobs.preview_process import PreviewOrder, make_apart
make_apart(PreviewOrder(Path(sys.argv[1]), Path(sys.argv[2]), 40.0), lambda: None, lambda share: None)
"""


def test_the_process_ends_with_a_parent_that_is_killed(endless: Path, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(endless), str(tmp_path / "a.mp4")]) as parent:
        until(lambda: bool(list(tmp_path.glob("*.partial"))))
        (child,) = children_of(parent.pid)
        parent.kill()
    until(lambda: not Path(f"/proc/{child}").exists(), 20.0)
    assert list(tmp_path.iterdir()) == []


def test_a_video_that_takes_too_long_is_given_up(
    hevc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview_process, "WORK_BASE_S", 0.0)
    monkeypatch.setattr(preview_process, "WORK_MOST_RATIO", 0.0)
    monkeypatch.setattr(sys, "argv", ["", str(hevc), str(tmp_path / "a.mp4"), "3.0"])
    monkeypatch.setattr(os, "nice", lambda _by: 0)
    monkeypatch.setattr(os, "read", lambda *_: time.sleep(5))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    said: list[str] = []
    monkeypatch.setattr(sys.stdout, "write", said.append)
    assert preview_process.main() == 0
    assert "It would take too long." in said[-1]
    assert list(tmp_path.iterdir()) == []
