"""The dealings with the processes that one submission runs in, one after the other: start, load, close."""

import time
from collections.abc import Sequence
from typing import Self, TypeVar

import msgspec

from harness.errors import SubmissionError
from harness.records import Isolation, Warn
from harness.sandbox.channel import Ending, Worker, WorkerGone
from harness.sandbox.evaluate import NOT_AVAILABLE
from harness.sandbox.importable import named_modules
from harness.sandbox.limits import WorkerLimits
from harness.sandbox.protocol import Load, Loaded, Parsed, Problem, Source
from harness.sandbox.runner import Sandbox
from harness.sentence import Sentence, marked, read_back
from harness.submission import Submission

__all__ = ["Conversation", "in_words"]

_Told = TypeVar("_Told", Parsed, Loaded)

#: What an honest worker calls a problem (harness.sandbox.source and worker).
_CODES = frozenset({"NOT-PARSABLE", "PYTHON2", "IMPORT-FAILED", "STATEMENT-FAILED"})


class Conversation:
    """The dealings with one submission's workers, one worker after the other. A context manager."""

    def __init__(self, sandbox: Sandbox, limits: WorkerLimits, submission: Submission) -> None:
        self.sandbox, self.limits = sandbox, limits
        self.sources = [Source(block.text, block.first_line) for block in submission.blocks]
        self.last_line = max((source.first_line + source.text.count("\n") for source in self.sources), default=0)
        #: Seconds for one call, once the file is loaded.
        self.call_seconds = limits.call_seconds
        self.notes: list[Warn] = []
        self.definitions_only = False
        self.cpu_seconds = 0.0
        #: Point on time.monotonic at which the submission's own time is up; 0 until its first worker runs.
        self.until = 0.0
        #: Set when the file could not even be loaded.
        self.gone: WorkerGone | None = None
        #: The worker that lives now.
        self.worker: Worker | None = None
        self._isolation: Isolation | None = None

    @property
    def isolation(self) -> Isolation:
        """How the last worker was locked down."""
        assert self._isolation is not None
        return self._isolation

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _start(self) -> Worker:
        self.close()
        self.worker = self.sandbox.spawn(self.limits, named_modules(source.text for source in self.sources))
        self._isolation = self.sandbox.isolation_of(self.worker)
        # The clock is the learner's own: it does not run while the machinery starts.
        self.until = self.until or time.monotonic() + self.limits.submission_seconds
        return self.worker

    def close(self) -> None:
        """End the worker, if there is one."""
        if self.worker is not None:
            self.worker.close()
            if self.worker.exit is not None:
                self.cpu_seconds += self.worker.exit.cpu_seconds
            self.worker = None

    def load(self) -> tuple[Parsed, Loaded]:
        """Parse and run the file's top level; where that hangs or dies, run only what defines names."""
        try:
            parsed = self._parse()
        except WorkerGone as gone:
            raise SubmissionError(
                "NOT-PARSABLE",
                Sentence("the file could not be read as Python: {reason}", reason=gone.message),
                Sentence("is this really a Python file?"),
            ) from None
        if not parsed.classes and parsed.problems and (not parsed.statements or _is_python_2(parsed)):
            raise _not_parsable(parsed.problems)
        try:
            return parsed, self._loaded()
        except WorkerGone as gone:
            message = Sentence("the code outside of classes and functions was left out: {reason}", reason=gone.message)
            self.notes.append(Warn(code="TOP-LEVEL-STOPPED", line=None, message=message))
        self.definitions_only = True
        try:
            return parsed, self.load_again()
        except WorkerGone as gone:
            # Even making the classes hangs or dies: every check of them is lost to it.
            self.gone = gone
            return parsed, Loaded([], [])

    def _parse(self) -> Parsed:
        self._start().send(Load(self.sources, self.definitions_only), self.limits.submission_seconds)
        return self._received(Parsed, self.limits.submission_seconds)

    def load_again(self) -> Loaded:
        """Have the file loaded in a fresh worker; what the parser saw is known.

        Raises:
            WorkerGone: loading it met what it did not meet the first time.
        """
        self._parse()
        return self._loaded()

    def _loaded(self) -> Loaded:
        return self._received(Loaded, self.limits.call_seconds)

    def _received(self, kind: type[_Told], seconds: float) -> _Told:
        assert self.worker is not None
        message = self.worker.receive(seconds, self.until)
        if not isinstance(message, kind):
            raise self.broken()
        return msgspec.structs.replace(message, problems=self._placed(message.problems))

    def line(self, line: int | None) -> int | None:
        """Return a line that the worker named, or None where the file has no such line."""
        return line if line is None or line <= self.last_line else None

    def _placed(self, problems: Sequence[Problem]) -> list[Problem]:
        """Return the problems without lines that the file does not have, and codes that a worker does not give."""
        return [
            msgspec.structs.replace(
                problem,
                line=self.line(problem.line),
                code=problem.code if problem.code in _CODES else "STATEMENT-FAILED",
            )
            for problem in problems
        ]

    def broken(self) -> WorkerGone:
        """End a worker that says what no worker says, and return what that is called."""
        self.close()
        return WorkerGone(Ending.CRASHED, Sentence("it broke the grading channel"))


def _is_python_2(parsed: Parsed) -> bool:
    return any(problem.code == "PYTHON2" for problem in parsed.problems)


def _not_parsable(problems: Sequence[Problem]) -> SubmissionError:
    python_2 = [problem for problem in problems if problem.code == "PYTHON2"]
    if python_2:
        return SubmissionError(
            "PYTHON2",
            Sentence("line {line}: this is Python 2 ({error})", line=python_2[0].line, error=in_words(python_2[0])),
            Sentence("write it for Python 3: print is a function there, print(x)"),
        )
    first = problems[0]
    return SubmissionError(
        "NOT-PARSABLE",
        Sentence("line {line}: this is not Python ({error})", line=first.line, error=in_words(first)),
        Sentence("run the file by itself and fix the line it names"),
    )


def in_words(problem: Problem) -> str:
    """Return what a worker says of a problem: in Python's words, or in ours, which have a translation."""
    return read_back(problem.message, (NOT_AVAILABLE, marked("{error} (in class {name})"))) or problem.message
