"""Chooses the highlights of finished results anew: another threshold, number or length. Report in, report out.

Looks at no video and asks no model: the results keep every moment that was scored, with what was written on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from smolvlm_core.analysis.overview import overview_of
from smolvlm_core.analysis.reading import is_workout, span_of
from smolvlm_core.analysis.report import Report
from smolvlm_core.analysis.selection import choose_moments, closest_of, reel_warnings, wordless_warnings
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Criteria, Evidence, Highlight, ScoredMoment
from smolvlm_core.errors import NothingToRecut

NO_MODEL = "signals"  # the backend's name
TIMES = ("start_timestamp", "end_timestamp", "duration", "timestamp_formatted")


@dataclass(frozen=True, slots=True)
class Cut:
    """What makes the list; None leaves a part as it is. ``max_reel_s`` 0 is no limit."""

    min_significance: int | None = None
    max_highlights: int | None = None
    max_reel_s: float | None = None


def recut(report: Report, cut: Cut) -> Report:
    """The report as an analysis with these parameters would have made it, but with the words there are.

    A moment that was never described carries what was measured of it.
    Raises: NothingToRecut: these are the results of a workout.
    """
    if is_workout(report):
        raise NothingToRecut("These are the results of a workout: there are no highlights to choose anew.")
    options, duration_s = _options(report, cut), float(report["total_duration_seconds"])
    kept = _kept(report)
    items = {span_of(item): item for item in (*_standing_in(report), *kept)}
    moments = [_moment(item) for item in kept]
    chosen = choose_moments(moments, options, duration_s)
    listed = [_listed(items[moment.span], rank) for rank, moment in enumerate(chosen, start=1)]
    closest = None if chosen else closest_of(moments or [_moment(item) for item in items.values()])
    before = [_moment(items[span_of(item)]) for item in report["highlights"]]
    no_longer_said = _choice_warnings(before, moments, _options(report, Cut()), report)
    return report | {
        "settings": report["settings"] | _settings(options),
        "highlights_found": len(listed),
        "highlights": listed,
        "overview": overview_of([_highlight(item) for item in listed], closest, options, duration_s),
        "closest": None if closest is None else items[closest.span],
        "all_moments": kept,
        "warnings": [
            *(text for text in report["warnings"] if text not in no_longer_said),
            *_choice_warnings(chosen, moments, options, report),
        ],
    }


# -- What a report says -----------------------------------------------------------------------


def _options(report: Report, cut: Cut) -> AnalysisOptions:
    """Those of the report, and those of the cut where it has any."""
    used = report["settings"]
    options = AnalysisOptions(
        AnalysisType.HIGHLIGHTS,
        int(used["min_significance"]),
        int(used["max_highlights"]),
        criteria=Criteria(str(used["system_prompt"]), str(used["user_prompt"])),
        max_reel_s=float(used.get("max_reel_duration", 0.0)),
    )
    wanted = {name: getattr(cut, name) for name in Cut.__slots__}
    return replace(options, **{name: value for name, value in wanted.items() if value is not None})


def _settings(options: AnalysisOptions) -> Report:
    return {
        "min_significance": options.min_significance,
        "max_highlights": options.max_highlights,
        "max_reel_duration": options.max_reel_s,
    }


def _kept(report: Report) -> list[Report]:
    """Every moment that was scored, in time order, with its words; older results have these in highlights only."""
    said = {span_of(one): str(one["description"]) for one in report["highlights"]}
    found: list[Report] = report.get("all_moments") or sorted(report["highlights"], key=span_of)
    return [_moment_item(item, item.get("description", said.get(span_of(item)))) for item in found]


def _standing_in(report: Report) -> list[Report]:
    """Segments with a score, as moments: one of them is the closest where there are no moments at all."""
    scored = [one for one in report["all_analyses"] if one["significance_score"] is not None]
    return [_moment_item(one, None) for one in scored]


def _moment_item(item: Report, description: str | None) -> Report:
    """A part of a report in the form of ``report.moment_report``."""
    times = {name: item[name] for name in TIMES}
    score, evidence = item["significance_score"], item["evidence"]
    return times | {"significance_score": score, "description": description, "evidence": evidence}


def _listed(item: Report, rank: int) -> Report:
    return {"id": f"h{rank}"} | item | {"description": item["description"] or item["evidence"]["words"]}


def _moment(item: Report) -> ScoredMoment:
    known = {name: value for name, value in item["evidence"].items() if name in Evidence.__slots__}
    return ScoredMoment(
        span_of(item), float(item["significance_score"]), Evidence(**known), description=item["description"]
    )


def _highlight(item: Report) -> Highlight:
    moment = _moment(item)
    return Highlight(str(item["id"]), moment.span, moment.score, str(item["description"]), moment.evidence)


def _choice_warnings(
    chosen: Sequence[ScoredMoment], moments: Sequence[ScoredMoment], options: AnalysisOptions, report: Report
) -> tuple[str, ...]:
    """What limits a choice, in the words of the analysis: those of the choice before can be told from others."""
    silent = unasked = 0
    if report["model"]["backend"] != NO_MODEL:
        measured = {span_of(item): item["evidence"]["words"] for item in report.get("all_moments", [])}
        silent = sum(one.description == measured.get(one.span, "") for one in chosen)
        unasked = sum(one.description is None for one in chosen)
    return wordless_warnings(silent, unasked, len(chosen)) + reel_warnings(chosen, moments, options)
