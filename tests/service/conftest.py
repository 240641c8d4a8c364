"""A database for each test: SQLite always, and PostgreSQL where Debian's programs are."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="the extra 'service' is not installed")
pytest.importorskip("dbos", reason="the extra 'service' is not installed")

from browsing import Site
from cluster import Cluster, programs
from fleet import Fleet
from ground import Ground

from harness.service.database import Database
from harness.service.engine import Jobs
from harness.service.migrations import migrate


def _cluster() -> Iterator[Cluster]:
    if (found := programs()) is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    made = Cluster(found)
    made.sql("CREATE DATABASE migrated")
    migrated = Database(made.url("migrated"))
    migrate(migrated)
    migrated.close()
    yield made
    made.stop()
    shutil.rmtree(made.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    yield from _cluster()


@pytest.fixture
def postgresql_cluster_of_its_own() -> Iterator[Cluster]:
    yield from _cluster()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "dout.sqlite3"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    shutil.copy(migrated_sqlite, folder / "dout.sqlite3")
    return f"sqlite:///{folder / 'dout.sqlite3'}"


_COUNT = iter(range(10**6))


@pytest.fixture
def postgresql_url(cluster: Cluster) -> Iterator[str]:
    name = f"test_{next(_COUNT)}"
    cluster.sql(f"CREATE DATABASE {name} TEMPLATE migrated")
    yield cluster.url(name)
    cluster.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture
def jobs(database: Database) -> Iterator[Jobs]:
    made = Jobs(database)
    yield made
    made.close()


@pytest.fixture
def ground(database: Database) -> Ground:
    """Courses and people, and a queue that only keeps what it is given."""
    return Ground(database)


@pytest.fixture
def course(ground: Ground) -> str:
    return ground.course()


@pytest.fixture
def assignment(ground: Ground, course: str) -> str:
    return ground.assignment(course)


@pytest.fixture
def teacher(ground: Ground, course: str) -> str:
    return ground.learner(course, "Kim", role="instructor")


@pytest.fixture
def fleet(url: str, tmp_path: Path) -> Iterator[Fleet]:
    """Real processes of the service, and work for them."""
    made = Fleet(url, tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    """The web application on a database of its own."""
    made = Site(database, tmp_path)
    yield made
    made.close()


@pytest.fixture
def sqlite_site(sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    """The same for what no database does differently."""
    opened = Database(sqlite_url)
    made = Site(opened, tmp_path)
    yield made
    made.close()
    opened.close()
