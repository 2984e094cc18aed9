"""Files that came through Gradio's upload: where they lie and what their sender called them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNNAMED = "video"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in Gradio's cache. ``filename`` is the sender's base name, fit to show and store."""

    path: Path
    filename: str


def received(record: dict[str, Any]) -> Upload:
    """Gradio's file record, as a listener with ``preprocess=False`` gets it.

    Gradio has by then made sure that the path is an upload of this server, as ``gr.Video`` has a data model;
    a bare ``gr.api`` function would not be protected.
    """
    path = Path(record["path"])
    return Upload(path, base_name(record.get("orig_name") or path.name))


def base_name(filename: str) -> str:
    """The last part of a path of any system, printable characters only; never empty."""
    last = re.split(r"[/\\]", filename)[-1]
    shown = "".join(char for char in last if char.isprintable()).strip()
    return shown if shown.strip(".") else UNNAMED
