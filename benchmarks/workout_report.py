"""What was counted, as rows of text and as JSON, and whether it is good enough. Runs nothing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePath

from benchmarks.workout_metrics import CountedSet, Measures, Names, Pair, Row, measure
from smolvlm_core.domain import JSONValue

FILE_WIDTH = 38
NAME_WIDTH = 16
JSONObject = dict[str, JSONValue]


# -- Rows -----------------------------------------------------------------------------------


def clips_header() -> str:
    return (
        f"{'clip':{FILE_WIDTH}} {'true exercise':{NAME_WIDTH}} {'named':{NAME_WIDTH}} {'true':>4} {'got':>4} "
        f"{'error':>5} {'sets':>4}  repetitions in seconds"
    )


def clip_text(row: Row) -> str:
    truth = row.truth
    name = PurePath(truth.file).name[:FILE_WIDTH]
    head = f"{name:{FILE_WIDTH}} {truth.exercise[:NAME_WIDTH]:{NAME_WIDTH}}"
    if row.failure is not None:
        return f"{head} FAILED: {row.failure}"
    true = "?" if truth.repetitions is None else str(truth.repetitions)
    error = "?" if row.error is None else f"{row.error:+d}" if row.error else "0"
    named = (row.named or "-")[:NAME_WIDTH]
    sets = ", ".join(_set_text(one) for one in row.sets) or "-"
    return f"{head} {named:{NAME_WIDTH}} {true:>4} {row.counted:>4} {error:>5} {len(row.sets):>4}  {sets}"


def _set_text(one: CountedSet) -> str:
    return f"{one.repetitions} in {one.span.start_s:.1f}-{one.span.end_s:.1f}"


def composite_text(row: Row) -> str:
    """A line a true set, and the sets that match none."""
    lines = [PurePath(row.truth.file).name]
    if row.failure is not None:
        return f"{lines[0]} FAILED: {row.failure}"
    pairs = row.pairs
    lines += [f"  {_pair_text(pair)}" for pair in pairs]
    matched = [pair.match for pair in pairs]
    lines += [f"  beside them: {_set_text(one)} ({one.name or '-'})" for one in row.sets if one not in matched]
    return "\n".join(lines)


def _pair_text(pair: Pair) -> str:
    true = pair.true
    reps = "?" if true.repetitions is None else str(true.repetitions)
    head = f"{true.exercise[:NAME_WIDTH]:{NAME_WIDTH}} {true.span.start_s:6.1f}-{true.span.end_s:6.1f} {reps:>3}"
    found = pair.found
    if found is None:
        return f"{head} | nothing found"
    starts_s, ends_s = found.span.start_s - true.span.start_s, found.span.end_s - true.span.end_s
    verdict = "" if pair.match else "  NOT matched"
    return (
        f"{head} | {found.name or '-':{NAME_WIDTH}} start {starts_s:+6.2f} s, end {ends_s:+6.2f} s, "
        f"counted {found.repetitions:>3}, IoU {pair.iou:.2f}{verdict}"
    )


# -- Summary --------------------------------------------------------------------------------

TAG = "_without_pose"


@dataclass(frozen=True, slots=True)
class Passes:
    """The same videos analyzed with a pose model and without; None: that pass was not asked for."""

    with_pose: tuple[Row, ...] | None
    without_pose: tuple[Row, ...] | None

    @property
    def rows(self) -> tuple[Row, ...]:
        """Of the pass that matters more."""
        return (self.without_pose or ()) if self.with_pose is None else self.with_pose


@dataclass(frozen=True, slots=True)
class Realtime:
    """Seconds of processing a second of video, and what it was taken over."""

    factor: float | None
    source: str


def numbers(rows: Sequence[Row] | None) -> JSONObject:
    """The numbers to compare versions by; all None where nothing was run."""
    measures = measure(rows or ())
    counts, names, times = measures.counts, measures.names, measures.composite_times
    return {
        "obo": counts.obo,
        "exact": counts.exact,
        "mae_relative": counts.mae_relative,
        "false_sets": measures.false_sets,
        "sets_matched": times.matched,
        "start_error_s": times.start_error_s,
        "end_error_s": times.end_error_s,
        "extra_sets": times.extra_sets if times.n else None,
        "composite_obo": measures.composite_counts.obo,
        "composite_exact": measures.composite_counts.exact,
        "composite_mae_relative": measures.composite_counts.mae_relative,
        "naming": names.right,
        "naming_abstained": names.abstained,
        "composite_naming": measures.composite_names.right,
        "composite_naming_abstained": measures.composite_names.abstained,
        "clip_sets_matched": measures.clip_times.matched,
        "clip_start_error_s": measures.clip_times.start_error_s,
        "clip_end_error_s": measures.clip_times.end_error_s,
    }


def summary_of(passes: Passes, realtime: Realtime) -> JSONObject:
    """The numbers with pose, those without (``_without_pose``), what they were taken over, and every row."""
    measures = measure(passes.rows)
    found = numbers(passes.with_pose)
    without = {f"{name}{TAG}": value for name, value in numbers(passes.without_pose).items()}
    found = {**found, **without, "realtime_factor": realtime.factor}
    return {
        **found,
        f"realtime_factor{TAG}": measure(passes.without_pose or ()).realtime_factor,
        "realtime_source": realtime.source,
        "n": _sizes(passes.rows, measures),
        "unnameable": list(measures.names.unknown),
        "bars": [{**asdict(bar), "value": found[bar.key], "passed": bar.passed(found[bar.key])} for bar in BARS],
        "failed": [row.truth.file for row in passes.rows if row.failure is not None],
        "rows": [row_json(row) for row in passes.with_pose or ()],
        f"rows{TAG}": [row_json(row) for row in passes.without_pose or ()],
    }


def _sizes(rows: Sequence[Row], measures: Measures) -> JSONObject:
    return {
        "clips": sum(not row.truth.composite for row in rows),
        "composites": sum(row.truth.composite for row in rows),
        "counted_clips": measures.counts.n,
        "negatives": measures.negatives,
        "composite_sets": measures.composite_times.n,
        "clip_sets": measures.clip_times.n,
        "naming": measures.names.n,
        "unnameable_clips": measures.counts.n - measures.names.n,
        "composite_naming": measures.composite_names.n,
        "bars": len(BARS),
    }


def row_json(row: Row) -> JSONObject:
    return {
        "file": row.truth.file,
        "split": row.truth.split,
        "exercise": row.truth.exercise,
        "named": row.named,
        "true": row.truth.repetitions,
        "counted": row.counted,
        "error": row.error,
        "sets": [_set_json(one) for one in row.sets],
        "true_sets": [
            {
                "true": [pair.true.span.start_s, pair.true.span.end_s],
                "exercise": pair.true.exercise,
                "repetitions": pair.true.repetitions,
                "found": None if pair.found is None else _set_json(pair.found),
                "iou": pair.iou,
                "matched": pair.match is not None,
            }
            for pair in row.pairs
        ],
        "duration_s": row.duration_s,
        "processing_s": row.processing_s,
        "failure": row.failure,
    }


def _set_json(one: CountedSet) -> JSONObject:
    return {
        "span": [one.span.start_s, one.span.end_s],
        "name": one.name,
        "repetitions": one.repetitions,
        "turns_s": list(one.turns_s),
    }


def summary_text(rows: Sequence[Row], title: str) -> str:
    measures = measure(rows)
    counts, clip_times, times = measures.counts, measures.clip_times, measures.composite_times
    reps, naming = measures.composite_counts, measures.composite_names
    return "\n".join(
        (
            title,
            f"  {counts.n} counted clips: within one {_text(counts.obo)}, exact {_text(counts.exact)}, "
            f"relative error {_text(counts.mae_relative)}",
            f"  {measures.negatives} clips with nothing to count: {_text(measures.false_sets)} sets counted",
            f"  {_names_text(measures.names)}",
            f"  {clip_times.n} sets of clips: {_text(clip_times.matched)} matched, start off by "
            f"{_text(clip_times.start_error_s)} s, end by {_text(clip_times.end_error_s)} s",
            f"  {times.n} sets of spliced workouts: {_text(times.matched)} matched, start off by "
            f"{_text(times.start_error_s)} s, end by {_text(times.end_error_s)} s, "
            f"{times.extra_sets} beside them; within one {_text(reps.obo)}, "
            f"exact {_text(reps.exact)}, relative error {_text(reps.mae_relative)}",
            f"  of the matched, {_names_text(naming)}",
            f"  {_text(measures.realtime_factor)} s of processing a second of video, over all of them",
        )
    )


def _names_text(names: Names) -> str:
    unknown = f" (not in the table: {', '.join(names.unknown)})" if names.unknown else ""
    return f"{names.n} to name: {_text(names.right)} right, {_text(names.abstained)} abstained{unknown}"


def _text(value: JSONValue) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "-" if value is None else str(value)


# -- Bars -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bar:
    """What a number of the summary has to reach."""

    label: str
    key: str
    rule: str
    limit: float

    def passed(self, value: JSONValue) -> bool | None:
        """None: it was not measured."""
        if not isinstance(value, int | float):
            return None
        return {">=": value >= self.limit, "<=": value <= self.limit, "<": value < self.limit}[self.rule]


BARS = (
    Bar("counts within one", "obo", ">=", 0.95),
    Bar("relative error of counts", "mae_relative", "<=", 0.08),
    Bar("sets where there are none", "false_sets", "<=", 1),
    Bar("true sets matched", "sets_matched", ">=", 0.95),
    Bar("error of their start, s", "start_error_s", "<=", 0.5),
    Bar("error of their end, s", "end_error_s", "<=", 0.7),
    Bar("names right", "naming", ">=", 0.70),
    Bar("counts within one, without pose", f"obo{TAG}", ">=", 0.80),
    Bar("processing over real time", "realtime_factor", "<", 1),
)


def bars_text(summary: JSONObject) -> str:
    lines = ["bars"]
    for bar in BARS:
        value = summary[bar.key]
        verdict = {True: "pass", False: "FAIL", None: "not measured"}[bar.passed(value)]
        lines.append(f"  {bar.label:34} {bar.rule:>2} {bar.limit:<5g} {_text(value):>8}  {verdict}")
    return "\n".join(lines)


def all_passed(summary: JSONObject) -> bool:
    """No bar was missed; those not measured do not count."""
    return all(bar.passed(summary[bar.key]) is not False for bar in BARS)
