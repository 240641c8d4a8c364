"""A worker: takes submissions out of the queue, grades them in its sandboxes, and says that it is alive."""

import os
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import sqlalchemy as sa
import structlog

import harness
from harness.desk import Desk
from harness.errors import AssignmentError
from harness.service.database import Database
from harness.service.engine import Jobs, Runner, job_id
from harness.service.faults import reach
from harness.service.grading import Bench, graded
from harness.service.installed import Installed
from harness.service.reaper import Duties
from harness.service.schema import worker
from harness.service.settings import Settings, host_name
from harness.service.store.grading import Claim, CrashedBefore, Result, claim, fail, finish, hand_back, result_of
from harness.service.store.queueing import requeue
from harness.service.tracing import span

__all__ = ["Worker"]

#: Seconds between two tries to write down a grade that the database did not take; a restart of PostgreSQL takes some.
_AGAIN_SECONDS = 0.5
#: Seconds after which a grade that nobody can be told of is given up; the queue has it graded again.
_LONGEST_SECONDS = 600.0
#: Seconds that a worker which is asked to end waits for what it grades.
_PATIENCE_SECONDS = 30.0
#: Seconds that it waits for another system's answer: what is not told now, another worker tells.
_ANSWER_SECONDS = 5.0

T = TypeVar("T")
_log = structlog.get_logger("dout.worker")


