"""Makes one preview in a process of its own, at the lowest priority: both ends of the pipe between.

A process, not a thread: one that yields the processor to an analysis may hold Python's lock while it does, and
would stop every request with it. The child ends by itself when its parent does, however that ends.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from smolvlm_core.domain import CheckCancelled
from smolvlm_core.errors import Cancelled, ClipError, NothingToCut, SmolVLMError
from smolvlm_core.video.proxy import make_proxy
from smolvlm_core.video.reel import ReportShare

LEAST_NICE = 19  # the lowest priority there is: about a seventieth of a processor beside work that needs it
LOOK_EVERY_S = 0.2  # how soon a cancelled preview is noticed
SETTLE_S = 5.0  # how long the child may take to tidy up
WORK_BASE_S = 600.0  # of processor time that a preview may take ...
WORK_MOST_RATIO = 8.0  # ... and this much more for each second of video: ten times what 1080p HEVC needs
REPORT_STEP = 0.005  # a smaller share is not worth a line
HOME = Path(__file__).parents[2]  # where the package is found, wherever the app was started
CANNOT_MAKE = "A version for browsers cannot be made of this video."


@dataclass(frozen=True, slots=True)
class PreviewOrder:
    """What is to be made of what. ``duration_s`` is that of the video."""

    source: Path
    target: Path
    duration_s: float


@dataclass(frozen=True, slots=True)
class _Said:
    """A line of the child's: the share that is done, or the error that ended it."""

    share: float = 0.0
    error: str = ""
    code: str = ""


def make_apart(order: PreviewOrder, check: CheckCancelled, report: ReportShare) -> None:
    """Writes the preview, whole or not at all.

    Raises: NothingToCut, ClipError: it cannot be made; what ``check`` raises.
    """
    arguments = [str(order.source), str(order.target), repr(order.duration_s)]
    with subprocess.Popen(  # noqa: S603 - our own module, and paths of our own
        [sys.executable, "-m", __name__, *arguments], cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        try:
            for said in _words_of(child, check):
                if said.error:
                    raise (NothingToCut if said.code == NothingToCut.code else ClipError)(said.error)
                report(said.share)
        finally:
            _end(child)
    if child.returncode:
        raise ClipError(CANNOT_MAKE)


def _words_of(child: "subprocess.Popen[bytes]", check: CheckCancelled) -> "Iterator[_Said]":
    """What the child says, line by line, until it says no more."""
    assert child.stdout is not None
    pipe, rest = child.stdout.fileno(), b""
    while True:
        check()
        if not select.select([pipe], [], [], LOOK_EVERY_S)[0]:
            continue
        said = os.read(pipe, 65_536)
        if not said:
            return
        *lines, rest = (rest + said).split(b"\n")
        yield from (_Said(**json.loads(line)) for line in lines)


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Tell the child to stop, where it still works; it removes what it wrote."""
    assert child.stdin is not None
    with suppress(BrokenPipeError):
        child.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        child.wait(SETTLE_S)
        return
    child.kill()


# -- The child --------------------------------------------------------------------------------


def main() -> int:
    """Make what the arguments say; each line of the output is a JSON object with a share or an error."""
    source, target, duration_s = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    os.nice(LEAST_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the parent says when to end
    orphaned = threading.Event()
    threading.Thread(target=_watch_parent, args=(orphaned,), daemon=True).start()
    most_s = WORK_BASE_S + WORK_MOST_RATIO * duration_s

    def check() -> None:
        if orphaned.is_set():
            raise Cancelled("Nobody wants it any more.")
        if time.process_time() > most_s:
            raise ClipError(CANNOT_MAKE, hint="It would take too long.")

    try:
        make_proxy(source, target, duration_s, check, _Teller())
    except Cancelled:
        return 1
    except SmolVLMError as error:
        _say(_Said(error=error.for_users, code=error.code))
    return 0


def _watch_parent(orphaned: threading.Event) -> None:
    """The pipe closes when the parent closes it, or dies."""
    os.read(0, 1)  # not through ``sys.stdin``, whose lock a daemon thread would keep at the end
    orphaned.set()


class _Teller:
    """Says how much is done, now and then."""

    def __init__(self) -> None:
        self._told = 0.0

    def __call__(self, share: float) -> None:
        if share >= self._told + REPORT_STEP:
            self._told = share
            _say(_Said(share))


def _say(said: _Said) -> None:
    sys.stdout.write(json.dumps(asdict(said)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
