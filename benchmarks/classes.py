"""Prints the table on `dout class` of benchmarks/README.md: what a class costs, against a floor of the same run.

    python benchmarks/classes.py [SUBMISSIONS]

Every submission is another text, so that nothing is graded twice; one in ten is wrong. Processor time is counted in all
processes, so another program on the machine changes it less than it changes the clock.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from speed import EXAMPLES, Meter, machine

from harness.assignment import built_in
from harness.sandbox.forkserver import ForkServer
from harness.sandbox.launch import launch
from harness.sandbox.protocol import Load, Loaded, Parsed, Source
from harness.sandbox.runner import Sandbox
from harness.submission import read_submission

#: Right in several ways, and the commonest mistake.
RIGHT = ("seed.py", "book.py", "messy.py")
WRONG = "swapped.py"
FLOOR_TIMES = 300


def main(count: int) -> None:
    """Measure and print."""
    print(machine())
    print()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        submissions(folder / "in", count)
        before, floor_before = _children(), _floor()
        began = time.perf_counter()
        command = [sys.executable, "-m", "harness.cli", "class", str(folder / "in"), "-o", str(folder / "out")]
        done = subprocess.run(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        assert done.returncode == 0
        wall = time.perf_counter() - began
        each = (_children() - before) / count
        floor = (floor_before + _floor()) / 2
        began = time.perf_counter()
        subprocess.run(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        again = time.perf_counter() - began
    jobs = len(os.sched_getaffinity(0))
    print("| what | measured | against | ratio | bound |")
    print("|---|---|---|---|---|")
    print(
        f"| a submission of a class of {count}, CPU of all processes | {each * 1000:.1f} ms "
        f"| fork, lock-down and loading it, {floor * 1000:.1f} ms | {each / floor:.2f} | 2 |"
    )
    print(f"| submissions a second and core, by that | {1 / each:.0f} | 85 wanted | {1 / each / 85:.2f} | 1 |")
    print(
        f"| the same class, wall, {jobs} jobs | {wall:.1f} s, {count / wall:.0f} a second "
        f"| nothing changed, {again:.1f} s | {wall / again:.0f} | - |"
    )


def submissions(folder: Path, count: int) -> None:
    """Write a class of which no two files are the same."""
    folder.mkdir()
    right = [(EXAMPLES / name).read_text(encoding="utf-8") for name in RIGHT]
    wrong = (EXAMPLES / WRONG).read_text(encoding="utf-8")
    for number in range(count):
        text = wrong if number % 10 == 9 else right[number % len(right)]
        (folder / f"s{number:06}.py").write_text(f"{text}\n# {number}\n", encoding="utf-8")


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _floor() -> float:
    """Return the processor seconds of a locked worker that loads a right file and is asked nothing."""
    assignment = built_in()
    launched = launch()
    sources = [Source(block.text, block.first_line) for block in read_submission(EXAMPLES / RIGHT[0]).blocks]
    with Sandbox(starter=ForkServer(launched)) as sandbox:
        meter = Meter(launched.process.pid)

        def load() -> None:
            with sandbox.spawn(assignment.worker_limits) as worker:
                worker.send(Load(sources, definitions_only=False), 5)
                assert isinstance(worker.receive(5), Parsed)
                assert isinstance(worker.receive(5), Loaded)

        load()
        start = meter.now()
        for _ in range(FLOOR_TIMES):
            load()
        return (meter.now() - start) / FLOOR_TIMES


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