class Worker:
    """Works from :meth:`start` to :meth:`stop`.

    Args:
        database: The database.
        settings: Heartbeat, isolation and the like.
        slots: How many submissions at once.

    Raises:
        SandboxError: this machine does not hold a submission as well as the settings ask for.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        slots: int = 1,
    ) -> None:
        self._database, self._settings, self._slots = database, settings, slots
        #: Another name each time: what a worker of the same name had taken is not this one's.
        self.executor = f"{host_name()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._bench = Bench(Installed(settings.folder), least=settings.isolation, slots=slots)
        self._jobs = Jobs(database)
        self._duties = Duties(database, self._jobs, settings, self.executor)
        #: Set when no more work is to be taken, and when nothing more is to be done at all.
        self._stopping, self._stopped = threading.Event(), threading.Event()
        #: While one is graded at a desk, the next one is claimed, and the last one written down: nobody waits for the
        #: database then.
        self._turns = threading.BoundedSemaphore(2 * slots)
        self._left: list[tuple[str, int]] = []
        #: Jobs that are being done here, and those that the queue takes to be and that were not, at the last look.
        self._at_hand: set[str] = set()
        self._missing: set[str] = set()
        self._threads = [
            threading.Thread(target=self._every, args=(settings.heartbeat_s, self._beat), name="heartbeat"),
            threading.Thread(target=self._every, args=(settings.heartbeat_s, self._duties.do), name="duties"),
            threading.Thread(target=self._every, args=(settings.dead_after_s, self.give_back_missing), name="missing"),
        ]
        self._telling = threading.Thread(
            target=self._every, args=(settings.heartbeat_s, self._duties.tell), name="outbox", daemon=True
        )
        self._runner: Runner | None = None

    def start(self) -> None:
        """Begin to take work. Before the first job this worker is known to be alive."""
        with self._database.writing() as connection:
            self._enter(connection)
        for thread in self._threads:
            thread.daemon = True
            thread.start()
        self._telling.start()
        self._runner = Runner(self._database, self.executor, self._do, slots=self._slots, poll_s=self._settings.poll_s)
        _log.info("worker started", executor=self.executor, isolation=str(self._bench.isolation.level))

    def _enter(self, connection: sa.Connection) -> None:
        connection.execute(
            sa.insert(worker).values(
                executor=self.executor,
                host=host_name(),
                version=harness.__version__,
                isolation=str(self._bench.isolation.level),
                slots=self._slots,
                is_draining=False,
                started_at=self._database.clock,
                seen_at=self._database.clock,
            )
        )

    def wait(self) -> None:
        """Wait until this worker is asked to end: by :meth:`ask_to_stop`, or by an operator who drains it."""
        self._stopping.wait()

    def ask_to_stop(self) -> None:
        """Take no more work."""
        self._stopping.set()

    def stop(self) -> None:
        """Finish what is being graded, and put the rest back. It is alive until then."""
        self._stopping.set()
        if self._runner is not None:
            self._runner.close(_PATIENCE_SECONDS)
        with suppress(sa.exc.SQLAlchemyError):
            if mine := self._taken():
                self._jobs.give_back(mine)
            for submission_id, gen in self._left:
                requeue(self._database, self._jobs, submission_id, gen)
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        self._telling.join(_ANSWER_SECONDS)
        with suppress(sa.exc.SQLAlchemyError), self._database.writing() as connection:
            connection.execute(sa.delete(worker).where(worker.c.executor == self.executor))
        self._jobs.close()
        self._bench.close()
        _log.info("worker stopped", executor=self.executor)

    def _every(self, seconds: float, do: Callable[[], None]) -> None:
        while not self._stopped.wait(seconds):
            try:
                do()
            except Exception as error:  # noqa: BLE001 - the database may be away; the next time may be better
                _log.warning("could not", what=threading.current_thread().name, error=type(error).__name__)

    def _beat(self) -> None:
        with self._database.writing() as connection:
            seen = connection.execute(
                sa.update(worker)
                .where(worker.c.executor == self.executor)
                .values(seen_at=self._database.clock)
                .returning(worker.c.is_draining)
            ).first()
            if seen is None and not self._stopping.is_set():
                # It was silent, or the database was away. What it grades now may be graded twice, and counts once; what
                # it takes from now on is its own again.
                self._enter(connection)
                _log.warning("this worker was taken for dead", executor=self.executor)
        if seen is not None and seen.is_draining:
            self.ask_to_stop()

    def give_back_missing(self) -> None:
        """Put jobs back that the queue takes to be done here, and that were not, at this look and the one before.

        A worker that takes jobs while the database goes away may never learn which: they were taken, and the answer was
        lost. Nobody else would give them back as long as this worker lives.
        """
        missing = self._taken() - self._at_hand
        lost, self._missing = missing & self._missing, missing
        if lost:
            _log.warning("jobs were taken that never arrived", executor=self.executor, jobs=sorted(lost))
            self._jobs.give_back(sorted(lost))

    def _taken(self) -> set[str]:
        """Return the jobs that the queue takes to be done here."""
        return {job for job, executor in self._jobs.taken().items() if executor == self.executor}

    def _do(self, submission_id: str, gen: int) -> None:
        job = job_id(submission_id, gen)
        self._at_hand.add(job)
        try:
            self._grade(submission_id, gen)
        finally:
            self._at_hand.discard(job)

    def _grade(self, submission_id: str, gen: int) -> None:
        # In every line of the log that this submission causes.
        with structlog.contextvars.bound_contextvars(submission=submission_id, gen=gen):
            try:
                with self._turns:
                    claimed = self._claimed(submission_id, gen, alone=False)
                    if claimed is None:
                        return
                    with self._bench.desk() as desk:
                        result = self._graded(desk, claimed)
                self._write(result)
            except CrashedBefore:
                # As it may end this worker, nothing else that was begun here is to be lost with it more than once.
                with self._bench.desk() as desk:
                    claimed = self._claimed(submission_id, gen, alone=True)
                    if claimed is not None:
                        self._write(self._graded(desk, claimed))

    def _claimed(self, submission_id: str, gen: int, *, alone: bool) -> Claim | None:
        if self._stopping.is_set():
            self._left.append((submission_id, gen))
            return None
        return self._patiently(lambda: self._claim(submission_id, gen, alone=alone))

    def _graded(self, desk: Desk, claimed: Claim) -> Result | None:
        """Grade; return None when that cannot be, which is written down then."""
        try:
            assignment = self._bench.assignment(claimed)
        except AssignmentError:
            self._patiently(lambda: self._fail(claimed, "assignment_changed"))
            _log.error("the assignment is not what its revision says", attempt=claimed.n, source=claimed.source)
            return None
        with span("run", attempt=claimed.n):
            report = graded(desk, claimed, assignment)
        reach("graded")
        return result_of(claimed, report)

    def _write(self, result: Result | None) -> None:
        if result is None:
            return
        stands = self._patiently(lambda: self._finish(result))
        _log.info(
            "graded" if stands else "superseded",
            attempt=result.claim.n,
            executor=self.executor,
            outcome=str(result.outcome),
            seconds=round(result.seconds, 3),
        )

    def _patiently(self, write: Callable[[], T]) -> T:
        """Do something with the database, again and again while it is away."""
        until = time.monotonic() + _LONGEST_SECONDS
        while True:
            try:
                return write()
            except sa.exc.DBAPIError as error:
                if time.monotonic() > until:
                    raise
                _log.warning("the database did not take it; trying again", error=type(error.orig).__name__)
                time.sleep(_AGAIN_SECONDS)

    def _claim(self, submission_id: str, gen: int, *, alone: bool) -> Claim | None:
        with span("claim"), self._database.writing() as connection:
            claimed = claim(self._database, connection, self.executor, submission_id, gen, alone=alone)
            reach("claim.before_commit")
        reach("claim.after_commit")
        return claimed

    def _fail(self, claimed: Claim, reason: str) -> None:
        with self._database.writing() as connection:
            hand_back(connection, claimed)
            fail(self._database, connection, claimed.submission_id, claimed.gen, reason)

    def _finish(self, result: Result) -> bool:
        with span("finish"), self._database.writing() as connection:
            stands = finish(self._database, connection, result)
            reach("finish.before_commit")
        reach("finish.after_commit")
        return stands
