"""One run of one task: durable steps, progress that never goes back, cancelling (``analysis.run.Run``)."""

import threading
import time
from collections.abc import Callable

import sqlalchemy as sa
from dbos import DBOS
from dbos import error as dbos_error

from smolvlm_core.analysis.report import moment_report, part_report
from smolvlm_core.domain import JSONValue, Progress
from smolvlm_core.errors import Cancelled, TaskLost
from smolvlm_core.jobs.pace import Pace
from smolvlm_core.jobs.store import TASKS, Store
from smolvlm_core.log import log_event

LOOK_EVERY_S = 0.2  # how often a running task asks the store whether it is still wanted
REPORT_EVERY_S = 0.25  # how often progress is written when only the percentage moved

QUEUED, RUNNING = "queued", "running"

Clock = Callable[[], float]
"""Seconds that only go forward."""


class ShuttingDown(BaseException):
    """The process ends: leave at once, record nothing, go on at the next start.

    Not an ``Exception``, so that neither an analysis nor DBOS takes it for an outcome.
    """


class TaskRun:
    """Steps are checkpointed by DBOS; progress and the wish to cancel live in the task's row."""

    def __init__(
        self,
        store: Store,
        task_id: str,
        session_id: str,
        stopping: threading.Event,
        clock: Clock = time.monotonic,
    ) -> None:
        self._store = store
        self._task_id = task_id
        self._session_id = session_id
        self._stopping = stopping
        with store.reading() as connection:
            row = connection.execute(sa.select(TASKS.c.percent, TASKS.c.busy_s).where(TASKS.c.id == task_id)).one()
        self._percent = float(row.percent)
        self._busy_before_s = float(row.busy_s)
        self._clock = clock
        self._started_s = clock()
        self._looked_s = self._reported_s = float("-inf")
        self._step = ""
        self._pace = Pace()

    def step(self, name: str, work: Callable[[], JSONValue]) -> JSONValue:
        """Raises: TaskLost: an update changed the order of steps while the task was interrupted."""
        try:
            return DBOS.run_step({"name": name}, work)
        except dbos_error.DBOSUnexpectedStepError as error:
            raise TaskLost(
                "The app was updated during this analysis.", hint="Start the analysis again."
            ) from error

    def report(self, progress: Progress) -> None:
        now_s = self._clock()
        often = now_s - self._reported_s < REPORT_EVERY_S
        if progress.step == self._step and progress.best is None and progress.parts is None and often:
            return
        self._reported_s, self._step = now_s, progress.step
        self._percent = max(self._percent, min(100.0, progress.percent))
        values: dict[str, JSONValue] = {
            "percent": self._percent,
            "step": progress.step,
            "segments_completed": progress.segments_completed,
            "segments_total": progress.segments_total,
            "busy_s": self.elapsed_s(),
            "left_s": self._pace.note(self._percent, now_s, steady=progress.steady),
        }
        if progress.best is not None:
            values["best"] = [moment_report(moment) for moment in progress.best]
        if progress.parts is not None:
            values["parts"] = [part_report(part) for part in progress.parts]
        with self._store.writing() as connection:
            connection.execute(
                TASKS.update().where(TASKS.c.id == self._task_id, TASKS.c.state == RUNNING).values(values)
            )

    def check(self) -> None:
        if self._stopping.is_set():
            raise ShuttingDown
        now_s = self._clock()
        if now_s - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = now_s
        with self._store.reading() as connection:
            state = connection.execute(sa.select(TASKS.c.state).where(TASKS.c.id == self._task_id)).scalar()
        if state != RUNNING:
            raise Cancelled("The analysis was cancelled.")

    def log(self, event: str, **fields: object) -> None:
        log_event(event, session=self._session_id, task=self._task_id, **fields)

    @property
    def was_resumed(self) -> bool:
        """Whether a killed process had begun the task."""
        return self._busy_before_s > 0

    def elapsed_s(self) -> float:
        return self._busy_before_s + self._clock() - self._started_s
