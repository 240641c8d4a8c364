"""Prints the table on the grading service of benchmarks/README.md, on SQLite and on PostgreSQL where it is installed.

    python benchmarks/service.py [SUBMISSIONS [GRADED [BACKLOG]]]

Real processes: `dout web`, `dout worker`, and clients in a process of their own (``load.py``). Beside what learners
wait for stands a bare Starlette application under the same server, asked by the same clients in the same run; beside
the rate of grading, `dout class` on the same files. There are as many learners as submissions, each with a token; the
limits on how often somebody may hand in are out of the way.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from classes import submissions
from serving import CONNECTIONS, VIEWERS, Posted, opened, programs
from speed import machine


def main(count: int, graded: int, backlog: int) -> None:
    """Measure and print."""
    print(machine())
    print(f"\n{count} submissions on {CONNECTIONS} connections; {graded} graded; {backlog} queued before\n")
    print("| what | measured | against | ratio | bound |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        files = Path(name, "in")
        submissions(files, graded)
        class_rate = _class_rate(files, Path(name, "out"))
        for kind in ("SQLite", *(["PostgreSQL"] if programs() else [])):
            for row in _measured(kind, files, class_rate, count, backlog):
                print("| " + " | ".join(row) + " |", flush=True)
    if not programs():
        print("\nPostgreSQL is not installed here.")


def _measured(kind: str, files: Path, class_rate: float, count: int, backlog: int) -> Iterator[Sequence[str]]:
    with opened(kind) as service:
        bare, posted = service.floor(count), service.post(count)
        yield _accepted(f"{kind}: {count} submissions accepted", posted, bare, count)
        yield (
            f"{kind}: processor time of one, web process",
            f"{posted.cpu * 1000:.2f} ms",
            f"a bare answer, {bare.cpu * 1000:.2f} ms; a client, {posted.client * 1000:.2f} ms",
            f"{posted.cpu / bare.cpu:.1f}",
            "-",
        )
        for workers, part, without in service.watched():
            yield (
                f"{kind}: {VIEWERS} live viewers, {workers} workers grade, web process",
                f"{part:.1%} of a core",
                f"no viewers, {without:.1%}",
                "-",
                "5 %",
            )
    with opened(kind) as service:
        first = service.grade(files)
        yield (
            f"{kind}: graded by 2 workers",
            f"{first:.0f} a second",
            f"`dout class`, {class_rate:.0f}",
            f"{first / class_rate:.2f}",
            "0.6",
        )
    with opened(kind) as service:
        service.queue(backlog)
        behind, again = service.post(count), service.grade(files)
        told = f"{kind}: with {backlog} queued"
        yield (
            f"{told}, {count} accepted",
            f"{behind.seconds:.1f} s, p99 {behind.p99:.0f} ms",
            f"none queued, {posted.seconds:.1f} s",
            f"{behind.seconds / posted.seconds:.2f}",
            "1.1",
        )
        yield f"{told}, graded", f"{again:.0f} a second", f"none queued, {first:.0f}", f"{again / first:.2f}", "0.9"


def _accepted(what: str, posted: Posted, bare: Posted, count: int) -> Sequence[str]:
    return (
        what,
        f"{posted.seconds:.1f} s, {count / posted.seconds:.0f}/s, p50 {posted.p50:.0f} ms, p99 {posted.p99:.0f} ms",
        f"bare answers, {bare.seconds:.1f} s, p99 {bare.p99:.0f} ms",
        f"{posted.seconds / bare.seconds:.1f}",
        f"{count / 2000:.1f} s, p99 100 ms",
    )


def _class_rate(files: Path, out: Path) -> float:
    """Return how many a second `dout class` grades with two jobs."""
    command = [sys.executable, "-m", "harness.cli", "class", str(files), "-o", str(out), "--jobs", "2"]
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return len(list(files.iterdir())) / (time.perf_counter() - began)


if __name__ == "__main__":
    main(*[int(word) for word in sys.argv[1:]] or (10_000, 1_000, 200_000))
