"""The page's example videos: generated when first asked for, never shipped footage."""

import tempfile
import threading
from pathlib import Path

from smolvlm_core.domain import AnalysisType


class Examples:
    """Makes each example once a process; the files vanish with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def path_of(self, kind: AnalysisType) -> Path:
        """The example for this kind of analysis. The first call takes seconds."""
        from smolvlm_core.video.examples import ExampleKind, write_example  # noqa: PLC0415 - needs an encoder

        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="smolvlm-examples-", ignore_cleanup_errors=True)
            path = Path(self._folder.name) / f"example-{kind}.mp4"
            if not path.exists():
                write_example(path, ExampleKind(kind))
            return path
