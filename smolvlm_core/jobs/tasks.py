"""``TaskManager``: analyses as durable workflows in a bounded queue.

With ``task_run`` the only code that knows DBOS.
"""

import dataclasses
import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, WorkflowStatus
from dbos import error as dbos_error

from smolvlm_core.analysis.corrections import Stored
from smolvlm_core.analysis.highlights import analyze_highlights
from smolvlm_core.analysis.report import Report, found_in, highlights_report, workout_report
from smolvlm_core.analysis.workout import analyze_workout
from smolvlm_core.domain import (
    AnalysisOptions,
    AnalysisType,
    CheckCancelled,
    JSONValue,
    ModelInfo,
    ModelStatus,
    Progress,
    Status,
)
from smolvlm_core.errors import (
    AlreadyAnalyzing,
    Cancelled,
    NotCompleted,
    NothingToCancel,
    QueueFull,
    SmolVLMError,
    TaskLost,
)
from smolvlm_core.jobs.estimates import Estimate, Estimator, Job, options_of
from smolvlm_core.jobs.reports import draft
from smolvlm_core.jobs.sessions import SessionManager, video_of
from smolvlm_core.jobs.store import SESSIONS, TASKS, Store
from smolvlm_core.jobs.task_run import QUEUED, RUNNING, Clock, TaskRun
from smolvlm_core.jobs.visits import Visit, Visits, nobody, nobody_asks
from smolvlm_core.log import log_event, log_failure
from smolvlm_core.models.base import PoseSource, VideoModel

QUEUE = "analyses"
STEPS_VERSION = "7"  # raise when the order or meaning of steps changes: older tasks then end as lost
RECOVERIES_MOST = 5  # after so many deaths of the process a task is given up: its video may be the cause
POLL_EVERY_S = 0.2  # how soon a queued task starts
SETTLE_POLL_S = 0.02  # how soon the end of a cancelled task is noticed
SETTLE_S = 5.0  # how long a cancelled or interrupted task may take to stop
LOST_AFTER_S = 30.0  # age from which a task that the engine does not know counts as lost
OPEN_STATES = (QUEUED, RUNNING)
ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")  # DBOS's names


