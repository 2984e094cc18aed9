"""Has a conversion done by another process, and tells how far it is."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal

from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.log import log_event
from smolvlm_core.models.loading import Chosen

MODULE = "smolvlm_core.models.openvino.conversion"
PACKAGE_ROOT = Path(__file__).parents[3]
LAST_WORDS = 2000  # characters of its output that are logged when it fails

VisionFormat = Literal["auto", "int8", "float"]

OnProgress = Callable[[float, str], None]
"""Takes percent and what is being done."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to convert, and the folder to fill. ``calibration``: a folder of pictures, "" for generated ones.

    Of ``precisions`` the fastest is taken, and of ``vision`` formats too, if it is near enough to the original.
    """

    checkpoint: str
    id: str
    target: str
    precisions: tuple[str, ...]
    threads: Chosen
    calibration: str = ""
    vision: VisionFormat = "auto"

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Order":
        fields = json.loads(text)
        return Order(
            **fields | {"precisions": tuple(fields["precisions"]), "threads": Chosen(**fields["threads"])}
        )


def convert_in_child(order: Order, on_progress: OnProgress) -> None:
    """Returns when the folder is complete. Raises: ModelUnavailable: it failed; the log has what it said."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        failure = _run(order, on_progress, said)
        if failure is not None:
            said.seek(0)
            log_event("conversion_failed", reason=failure, output=said.read()[-LAST_WORDS:])
            raise ModelUnavailable(failure)


def _run(order: Order, on_progress: OnProgress, said: IO[str]) -> str | None:
    """Returns: why it failed."""
    command = [sys.executable, "-m", MODULE, order.to_json()]
    failure = None
    with subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env=_environment(), text=True
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            told = json.loads(line)
            if "failed" in told:
                failure = str(told["failed"])
            else:
                on_progress(float(told["percent"]), str(told["step"]))
        child.wait()  # before its standard input closes, which would end it
    if child.returncode != 0:
        return failure or "The conversion for OpenVINO broke off."
    return None


def _environment() -> dict[str, str]:
    """``CI`` keeps the converter from reporting its use to its maker."""
    paths = [str(PACKAGE_ROOT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "CI": "true", "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
