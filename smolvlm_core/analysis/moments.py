"""The exact moments of a video, judged: the model is asked about the promising, and about halves of long ones."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from smolvlm_core.analysis.foresight import Coming
from smolvlm_core.analysis.judging import meaning_of, score_of
from smolvlm_core.analysis.looker import Looker
from smolvlm_core.analysis.looking import (
    EFFORTS,
    Glimpse,
    Look,
    most_moments,
    segment_frames,
    with_surroundings,
)
from smolvlm_core.analysis.pipeline import Measured
from smolvlm_core.analysis.selection import joined_events
from smolvlm_core.analysis.so_far import SHOWN_BEST
from smolvlm_core.domain import (
    AnalysisOptions,
    Judgement,
    Progress,
    ScoredMoment,
    ScoredSegment,
    Scoring,
    Skipped,
    Span,
)
from smolvlm_core.models.base import WantsWords
from smolvlm_core.signals.moments import Moment, find_moments, refined_span, valley_s

KEPT_BEST = 1000  # moments in the results at most: hours of movement have thousands of hardly any strength
LIKELY = 0.5  # meaning of a segment in which something is looked for even if the curves see nothing there
HALVES_FROM_S = 4.0  # a moment this long is worth asking about its halves, where criteria are the user's own,
HALVES_MEANING = 0.2  # ... if its meaning is at least this; a half below this does not show it
FEW_MORE = 2  # moments than may be chosen: then most are, and each is described as soon as it is judged
TOGETHER = 5  # moments are judged and described at once: more take more memory, and progress is told less often
DEEPEST = 3  # times a moment is halved at most ...
DEEPEST_FORESEEN = 1  # ... and where a question that nobody could foresee is dear


def glimpses(spans: Sequence[Span], options: AnalysisOptions, look: Looker) -> list[Glimpse | None]:
    """Of each segment what a coarse look at it shows: frames its moments will show too. None: evenly over it.

    Criteria of one's own may be met where nothing stands out, so they see evenly spread frames; so does a model
    that is shown all of a segment.
    """
    inside: list[list[Span]] = [[] for _ in spans]
    if look.model.frames_wanted and segment_frames(options) is not None and not options.criteria.are_own:
        starts_s = [span.start_s for span in spans]
        for moment in find_moments(look.measured.curves):
            if moment.rank:
                home = max(0, bisect_right(starts_s, moment.span.middle_s) - 1)
                inside[home].append(shown_of(moment.span, look.measured))
    return [Glimpse(tuple(shown)) if shown else None for shown in inside]


def shown_of(span: Span, measured: Measured) -> Span:
    """What the model is shown of a moment."""
    return with_surroundings(span, measured.curves.cuts_s, measured.duration_s)


def never_wanted(_index: int, _log_odds: float | None) -> bool:
    """Of words."""
    return False


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
            measured = [self._scored(moment, None) for moment in found[:KEPT_BEST]]
            return tuple(sorted(measured, key=lambda one: one.span))
        candidates = self._candidates([moment for moment in found if moment.rank or len(self.segments) == 1])
        scored: list[ScoredMoment] = []
        foreseen = self.look.asks_together
        few = len(candidates) <= self.options.max_highlights + FEW_MORE and not foreseen
        self.look.tell(Coming("judge", self.options.criteria, self._looks(candidates)))
        judged = 0
        for group in self._groups(candidates, TOGETHER if few else 1):
            self._report(judged, len(candidates), scored)
            wants_words = self._wants_words(group, judged, len(candidates), scored) if few else never_wanted
            deepest = DEEPEST_FORESEEN if foreseen else DEEPEST
            scored += self._judged(f"moment-{judged}", group, deepest, wants_words)
            judged += len(group)
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

    def _looks(self, candidates: Sequence[Moment]) -> list[Look]:
        """What may be shown of them, in the order in which it is; halves of halves nobody can foresee."""
        spans: list[Span] = []
        for moment in candidates:
            spans += [moment.span, *(self._halves(moment.span) if self._may_be_halved(moment) else ())]
        return [Look(span, shown_of(span, self.look.measured)) for span in spans]

    def _halves(self, whole: Span) -> tuple[Span, Span]:
        middle_s = valley_s(self.look.measured.curves, whole)
        return Span(whole.start_s, middle_s), Span(middle_s, whole.end_s)

    def _groups(self, candidates: Sequence[Moment], most: int) -> Iterator[Sequence[Moment]]:
        """Neighbours that are asked about at once, and those that may be halved alone."""
        group: list[Moment] = []
        for candidate in candidates:
            alone = self._may_be_halved(candidate)
            if group and (alone or len(group) == most):
                yield group
                group = []
            if alone:
                yield [candidate]
            else:
                group.append(candidate)
        if group:
            yield group

    def _may_be_halved(self, moment: Moment) -> bool:
        long = moment.span.duration_s >= HALVES_FROM_S and self.options.criteria.are_own
        return long and EFFORTS[self.options.thoroughness].halves

    def _judged(
        self, step: str, group: Sequence[Moment], deeper: int, wants_words: WantsWords
    ) -> list[ScoredMoment]:
        """Those that had an answer, with their scores; in place of one the half that alone shows it."""
        halve = deeper > 0 and any(self._may_be_halved(moment) for moment in group)
        answers = self._log_odds(step, [moment.span for moment in group], never_wanted if halve else wants_words)
        scored = []
        for moment, log_odds in zip(group, answers, strict=True):
            if log_odds is None:
                continue
            half = self._half_that_shows_it(step, moment.span, log_odds) if halve else None
            if half is not None:
                strength = self.look.measured.evidence(half).strength
                scored += self._judged(f"{step}-half", [Moment(half, strength, 0.0)], deeper - 1, wants_words)
            else:
                scored.append(self._scored(moment, log_odds))
        return scored

    def _half_that_shows_it(self, step: str, whole: Span, log_odds: float) -> Span | None:
        """The half of which the model is surer than of the whole, if it sees nothing of it in the other."""
        if meaning_of(log_odds, self.scoring) < HALVES_MEANING:
            return None
        halves = self._halves(whole)
        answers = self._log_odds(f"{step}-halves", halves, never_wanted)
        for half, here, there in zip(halves, answers, reversed(answers), strict=True):
            surer = here is not None and here > log_odds
            if surer and there is not None and meaning_of(there, self.scoring) < HALVES_MEANING:
                return half
        return None

    def _log_odds(self, step: str, spans: Sequence[Span], wants_words: WantsWords) -> list[float | None]:
        """Of each, None without an answer; words are kept in ``words``."""
        seen = {span: shown_of(span, self.look.measured) for span in spans}
        replies = self.look.judge_and_describe(step, seen, self.options.criteria, wants_words)
        found = [reply if isinstance(reply, Judgement) else Judgement(None) for reply in replies]
        self.words.update(
            {span: one.words for span, one in zip(spans, found, strict=True) if one.words is not None}
        )
        return [one.log_odds for one in found]

    def _wants_words(
        self, group: Sequence[Moment], first: int, of: int, scored: Sequence[ScoredMoment]
    ) -> WantsWords:
        """Those of the group whose score is high enough; tells how far it is, too."""
        so_far = list(scored)

        def wants_words(index: int, log_odds: float | None) -> bool:
            if log_odds is None:
                return False
            moment = self._scored(group[index], log_odds)
            so_far.append(moment)
            if index + 1 < len(group):
                self._report(first + index + 1, of, so_far)
            return moment.score >= self.options.min_significance

        return wants_words

    def _scored(self, moment: Moment, log_odds: float | None) -> ScoredMoment:
        meaning = None if log_odds is None else meaning_of(log_odds, self.scoring)
        score = score_of(moment.strength, meaning, self.scoring)
        return ScoredMoment(moment.span, score, self.look.measured.evidence(moment.span), meaning)

    def _report(self, index: int, of: int, scored: Sequence[ScoredMoment]) -> None:
        percent = 100 * (self.share_done + self.share * index / of)
        best = sorted(scored, key=lambda one: (-one.score, one.span.start_s))[:SHOWN_BEST]
        count = len(self.segments)
        self.look.run.report(Progress(percent, f"Judging moment {index + 1}/{of}", count, count, tuple(best)))