class Engine(Protocol):
    """Where the model comes from; ``models.engine.ModelEngine`` is the real one."""

    def acquire(self, check: CheckCancelled) -> VideoModel: ...

    def status(self) -> ModelStatus: ...

    def warm_up(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """``concurrency`` 0 only queues: other processes on the same database do the work."""

    database_url: str
    worker_id: str = "local"
    concurrency: int = 1
    queue_limit: int = 100
    clock: Clock = time.monotonic


class TaskManager:
    """Owns the rows of ``tasks``. One per process, since DBOS is one per process."""

    def __init__(
        self,
        store: Store,
        sessions: SessionManager,
        engine: Engine,
        poses: PoseSource,
        options: TaskOptions,
        visits: Visits = nobody_asks,
    ) -> None:
        """Args: visits: called where a task is asked for; what it gives surrounds the work of this process."""
        self._store = store
        self._sessions = sessions
        self._engine = engine
        self._poses = poses
        self._options = options
        self._stopping = threading.Event()
        self._running: dict[str, threading.Event] = {}
        self._estimator = Estimator(store)
        self._visit_now = visits
        self._visits: dict[str, Visit] = {}  # of tasks that did not begin yet

    @property
    def at_once(self) -> int:
        """How many analyses run side by side, as far as this process knows."""
        return max(1, self._options.concurrency)

    # -- Life of the engine -------------------------------------------------------------------

    def start(self) -> None:
        """Launch DBOS; tasks that a killed process left behind go on from their last finished step."""
        logging.getLogger("dbos").setLevel(logging.WARNING)
        config = DBOSConfig(
            name="smolvlm",
            system_database_url=self._options.database_url,
            application_version=STEPS_VERSION,
            executor_id=self._options.worker_id,
            serializer=DBOSPortableJSONSerializer(),
            notification_listener_polling_interval_sec=POLL_EVERY_S,  # what stopping waits for
            log_level="WARNING",
            enable_otlp=False,
        )
        DBOS(config=config)
        self._workflow = DBOS.workflow(name="analyze", max_recovery_attempts=RECOVERIES_MOST)(
            self._make_workflow()
        )
        if self._options.concurrency == 0:
            DBOS.listen_queues([])
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=max(1, self._options.concurrency),
            polling_interval_sec=POLL_EVERY_S,
            on_conflict="never_update" if self._options.concurrency == 0 else "always_update",
        )

    def _make_workflow(self) -> Any:
        def analyze(task_id: str) -> None:
            self._run(task_id)

        return analyze

    def close(self) -> None:
        """Stop running tasks between two units of work (they go on at the next start) and the engine."""
        self._stopping.set()
        for done in list(self._running.values()):
            done.wait(SETTLE_S)
        DBOS.destroy(destroy_registry=True)

    # -- What doors ask for -------------------------------------------------------------------

    def enqueue(self, session_id: str, options: AnalysisOptions) -> str:
        """Queue an analysis; its task id.

        Raises: AlreadyAnalyzing, QueueFull.
        """
        task_id = str(uuid.uuid4())
        task = {
            "id": task_id,
            "session_id": session_id,
            "state": QUEUED,
            "options": dataclasses.asdict(options),
            "created_at": time.time(),
        }
        claim = SESSIONS.update().where(SESSIONS.c.id == session_id, SESSIONS.c.status != Status.ANALYZING)
        with self._store.writing() as connection:
            if connection.execute(claim.values(status=Status.ANALYZING, task_id=task_id)).rowcount == 0:
                raise AlreadyAnalyzing("This video is being analyzed already.", hint="Wait, or cancel it first.")
            if self._count(connection, OPEN_STATES) >= self._options.queue_limit:
                raise QueueFull("Too many analyses are waiting at the moment.", hint="Try again in half a minute.")
            connection.execute(TASKS.insert().values(task))
        if self._options.concurrency:
            self._visits[task_id] = self._visit_now()
        with SetWorkflowID(task_id):
            DBOS.enqueue_workflow(QUEUE, self._workflow, task_id)
        log_event("task_queued", session=session_id, task=task_id, type=options.analysis_type)
        return task_id

    def cancel(self, session_id: str, task_id: str | None) -> None:
        """End a queued or running task; a running one stops within a second.

        Raises: NothingToCancel.
        """
        if task_id is None or not self._finish(task_id, Status.CANCELLED):
            raise NothingToCancel("No analysis is running for this video.")
        log_event("task_cancelled", session=session_id, task=task_id)

    def correct(self, session_id: str, task_id: str, edit: Callable[[Stored], JSONValue]) -> None:
        """Have ``edit`` make the corrections of a task's results anew; corrections wait for each other.

        Raises: NotCompleted: the session is being analyzed again, or was; and whatever ``edit`` does.
        """
        latest = SESSIONS.c.task_id == TASKS.c.id
        query = (
            sa.select(SESSIONS.c.status, TASKS.c.corrections)
            .join(TASKS, latest)
            .where(SESSIONS.c.id == session_id, TASKS.c.id == task_id)
            .with_for_update()
        )
        with self._store.writing() as connection:
            row = connection.execute(query).one_or_none()
            if row is None or row.status != Status.COMPLETED:
                raise NotCompleted(Status.ANALYZING if row is None else row.status)
            task = TASKS.update().where(TASKS.c.id == task_id)
            connection.execute(task.values(corrections=edit(row.corrections or {})))
        log_event("workout_corrected", session=session_id, task=task_id)

    def forget(self, session_id: str) -> None:
        """Cancel and remove all that the engine keeps of a session's tasks."""
        with self._store.reading() as connection:
            query = sa.select(TASKS.c.id).where(TASKS.c.session_id == session_id)
            task_ids = list(connection.execute(query).scalars())
        for task_id in task_ids:
            self._finish(task_id, Status.CANCELLED)
        for task_id in task_ids:
            _wait_for_end(task_id)
        self._delete_workflows(task_ids)

    def queue_position(self, created_at: float) -> int:
        """1 for the next task to run."""
        query = (
            sa.select(sa.func.count())
            .select_from(TASKS)
            .where(TASKS.c.state == QUEUED, TASKS.c.created_at < created_at)
        )
        with self._store.reading() as connection:
            return 1 + int(connection.execute(query).scalar_one())

    def ahead(self, created_at: float) -> list[Job]:
        """What waits or runs and was asked for before that time."""
        query = (
            sa.select(SESSIONS.c.video, TASKS.c.options, TASKS.c.percent)
            .select_from(TASKS.join(SESSIONS, SESSIONS.c.id == TASKS.c.session_id))
            .where(TASKS.c.state.in_(OPEN_STATES), TASKS.c.created_at < created_at)
        )
        with self._store.reading() as connection:
            rows = connection.execute(query).all()
        return [Job(video_of(row.video), options_of(row.options), row.percent) for row in rows]

    def estimate(self, job: Job, model: ModelInfo) -> Estimate:
        """How long what is left of the job takes."""
        return self._estimator.estimate(job, model)

    def counts(self) -> tuple[int, int]:
        """How many tasks are queued, and how many run."""
        with self._store.reading() as connection:
            return self._count(connection, (QUEUED,)), self._count(connection, (RUNNING,))

    def reconcile(self) -> None:
        """Fail tasks that the engine gave up, never got or has no steps for; drop engine rows without a task."""
        old = time.time() - LOST_AFTER_S
        query = sa.select(TASKS.c.id).where(TASKS.c.state.in_(OPEN_STATES), TASKS.c.created_at < old)
        with self._store.reading() as connection:
            open_ids = list(connection.execute(query).scalars())
            known = set(connection.execute(sa.select(TASKS.c.id)).scalars())
        for task_id in open_ids:
            status = DBOS.get_workflow_status(task_id)
            if status is None or status.status in ENDED:
                self._finish(
                    task_id, Status.FAILED, TaskLost("The analysis was interrupted too often and given up.")
                )
            elif self._is_outdated(status):
                updated = TaskLost("The app was updated before this analysis ended.", hint="Start it again.")
                self._finish(task_id, Status.FAILED, updated)
        ended = DBOS.list_workflows(status=list(ENDED), load_input=False, load_output=False)
        self._delete_workflows([one.workflow_id for one in ended if one.workflow_id not in known])

    def _is_outdated(self, status: WorkflowStatus) -> bool:
        """Whether it waits for steps of an older version; what another, older process runs is left to that one."""
        older = (status.app_version or "").isdecimal() and int(status.app_version or 0) < int(STEPS_VERSION)
        return older and (status.status == "ENQUEUED" or status.executor_id == self._options.worker_id)

    # -- Running ------------------------------------------------------------------------------

    def _run(self, task_id: str) -> None:
        """The workflow. Whatever happens ends in the task's row; DBOS sees success, or a killed process."""
        with self._store.writing() as connection:
            claim = TASKS.update().where(TASKS.c.id == task_id, TASKS.c.state.in_(OPEN_STATES))
            if connection.execute(claim.values(state=RUNNING)).rowcount == 0:
                return  # cancelled while it waited
            row = connection.execute(sa.select(TASKS).where(TASKS.c.id == task_id)).one()
        done = self._running.setdefault(task_id, threading.Event())
        run = TaskRun(self._store, task_id, row.session_id, self._stopping, self._options.clock)
        try:
            run.log("task_started")
            options = options_of(row.options)
            with self._visits.pop(task_id, nobody)():
                report = self._analyze(row.session_id, options, run)
            path = self._sessions.results_path(row.session_id)
            with draft(path, report) as written:
                written.replace(path)
            self._finish(task_id, Status.COMPLETED, found=found_in(report))
            run.log("task_completed", took_s=run.elapsed_s())
        except Cancelled:
            run.log("task_stopped")
        except SmolVLMError as error:
            run.log("task_failed", code=error.code, message=error.message)
            self._finish(task_id, Status.FAILED, error)
        except dbos_error.DBOSException:
            raise  # the run lost its workflow to another process, which writes the outcome
        except Exception as error:  # noqa: BLE001 - the job boundary
            log_failure("task_broke", error, session=row.session_id, task=task_id)
            self._finish(task_id, Status.FAILED, SmolVLMError("Something went wrong inside the app."))
        finally:
            self._running.pop(task_id, None)
            done.set()

    def _analyze(self, session_id: str, options: AnalysisOptions, run: TaskRun) -> Report:
        source = self._sessions.source(session_id)
        model = self._wait_for_model(run)
        started_with = run.step("model", lambda: [model.info.backend, model.info.id])
        if started_with != [model.info.backend, model.info.id]:
            raise TaskLost("The model changed while the analysis was interrupted.", hint="Start it again.")
        job, begun_s = Job(source.info, options, scanned=source.curves_path.exists()), run.elapsed_s()
        if options.analysis_type is AnalysisType.WORKOUT:
            report = workout_report(analyze_workout(source, options, model, run, self._poses))
        else:
            report = highlights_report(analyze_highlights(source, options, model, run))
        if not job.scanned and not run.was_resumed:  # the part of a rest is too small to tell the speed by
            self._estimator.learn(job, model.info, run.elapsed_s() - begun_s)
        return report

    def _wait_for_model(self, run: TaskRun) -> VideoModel:
        """The model, once it is there; its download shows as the task's step and can be cancelled."""

        def show_and_check() -> None:
            run.report(Progress(0.0, self._engine.status().message))
            run.check()

        return self._engine.acquire(show_and_check)

    def _finish(
        self, task_id: str, status: Status, error: SmolVLMError | None = None, found: int | None = None
    ) -> bool:
        """End an open task; False when it had ended already: the first word counts."""
        self._visits.pop(task_id, None)
        values: dict[str, JSONValue] = {"state": status.value}
        if error is not None:
            values |= {"error_code": error.code, "error_message": error.for_users}
        if status is Status.COMPLETED:
            values |= {"percent": 100.0, "step": "Done", "found": found}
        with self._store.writing() as connection:
            open_task = TASKS.update().where(TASKS.c.id == task_id, TASKS.c.state.in_(OPEN_STATES))
            if connection.execute(open_task.values(values)).rowcount == 0:
                return False
            connection.execute(SESSIONS.update().where(SESSIONS.c.task_id == task_id).values(status=status.value))
        return True

    @staticmethod
    def _count(connection: sa.Connection, states: tuple[str, ...]) -> int:
        query = sa.select(sa.func.count()).select_from(TASKS).where(TASKS.c.state.in_(states))
        return int(connection.execute(query).scalar_one())

    @staticmethod
    def _delete_workflows(workflow_ids: list[str]) -> None:
        if workflow_ids:
            DBOS.cancel_workflows(workflow_ids)
            DBOS.delete_workflows(workflow_ids)


def _wait_for_end(task_id: str) -> None:
    """Let a cancelled task stop, wherever it runs, and DBOS write that down: it would miss a deleted row."""
    end_s = time.monotonic() + SETTLE_S
    while time.monotonic() < end_s:
        status = DBOS.get_workflow_status(task_id)
        if status is None or status.status != "PENDING":
            return
        time.sleep(SETTLE_POLL_S)
