"""Prints the speed table of benchmarks/README.md: medians, and ratios to a floor or a peer measured in the same run."""

import itertools
import os
import platform
import queue
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from harness.assignment import Assignment, built_in
from harness.cases import Bank, bank_for
from harness.grader import grade
from harness.language import ENGLISH
from harness.render import FORMATS, render
from harness.sandbox.forkserver import ForkServer
from harness.sandbox.launch import launch
from harness.sandbox.protocol import FRAME, Done, Load, Loaded, Parsed, Source, pack
from harness.sandbox.runner import Sandbox
from harness.submission import Submission, read_submission
from harness.watching.events import Quit, Saved
from harness.watching.saves import Saves
from harness.watching.session import Session

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SEED = EXAMPLES / "seed.py"

#: What a course would write without dout: import the file, compare a few values.
PLAIN_TEST = """\
import importlib.util
import numpy as np
from hypothesis import given, settings, strategies as st

spec = importlib.util.spec_from_file_location("layers", {path!r})
layers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(layers)

def test_layers():
    mul = layers.MulLayer()
    assert np.allclose(mul.forward(2.0, 3.0), 6.0)
    assert np.allclose(mul.backward(1.0), (3.0, 2.0))
"""


#: What the runner of Classroom 50 sets, without which its format cannot be written.
CLASSROOM50 = ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL", "REVIEW_URL")


def main() -> None:
    """Measure and print."""
    os.environ |= dict.fromkeys(CLASSROOM50, "-")
    print(machine())
    print()
    print("| what | median | against | ratio | bound |")
    print("|---|---|---|---|---|")
    assignment = built_in()
    bank = bank_for(assignment, assignment.default_seed)
    submission = read_submission(SEED)
    rows = (
        _one_grading(assignment, bank, submission),
        _wrong_reports(assignment, submission),
        _many(assignment, submission),
        _whole_processes(),
        _watching(assignment),
    )
    for row in itertools.chain.from_iterable(rows):
        print("| " + " | ".join(row) + " |", flush=True)


