"""How ``results.json`` is written: whole or not at all, whoever writes and reads meanwhile."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smolvlm_core.analysis.report import Report


@contextmanager
def draft(path: Path, report: Report) -> Iterator[Path]:
    """The report in a file beside ``path``, to be renamed to it; removed at the end if it was not.

    Raises: FileNotFoundError: the folder is gone.
    """
    partial = path.with_name(f"{path.stem}-{uuid.uuid4().hex}.partial")
    try:
        text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False)
        partial.write_text(text, encoding="utf-8")
        yield partial
    finally:
        partial.unlink(missing_ok=True)
