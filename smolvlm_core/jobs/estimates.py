"""How long an analysis will take on this machine: reckoned, and corrected by what analyses like it took here."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import sqlalchemy as sa

from smolvlm_core.analysis.clock import about
from smolvlm_core.analysis.cost import FIXED_S, pace_of, reckoned_s
from smolvlm_core.domain import (
    AnalysisOptions,
    AnalysisType,
    Criteria,
    JSONValue,
    ModelInfo,
    Thoroughness,
    VideoInfo,
)
from smolvlm_core.jobs.store import SPEEDS, Store
from smolvlm_core.jobs.views import EstimateView

REMEMBERED = 15  # analyses of a kind: the last ones tell how fast the machine is now
KIND_CHARS = 255
UNMEASURED_FACTOR = 2.0  # before the first: this machine may be slower than the measured one, and busy
LEAST_S = 2 * FIXED_S  # an analysis that took less says nothing of speed


@dataclass(frozen=True, slots=True)
class Job:
    """An analysis that is asked for, waits or runs. ``percent``: of it, that is done."""

    video: VideoInfo
    options: AnalysisOptions
    percent: float = 0.0
    scanned: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """``seconds`` is None where nothing is known; ``runs``: analyses on this machine that it rests on."""

    seconds: float | None
    runs: int


class Estimator:
    """Owns the rows of ``speeds``: how many times as long as reckoned an analysis took, by kind."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def estimate(self, job: Job, model: ModelInfo) -> Estimate:
        """How long what is left of the job takes."""
        pace, is_measured = pace_of(model)
        factors = self._factors(_kind_of(job.options, model))
        if not factors and not is_measured:
            return Estimate(None, 0)
        # The median: one run that was held up says nothing of the next.
        factor = median(factors) if factors else UNMEASURED_FACTOR
        whole_s = FIXED_S + factor * reckoned_s(job.video, job.options, pace, scanned=job.scanned)
        return Estimate(whole_s * (1 - job.percent / 100), len(factors))

    def learn(self, job: Job, model: ModelInfo, took_s: float) -> None:
        """Remember how long a whole analysis took, from the first picture to the results."""
        if took_s < LEAST_S:
            return
        kind = _kind_of(job.options, model)
        factor = (took_s - FIXED_S) / reckoned_s(job.video, job.options, pace_of(model)[0], scanned=job.scanned)
        newest = sa.select(SPEEDS.c.id).where(SPEEDS.c.kind == kind).order_by(SPEEDS.c.id.desc()).limit(REMEMBERED)
        with self._store.writing() as connection:
            connection.execute(SPEEDS.insert().values(kind=kind, factor=factor, measured_at=time.time()))
            kept = list(connection.execute(newest).scalars())
            connection.execute(SPEEDS.delete().where(SPEEDS.c.kind == kind, SPEEDS.c.id < min(kept)))

    def _factors(self, kind: str) -> Sequence[float]:
        with self._store.reading() as connection:
            return connection.execute(sa.select(SPEEDS.c.factor).where(SPEEDS.c.kind == kind)).scalars().all()


def _kind_of(options: AnalysisOptions, model: ModelInfo) -> str:
    """What analyses have in common that differ from the reckoning in the same way."""
    closely = () if model.backend == "signals" else (options.thoroughness.value,)
    return " ".join((model.backend, model.id, model.device, options.analysis_type.value, *closely))[-KIND_CHARS:]


def options_of(stored: dict[str, JSONValue]) -> AnalysisOptions:
    """The options of a task, out of its row."""
    values = {
        "analysis_type": AnalysisType(stored["analysis_type"]),
        "criteria": Criteria(**stored["criteria"]),
        "thoroughness": Thoroughness(stored["thoroughness"]),
    }
    return AnalysisOptions(**(stored | values))


def estimate_words(view: EstimateView) -> str:
    """For who is about to start it; empty where nothing is known."""
    others = "one other" if view.ahead == 1 else f"{view.ahead} others"
    if view.work_s is None:
        return f"It waits for {others} in line." if view.ahead else ""
    sentences = [f"{about(view.work_s)} on this machine."]
    if not view.runs:
        sentences = [f"Probably {about(view.work_s)}.", "This machine has not been timed yet."]
    if view.ahead:
        line = f"It waits for {others} in line."
        sentences.append(line if view.wait_s is None else f"It starts in {about(view.wait_s)}.")
    words = " ".join(sentences)
    return words[0].upper() + words[1:]


def time_left_words(view: EstimateView) -> str:
    """For who waits; empty where nothing is known."""
    if view.ahead:
        return "" if view.wait_s is None else f"It starts in {about(view.wait_s)}."
    if view.work_s is None or not view.runs:
        return ""
    words = f"{about(view.work_s)} left."
    return words[0].upper() + words[1:]
