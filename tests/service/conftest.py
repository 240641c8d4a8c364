"""A database for each test: SQLite always, and PostgreSQL where Debian's programs are."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="the extra 'service' is not installed")
pytest.importorskip("dbos", reason="the extra 'service' is not installed")

import sqlalchemy as sa
from browsing import Site
from ground import Ground

from harness.service.database import Database
from harness.service.engine import Jobs
from harness.service.migrations import migrate


def _programs() -> Path | None:
    """Return where PostgreSQL's server programs are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


class Cluster:
    """A PostgreSQL server of this test run, on a socket that nobody else knows. It refuses to run as root."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="dout-pg-", dir="/tmp"))
        self.as_user = {}
        if os.geteuid() == 0:
            self.as_user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            shutil.chown(self.folder, "nobody", "nogroup")
        self.run("initdb", "-D", str(self.folder / "data"), "-U", "dout", "-A", "trust", "-E", "UTF8", "--no-locale")
        self.start()

    def run(self, program: str, *words: str) -> None:
        subprocess.run(
            [str(self.programs / program), *words],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            timeout=120,
            **self.as_user,
        )

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='' -c max_connections=100 -c shared_buffers=32MB"
        self.run(
            "pg_ctl", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-w", "-o", options, "start"
        )

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://dout@/{name}?host={self.folder}"

    def sql(self, statement: str) -> None:
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


def _cluster() -> Iterator[Cluster]:
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    made = Cluster(programs)
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
