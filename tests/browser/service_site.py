"""A service that listens, for a real browser: a course in every state that a page shows."""

import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uvicorn

from harness.assignment import built_in
from harness.grader import grade
from harness.sandbox.runner import Sandbox
from harness.service.database import Database
from harness.service.ids import new_id
from harness.service.installed import Installed
from harness.service.reads import Reads
from harness.service.schema import (
    assignment,
    course,
    enrolment,
    lti_course,
    lti_platform,
    metadata,
    outbox,
    revision,
    submission,
    user,
    webhook,
    worker,
)
from harness.service.settings import LtiPlatform, Settings
from harness.service.store.accepting import Accepted, Incoming, accept_all
from harness.service.store.grading import claim, fail, finish, result_of
from harness.service.store.sessions import start_session
from harness.service.web.app import create_app
from harness.service.web.service import Service
from harness.service.writer import Writer
from harness.submission import submission_from_bytes

__all__ = ["NASTY", "LiveSite", "live_site"]

EXAMPLES = Path(__file__).parents[2] / "examples"
NASTY = '</textarea></pre><script>document.title = "taken"</script><img src=x onerror=alert(1)>'
NAMES = ["Kim Minji", "이서준", "Park Ji-woo", "최하은", "Anna-Lena Müller", "정예준"]


class _Kept:
    def enqueue_new(self, *_: Any) -> None:
        """Wait for the test to grade them."""

    def enqueue(self, *_: Any, **__: Any) -> None:
        """Wait for the test to grade it."""

    def forget(self, *_: Any) -> None:
        """Nothing is kept."""


