"""Is a counted set of a workout what is documented? One sentence for each thing that is not."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from benchmarks.shapes import SLACK_S, is_count, is_number, order_problems, times_of, wrong_types
from benchmarks.wire import JSON

AMOUNTS = ("lowering_seconds", "lifting_seconds", "left_range_of_motion", "right_range_of_motion")
SET_FIELDS = {
    "set_number",
    "range_of_motion",
    "range_of_motion_unit",
    "driving_signal",
    "repetition_times",
    "curve",
    *AMOUNTS,
}


def set_problems(item: JSON, where: str) -> Iterator[str]:
    """The fields that a step has beyond those of before: all null, or all of a counted set."""
    missing = SET_FIELDS - set(item)
    if missing:
        yield f"{where}: missing: {sorted(missing)}"
    elif not item.get("repetitions"):
        yield from (f"{where}: {name} without repetitions" for name in SET_FIELDS if item[name] is not None)
    else:
        yield from _counted_problems(item, where)
        yield from _curve_problems(item["curve"], item["range_of_motion_unit"], where)


def _counted_problems(item: JSON, where: str) -> Iterator[str]:
    yield from wrong_types(item, {"set_number": int, "range_of_motion_unit": str, "driving_signal": str}, where)
    yield from _amount_problems(item, AMOUNTS, where)
    times = item["repetition_times"]
    if not isinstance(times, list) or len(times) != item["repetitions"]:
        yield f"{where}: {item['repetitions']!r} repetitions, repetition_times is {times!r}"
        return
    for index, repetition in enumerate(times, 1):
        yield from _repetition_problems(repetition, times_of(item), f"{where}.repetition_times[{index}]")
        if repetition.get("repetition") != index:
            yield f"{where}: repetition {index} is numbered {repetition.get('repetition')!r}"
    yield from order_problems(times, f"{where}.repetition_times")


def _repetition_problems(item: JSON, step: tuple[float, float] | None, where: str) -> Iterator[str]:
    times, turn_s = times_of(item), item.get("turn_timestamp")
    if times is None or step is None or not is_number(turn_s):
        yield f"{where}: start, end or turn is missing or no number: {item}"
        return
    start_s, end_s = times
    if not step[0] - SLACK_S <= start_s <= turn_s <= end_s <= step[1] + SLACK_S or start_s == end_s:
        yield f"{where}: {start_s} to {end_s} s, turning at {turn_s} s, in a step of {step[0]} to {step[1]} s"
    if not is_number(item.get("range_of_motion")):
        yield f"{where}: range_of_motion is {item.get('range_of_motion')!r}"
    yield from _amount_problems(item, AMOUNTS[:2], where)


def _amount_problems(item: JSON, names: tuple[str, ...], where: str) -> Iterator[str]:
    for name in names:
        amount = item.get(name)
        if name not in item or (amount is not None and (not is_number(amount) or amount < 0)):
            yield f"{where}: {name} is {item.get(name, 'missing')!r}"


def _curve_problems(curve: Any, unit: str, where: str) -> Iterator[str]:
    if not isinstance(curve, dict) or curve.get("unit") != unit:
        yield f"{where}: curve is {curve!r}, its unit should be {unit!r}"
        return
    times_s, values = curve.get("times_seconds"), curve.get("values")
    if not isinstance(times_s, list) or not isinstance(values, list) or len(times_s) != len(values):
        yield f"{where}: the curve's times and values do not match"
    elif not all(is_number(value) for value in [*times_s, *values]):
        yield f"{where}: the curve holds something that is no number"
    elif any(one > other for one, other in pairwise(times_s)):
        yield f"{where}: the curve's times are not in order"


def numbering_problems(steps: list[JSON]) -> Iterator[str]:
    numbers = [step["set_number"] for step in steps if step.get("set_number") is not None]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"exercise_steps: the sets are numbered {numbers}"


def totals_problems(summary: JSON, steps: list[JSON]) -> Iterator[str]:
    """The summary's sums are those of the steps."""
    working = [step for step in steps if step.get("movement_phase") == "Execution"]
    if summary.get("total_sets") != len(working):
        yield f"summary: total_sets is {summary.get('total_sets')!r}, the steps have {len(working)}"
    groups = summary.get("sets_by_exercise")
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        yield f"summary: sets_by_exercise is {groups!r}"
    else:
        listed = {str(group.get("exercise_name")): group.get("sets") for group in groups}
        names = [step.get("exercise_name") for step in working]
        if listed != {name: names.count(name) for name in names}:
            yield f"summary: sets_by_exercise is {groups!r} for sets of {names}"
        if sum(reps for group in groups if is_count(reps := group.get("repetitions"))) != sum(
            reps for step in working if is_count(reps := step.get("repetitions"))
        ):
            yield f"summary: sets_by_exercise has other repetitions than the steps: {groups!r}"
    for name, phases in (("active_seconds", {"Execution"}), ("rest_seconds", {"Rest", "Transition"})):
        spent = [step.get("duration") for step in steps if step.get("movement_phase") in phases]
        spent_s = sum(length_s for length_s in spent if is_number(length_s))
        if not is_number(summary.get(name)) or abs(summary[name] - spent_s) > SLACK_S * (1 + len(spent)):
            yield f"summary: {name} is {summary.get(name)!r}, the steps have {spent_s}"
