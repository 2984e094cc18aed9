"""Which moments become highlights: threshold, number, length of the reel, and a spread over the video."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from smolvlm_core.domain import AnalysisOptions, ScoredMoment


@dataclass(frozen=True, slots=True)
class SelectionOptions:
    """Chosen by eye."""

    near_share: float = 0.5
    """Two moments are near when less than this share of an even spacing (duration over number) parts them."""
    near_points: float = 1.0
    """A moment near one that was chosen must be this much better than one that is not."""
    breath_s: float = 1.2
    """Moments of one shot with less between them are one event, as in ``signals.moments``, ..."""
    sure_score: float = 6.0
    """... if each has at least this score."""


def choose_moments(
    moments: Sequence[ScoredMoment],
    options: AnalysisOptions,
    duration_s: float,
    selection: SelectionOptions = SelectionOptions(),
) -> tuple[ScoredMoment, ...]:
    """The best at or above the threshold, best first, ties by time.

    Where more pass than are wanted, those spread over the video are preferred. A moment longer than what is left
    of the reel is passed over for a shorter one.
    """
    fit = [moment for moment in moments if moment.score >= options.min_significance]
    if not options.max_reel_s and len(fit) <= options.max_highlights:
        return _best_first(fit)
    near_s = selection.near_share * duration_s / max(1, options.max_highlights)
    room_s = options.max_reel_s or float("inf")
    worth = [moment.score for moment in fit]
    left = list(range(len(fit)))
    chosen: list[ScoredMoment] = []
    while left and len(chosen) < options.max_highlights:
        place = min(left, key=lambda one: (-worth[one], fit[one].span.start_s))
        left.remove(place)
        best = fit[place]
        if best.span.duration_s > room_s:
            continue
        chosen.append(best)
        room_s -= best.span.duration_s
        for one in left:
            if _gap_s(fit[one], best) < near_s:
                worth[one] = fit[one].score - selection.near_points
    return _best_first(chosen)


def closest_of(moments: Sequence[ScoredMoment]) -> ScoredMoment | None:
    """The best of those that did not make it."""
    return max(moments, key=lambda one: (one.score, -one.span.start_s), default=None)


def reel_warnings(
    chosen: Sequence[ScoredMoment], moments: Sequence[ScoredMoment], options: AnalysisOptions
) -> tuple[str, ...]:
    """How many more the length of the reel kept out."""
    fit = sum(moment.score >= options.min_significance for moment in moments)
    left_out = min(fit, options.max_highlights) - len(chosen)
    if not options.max_reel_s or left_out <= 0:
        return ()
    return (f"{left_out} more would have made the list, but not within {options.max_reel_s:g} s in all.",)


def wordless_warnings(silent: int, unasked: int, chosen: int) -> tuple[str, ...]:
    """That a model looked and still some have no words of its own: it had none, or they joined the list later."""
    texts = []
    if silent:
        texts.append(f"{silent} of {chosen} highlights carry measured words only: the model had none.")
    if unasked:
        texts.append(
            f"{unasked} of {chosen} highlights carry measured words only: "
            "they were not on the list when the model looked."
        )
    return tuple(texts)


def _best_first(moments: Sequence[ScoredMoment]) -> tuple[ScoredMoment, ...]:
    return tuple(sorted(moments, key=lambda moment: (-moment.score, moment.span.start_s)))


def _gap_s(one: ScoredMoment, other: ScoredMoment) -> float:
    return max(one.span.start_s, other.span.start_s) - min(one.span.end_s, other.span.end_s)


def joined_events(
    moments: Sequence[ScoredMoment], cuts_s: Sequence[float], selection: SelectionOptions = SelectionOptions()
) -> list[ScoredMoment]:
    """In time order; sure neighbours that overlap, or that a breath parts within one shot, are one event.

    The better one gives score and meaning; its evidence is to be measured again.
    """
    joined: list[ScoredMoment] = []
    for moment in sorted(moments, key=lambda one: one.span):
        before = joined[-1] if joined else None
        if before is not None and min(before.score, moment.score) >= selection.sure_score:
            cut = any(before.span.end_s - 1e-3 <= cut_s <= moment.span.start_s + 1e-3 for cut_s in cuts_s)
            gap_s = _gap_s(before, moment)
            if gap_s < 0 or (gap_s <= selection.breath_s and not cut):
                best = before if before.score >= moment.score else moment
                joined[-1] = replace(best, span=before.span.union(moment.span))
                continue
        joined.append(moment)
    return joined
