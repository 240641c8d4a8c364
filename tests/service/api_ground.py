"""A service with an API, and people with tokens who ask it."""

import warnings
from pathlib import Path
from typing import Any

from ground import Ground

from harness.service.access import SCOPES
from harness.service.installed import Installed
from harness.service.reads import Reads
from harness.service.schema import assignment
from harness.service.settings import Settings
from harness.service.store.tokens import create_token
from harness.service.web.app import create_app
from harness.service.web.service import Service
from harness.service.writer import Writer

with warnings.catch_warnings():
    # It would rather have httpx2, which nothing else here needs.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

__all__ = ["ApiGround"]


class ApiGround(Ground):
    """Courses, people and submissions, and the application in front of them."""

    def __init__(self, database: Any, folder: Path, jobs: Any = None, **settings: Any) -> None:
        super().__init__(database, jobs)
        self.settings = Settings(data=str(folder), **settings)
        self.service = Service(self.settings, database, Writer(database), Reads(database), self.jobs, Installed(folder))
        self.app = create_app(self.service)

    def database_now(self) -> float:
        with self.database.reading() as connection:
            return self.database.now(connection)

    def rows_course(self, assignment_id: str) -> str:
        return next(row["course_id"] for row in self.rows(assignment) if row["id"] == assignment_id)

    def close(self) -> None:
        self.service.close()

    def token(self, user_id: str, *scopes: str, course_id: str | None = None) -> str:
        with self.database.writing() as connection:
            return create_token(
                self.database,
                connection,
                user_id=user_id,
                name="test",
                scopes=frozenset(scopes or SCOPES),
                course_id=course_id,
            )

    def client(self, user_id: str | None = None, *scopes: str, course_id: str | None = None) -> TestClient:
        """Return a program of somebody; of nobody when None."""
        headers = (
            {} if user_id is None else {"Authorization": f"Bearer {self.token(user_id, *scopes, course_id=course_id)}"}
        )
        return TestClient(self.app, headers=headers, follow_redirects=False)
