import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import RIGHT, WRONG, command, environment

Dout = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def dout(tmp_path: Path) -> Dout:
    """Run ``dout`` in an empty folder; a traceback is never an answer."""
    working = tmp_path / "working"
    working.mkdir()

    def run(*arguments: object, shell: str = "", env: dict[str, str | None] | None = None, **options: object):
        call: list[str] = command(*arguments)
        if shell:
            call = ["sh", "-c", f'exec "$@" {shell}', "sh", *call]
        options = {"cwd": working, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 120} | options
        done = subprocess.run(call, env=environment(**(env or {})), check=False, **options)  # type: ignore[call-overload]
        assert b"Traceback" not in (done.stderr or b"") + (done.stdout or b""), done.stderr
        return done

    return run


@pytest.fixture
def right(tmp_path: Path) -> Path:
    path = tmp_path / "right.py"
    path.write_text(RIGHT, "utf-8")
    return path


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.py"
    path.write_text(WRONG, "utf-8")
    return path
