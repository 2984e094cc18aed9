"""The exact moments of a video, judged: the model is asked about the promising, and about halves of long ones."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from smolvlm_core.analysis.judging import meaning_of, score_of, scoring_of
from smolvlm_core.analysis.looking import EFFORTS, most_moments, with_surroundings
from smolvlm_core.analysis.pipeline import Looker
from smolvlm_core.analysis.selection import joined_events
from smolvlm_core.domain import (
    AnalysisOptions,
    Criteria,
    JSONValue,
    Progress,
    ScoredMoment,
    ScoredSegment,
    Scoring,
    SegmentView,
    Skipped,
    Span,
)
from smolvlm_core.errors import ModelError
from smolvlm_core.signals.curves import build_curves, evidence_of
from smolvlm_core.signals.features import Features
from smolvlm_core.signals.moments import Moment, find_moments, refined_span, valley_s

SHOWN_BEST = 5  # moments listed while the analysis runs
KEPT_BEST = 1000  # moments in the results at most: hours of movement have thousands of hardly any strength
LIKELY = 0.5  # meaning of a segment in which something is looked for even if the curves see nothing there
HALVES_FROM_S = 4.0  # a moment this long is worth asking about its halves, where criteria are the user's own,
HALVES_MEANING = 0.2  # ... if its meaning is at least this; a half below this does not show it
FEW_MORE = 2  # moments than may be chosen: then most are, and each is described as soon as it is judged
DEEPEST = 3  # times a moment is halved at most


def best_measured(features: Features) -> tuple[ScoredMoment, ...]:
    """What stands out by measurement alone, best first: told while the rest is still being scanned."""
    curves, scoring = build_curves(features), scoring_of((), Criteria())
    return tuple(
        ScoredMoment(moment.span, score_of(moment.strength, None, scoring), evidence_of(curves, moment.span))
        for moment in find_moments(curves)[:SHOWN_BEST]
        if moment.strength
    )


@dataclass(frozen=True, slots=True)
class MomentJudge:
    """Scores the moments of one video. ``segments`` are those that were scored before, by ``scoring``;
    progress goes from ``share_done`` on by ``share`` of the bar."""

    look: Looker
    options: AnalysisOptions
    scoring: Scoring
    segments: Sequence[ScoredSegment]
    share_done: float
    share: float
    words: dict[Span, str | Skipped] = field(default_factory=dict)
    """Of moments that were described as soon as they were judged, when all of their frames were read already."""

    def moments(self) -> tuple[ScoredMoment, ...]:
        """All that were scored, in time order.

        Raises: Cancelled.
        """
        found = find_moments(self.look.measured.curves)
        if not self.look.model.frames_wanted:
            scored = [self._scored(moment.span, moment.strength, None) for moment in found[:KEPT_BEST]]
            return tuple(sorted(scored, key=lambda one: one.span))
        candidates = self._candidates([moment for moment in found if moment.rank or len(self.segments) == 1])
        scored = []
        few = len(candidates) <= self.options.max_highlights + FEW_MORE
        for index, candidate in enumerate(candidates):
            self._report(index, len(candidates), scored)
            scored += self._judged(f"moment-{index}", candidate, DEEPEST, tell=few)
        joined = joined_events(scored, self.look.measured.curves.cuts_s)
        return tuple(replace(one, evidence=self.look.measured.evidence(one.span)) for one in joined)

    def _candidates(self, found: Sequence[Moment]) -> list[Moment]:
        """What the model is asked about, in time order: the most promising, and one for each likely segment."""
        starts_s = [segment.span.start_s for segment in self.segments]

        def promise(moment: Moment) -> float:
            """The score it would have with the meaning of the segment that its middle lies in."""
            home = self.segments[max(0, bisect_right(starts_s, moment.span.middle_s) - 1)]
            return score_of(moment.strength, home.meaning, self.scoring)

        by_promise = sorted(found, key=lambda moment: (-promise(moment), moment.span.start_s))
        candidates = by_promise[: most_moments(self.options, self.look.measured.duration_s)]
        for segment in self.segments:
            if segment.meaning is None or segment.meaning < LIKELY:
                continue
            if not any(moment.span.overlap_s(segment.span) > 0 for moment in candidates):
                span = refined_span(self.look.measured.curves, segment.span)
                candidates.append(Moment(span, self.look.measured.evidence(span).strength, 0.0))
        return sorted(candidates, key=lambda moment: moment.span)

    def _judged(self, step: str, moment: Moment, deeper: int, *, tell: bool) -> list[ScoredMoment]:
        """The moment with its score; in its place the half that alone shows it; empty without an answer.

        Args: tell: whether it is described at once if its score is high enough.
        """
        long = moment.span.duration_s >= HALVES_FROM_S and self.options.criteria.are_own
        halve = deeper > 0 and long and EFFORTS[self.options.thoroughness].halves
        log_odds = self._log_odds(step, moment.span, moment.strength if tell and not halve else None)
        if log_odds is None:
            return []
        if halve:
            half = self._half_that_shows_it(step, moment.span, log_odds)
            if half is not None:
                strength = self.look.measured.evidence(half).strength
                return self._judged(f"{step}-half", Moment(half, strength, 0.0), deeper - 1, tell=tell)
        return [self._scored(moment.span, moment.strength, meaning_of(log_odds, self.scoring))]

    def _half_that_shows_it(self, step: str, whole: Span, log_odds: float) -> Span | None:
        """The half of which the model is surer than of the whole, if it sees nothing of it in the other."""
        if meaning_of(log_odds, self.scoring) < HALVES_MEANING:
            return None
        middle_s = valley_s(self.look.measured.curves, whole)
        halves = (Span(whole.start_s, middle_s), Span(middle_s, whole.end_s))
        answers = [self._log_odds(f"{step}-{name}", half) for name, half in zip("ab", halves, strict=True)]
        for half, here, there in zip(halves, answers, reversed(answers), strict=True):
            surer = here is not None and here > log_odds
            if surer and there is not None and meaning_of(there, self.scoring) < HALVES_MEANING:
                return half
        return None

    def seen(self, span: Span) -> Span:
        """What the model is shown of a moment."""
        measured = self.look.measured
        return with_surroundings(span, measured.curves.cuts_s, measured.duration_s)

    def _log_odds(self, step: str, span: Span, strength: float | None = None) -> float | None:
        """Args: strength: of the moment, where it is to be described too if its score is high enough."""

        def question(view: SegmentView) -> JSONValue:
            log_odds = self.look.model.judge(view, self.options.criteria, self.look.run.check)
            told = log_odds is not None and strength is not None and self._makes_it(strength, log_odds)
            return {"log_odds": log_odds, **(self._told(view) if told else {})}

        reply = self.look.ask(step, span, question, self.seen(span))
        if isinstance(reply, Skipped):
            return None
        if "words" in reply:
            self.words[span] = reply["words"]
        elif "wordless" in reply:
            self.words[span] = Skipped(reply["wordless"])
        return None if reply["log_odds"] is None else float(reply["log_odds"])

    def _makes_it(self, strength: float, log_odds: float) -> bool:
        score = score_of(strength, meaning_of(log_odds, self.scoring), self.scoring)
        return score >= self.options.min_significance

    def _told(self, view: SegmentView) -> dict[str, str]:
        """``words``, or why there are none; asked again, the model would say the same."""
        try:
            return {"words": self.look.model.describe(view, self.options.criteria, self.look.run.check)}
        except ModelError as error:
            return {"wordless": error.message}

    def _scored(self, span: Span, strength: float, meaning: float | None) -> ScoredMoment:
        score = score_of(strength, meaning, self.scoring)
        return ScoredMoment(span, score, self.look.measured.evidence(span), meaning)

    def _report(self, index: int, of: int, scored: Sequence[ScoredMoment]) -> None:
        percent = 100 * (self.share_done + self.share * index / of)
        best = sorted(scored, key=lambda one: (-one.score, one.span.start_s))[:SHOWN_BEST]
        count = len(self.segments)
        self.look.run.report(Progress(percent, f"Judging moment {index + 1}/{of}", count, count, tuple(best)))
