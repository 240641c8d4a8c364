"""A client of the web application that keeps cookies and fills in forms, and courses for it to go to."""

import re
import warnings
from collections.abc import Mapping
from typing import Any

import httpx
import sqlalchemy as sa
from ground import Ground
from starlette.exceptions import StarletteDeprecationWarning

with warnings.catch_warnings():
    # It would rather have httpx2, which nothing else here needs.
    warnings.simplefilter("ignore", StarletteDeprecationWarning)
    from starlette.testclient import TestClient

from harness.service.database import Database
from harness.service.installed import Installed
from harness.service.passwords import hash_password
from harness.service.reads import Reads
from harness.service.schema import enrolment, user
from harness.service.settings import Settings
from harness.service.store.sessions import actors_by_token, start_session
from harness.service.store.tokens import create_token
from harness.service.web.app import create_app
from harness.service.web.service import Service
from harness.service.writer import Writer

__all__ = ["PASSWORD", "Browser", "Site", "a_token", "seen", "shown_code"]

PASSWORD = "correct horse battery"
_HASHED = hash_password(PASSWORD)


class Site:
    """A service that can be asked over HTTP, with nothing listening."""

    def __init__(self, database: Database, folder: Any, **settings: Any) -> None:
        self.database = database
        self.ground = Ground(database)
        self.settings = Settings(**{"data": str(folder), "public_url": "http://dout.test", **settings})
        self.service = Service(
            self.settings,
            database,
            Writer(database),
            Reads(database),
            self.ground.jobs,
            Installed(self.settings.folder),
        )
        self.app = create_app(self.service)

    def close(self) -> None:
        self.service.close()

    def person(self, name: str = "Mina", *, is_admin: bool = False, password: bool = False, **roles: str) -> str:
        """Return the id of a new user with a role in each of the courses that are named by their slugs."""
        user_id = self.ground.learner(
            None, name, email=f"{name.lower()}@example.org", **({"password": _HASHED} if password else {})
        )
        with self.database.writing() as connection:
            connection.execute(sa.update(user).where(user.c.id == user_id).values(is_admin=is_admin))
        for slug, role in roles.items():
            self.enrol(user_id, slug, role)
        return user_id

    def enrol(self, user_id: str, slug: str, role: str) -> None:
        self.ground.insert(
            enrolment, course_id=self.course(slug), user_id=user_id, role=role, created_at=self.database.clock
        )

    def course(self, slug: str = "dl") -> str:
        """Return the id of a course, which is made when it is not there."""
        from harness.service.schema import course

        known = [row["id"] for row in self.ground.rows(course) if row["slug"] == slug]
        return known[0] if known else self.ground.course(slug)

    def browser(self, user_id: str | None = None, **headers: str) -> "Browser":
        """Return a browser, in which a user is logged in."""
        return Browser(self, user_id, headers)

    def writing(self, function: Any) -> Any:
        with self.database.writing() as connection:
            return function(connection)


class Browser(TestClient):
    """Follows no redirects, and sends the session's own secret with each form unless told otherwise."""

    def __init__(self, site: Site, user_id: str | None, headers: Mapping[str, str]) -> None:
        super().__init__(
            site.app,
            base_url=site.settings.address,
            follow_redirects=False,
            headers=headers,
            raise_server_exceptions=True,
        )
        self.site = site
        self.csrf = ""
        if user_id is not None:
            secret = site.writing(lambda connection: start_session(site.database, connection, user_id, hours=1))
            self.keep(secret)

    def keep(self, secret: str) -> None:
        from harness.service.ids import digest
        from harness.service.schema import session

        self.cookies.clear()
        self.cookies.set("__Host-dout" if self.site.service.is_https else "dout", secret)
        [row] = [row for row in self.site.ground.rows(session) if row["secret_sha256"] == digest(secret)]
        self.csrf = row["csrf"]

    def send_form(self, path: str, **fields: Any) -> httpx.Response:
        return self.post(path, data={"csrf": self.csrf, **fields})

    def log_in(self, email: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        answer = self.post("/login", data={"email": email, "password": password, **fields})
        name = "__Host-dout" if self.site.service.is_https else "dout"
        if secret := answer.cookies.get(name):
            self.keep(secret)
        return answer


def shown_code(page: str) -> list[str]:
    """Return what a page shows as code: secrets and links."""
    return re.findall(r"<code>([^<]+)</code>", page)


def a_token(site: Site, user_id: str, **changes: Any) -> str:
    """Return a new token of somebody, to read with unless told otherwise."""
    values = {"name": "CI", "scopes": frozenset({"read"})} | changes
    return site.writing(lambda connection: create_token(site.database, connection, user_id=user_id, **values))


def seen(site: Site, secret: str) -> Any:
    """Return who shows this token; None when it is not good."""
    with site.database.reading() as connection:
        return actors_by_token(site.database, connection, [secret])[0]
