"""Splices workouts with known sets out of the clips of any folder, to evaluate on what no constant was chosen on.

    python -m benchmarks.compose_workout FOLDER OUT [--count 6] [--seed 1] [--fades SHARE]

``FOLDER`` is as ``benchmarks/workout_truth.py`` describes. Each workout is 3 to 6 sets of clips whose sets have
times, with rests between: calm clips, what clips show before and after their sets, or a picture that stands
still. ``SHARE`` of the workouts (half of them) dissolve from one part to the next, the others cut. ``OUT`` gets a
manifest and ``composites/``, so that ``python -m benchmarks.workout OUT`` evaluates them. They are as free to use
as the clips they come from. The same seed makes the same workouts.
"""

import argparse
import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from benchmarks.workout_footage import Size, film, info_of, letterboxed, pictures_at, times_in
from benchmarks.workout_truth import TrueSet, Truth, read_folder
from smolvlm_core.domain import FrameRGB, JSONValue, Span
from smolvlm_core.errors import SmolVLMError

SIZES_PX: tuple[Size, ...] = ((640, 360), (854, 480), (480, 360))
RATES = (Fraction(25), Fraction(30))
SETS = (3, 7)  # in one workout: from the first, below the second
MARGIN_S = 2.5  # shown before and after a set, at most
REST_S = (4.0, 12.0)
FADE_S = (0.4, 1.0)
CLEAR_S = 0.4  # footage beside a set counts as rest from so far off
NO_REST_SHARE = 0.2  # of the joints between sets of two different exercises


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a clip, with the set in it if there is one; ``still``: its first picture, all the time."""

    file: str
    path: Path
    shown: Span
    true: TrueSet | None = None
    still: bool = False

    def times_s(self, fps: Fraction) -> list[float]:
        times = times_in(self.shown, fps)
        return [self.shown.start_s] * len(times) if self.still else times


@dataclass(frozen=True, slots=True)
class Workout:
    """One video to make. ``fades`` are pictures of dissolve before each part: the first has none."""

    parts: tuple[Part, ...]
    fades: tuple[int, ...]
    size: Size
    fps: Fraction

    @property
    def starts(self) -> list[int]:
        """The first picture of each part, and after the last part the number of all pictures."""
        starts, at = [], 0
        for part, fade in zip(self.parts, self.fades, strict=True):
            starts.append(at + fade)
            at += fade + len(part.times_s(self.fps))
        return [*starts, at]

    @property
    def sets(self) -> tuple[TrueSet, ...]:
        """In the time of the workout."""
        found = []
        for part, start in zip(self.parts, self.starts, strict=False):
            if part.true is not None:
                by_s = float(start / self.fps) - part.shown.start_s
                span = Span(part.true.span.start_s + by_s, part.true.span.end_s + by_s)
                found.append(TrueSet(span, part.true.repetitions, part.true.exercise))
        return tuple(found)

    @property
    def duration_s(self) -> float:
        return float(self.starts[-1] / self.fps)


# -- What there is to splice ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Take:
    """A set of a clip, and how much of the clip may be shown with it."""

    truth: Truth
    true: TrueSet
    room: Span


@dataclass(frozen=True, slots=True)
class Shelf:
    """What to choose from. ``rests`` are stretches in which nothing is to be counted."""

    takes: tuple[Take, ...]
    rests: tuple[Part, ...]


def shelf_of(folder: Path) -> Shelf:
    """Raises: ValueError: no clip has counted sets with times."""
    takes: list[Take] = []
    rests: list[Part] = []
    for truth in read_folder(folder):
        if not isinstance(truth, Truth) or truth.composite or truth.sets is None:
            continue
        try:
            length_s = info_of(truth.path).duration_s
        except SmolVLMError:
            continue
        takes += takes_of(truth, length_s)
        rests += [Part(truth.file, truth.path, span) for span in gaps(truth.sets, length_s)]
    if not takes:
        raise ValueError("the manifest names no clip whose sets have times, repetitions and an exercise")
    return Shelf(tuple(takes), tuple(rests))


def takes_of(truth: Truth, length_s: float) -> Iterator[Take]:
    """Each counted set inside the clip, with room up to its neighbours."""
    sets = sorted(truth.sets or (), key=lambda one: one.span)
    for before, one, after in zip((None, *sets), sets, (*sets[1:], None), strict=False):
        start_s = before.span.end_s if before else 0.0
        end_s = min(length_s, after.span.start_s if after else length_s)
        if one.repetitions and one.exercise and start_s <= one.span.start_s < end_s:
            inside = Span(one.span.start_s, min(one.span.end_s, end_s))
            yield Take(truth, replace(one, span=inside), Span(start_s, end_s))


def gaps(sets: Sequence[TrueSet], length_s: float) -> Iterator[Span]:
    """Where nothing is counted for long enough to serve as a rest."""
    at_s = 0.0
    for one in sorted(sets, key=lambda one: one.span):
        if one.span.start_s - CLEAR_S - at_s >= REST_S[0] / 2:
            yield Span(at_s, one.span.start_s - CLEAR_S)
        at_s = one.span.end_s + CLEAR_S
    if length_s - at_s >= REST_S[0] / 2:
        yield Span(at_s, length_s)


# -- Choosing -------------------------------------------------------------------------------


def workouts(folder: Path, count: int, seed: int, fades: float = 0.5) -> Iterator[Workout]:
    """Every set comes once before any comes twice. Raises: ValueError: there is nothing to splice."""
    random = np.random.default_rng(seed)
    shelf = shelf_of(folder)
    order = itertools.cycle([shelf.takes[index] for index in random.permutation(len(shelf.takes))])
    for number in range(count):
        takes = list(itertools.islice(order, int(random.integers(*SETS))))
        fps = RATES[random.integers(len(RATES))]
        parts = tuple(choose_parts(takes, shelf.rests, random))
        dissolves = int((number + 1) * fades) > int(number * fades)
        lengths = [round(random.uniform(*FADE_S) * fps) if dissolves else 0 for _ in parts[1:]]
        yield Workout(parts, (0, *lengths), SIZES_PX[random.integers(len(SIZES_PX))], fps)


def choose_parts(takes: Sequence[Take], rests: Sequence[Part], random: np.random.Generator) -> Iterator[Part]:
    """The sets in their order with rests between, before and after; some follow each other at once."""
    last: Take | None = None
    for take in takes:
        differs = last is not None and last.true.exercise != take.true.exercise
        if not (differs and random.random() < NO_REST_SHARE):
            yield choose_rest(take, rests, random)
        yield shown_of(take, random)
        last = take
    yield choose_rest(takes[-1], rests, random)


def choose_rest(take: Take, rests: Sequence[Part], random: np.random.Generator) -> Part:
    """A stretch of a clip, or now and then the first picture of ``take`` standing still."""
    length_s = float(random.uniform(*REST_S))
    if not rests or random.random() < 1 / 3:
        start_s = take.room.start_s
        return Part(take.truth.file, take.truth.path, Span(start_s, start_s + length_s), still=True)
    rest = rests[int(random.integers(len(rests)))]
    spare_s = max(0.0, rest.shown.duration_s - length_s)
    start_s = rest.shown.start_s + float(random.uniform(0, 1)) * spare_s
    return replace(rest, shown=Span(start_s, min(rest.shown.end_s, start_s + length_s)))


def shown_of(take: Take, random: np.random.Generator) -> Part:
    """The set with a little of what is before and after it."""
    before_s, after_s = random.uniform(0, MARGIN_S, 2)
    start_s = max(take.room.start_s, take.true.span.start_s - float(before_s))
    end_s = min(take.room.end_s, take.true.span.end_s + float(after_s))
    return Part(take.truth.file, take.truth.path, Span(start_s, end_s), take.true)


# -- Writing --------------------------------------------------------------------------------


def pictures(workout: Workout) -> Iterator[FrameRGB]:
    """All pictures; a dissolve holds the last one of a part and the first one of the next."""
    last: FrameRGB | None = None
    for part, fade in zip(workout.parts, workout.fades, strict=True):
        footage = pictures_at(part.path, part.times_s(workout.fps), max(workout.size))
        for number, rgb in enumerate(footage):
            fitted = letterboxed(rgb, workout.size)
            if number == 0 and last is not None:
                yield from dissolve(last, fitted, fade)
            yield fitted
            last = fitted


def dissolve(one: FrameRGB, other: FrameRGB, count: int) -> Iterator[FrameRGB]:
    for step in range(1, count + 1):
        share = step / (count + 1)
        yield np.asarray(cv2.addWeighted(one, 1 - share, other, share, 0), np.uint8)


def notes_of(workout: Workout) -> dict[str, JSONValue]:
    """What ``read_folder`` reads, and what the workout is made of."""
    return {
        "dur": workout.duration_s,
        "sets": [
            {"ex": one.exercise, "reps": one.repetitions, "t0": one.span.start_s, "t1": one.span.end_s}
            for one in workout.sets
        ],
        "size": list(workout.size),
        "fps": float(workout.fps),
        "parts": [
            {"file": part.file, "t0": part.shown.start_s, "t1": part.shown.end_s, "still": part.still}
            for part in workout.parts
        ],
        "fades": list(workout.fades),
    }


def write(workout: Workout, path: Path) -> None:
    """The video, and its notes beside it."""
    with film(path, workout.size, workout.fps) as add:
        for rgb in pictures(workout):
            add(rgb)
    path.with_suffix(".json").write_text(json.dumps(notes_of(workout), indent=1) + "\n", encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fades", type=float, default=0.5, metavar="SHARE", help="0 to 1 of the workouts")
    arguments = parser.parse_args(argv)
    if not (arguments.folder / "manifest.json").exists():
        print(f"skipped: {arguments.folder} holds no manifest.json")
        return 0
    (arguments.out / "composites").mkdir(parents=True, exist_ok=True)
    made = workouts(arguments.folder, arguments.count, arguments.seed, arguments.fades)
    for number, workout in enumerate(made, start=1):
        joints = "fades" if any(workout.fades) else "cuts"
        name = f"made{arguments.seed}_{number:02}_{joints}.mp4"
        write(workout, arguments.out / "composites" / name)
        sets = ", ".join(f"{one.repetitions} {one.exercise}" for one in workout.sets)
        print(f"{name}: {workout.duration_s:.0f} s, {sets}", flush=True)
    if not (arguments.out / "manifest.json").exists():  # else it tells of clips
        (arguments.out / "manifest.json").write_text(json.dumps({"clips": []}) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
