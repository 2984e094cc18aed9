"""Where converted checkpoints lie: a folder for each checkpoint, revision, and version of what converts and runs.

A folder appears whole or not at all, so any number of processes may share it.
"""

import json
import os
import re
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

from smolvlm_core.models.checkpoint import Checkpoint

FORMAT = 4  # raised whenever what is written, or how it is run, changes
ABANDONED_S = 24 * 3600.0  # a conversion takes minutes: what is older was killed
UNUSED_S = 30 * 24 * 3600.0  # a conversion that nothing loaded for so long was superseded
PARTIAL = ".partial-"
SHARED = 0o755  # workers of other users may read it


@dataclass(frozen=True, slots=True)
class Files:
    """Of one conversion."""

    folder: Path

    @property
    def vision(self) -> Path:
        return self.folder / "vision.xml"

    @property
    def text(self) -> Path:
        return self.folder / "text.xml"

    @property
    def embeddings(self) -> Path:
        """float32 (vocabulary, width), as numpy saves it."""
        return self.folder / "embeddings.npy"

    @property
    def tokenizer(self) -> Path:
        """As the library ``tokenizers`` writes it."""
        return self.folder / "tokenizer.json"

    @property
    def conventions(self) -> Path:
        return self.folder / "conventions.json"

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What came out. ``refused``: why the model must not be used, None when it may.

    ``writing`` is "" where one text graph reads and writes. ``vision`` is ``int8`` or ``float``; the cosines are
    those to torch in float32.
    """

    precision: str
    precision_reason: str
    writing: str
    writing_reason: str
    vision: str
    vision_reason: str
    vision_cosine: float
    logits_cosine: float
    refused: str | None = None


def folder_of(root: Path, checkpoint: Checkpoint, made_for: str) -> Path:
    """Args: made_for: everything else the result depends on, versions included."""
    identity = [FORMAT, checkpoint.id, checkpoint.revision or state_of(checkpoint.folder), made_for]
    digest = blake2b(json.dumps(identity).encode(), digest_size=8).hexdigest()
    return root / f"{re.sub(r'[^A-Za-z0-9.]+', '-', checkpoint.id)}-{digest}"


def state_of(folder: Path) -> list[tuple[str, int, int]]:
    """Name, size and time of a folder's files: what stands for a revision where there is none. Raises: OSError."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]


def read_manifest(folder: Path) -> Manifest | None:
    """None when there is no conversion, or one that cannot be understood."""
    try:
        return Manifest(**json.loads(Files(folder).manifest.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def mark_used(folder: Path) -> None:
    """A conversion in use is not swept. One in a folder that is only read is not swept either."""
    with suppress(OSError):
        os.utime(Files(folder).manifest)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The last file of a conversion."""
    Files(folder).manifest.write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")


def begin(root: Path) -> Path:
    """A new folder to convert into. Sweeps what was killed, and what was superseded. Raises: OSError."""
    root.mkdir(parents=True, exist_ok=True)
    for folder in root.glob(f"{PARTIAL}*"):
        if time.time() - folder.stat().st_mtime > ABANDONED_S:
            shutil.rmtree(folder, ignore_errors=True)
    for manifest in root.glob("*/manifest.json"):
        if time.time() - manifest.stat().st_mtime > UNUSED_S:
            shutil.rmtree(manifest.parent, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=PARTIAL, dir=root))


def finish(partial: Path, final: Path) -> None:
    """Put the converted model where it is looked for; one that another process put there first stays.

    Raises: OSError.
    """
    partial.chmod(SHARED)
    if final.exists() and read_manifest(final) is None:
        shutil.rmtree(final)
    try:
        partial.rename(final)
    except OSError:
        if read_manifest(final) is None:
            raise
        shutil.rmtree(partial, ignore_errors=True)
