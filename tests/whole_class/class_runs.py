"""Classes for the tests, and ``dout class`` run on them as its user runs it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from right_layers import RIGHT

import harness

LOOP = RIGHT.replace("return x * y", "\n        while True: pass")
ROOT = str(Path(harness.__file__).parent.parent)


def folder(path: Path, files: dict[str, str | bytes]) -> Path:
    """Write the files below ``path`` and return it."""
    for name, data in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def numbered(count: int, text: str = RIGHT, name: str = "s") -> dict[str, str | bytes]:
    """Return ``count`` files that all differ."""
    return {f"{name}{number:03}.py": f"{text}\n# {number}\n" for number in range(count)}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "harness.cli", "class", *map(str, arguments)]


def environment(**changed: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "DOUT_LANG", "LANG", "LC_ALL"}}
    return kept | {"PYTHONPATH": ROOT, "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"} | changed


def run(*arguments: object, status: int = 0, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run ``dout class``; a traceback is never an answer."""
    env = environment(**options.pop("env", {}))
    done = subprocess.run(
        command(*arguments),
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
        **options,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done


def index(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "report.json").read_text("utf-8"))
    return found


def rows(out: Path) -> dict[str, dict[str, Any]]:
    return {row["learner"]: row for row in index(out)["rows"]}


def files(out: Path) -> dict[str, bytes]:
    """Return everything in the folder of a class, by its name there."""
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def written(out: Path) -> dict[str, int]:
    """Return when each report was written: one that is graded again is written again."""
    return {path.stem: path.stat().st_mtime_ns for path in (out / "reports").iterdir()}


def started(*arguments: object, reports: int, out: Path) -> "subprocess.Popen[bytes]":
    """Start ``dout class`` and return when it has written so many reports."""
    process = subprocess.Popen(
        command(*arguments), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not (out / "reports").is_dir() or len([*(out / "reports").glob("*.json")]) < reports:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process


def kill(process: "subprocess.Popen[bytes]", number: int = signal.SIGKILL) -> tuple[int, str, str]:
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out.decode(), err.decode()
