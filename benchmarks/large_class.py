"""Prints how long the instructor's pages take for a large class, the first time in a process and after that.

    python benchmarks/large_class.py [LEARNERS SUBMISSIONS [DATABASE_URL]]

Needs the extra ``service``. The database is a new SQLite file, or the one at the address, whose tables must be
empty; it is filled with the reports of a few examples, so that every page has something to show.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from speed import EXAMPLES, machine

from harness.assignment import built_in
from harness.grader import grade as graded
from harness.render.json import render_json
from harness.sandbox.runner import Sandbox
from harness.service import schema
from harness.service.database import Database
from harness.service.engine import Jobs
from harness.service.ids import new_id
from harness.service.installed import Installed
from harness.service.migrations import migrate
from harness.service.reads import Reads
from harness.service.settings import Settings
from harness.service.store.sessions import start_session
from harness.service.store.summing import shape_in, summary_of
from harness.service.web.app import create_app
from harness.service.web.service import Service
from harness.service.writer import Writer
from harness.submission import submission_from_bytes

#: Rows of one INSERT.
_AT_ONCE = 2000
FILES = ("seed.py", "book.py", "messy.py", "swapped.py", "unfinished.py")
PAGES = {
    "the class": "class",
    "all submissions": "submissions",
    "submissions of one name": "submissions?learner=learner+77",
    "equal answers": "similar",
    "marks as CSV": "grades.csv",
    "marks for Canvas": "grades.csv?format=canvas",
}


def main(learners: int, submissions: int, url: str) -> None:
    """Fill a database, ask for every page three times, and print."""
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(url or f"sqlite:///{folder / 'dout.sqlite3'}")
        kind = "SQLite" if database.is_sqlite else "PostgreSQL"
        migrate(database)
        began = time.perf_counter()
        assignment, secret = filled(database, learners, submissions)
        print(f"{kind}: {learners} learners, {submissions} submissions, made in {time.perf_counter() - began:.0f} s\n")
        jobs = Jobs(database)
        settings = Settings(data=name, public_url="http://dout.test")
        service = Service(settings, database, Writer(database), Reads(database), jobs, Installed(folder))
        app = create_app(service)
        print("| page | first | after that | CPU, first | CPU, after that | bytes |\n|---|---|---|---|---|---|")
        asyncio.run(_asked(app, f"/assignments/{assignment}", secret))
        service.close()
        jobs.close()
        database.close()


async def _asked(app: Any, at: str, secret: str) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://dout.test", cookies={"dout": secret}, timeout=None
    ) as client:
        for told, path in PAGES.items():
            clock, processor = [], []
            for _ in range(3):
                began, spent = time.perf_counter(), time.process_time()
                answer = await client.get(f"{at}/{path}")
                clock.append(time.perf_counter() - began)
                processor.append(time.process_time() - spent)
                assert answer.status_code == 200, answer.text[:500]
            cells = [f"{one:.2f} s" for one in (clock[0], min(clock[1:]), processor[0], min(processor[1:]))]
            print(f"| {told} | {' | '.join(cells)} | {len(answer.content):,} |", flush=True)


def filled(database: Database, learners: int, submissions: int) -> tuple[str, str]:
    """Return the id of an assignment with so many learners and submissions, and the secret of a teacher's session."""
    assignment, course, teacher = new_id(), new_id(), new_id()
    with database.reading() as connection:
        now = database.now(connection)
    texts = [(EXAMPLES / name).read_bytes() for name in FILES]
    with Sandbox() as sandbox:
        reports = [graded(submission_from_bytes("layers.py", text), built_in(), sandbox=sandbox) for text in texts]
    shapes = [shape_in(report, "layers.py", text) for report, text in zip(reports, texts, strict=True)]
    with database.writing() as connection:

        def insert(table: sa.Table, rows: list[dict[str, Any]]) -> None:
            for start in range(0, len(rows), _AT_ONCE):
                connection.execute(sa.insert(table), rows[start : start + _AT_ONCE])

        insert(schema.course, [{"id": course, "slug": "dl", "name": "DL", "created_at": now}])
        people = [(new_id(), f"Learner {number}") for number in range(learners)]
        insert(
            schema.user,
            [
                {"id": one, "name": name, "is_admin": False, "created_at": now}
                for one, name in [*people, (teacher, "Teacher")]
            ],
        )
        insert(
            schema.enrolment,
            [
                {"course_id": course, "user_id": one, "role": role, "created_at": now, "external_id": name}
                for one, role, name in [
                    *((one, "learner", name) for one, name in people),
                    (teacher, "instructor", "T"),
                ]
            ],
        )
        insert(
            schema.assignment,
            [{"id": assignment, "course_id": course, "slug": "ch05", "title": "Layers", "created_at": now}],
        )
        insert(
            schema.revision,
            [
                {
                    "assignment_id": assignment, "number": 1, "source": "ch05-add-mul",
                    "source_sha256": built_in().sha256,
                    "seed": 1, "feedback": "full", "late_factor": 1.0, "cooldown_s": 0.0, "created_at": now,
                }
            ],
        )  # fmt: skip
        made = {name: [] for name in ("blob", "submission", "report", "grade")}  # type: dict[str, list[dict[str, Any]]]
        for number in range(submissions):
            which, one, found = number % 7 % len(FILES), new_id(), new_id()
            sha256 = f"{number:064x}"
            # One in twenty is one's own; the others were copied.
            data = texts[which] + (f"\nx{number} = {number}\n".encode() if number % 20 else b"")
            made["blob"].append({"sha256": sha256, "data": data})
            made["submission"].append(
                {
                    "id": one, "assignment_id": assignment, "revision": 1, "user_id": people[number % learners][0],
                    "number": number // learners + 1, "idempotency_key": one, "name": "layers.py",
                    "blob_sha256": sha256,
                    "status": "graded", "gen": 0, "is_late": False, "counts": True, "received_at": now,
                }
            )  # fmt: skip
            report = reports[which]
            made["report"].append({"id": found, "json": render_json(report).encode()})
            made["grade"].append(
                {
                    "submission_id": one, "gen": 0, "attempt_n": 1, "revision": 1, "outcome": str(report.outcome),
                    "score": report.score, "max_score": report.max_score, "report_id": found, "at": now + number,
                    "summary": summary_of(report), "shape": shapes[which],
                }
            )  # fmt: skip
            if len(made["blob"]) == _AT_ONCE or number + 1 == submissions:
                for name, rows in made.items():
                    insert(getattr(schema, name), rows)
                    rows.clear()
        secret = start_session(database, connection, teacher, hours=1)
    return assignment, secret


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 1000, int(given[1]) if given[1:] else 5000, given[2] if given[2:] else "")