class LiveSite:
    """Ids of what there is, and sessions for a browser."""

    def __init__(self, folder: Path, sandbox: Sandbox, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.sandbox = sandbox
        self.database = Database(f"sqlite:///{folder / 'dout.sqlite3'}")
        metadata.create_all(self.database.engine)
        settings = Settings(
            data=str(folder),
            port=port,
            oidc_issuer="https://id.example.org",
            oidc_client_id="c",
            oidc_client_secret="s",
        )
        self.service = Service(
            settings, self.database, Writer(self.database), Reads(self.database), _Kept(), Installed(folder)
        )
        self.app = create_app(self.service)
        self._fill()

    def insert(self, table: sa.Table, **values: Any) -> str:
        with self.database.writing() as connection:
            connection.execute(sa.insert(table).values(**values))
        return values.get("id", "")

    def person(self, name: str, role: str | None, *, is_admin: bool = False) -> str:
        now = self.database.clock
        made = self.insert(user, id=new_id(), name=name, is_admin=is_admin, created_at=now)
        if role is not None:
            self.insert(enrolment, course_id=self.course, user_id=made, role=role, created_at=now)
        return made

    def hand_in(self, user_id: str, data: bytes, *, graded: bool = True, name: str = "layers.py") -> str:
        key = new_id()
        incoming = Incoming(assignment_id=self.assignment, user_id=user_id, name=name, data=data, idempotency_key=key)
        with self.database.writing() as connection:
            (made,) = accept_all(self.database, _Kept(), connection, [incoming])
        assert isinstance(made, Accepted)
        if graded:
            self.grade(made.id)
        return made.id

    def grade(self, submission_id: str) -> None:
        with self.database.writing() as connection:
            claimed = claim(self.database, connection, "worker-1", submission_id, 0)
        assert claimed is not None
        read = submission_from_bytes(claimed.name, claimed.data)
        report = grade(read, built_in(), sandbox=self.sandbox)
        with self.database.writing() as connection:
            finish(self.database, connection, result_of(claimed, report))

    def _fill(self) -> None:
        now = self.database.clock
        self.course = self.insert(course, id=new_id(), slug="dl", name="Deep Learning 1 · 딥러닝", created_at=now)
        self.assignment = self.insert(
            assignment, id=new_id(), course_id=self.course, slug="ch05", title="Chapter 5: two layers", created_at=now
        )
        self.insert(
            revision, assignment_id=self.assignment, number=1, source="ch05-add-mul",
            source_sha256=built_in().sha256, seed=built_in().default_seed, feedback="full", late_factor=0.8,
            max_attempts=200, cooldown_s=0.0, created_at=now, due_at=4102444800.0,
        )  # fmt: skip
        self.people = {
            "learner": self.person(NAMES[0], "learner"),
            "instructor": self.person("Professor Seo", "instructor"),
            "admin": self.person("Operator", None, is_admin=True),
        }
        for executor, draining in (("worker-1", False), ("worker-2", True)):
            self.insert(
                worker, executor=executor, host="grader-a", version="0.1.0", isolation="A", slots=2,
                is_draining=draining, started_at=now, seen_at=now + 3600,
            )  # fmt: skip
        self.insert(
            outbox, id=new_id(), kind="ags", target="ags:link:learner", payload="{}", created_at=now, next_at=now,
            tries=24, done_at=now, error="the answer was status 500",
        )  # fmt: skip
        files = [(EXAMPLES / name).read_bytes() for name in ("unfinished.py", "swapped.py", "seed.py")]
        for number, name in enumerate(NAMES[1:]):
            self.hand_in(self.person(name, "learner"), files[number % 3])
        me = self.people["learner"]
        self.hand_in(me, files[0])
        self.wrong = self.hand_in(me, files[1])
        self.failed = self.hand_in(me, b"# lost\n", graded=False)
        with self.database.writing() as connection:
            fail(self.database, connection, self.failed, 0, "grader_crash")
        self.nasty = self.hand_in(me, NASTY.encode(), graded=False, name=f"{NASTY}.py")
        with self.database.writing() as connection:
            connection.execute(sa.update(submission).where(submission.c.id == self.nasty).values(status="cancelled"))
        self.waiting = self.hand_in(self.person("Waiting", "learner"), files[1], graded=False)
        self._connect()

    def _connect(self) -> None:
        """Have an LMS registered, and a webhook with a message in each state."""
        now, at = self.database.clock, "https://moodle.example.org"
        one = LtiPlatform(
            issuer=at, client_id="a1B2c3D4e5F6g7H", deployment_id="1", auth_login_url=f"{at}/mod/lti/auth.php",
            auth_token_url=f"{at}/mod/lti/token.php", jwks_url=f"{at}/mod/lti/certs.php",
        )  # fmt: skip
        values = {column.name: getattr(one, column.name, now) for column in lti_platform.c}
        self.insert(lti_platform, **values)
        self.insert(lti_course, platform_id=one.id, context="42", course_id=self.course)
        hook = self.insert(
            webhook, id=new_id(), course_id=self.course, url="https://receiver.example.org/dout", secret="s",
            created_at=now,
        )  # fmt: skip
        payload = f'{{"webhook_id": "{hook}", "event": {{"submission": "{self.wrong}", "type": "grade.changed"}}}}'
        for done, error in ((now, None), (now, "the answer was status 404"), (None, "the answer was status 503")):
            self.insert(
                outbox, id=new_id(), kind="webhook", target=f"webhook:{hook}", payload=payload, created_at=now,
                next_at=now + 60, tries=1, done_at=done, error=error,
            )  # fmt: skip

    def session(self, role: str) -> dict[str, Any]:
        """Return the cookie of a session."""
        with self.database.writing() as connection:
            secret = start_session(self.database, connection, self.people[role], hours=1)
        return {"name": "dout", "value": secret, "url": self.address}

    def pages(self) -> dict[str, tuple[str, str]]:
        """Return each kind of page: who looks at it, and where it is."""
        at = f"/assignments/{self.assignment}"
        return {
            "login": ("", "/login"),
            "courses": ("learner", "/courses"),
            "assignment": ("learner", at),
            "history": ("learner", f"{at}/history"),
            "report": ("learner", f"/submissions/{self.wrong}"),
            "failed": ("learner", f"/submissions/{self.failed}"),
            "changes": ("learner", f"/submissions/{self.wrong}/changes"),
            "nasty": ("learner", f"/submissions/{self.nasty}/changes"),
            "account": ("learner", "/account"),
            "waiting": ("instructor", f"/submissions/{self.waiting}"),
            "class": ("instructor", f"{at}/class"),
            "submissions": ("instructor", f"{at}/submissions"),
            "gradebook": ("instructor", f"{at}/gradebook"),
            "similar": ("instructor", f"{at}/similar"),
            "marking": ("instructor", f"/submissions/{self.wrong}"),
            "people": ("instructor", "/courses/dl/people"),
            "manage": ("instructor", "/courses/dl/manage"),
            "service": ("admin", "/service"),
            "log": ("admin", "/log"),
            "course log": ("instructor", "/courses/dl/log"),
            "webhooks": ("instructor", "/courses/dl/webhooks"),
            "all courses": ("admin", "/manage/courses"),
            "lms": ("admin", "/manage/lti"),
            "no page": ("learner", "/nowhere"),
        }


@contextmanager
def live_site(folder: Path, sandbox: Sandbox) -> Iterator[LiveSite]:
    """Give a service that listens on a free port."""
    listening = socket.create_server(("127.0.0.1", 0))
    site = LiveSite(folder, sandbox, listening.getsockname()[1])
    config = uvicorn.Config(site.app, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        thread.start()
        while not server.started:
            time.sleep(0.01)
    yield site
    server.should_exit = True
    thread.join(10)
    site.service.close()
    site.database.close()
    listening.close()
