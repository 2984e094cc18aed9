"""What really happens in the videos of a folder, as its ``manifest.json`` tells, and how near a span comes to it.

An entry (under ``good`` or ``composite``) names a ``file`` and its ``ground_truth``: a ``label``, ``moments`` and
``needles`` with ``t0``, ``t1`` and ``what``, and ``needle_peak_moments`` as pairs of times. Times in seconds.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smolvlm_core.domain import Span

GROUPS = ("good", "composite")
NO_EVENT = "NOT an event"
NEGATIVE_LABELS = frozenset(
    {
        "calm",
        "calm_handheld",
        "static",
        "static_slides_speech",
        "cuts_no_highlight",
        "no_clear_highlight",
        "loop",
        "too_short",
    }
)
"""Videos in which nobody would point at a moment, even where small ones are noted."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What one video holds. ``events`` are all intervals that are right to show, ``wanted`` those to be found."""

    file: str
    group: str
    label: str | None
    events: tuple[Span, ...]
    wanted: tuple[Span, ...]

    @property
    def negative(self) -> bool:
        """Nothing in it deserves a high score."""
        return not self.events or self.label in NEGATIVE_LABELS


@dataclass(frozen=True, slots=True)
class Left:
    """An entry that cannot be used, and why."""

    file: str
    reason: str


def read_manifest(folder: Path) -> Iterator[Truth | Left]:
    """All entries of ``folder/manifest.json`` in their order."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for group in GROUPS:
        for entry in manifest.get(group, []):
            if not entry.get("ground_truth"):
                yield Left(entry["file"], "no ground truth")
            elif not (folder / entry["file"]).is_file():
                yield Left(entry["file"], "no such file")
            else:
                yield truth_of(entry["file"], group, entry["ground_truth"])


def truth_of(file: str, group: str, ground_truth: Mapping[str, Any]) -> Truth:
    """Moments, needles and their peaks are events; wanted are the needles, or all events where there are none."""
    needles = _spans(ground_truth.get("needles") or [])
    peaks = tuple(Span(float(t0), float(t1)) for t0, t1 in ground_truth.get("needle_peak_moments") or [])
    events = _spans(ground_truth.get("moments") or []) + needles + peaks
    return Truth(file, group, ground_truth.get("label"), events, needles or events)


def _spans(items: Sequence[Mapping[str, Any]]) -> tuple[Span, ...]:
    return tuple(
        Span(float(item["t0"]), float(item["t1"])) for item in items if NO_EVENT not in item.get("what", "")
    )


def iou(one: Span, other: Span) -> float:
    """Seconds both cover over seconds either covers; 0..1."""
    shared_s = one.overlap_s(other)
    return shared_s / (one.duration_s + other.duration_s - shared_s)


def nearest(span: Span, events: Sequence[Span]) -> tuple[float, Span | None]:
    """The highest IoU with an event and that event; 0 and None where none is touched."""
    best = max(events, key=lambda event: iou(span, event), default=None)
    if best is None or iou(span, best) == 0:
        return 0.0, None
    return iou(span, best), best
