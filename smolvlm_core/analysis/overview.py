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
    wanted = "matches what was asked for" if options.criteria.are_own else "stands out"
    if not highlights:
        if closest is not None and closest.score >= options.min_significance:
            return f"What {wanted} in these {length} does not fit into {options.max_reel_s:g} s in all."
        nothing = f"Nothing in these {length} {wanted} with a score of {options.min_significance} or more"
        if closest is None:
            return f"{nothing}."
        when = f"{clock(closest.span.start_s)} to {clock(closest.span.end_s)}"
        return f"{nothing}; the closest was {when} with {closest.score:g}."
    count = len(highlights)
    many = f"{count} moments {'match what was asked for' if options.criteria.are_own else 'stand out'}"
    head = f"In {length}, {many if count > 1 else f'one moment {wanted}'}."
    told = sorted(highlights[:MOST_SENTENCES], key=lambda highlight: highlight.span)
    parts = [f"At {clock(highlight.span.start_s)}: {_sentence(highlight.description)}" for highlight in told]
    if count > MOST_SENTENCES:
        parts.append(f"These are the best {MOST_SENTENCES} of {count}.")
    return " ".join([head, *parts])


def _sentence(words: str) -> str:
    words = words.strip()
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."
