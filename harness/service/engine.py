"""The queue: DBOS, and the only module that knows it. Eight of its public calls are used, and two of its tables.

Its tables are in the same database, so that a submission and its job are one transaction. It delivers at least once:
that there is one grade is the doing of the table ``grade``. To give the work of a dead worker to others it needs a
service of its maker; here ``reaper`` does that.
"""

import logging
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, WorkflowSerializationFormat

from harness.service.database import Database
from harness.service.many_rows import as_rows, given_rows
from harness.service.store.accepting import Job
from harness.service.tracing import carried, continued, span

__all__ = ["Jobs", "Runner", "create_tables"]

_NAME, _QUEUE, _WORKFLOW = "dout", "grading", "grade_submission"
#: Of the jobs, not of the program: a worker of one version takes what a web process of another has enqueued.
_VERSION = "1"
#: States of a job that is still to be done, of one that a worker has taken, and of one that is over.
_WAITING, _TAKEN, _OVER = ["ENQUEUED", "DELAYED"], "PENDING", ["SUCCESS", "ERROR", "CANCELLED"]
#: Tables that a job is in (https://docs.dbos.dev/explanations/system-tables), and what differs between two jobs.
_CHANGED = {
    "workflow_status": {
        "workflow_uuid": "id",
        "queue_partition_key": "course",
        "priority": "priority",
        "creator_xid": "creator",
    },
    "workflow_input": {"workflow_uuid": "id", "inputs": "inputs"},
}

_TYPES = {"id": "text", "course": "text", "priority": "integer", "creator": "text", "inputs": "text"}


def _configuration(engine: sa.Engine, executor: str) -> DBOSConfig:
    return {
        "name": _NAME,
        "system_database_engine": engine,
        "application_version": _VERSION,
        "executor_id": executor,
        "log_level": "WARNING",
        "use_listen_notify": False,
        "run_migrations": False,
        # A worker's threads: its slots, what is prefetched, and the engine's own.
        "max_executor_threads": 64,
    }


def create_tables(database: Database) -> None:
    """Create the engine's own tables, or bring them up to date."""
    # On SQLite it begins the transaction of its migrations by itself.
    engine = sa.create_engine(database.engine.url)
    DBOS(config=_configuration(engine, "migration") | {"run_migrations": True})
    try:
        DBOS.launch()
    finally:
        DBOS.destroy(destroy_registry=True)
        engine.dispose()


