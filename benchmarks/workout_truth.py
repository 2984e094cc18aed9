"""What is done how often in the clips and spliced workouts of a folder. Knows no analysis and no metric.

``FOLDER/manifest.json`` lists ``clips`` (or is that list), each with ``file`` and, where known, ``exercise``,
``true_reps`` (0: nothing to count here; null or absent: unknown) and ``sets`` as ``[start, end, repetitions]``.
``FOLDER/composites/NAME.json`` beside a video of that name lists ``sets`` with ``t0``, ``t1``, ``reps``, ``ex``.
Times in seconds. Both are read as liberally as they can be: what is missing is unknown, never an error.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smolvlm_core.domain import Span

SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".gif", ".m4v")


@dataclass(frozen=True, slots=True)
class TrueSet:
    """One set; ``repetitions`` None: not counted by anybody, ``exercise`` empty: not named."""

    span: Span
    repetitions: int | None
    exercise: str


@dataclass(frozen=True, slots=True)
class Truth:
    """One video. ``repetitions`` over all of it: 0 where there is nothing to count, None where nobody counted.

    ``sets`` None: nobody wrote down when; a spliced workout (``composite``) always has them.
    """

    file: str
    path: Path
    exercise: str
    repetitions: int | None
    sets: tuple[TrueSet, ...] | None
    composite: bool = False
    split: str = ""

    @property
    def counted(self) -> bool:
        """Somebody counted, and there is something to count."""
        return bool(self.repetitions)


@dataclass(frozen=True, slots=True)
class Left:
    """An entry that cannot be used, and why."""

    file: str
    reason: str


def read_folder(folder: Path, also: Path | None = None) -> Iterator[Truth | Left]:
    """All clips in the order of the manifest, then all composites by name.

    A clip that is not there is looked for in ``also``, by its size and SHA-256.
    """
    for entry in _entries(folder / "manifest.json"):
        file = str(entry.get("file") or "")
        path: Path | None = folder / file
        if not file or not (folder / file).is_file():
            path = _same_file(entry, also)
        yield Left(file or "(an entry without a file)", "no such file") if path is None else clip_of(entry, path)
    for notes in sorted((folder / "composites").glob("*.json")):
        videos = [notes.with_suffix(suffix) for suffix in SUFFIXES if notes.with_suffix(suffix).is_file()]
        name = f"composites/{notes.name}"
        composite = composite_of(json.loads(notes.read_text(encoding="utf-8")), videos[0]) if videos else None
        if composite is not None:
            yield composite
        else:
            yield Left(name, "no sets with times" if videos else "no video of that name")


def _entries(manifest: Path) -> Iterator[Mapping[str, Any]]:
    if not manifest.is_file():
        return
    content = json.loads(manifest.read_text(encoding="utf-8"))
    yield from content if isinstance(content, list) else content.get("clips") or []


def _same_file(entry: Mapping[str, Any], also: Path | None) -> Path | None:
    wanted = entry.get("sha256")
    if also is None or not wanted:
        return None
    for path in sorted(also.rglob("*")):
        if path.is_file() and path.stat().st_size == entry.get("bytes", path.stat().st_size):
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() == wanted:
                    return path
    return None


def clip_of(entry: Mapping[str, Any], path: Path) -> Truth:
    """Where only the sets were counted, all of them together are the clip's repetitions."""
    exercise = str(entry.get("exercise") or "")
    sets = _sets_of(entry.get("sets"), exercise)
    repetitions = _whole(entry.get("true_reps"))
    if repetitions is None and sets and all(one.repetitions is not None for one in sets):
        repetitions = sum(one.repetitions or 0 for one in sets)
    if repetitions == 0:
        sets = ()
    return Truth(entry["file"], path, exercise, repetitions, sets, split=str(entry.get("split") or ""))


def composite_of(notes: Mapping[str, Any], path: Path) -> Truth | None:
    """None where it is not said when something is done."""
    sets = _sets_of(notes.get("sets"), "")
    if sets is None:
        return None
    known = [one.repetitions for one in sets if one.repetitions is not None]
    repetitions = sum(known) if len(known) == len(sets) else None
    return Truth(f"composites/{path.name}", path, "", repetitions, sets, composite=True)


def _sets_of(items: Any, exercise: str) -> tuple[TrueSet, ...] | None:
    """None where they are unknown, or the times of one of them."""
    try:
        return None if items is None else tuple(_set_of(item, exercise) for item in items)
    except (TypeError, ValueError):  # no number, or no span
        return None


def _set_of(item: Any, exercise: str) -> TrueSet:
    """A set written as a list or as an object."""
    if isinstance(item, Mapping):
        start_s, end_s = item.get("t0", item.get("start_s")), item.get("t1", item.get("end_s"))
        repetitions = item.get("reps", item.get("repetitions"))
        exercise = str(item.get("ex") or item.get("exercise") or exercise)
    else:
        start_s, end_s, repetitions = (*item, None)[:3]
    return TrueSet(Span(float(start_s), float(end_s)), _whole(repetitions), exercise)


def _whole(number: Any) -> int | None:
    return None if number is None else int(number)
