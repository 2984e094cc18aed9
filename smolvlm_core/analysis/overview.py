"""One paragraph on what was found, out of the descriptions of its moments. Adds no word on what they show."""

from collections.abc import Sequence

from smolvlm_core.analysis.clock import clock
from smolvlm_core.domain import AnalysisOptions, Highlight, ScoredMoment

MOST_SENTENCES = 5  # more is no paragraph any more


def overview_of(
    highlights: Sequence[Highlight], closest: ScoredMoment | None, options: AnalysisOptions, duration_s: float
) -> str:
    """Highlights best first; ``closest`` is the best that did not make it, when nothing did."""
    length = clock(duration_s)
    own = options.criteria.are_own
    if not highlights:
        return _nothing(closest, options, length)
    count = len(highlights)
    if count > 1:
        match = f"In {length}, {count} moments match what was asked for."
        head = match if own else f"In {length}, {count} moments stand out."
    else:
        match = f"In {length}, one moment matches what was asked for."
        head = match if own else f"In {length}, one moment stands out."
    told = sorted(highlights[:MOST_SENTENCES], key=lambda highlight: highlight.span)
    parts = [f"At {clock(highlight.span.start_s)}: {_sentence(highlight.description)}" for highlight in told]
    if count > MOST_SENTENCES:
        parts.append(f"These are the best {MOST_SENTENCES} of {count}.")
    return " ".join([head, *parts])


def _nothing(closest: ScoredMoment | None, options: AnalysisOptions, length: str) -> str:
    own, least = options.criteria.are_own, options.min_significance
    if closest is not None and closest.score >= least:
        most = f"{options.max_reel_s:g} s"
        if own:
            return f"What matches what was asked for in these {length} does not fit into {most} in all."
        return f"What stands out in these {length} does not fit into {most} in all."
    if own:
        nothing = f"Nothing in these {length} matches what was asked for with a score of {least} or more."
    else:
        nothing = f"Nothing in these {length} stands out with a score of {least} or more."
    if closest is None:
        return nothing
    start, end = clock(closest.span.start_s), clock(closest.span.end_s)
    nearest = f"The closest was {start} to {end} with {closest.score:g}."
    return f"{nothing} {nearest}"


def _sentence(words: str) -> str:
    words = words.strip()
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."
