"""A counted set in the names of the wire contract: its repetitions one by one, and its curve made small."""

import re
from collections.abc import Iterable

import numpy as np

from smolvlm_core.analysis.clock import DECIMALS
from smolvlm_core.domain import JSONValue
from smolvlm_core.exercise import Curve, ExerciseStep, MeasuredSet, Repetition, Unit
from smolvlm_core.models.exercises import HELD

CURVE_POINTS = 300
"""About as many points as a phone is wide: enough to draw it, little enough to send."""
BUCKETS_LEAST = 50  # however many turning points there are to keep beside

DEGREES_DECIMALS = 1  # of what a pose can tell; of shares and lengths it is DECIMALS

COUNTED = re.compile(r"\d+ repetitions?")
"""How the words of a counted set begin."""

Fields = dict[str, JSONValue]

UNCOUNTED: Fields = dict.fromkeys(
    (
        "set_number",
        "lowering_seconds",
        "lifting_seconds",
        "range_of_motion",
        "range_of_motion_unit",
        "driving_signal",
        "left_range_of_motion",
        "right_range_of_motion",
        "repetition_times",
        "curve",
    )
)
"""What a step without counted repetitions has in place of ``set_report``."""


def set_report(measured: MeasuredSet, number: int) -> Fields:
    """The fields that a counted set adds to its step. ``number``: 1-based among the counted sets."""
    unit, sides = measured.drive.unit, measured.sides
    return {
        "set_number": number,
        "lowering_seconds": _seconds(measured.lowering_s),
        "lifting_seconds": _seconds(measured.lifting_s),
        "range_of_motion": _amount(measured.range_of_motion, unit),
        "range_of_motion_unit": unit.value,
        "driving_signal": measured.drive.name,
        "left_range_of_motion": None if sides is None else _amount(sides.left, Unit.DEGREES),
        "right_range_of_motion": None if sides is None else _amount(sides.right, Unit.DEGREES),
        "repetition_times": [
            _repetition(index, repetition, unit) for index, repetition in enumerate(measured.repetitions, 1)
        ],
        "curve": _curve(measured),
    }


def measured_words(step: ExerciseStep) -> str:
    """What was counted, as a sentence; empty where nothing was. The numbers of a description are these."""
    if step.measured is None:
        return f"Held for {step.span.duration_s:.0f} s." if step.exercise_name in HELD else ""
    measured = step.measured
    count, unit = len(measured.repetitions), measured.drive.unit
    tempo = f"{measured.tempo_s:.1f} s"
    parts = [f"{count} repetitions, one every {tempo}" if count > 1 else f"1 repetition of {tempo}"]
    if unit is not Unit.RELATIVE:
        decimals, gap = (0, "") if unit is Unit.DEGREES else (2, " ")
        amount = f"{measured.range_of_motion:.{decimals}f}{gap}{unit.value}"
        parts.append(f"{measured.drive.name} moves by {amount}")
    if measured.lowering_s is not None and measured.lifting_s is not None:
        parts.append(f"{measured.lowering_s:.1f} s down, {measured.lifting_s:.1f} s up")
    return f"{'; '.join(parts)}."


def recounted_words(words: str, measured: int | None, repetitions: int) -> str:
    """``measured_words`` once a person has put the number right; the numbers that were measured stay in it."""
    many = f"{repetitions} {'repetition' if repetitions == 1 else 'repetitions'}"
    if measured is None:
        return f"{many}, not counted by the app. {words}".strip()
    found = COUNTED.match(words)
    if found is None:
        return words
    return f"{many} ({measured} counted){words[found.end() :]}"


def _repetition(number: int, repetition: Repetition, unit: Unit) -> Fields:
    return {
        "repetition": number,
        "start_timestamp": round(repetition.span.start_s, DECIMALS),
        "end_timestamp": round(repetition.span.end_s, DECIMALS),
        "turn_timestamp": round(repetition.turn_s, DECIMALS),
        "range_of_motion": _amount(repetition.range_of_motion, unit),
        "lowering_seconds": _seconds(repetition.lowering_s),
        "lifting_seconds": _seconds(repetition.lifting_s),
    }


def _seconds(duration_s: float | None) -> float | None:
    return None if duration_s is None else round(duration_s, DECIMALS)


def _amount(value: float, unit: Unit) -> float:
    return round(value, DEGREES_DECIMALS if unit is Unit.DEGREES else DECIMALS)


def _curve(measured: MeasuredSet) -> Fields:
    turns_s = [repetition.turn_s for repetition in measured.repetitions]
    edges_s = [edge for one in measured.repetitions for edge in (one.span.start_s, one.span.end_s)]
    thinned = thin(measured.curve, [*turns_s, *edges_s])
    unit = measured.drive.unit
    return {
        "unit": unit.value,
        "times_seconds": [round(time_s, DECIMALS) for time_s in thinned.times_s],
        "values": [_amount(value, unit) for value in thinned.values],
    }


def thin(curve: Curve, keep_s: Iterable[float], points: int = CURVE_POINTS) -> Curve:
    """About ``points`` points of the curve, its hills and valleys and those next to ``keep_s`` among them.

    Points whose value is unknown (not finite) are left out.
    """
    times_s, values = np.asarray(curve.times_s, float), np.asarray(curve.values, float)
    known = np.isfinite(values)
    times_s, values = times_s[known], values[known]
    if len(times_s) > points:
        kept = {0, len(times_s) - 1} | {int(np.abs(times_s - moment_s).argmin()) for moment_s in keep_s}
        buckets = max(BUCKETS_LEAST, (points - len(kept)) // 2)
        for bucket in np.array_split(np.arange(len(times_s)), buckets):
            if len(bucket):
                kept |= {int(bucket[values[bucket].argmin()]), int(bucket[values[bucket].argmax()])}
        chosen = sorted(kept)
        times_s, values = times_s[chosen], values[chosen]
    return Curve(tuple(times_s.tolist()), tuple(values.tolist()))
