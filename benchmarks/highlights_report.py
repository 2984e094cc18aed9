"""One line for each video and a summary over all, as text and as JSON. Knows no file and no model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from benchmarks.cost import Cost, median_ratio, total_ratio
from benchmarks.finds import TOUCHED, Chance, Find, Measures, mean, measure_chances, measure_finds
from benchmarks.truth import Truth
from smolvlm_core.domain import JSONValue

HIGH_SCORE = 6.0  # the app's default threshold: what a person would call an event
METHODS = ("frame_difference", "loudness", "random")
JSONObject = dict[str, JSONValue]


@dataclass(frozen=True, slots=True)
class Row:
    """One video. ``failure`` is why there is no analysis of it; then no score is known either.

    ``score`` is that of the best highlight, ``highest`` the highest over highlights and segments.
    """

    truth: Truth
    duration_s: float
    score: float | None
    highest: float | None
    ours: Find
    baselines: Mapping[str, Find]
    chance: Chance
    cost: Cost | None
    failure: str | None = None

    @property
    def clean(self) -> bool:
        return self.highest is not None and self.highest < HIGH_SCORE


def measures_by_method(rows: Sequence[Row]) -> dict[str, Measures]:
    """Ours and each baseline over the same videos."""
    return {
        "ours": measure_finds([row.ours for row in rows]),
        **{name: measure_finds([row.baselines[name] for row in rows]) for name in METHODS if name != "random"},
        "random": measure_chances([row.chance for row in rows]),
    }


def summary_of(rows: Sequence[Row]) -> JSONObject:
    """The numbers to compare versions by, each with what it was counted over, then everything behind them."""
    positives = [row for row in rows if not row.truth.negative]
    negatives = [row for row in rows if row.truth.negative]
    composites = measures_by_method([row for row in positives if row.truth.group == "composite"])
    everything = measures_by_method(positives)
    costs = [row.cost for row in rows if row.cost is not None]
    groups = sorted({row.truth.group for row in positives})
    return {
        **_headline(composites["ours"], everything["ours"]),
        "negatives_clean": mean([row.clean for row in negatives]),
        "cost_over_decode": total_ratio(costs),
        "cost_over_decode_median": median_ratio(costs),
        "n": {
            **_counts(composites["ours"], everything["ours"]),
            "negatives_clean": len(negatives),
            "cost_over_decode": len(costs),
        },
        "baselines": {
            name: {
                **_headline(composites[name], everything[name]),
                **NOT_MEASURED,
                "n": _counts(composites[name], everything[name]),
            }
            for name in METHODS
        },
        "groups": {
            group: {
                name: _measures_json(measures)
                for name, measures in measures_by_method(
                    [row for row in positives if row.truth.group == group]
                ).items()
            }
            for group in groups
        },
        "failed": [row.truth.file for row in rows if row.failure is not None],
        "rows": [row_json(row) for row in rows],
    }


NOT_MEASURED: JSONObject = {"negatives_clean": None, "cost_over_decode": None}
"""Of the baselines: they rank but do not score, so nothing is clean or not; and they share the scan."""


def _headline(composites: Measures, everything: Measures) -> JSONObject:
    return {
        "hit1_iou50_composites": composites.hit1_iou50,
        "hit1_iou30_composites": composites.hit1_iou30,
        "recall3": everything.recall3,
        "median_edge_error_s": everything.median_edge_error_s,
    }


def _counts(composites: Measures, everything: Measures) -> JSONObject:
    return {
        "hit1_iou50_composites": composites.n,
        "hit1_iou30_composites": composites.n,
        "recall3": everything.n,
        "median_edge_error_s": everything.n_edges,
    }


def _measures_json(measures: Measures) -> JSONObject:
    return {name: getattr(measures, name) for name in Measures.__dataclass_fields__}


def row_json(row: Row) -> JSONObject:
    return {
        "file": row.truth.file,
        "group": row.truth.group,
        "label": row.truth.label,
        "negative": row.truth.negative,
        "duration_s": row.duration_s,
        "score": row.score,
        "highest": row.highest,
        "ours": _find_json(row.ours),
        **{name: _find_json(find) for name, find in row.baselines.items()},
        "random": {name: getattr(row.chance, name) for name in Chance.__dataclass_fields__},
        "decode_cpu_s": row.cost.decode_s if row.cost else None,
        "analysis_cpu_s": row.cost.analysis_s if row.cost else None,
        "failure": row.failure,
    }


def _find_json(find: Find) -> JSONObject:
    return {
        "top": [find.top.start_s, find.top.end_s] if find.top else None,
        "iou": find.iou,
        "edge_errors_s": find.edge_errors_s,
        "recall3": find.recall3,
    }


# -- Text -----------------------------------------------------------------------------------


def header_text() -> str:
    return (
        f"{'file':44} {'score':>5} {'top span':>15} {'IoU':>4} {'start, end error':>16} {'r@3':>4} "
        f"| {'diff':>4} {'loud':>4} {'rand':>4} (IoU {TOUCHED:.1f}) | {'cost':>5}"
    )


def row_text(row: Row) -> str:
    name = PurePath(row.truth.file).name[:44]
    if row.failure is not None:
        return f"{name:44} FAILED: {row.failure}"
    score = _text(row.score, "5.1f")
    top = f"{row.ours.top.start_s:.2f}-{row.ours.top.end_s:.2f}" if row.ours.top else "-"
    cost = _text(row.cost.ratio if row.cost else None, "5.2f")
    if not row.truth.events:
        return f"{name:44} {score} {top:>15} {_verdict(row)} | {cost}"
    errors_s = row.ours.edge_errors_s
    edges = f"{errors_s[0]:+.2f}, {errors_s[1]:+.2f}" if errors_s else "-"
    hits = [f"{int(row.baselines[name].iou >= TOUCHED):4}" for name in ("frame_difference", "loudness")]
    return (
        f"{name:44} {score} {top:>15} {row.ours.iou:4.2f} {edges:>16} {row.ours.recall3:4.2f} "
        f"| {' '.join(hits)} {row.chance.hit1_iou30:4.2f}           | {cost} {_verdict(row)}"
    )


def _verdict(row: Row) -> str:
    if not row.truth.negative:
        return ""
    return f"negative ({row.truth.label or 'no event'}), highest {_text(row.highest, '.1f')}"


def _text(value: float | None, form: str) -> str:
    return format(value, form) if value is not None else format("-", f">{form.partition('.')[0]}")


def summary_text(rows: Sequence[Row]) -> str:
    """For each group the hits of every method, then negatives and cost."""
    positives = [row for row in rows if not row.truth.negative]
    lines: list[str] = []
    for group in sorted({row.truth.group for row in positives}):
        inside = [row for row in positives if row.truth.group == group]
        lines.append(f"{group}: {len(inside)} videos with events")
        lines += [_measures_text(name, measures) for name, measures in measures_by_method(inside).items()]
    lines.append("all")
    lines += [_measures_text(name, measures) for name, measures in measures_by_method(positives).items()]
    negatives = [row for row in rows if row.truth.negative]
    loud = [f"{PurePath(row.truth.file).name} {_text(row.highest, '.1f')}" for row in negatives if not row.clean]
    clean = len(negatives) - len(loud)
    lines.append(
        f"negatives: {clean} of {len(negatives)} with nothing >= {HIGH_SCORE:g}; {', '.join(loud) or 'none'}"
    )
    costs = [row.cost for row in rows if row.cost is not None]
    if costs:
        lines.append(
            f"cost over bare decoding: {total_ratio(costs):.2f} in total, "
            f"{median_ratio(costs):.2f} in the median of {len(costs)} files"
        )
    return "\n".join(lines)


def _measures_text(name: str, measures: Measures) -> str:
    edge = _text(measures.median_edge_error_s, ".2f")
    return (
        f"  {name:16} hit@1 IoU .3 {_text(measures.hit1_iou30, '.2f')}, "
        f"IoU .5 {_text(measures.hit1_iou50, '.2f')}; recall@3 {_text(measures.recall3, '.2f')}; "
        f"median edge error {edge} s ({measures.n_edges} edges)"
    )