class Jobs:
    """Puts work in, and tells what became of it."""

    def __init__(self, database: Database) -> None:
        self._client = DBOSClient(system_database_engine=database.engine, application_name=_NAME)
        #: Made at the first use, as they need to know the columns.
        self._copies: list[sa.TextClause] = []

    def enqueue_new(self, connection: sa.Connection, jobs: Sequence[Job]) -> None:
        """Have all of these graded, which nobody has asked for before; in the transaction of ``connection``.

        The library takes one job at a time, which is a third of what accepting one costs. So it is given the first one,
        and the others are copies of what it has written for that, with another name, course, priority and arguments.
        ``tests/service/test_queue.py`` compares them with what the library itself writes.
        """
        if not jobs:
            return
        first, *others = jobs
        with continued(first.parent):
            self.enqueue(connection, first.submission_id, 0, course_id=first.course_id, priority=first.priority)
        if not others:
            return
        rows = [
            {
                "id": job_id(job.submission_id, 0),
                "course": job.course_id,
                "priority": job.priority,
                "creator": str(uuid.uuid4()),
                "inputs": _inputs(job.submission_id, 0, job.parent),
            }
            for job in others
        ]
        if not self._copies:
            self._copies = [_copies(connection, table, changed) for table, changed in _CHANGED.items()]
        for copies in self._copies:
            connection.execute(copies, {"like": job_id(first.submission_id, 0), **as_rows(rows)})

    def enqueue(
        self, connection: sa.Connection, submission_id: str, gen: int, *, course_id: str, priority: int
    ) -> None:
        """Have generation ``gen`` of a submission graded; in the transaction of ``connection``.

        Args:
            connection: A transaction on the same database.
            submission_id: What to grade.
            gen: Which generation.
            course_id: Courses take turns.
            priority: Within a course, from 1; the lowest number first.
        """
        self._client.enqueue_in_transaction(
            connection,
            {
                "queue_name": _QUEUE,
                "workflow_name": _WORKFLOW,
                "workflow_id": job_id(submission_id, gen),
                "app_version": _VERSION,
                "queue_partition_key": course_id,
                "priority": priority,
                # JSON, as the library documents it for programs in other languages.
                "serialization_type": WorkflowSerializationFormat.PORTABLE,
            },
            *_arguments(submission_id, gen, carried()),
        )

    def known(self, jobs: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
        """Return which of these submissions and generations wait or run."""
        ids = {job_id(*job): job for job in jobs}
        found = self._client.list_workflows(
            workflow_ids=[*ids], status=[*_WAITING, _TAKEN], load_input=False, load_output=False
        )
        return {ids[job.workflow_id] for job in found}

    def taken(self) -> dict[str, str]:
        """Return the jobs that were taken and not finished, each with the worker that took it."""
        found = self._client.list_workflows(status=_TAKEN, queue_name=_QUEUE, load_input=False, load_output=False)
        return {job.workflow_id: job.executor_id or "" for job in found}

    def give_back(self, ids: Iterable[str]) -> None:
        """Put jobs that a worker had taken back into the queue."""
        self._client.resume_workflows([*ids], queue_name=_QUEUE)

    def forget(self, jobs: Iterable[tuple[str, int]]) -> None:
        """Delete what the engine knows of the jobs of these submissions and generations."""
        self._client.delete_workflows([job_id(*job) for job in jobs])

    def forget_old(self, moment: float, most: int) -> int:
        """Delete some jobs that were over before ``moment``, seconds since 1970; return how many."""
        until = datetime.fromtimestamp(moment, UTC).isoformat()
        found = self._client.list_workflows(
            status=_OVER, completed_before=until, limit=most, load_input=False, load_output=False
        )
        if found:
            self._client.delete_workflows([job.workflow_id for job in found])
        return len(found)

    def close(self) -> None:
        """Close the connections."""
        self._client.destroy()


class Runner:
    """Takes jobs out of the queue and has them done, in threads of this process.

    Args:
        database: Where the queue is.
        executor: What this worker is called; another one each time that it starts.
        do: Does one job: submission and generation.
        slots: How many jobs at once.
        poll_s: Seconds between two looks at the queue.
    """

    def __init__(
        self, database: Database, executor: str, do: Callable[[str, int], None], *, slots: int, poll_s: float
    ) -> None:
        logging.getLogger("dbos").setLevel(logging.ERROR)
        DBOS(config=_configuration(database.engine, executor))

        @DBOS.workflow(name=_WORKFLOW)
        def graded(submission_id: str, gen: int, parent: str = "") -> None:
            with continued(parent), span("grade", submission=submission_id, gen=gen):
                do(submission_id, gen)

        DBOS.launch()
        # A look takes as many as can be begun until the next one: a grading takes 15 ms at least.
        ahead = max(slots, round(slots * poll_s / 0.015))
        DBOS.register_queue(
            _QUEUE,
            worker_concurrency=slots + ahead,
            partition_worker_concurrency=slots + ahead,
            polling_interval_sec=poll_s,
            on_conflict="always_update",
        )

    def close(self, patience_s: float) -> None:
        """Take nothing more, and wait for what runs."""
        DBOS.destroy(workflow_completion_timeout_sec=int(patience_s), destroy_registry=True)


def _arguments(submission_id: str, gen: int, parent: str) -> tuple[str | int, ...]:
    # Only where there is tracing: else a job is what it always was.
    return (submission_id, gen, parent) if parent else (submission_id, gen)


def _inputs(submission_id: str, gen: int, parent: str) -> str:
    made = {"namedArgs": {}, "positionalArgs": _arguments(submission_id, gen, parent)}
    return msgspec.json.encode(made).decode()


def _copies(connection: sa.Connection, table: str, changed: Mapping[str, str]) -> sa.TextClause:
    """Return a statement that adds rows like another one. Which columns there are is the library's own affair."""
    is_sqlite = connection.dialect.name == "sqlite"
    schema = None if is_sqlite else "dbos"
    columns = [column["name"] for column in sa.inspect(connection).get_columns(table, schema)]
    given, values = given_rows(_TYPES, is_sqlite=is_sqlite)
    name = f"{schema}.{table}" if schema else table
    copied = ", ".join(values[changed[column]] if column in changed else f"{name}.{column}" for column in columns)
    return sa.text(
        f"INSERT INTO {name} ({', '.join(columns)}) SELECT {copied} FROM {name}, {given} WHERE workflow_uuid = :like"
    )


def job_id(submission_id: str, gen: int) -> str:
    """Return what the engine calls a generation of a submission: the same job twice is one."""
    return f"{submission_id}:{gen}"
