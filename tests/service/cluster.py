"""A PostgreSQL server that nobody else uses, for tests and benchmarks."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

__all__ = ["Cluster", "programs"]


def programs() -> Path | None:
    """Return where PostgreSQL's server programs are; None where it is not installed."""
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
        # What initdb writes need not outlive the machine; what the server writes later goes to the disk as it does anywhere.
        words = ("-U", "dout", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        self.run("initdb", "-D", str(self.folder / "data"), *words)
        self.start()

    def run(self, program: str, *words: str, under: Sequence[str] = ()) -> None:
        subprocess.run(
            [*under, str(self.programs / program), *words],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            timeout=120,
            **self.as_user,
        )

    def start(self, *under: str) -> None:
        """Start the server, by another program when ``under`` names one."""
        options = f"-k {self.folder} -c listen_addresses='' -c max_connections=100 -c shared_buffers=32MB"
        words = ("-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-w", "-o", options, "start")
        self.run("pg_ctl", *words, under=under)

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://dout@/{name}?host={self.folder}"

    def sql(self, statement: str) -> None:
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()