def machine() -> str:
    """Return what is measured on."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or "unknown processor",
    )
    return (
        f"{model}, {os.cpu_count()} processors, {platform.system()} {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the start"
    )


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


class Meter:
    """Processor seconds of this process, of a zygote, and of the zygote's workers."""

    def __init__(self, zygote: int) -> None:
        self.zygote = zygote
        self.ticks = os.sysconf("SC_CLK_TCK")

    def now(self) -> float:
        fields = Path(f"/proc/{self.zygote}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        # utime, stime, and those of the children that were waited for (proc(5)).
        return time.process_time() + sum(map(int, fields[11:15])) / self.ticks


def _cpu_ms(meter: Meter, action: Callable[[], object], times: int, rounds: int) -> float:
    """Return the median over rounds: /proc counts in ticks of 10 ms, so each round is many actions."""
    figures = []
    for _ in range(rounds):
        start = meter.now()
        for _ in range(times):
            action()
        figures.append((meter.now() - start) / times * 1000)
    return statistics.median(figures)


def _one_grading(assignment: Assignment, bank: Bank, submission: Submission) -> Iterator[Sequence[str]]:
    launched = launch()
    starter = ForkServer(launched)
    with Sandbox(starter=starter) as sandbox:
        meter = Meter(launched.process.pid)
        sources = [Source(block.text, block.first_line) for block in submission.blocks]
        body = msgspec.msgpack.encode(["run", ["AddLayer", "MulLayer"], [*range(len(bank.cases))], bank.packed, True])
        run, over = FRAME.pack(len(body)) + body, pack(Done())

        def floor() -> None:
            # The same process, locks, calls and bytes; what comes back is only counted, not looked at.
            with sandbox.spawn(assignment.worker_limits) as worker:
                worker.send(Load(sources, definitions_only=False), 5)
                assert isinstance(worker.receive(5), Parsed)
                assert isinstance(worker.receive(5), Loaded)
                worker.send(run, 5)
                while worker.receive_frame(5) != over:
                    pass

        def whole() -> None:
            assert grade(submission, assignment, sandbox=sandbox).score == 100

        for warm in (floor, whole):
            _cpu_ms(meter, warm, 10, 1)
        pairs = [(_cpu_ms(meter, whole, 40, 1), _cpu_ms(meter, floor, 40, 1)) for _ in range(7)]
        cost, least = (statistics.median(figures) for figures in zip(*pairs, strict=True))
        ratio = statistics.median(one / other for one, other in pairs)
        level = sandbox_level(sandbox, assignment)
    yield (
        f"one isolated grading, level {level}, CPU",
        f"{cost:.1f} ms",
        f"fork, lock-down and the bank evaluated, {least:.1f} ms",
        f"{ratio:.2f}",
        "12 ms, 2",
    )


def _wrong_reports(assignment: Assignment, submission: Submission) -> Iterator[Sequence[str]]:
    """A wrong submission, named, at its smallest inputs, in every format, against grading a right one."""
    swapped = read_submission(EXAMPLES / "swapped.py")
    launched = launch()
    with Sandbox(starter=ForkServer(launched)) as sandbox:
        meter = Meter(launched.process.pid)

        def right() -> None:
            grade(submission, assignment, sandbox=sandbox)

        def wrong() -> None:
            report = grade(swapped, assignment, sandbox=sandbox)
            for name in FORMATS:
                render(report, name)

        for warm in (right, wrong):
            _cpu_ms(meter, warm, 10, 1)
        pairs = [(_cpu_ms(meter, wrong, 40, 1), _cpu_ms(meter, right, 40, 1)) for _ in range(7)]
    cost, least = (statistics.median(figures) for figures in zip(*pairs, strict=True))
    yield (
        "a wrong submission's report in every format, CPU",
        f"{cost:.1f} ms",
        f"grading a right one, {least:.1f} ms",
        f"{statistics.median(one / other for one, other in pairs):.2f}",
        "3",
    )


def sandbox_level(sandbox: Sandbox, assignment: Assignment) -> str:
    """Return the isolation level in force."""
    with sandbox.spawn(assignment.worker_limits) as worker:
        return sandbox.isolation_of(worker).level


def _wall(command: Sequence[str], folder: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def _paired(command: Sequence[str], peer: Sequence[str], folder: str, rounds: int) -> tuple[float, float, float]:
    """Return both medians and the median of the ratios, measured in turn so that the machine's drift hits both."""
    pairs = [(_wall(command, folder), _wall(peer, folder)) for _ in range(rounds + 1)][1:]
    mine, other = (statistics.median(figures) for figures in zip(*pairs, strict=True))
    return mine, other, statistics.median(one / two for one, two in pairs)


def _whole_processes() -> Iterator[Sequence[str]]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_plain.py").write_text(PLAIN_TEST.format(path=str(SEED)), encoding="utf-8")
        dout = [sys.executable, "-m", "harness.cli", "grade", str(SEED)]
        mine, other, ratio = _paired(dout, [sys.executable, "-c", "import numpy"], folder, 15)
        yield (
            "`dout grade`, whole process, wall",
            f"{mine:.3f} s",
            f"`import numpy`, {other:.3f} s",
            f"{ratio:.2f}",
            "3",
        )
        plugin = [sys.executable, "-m", "pytest", f"--grade={SEED}"]
        plain = [sys.executable, "-m", "pytest", "test_plain.py"]
        mine, other, ratio = _paired(plugin, plain, folder, 15)
        yield (
            "`pytest --grade`, whole process, wall",
            f"{mine:.3f} s",
            f"pytest of one test that imports numpy and hypothesis, {other:.3f} s",
            f"{ratio:.2f}",
            "1.3",
        )


def _children_cpu(command: Sequence[str], folder: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _wall(command, folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _resident_kib(pid: int) -> int:
    return next(int(line.split()[1]) for line in _lines(f"/proc/{pid}/status") if line.startswith("VmRSS"))


def _many(assignment: Assignment, submission: Submission) -> Iterator[Sequence[str]]:
    launched = launch()
    with Sandbox(starter=ForkServer(launched)) as sandbox:
        meter, memory = Meter(launched.process.pid), []
        grade(submission, assignment, sandbox=sandbox)
        start = meter.now()
        for _ in range(500):
            grade(submission, assignment, sandbox=sandbox)
            memory.append(_resident_kib(os.getpid()) + _resident_kib(launched.process.pid))
        each = (meter.now() - start) / 500
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_plain.py").write_text(PLAIN_TEST.format(path=str(SEED)), encoding="utf-8")
        plain = statistics.median(
            _children_cpu([sys.executable, "-m", "pytest", "test_plain.py"], folder) for _ in range(7)
        )
    first, last = statistics.mean(memory[:100]), statistics.mean(memory[-100:])
    yield (
        "500 submissions, CPU each",
        f"{each * 1000:.1f} ms",
        f"one pytest process each, {plain:.2f} s",
        f"1/{plain / each:.0f}",
        "1/25",
    )
    yield (
        "memory of grader and zygote, last 100 of 500",
        f"{last / 1024:.1f} MiB",
        f"first 100, {first / 1024:.1f} MiB",
        f"{last / first:.3f}",
        "1.02",
    )


class _Stopwatch:
    """A display that notes when grading starts and when its result is shown."""

    def __init__(self) -> None:
        self.started: queue.SimpleQueue[float] = queue.SimpleQueue()
        self.shown: queue.SimpleQueue[float] = queue.SimpleQueue()

    def grading(self, name: str) -> None:
        """Note that it starts."""
        del name
        self.started.put(time.perf_counter())

    def show(self, text: str) -> None:
        """Note that it is over."""
        del text
        self.shown.put(time.perf_counter())

    def leave(self, text: str) -> None:
        """Note nothing."""


def _watching(assignment: Assignment) -> Iterator[Sequence[str]]:
    source, display = SEED.read_text(encoding="utf-8"), _Stopwatch()
    starts, shows, fresh = [], [], []
    with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
        path = Path(folder, "layers.py")
        path.write_text(source, encoding="utf-8")
        session = Session(path, assignment, None, sandbox=sandbox, display=display, language=ENGLISH)
        thread = threading.Thread(target=session.run)
        with Saves(path, lambda: session.events.put(Saved())):
            thread.start()
            display.started.get()
            display.shown.get()
            for number in range(31):
                fresh.append(_wall([sys.executable, "-m", "harness.cli", "grade", str(path)], folder))
                before = time.perf_counter()
                path.write_text(f"{source}# {number}\n", encoding="utf-8")
                starts.append(display.started.get() - before)
                shows.append(display.shown.get() - before)
            session.events.put(Quit())
            thread.join()
    start, show, whole = (statistics.median(figures) for figures in (starts, shows, fresh))
    yield (
        "`dout watch`, from a save to the start of its grading, wall",
        f"{start * 1000:.0f} ms, slowest of {len(starts)} {max(starts) * 1000:.0f} ms",
        f"`dout grade`, whole process, {whole:.3f} s",
        f"{start / whole:.2f}",
        "200 ms",
    )
    yield (
        "`dout watch`, from a save to its screen, wall",
        f"{show * 1000:.0f} ms, slowest of {len(shows)} {max(shows) * 1000:.0f} ms",
        f"`dout grade`, whole process, {whole:.3f} s",
        f"{show / whole:.2f}",
        "1",
    )


if __name__ == "__main__":
    main()
