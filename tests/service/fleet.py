"""Workers of the service as processes that a test starts, stops and kills."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa
from ground import EXAMPLES, Ground

from harness.service.database import Database
from harness.service.engine import Jobs
from harness.service.ids import new_id
from harness.service.schema import enrolment, user
from harness.service.store.accepting import Incoming, accept_all

__all__ = ["Fleet"]

#: Everything happens faster than in a service, in the same order.
FAST = {
    "DOUT_HEARTBEAT_S": "0.2",
    "DOUT_DEAD_AFTER_S": "2.0",
    "DOUT_POLL_S": "0.05",
    "DOUT_RECONCILE_S": "1.0",
}
_COVERED = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


class Fleet:
    """Processes that work on one database."""

    def __init__(self, url: str, data: Path) -> None:
        self.url, self.data = url, data
        data.mkdir(mode=0o700, exist_ok=True)
        self.database = Database(url)
        self.jobs = Jobs(self.database)
        self.ground = Ground(self.database, self.jobs)
        self.processes: list[subprocess.Popen[bytes]] = []
        self.course = self.ground.course(new_id())
        self.work = self.ground.assignment(self.course)

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH", *_COVERED) if name in os.environ}
        return kept | FAST | {"DATABASE_URL": self.url, "DOUT_DATA": str(self.data)} | more

    def worker(self, fault: str = "", before: str = "", **more: str) -> "subprocess.Popen[bytes]":
        """Start a worker, which kills itself at the named point, and runs the Python text ``before`` first."""
        if fault:
            more["DOUT_FAULT_POINT"] = fault
        start = f"{before}\nimport sys\nfrom harness.cli import main\nsys.exit(main(['worker', *sys.argv[1:]]))"
        log = (self.data / f"worker-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-c", start], env=self.environment(**more), stdout=log, stderr=log, cwd=self.data
        )
        log.close()
        self.processes.append(process)
        return process

    def command(self, *words: str, **more: str) -> "subprocess.Popen[bytes]":
        """Start another command of dout on this database."""
        with (self.data / f"{words[0]}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "harness.cli", *words],
                env=self.environment(**more),
                stdout=log,
                stderr=log,
                cwd=self.data,
            )
        self.processes.append(process)
        return process

    def hand_in(self, count: int, text: str = "", *, course: str | None = None, work: str | None = None) -> list[str]:
        """Have ``count`` learners hand in a right file each, all different, and all at once."""
        seed = (EXAMPLES / "seed.py").read_text(encoding="utf-8")
        learners, at = [new_id() for _ in range(count)], self.database.clock
        people = sa.insert(user).values(name="Mina", is_admin=False, created_at=at)
        places = sa.insert(enrolment).values(course_id=course or self.course, role="learner", created_at=at)
        incoming = [
            Incoming(
                assignment_id=work or self.work,
                user_id=made,
                name="layers.py",
                data=f"{seed}\n{text}\n# {number}\n".encode(),
                idempotency_key=new_id(),
            )
            for number, made in enumerate(learners)
        ]
        with self.database.writing() as connection:
            connection.execute(people, [{"id": made} for made in learners])
            connection.execute(places, [{"user_id": made} for made in learners])
            accepted = accept_all(self.database, self.jobs, connection, incoming)
        return [one.id for one in accepted]

    def graded(self) -> int:
        return self.ground.counts()[1]

    def all_are_done(self) -> bool:
        accepted, graded, failed = self.ground.counts()
        return accepted == graded + failed

    def logs(self) -> str:
        return "\n".join(path.read_text("utf-8", "replace")[-3000:] for path in sorted(self.data.glob("*.log")))

    def kill(self, *processes: "subprocess.Popen[bytes]") -> None:
        for process in processes or self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()

    def end(self) -> None:
        """Ask the workers to end, as an operator does."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(60)

    def close(self) -> None:
        self.kill()
        self.jobs.close()
        self.database.close()
