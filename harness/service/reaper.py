"""What one worker does for all: gives the work of the dead to the living, and looks for what got lost."""

import time

import sqlalchemy as sa

from harness.service.database import Database
from harness.service.engine import Jobs
from harness.service.faults import reach
from harness.service.outbox import ROUND_S, Outbox
from harness.service.schema import attempt, lease, submission, worker
from harness.service.settings import Settings
from harness.service.store.auditing import SYSTEM, note
from harness.service.store.messages import due, forget_delivered
from harness.service.store.queueing import requeue, waiting_after

__all__ = ["Duties", "hold_lease"]

_LEASE, _TELLING = "duties", "outbox"
#: Submissions that one look for lost ones goes through: all of a large backlog are seen within minutes.
_PAGE, _PAGES = 500, 4
#: A submission younger than this may be on its way from one table to the other.
_YOUNG_SECONDS = 10.0
#: The engine's record of a job is kept for so long after it is over; the submission itself is ours.
_KEPT_SECONDS = 7 * 86400.0
#: A little often: nearly three million a day, and each look takes 0.1 s on SQLite and 0.6 s on PostgreSQL.
_FORGET_EVERY_SECONDS, _MOST_FORGOTTEN = 60.0, 2000


def hold_lease(database: Database, name: str, holder: str, seconds: float) -> bool:
    """Take or keep a lease, by the database's clock; tell whether it is ours."""
    with database.writing() as connection:
        connection.execute(database.insert_new(lease, {"name": name, "holder": holder, "until": 0.0}))
        taken = connection.execute(
            sa.update(lease)
            .where(lease.c.name == name, sa.or_(lease.c.holder == holder, lease.c.until < database.clock))
            .values(holder=holder, until=database.clock + seconds)
            .returning(lease.c.name)
        ).first()
    return taken is not None


class Duties:
    """Does all of it, as far as it is due, whenever :meth:`do` is called.

    Args:
        database: The database.
        jobs: The queue.
        settings: How long a worker may be silent, and how often to look for lost submissions.
        executor: The worker that does it.
    """

    def __init__(self, database: Database, jobs: Jobs, settings: Settings, executor: str) -> None:
        self._database, self._jobs, self._settings, self._executor = database, jobs, settings, executor
        self._outbox = Outbox(database, settings)
        self._reconciled = self._forgot = 0.0
        self._after = ""

    def do(self) -> None:
        """Do what is due, if nobody else holds the lease."""
        if not hold_lease(self._database, _LEASE, self._executor, self._settings.dead_after_s):
            return
        self.reap()
        now = time.monotonic()
        if now - self._reconciled >= self._settings.reconcile_s:
            self._reconciled = now
            self.reconcile()
        if now - self._forgot >= _FORGET_EVERY_SECONDS:
            self._forgot = now
            self.forget()

    def tell(self) -> None:
        """Tell other systems what they are to be told, if nobody else does.

        To be called in a thread of its own: a system that does not answer takes up to :data:`ROUND_S` seconds, in which
        this worker is to give signs of life, and to look for those that give none.
        """
        with self._database.reading() as connection:
            waits = due(connection, self._database.now(connection), most=1)
        # Twice as long as a round may take: it is not over before the round is.
        if waits and hold_lease(self._database, _TELLING, self._executor, 2 * ROUND_S):
            self._outbox.deliver_once()

    def reap(self) -> list[str]:
        """Give back what workers had taken that are silent for too long; return those jobs."""
        with self._database.reading() as connection:
            limit = self._database.now(connection) - self._settings.dead_after_s
            alive = set(connection.execute(sa.select(worker.c.executor).where(worker.c.seen_at >= limit)).scalars())
            silent = [*connection.execute(sa.select(worker.c.executor).where(worker.c.seen_at < limit)).scalars()]
        orphaned = [job for job, executor in self._jobs.taken().items() if executor not in alive]
        if not silent and not orphaned:
            return []
        reach("reap.before")
        if orphaned:
            self._jobs.give_back(orphaned)
        reach("reap.between")
        with self._database.writing() as connection:
            dead = sa.or_(attempt.c.executor.in_(silent), attempt.c.executor.not_in(alive))
            lost = connection.execute(
                sa.update(attempt)
                .where(attempt.c.state == "running", dead)
                .values(state="crashed", ended_at=self._database.clock)
                .returning(attempt.c.submission_id)
            ).scalars()
            waiting = [*lost]
            connection.execute(
                sa.update(submission)
                .where(submission.c.id.in_(waiting), submission.c.status == "running")
                .values(status="queued")
            )
            # Only those that are silent still: one that has woken up meanwhile has a new sign of life.
            connection.execute(sa.delete(worker).where(worker.c.executor.in_(silent), worker.c.seen_at < limit))
            # What it was telling is told by another one.
            connection.execute(sa.delete(lease).where(lease.c.name == _TELLING, lease.c.holder.in_(silent)))
            for executor in silent:
                note(self._database, connection, SYSTEM, "worker.reaped", f"worker:{executor}", jobs=len(orphaned))
        return orphaned

    def reconcile(self) -> int:
        """Put submissions that wait, and that the queue does not know, into it again; return how many."""
        found = 0
        for _ in range(_PAGES):
            with self._database.reading() as connection:
                before = self._database.now(connection) - _YOUNG_SECONDS
                page = waiting_after(connection, self._after, before, _PAGE)
            waiting = [(row.id, row.gen) for row in page]
            known = self._jobs.known(waiting) if waiting else set()
            for job in waiting:
                if job not in known:
                    requeue(self._database, self._jobs, *job)
                    found += 1
            self._after = page[-1].id if len(page) == _PAGE else ""
            if not self._after:
                break
        return found

    def forget(self) -> None:
        """Delete the engine's record of jobs that are long over, and messages that were delivered long ago."""
        with self._database.writing() as connection:
            moment = self._database.now(connection) - _KEPT_SECONDS
            forget_delivered(connection, moment)
        self._jobs.forget_old(moment, _MOST_FORGOTTEN)
