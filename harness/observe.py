"""Has a learner's file loaded and every case evaluated, in as few worker processes as its behaviour allows.

A loop, a crash or a memory bomb costs the cases that need that call; all others are evaluated in a fresh worker.
"""

import itertools
import time
from collections.abc import Iterator, Sequence

import msgspec

from harness.answers import Call, Lost, received, reference_answers
from harness.assignment import Assignment
from harness.cases import Bank, Case
from harness.errors import SubmissionError
from harness.naming import Found, find_layers
from harness.probes import probe_cases
from harness.recognition import Known, Recogniser, Stream, known_answers, stream_of
from harness.records import Isolation, Warn
from harness.sandbox.channel import Ending, Worker, WorkerGone
from harness.sandbox.evaluate import NOT_AVAILABLE
from harness.sandbox.importable import named_modules
from harness.sandbox.limits import WorkerLimits
from harness.sandbox.protocol import (
    FRAME,
    NEW,
    Answer,
    Done,
    Fault,
    Load,
    Loaded,
    Parsed,
    Problem,
    Source,
    bytes_together,
    decode_from_worker,
)
from harness.sandbox.runner import Sandbox
from harness.sandbox.values import ProtocolError
from harness.sentence import Sentence, marked, read_back
from harness.submission import Submission

__all__ = ["Observations", "observe"]


class Observations(msgspec.Struct):
    """All that came back from a learner's process."""

    #: What was found for each of the assignment's layers.
    layers: list[Found]
    #: The bank's cases, then the probes for numbers in the learner's own file.
    cases: list[Case]
    #: One list per case, one entry per step.
    calls: list[list[Call]]
    probes: int
    warnings: list[Warn]
    isolation: Isolation
    cpu_seconds: float
    #: True when every answer to every case is the reference's own, byte for byte, or was judged right before.
    known_right: bool = False
    #: The answers to the whole bank, where they came in one go and it is not known whether they are right.
    unknown: Stream | None = None
    #: True when the code outside of classes and functions was left out, because it hung or ended the process.
    definitions_only: bool = False


def observe(sandbox: Sandbox, submission: Submission, assignment: Assignment, bank: Bank) -> Observations:
    """Return what the learner's classes answered to every case.

    Raises:
        SubmissionError: the text cannot be read as Python at all.
        SandboxError: a worker could not be started or locked down.
    """
    sources = [Source(block.text, block.first_line) for block in submission.blocks]
    conversation = _Conversation(sandbox, assignment.worker_limits, sources)
    try:
        parsed, loaded = conversation.load()
        found, notes = find_layers(assignment.layer, parsed, loaded)
        cases = [*bank.cases, *probe_cases(assignment, found)]
        calls: list[list[Call]] = [[None] * len(case.steps) for case in cases]
        known = known_answers(assignment, bank)
        probes = cases[len(bank.cases) :]
        streams = (
            known.streams_with(reference_answers(assignment, probes, len(bank.cases))) if probes else known.streams()
        )
        conversation.evaluate(cases, calls, found, bank, known, streams)
    finally:
        conversation.close()
    return Observations(
        layers=found,
        cases=cases,
        calls=calls,
        probes=len(probes),
        warnings=[*conversation.notes, *_warnings(parsed.problems), *_warnings(loaded.problems), *notes],
        isolation=conversation.isolation,
        cpu_seconds=conversation.cpu_seconds,
        known_right=conversation.known_right,
        unknown=conversation.unknown if not probes else None,
        definitions_only=conversation.definitions_only,
    )


def _warnings(problems: Sequence[Problem]) -> list[Warn]:
    return [Warn(code=problem.code, line=problem.line, message=_in_words(problem)) for problem in problems]


def _in_words(problem: Problem) -> str:
    """Return what a worker says of a problem: in Python's words, or in ours, which have a translation."""
    return read_back(problem.message, (NOT_AVAILABLE, marked("{error} (in class {name})"))) or problem.message


#: What an honest worker calls a problem (harness.sandbox.source and worker).
_CODES = frozenset({"NOT-PARSABLE", "PYTHON2", "IMPORT-FAILED", "STATEMENT-FAILED"})


class _Conversation:
    """The dealings with one submission's workers, one worker after the other."""

    def __init__(self, sandbox: Sandbox, limits: WorkerLimits, sources: list[Source]) -> None:
        self.sandbox, self.limits, self.sources = sandbox, limits, sources
        self.modules = named_modules(source.text for source in sources)
        self.last_line = max((source.first_line + source.text.count("\n") for source in sources), default=0)
        self.notes: list[Warn] = []
        self.definitions_only = False
        self.cpu_seconds = 0.0
        #: Point on time.monotonic at which the submission's own time is up; 0 until its first worker runs.
        self.until = 0.0
        #: Whether every answer to every case is known to be right.
        self.known_right = False
        self.unknown: Stream | None = None
        #: Set when the file could not even be loaded.
        self.gone: WorkerGone | None = None
        self._worker: Worker | None = None
        self._isolation: Isolation | None = None

    @property
    def isolation(self) -> Isolation:
        assert self._isolation is not None
        return self._isolation

    def _start(self) -> Worker:
        self.close()
        self._worker = self.sandbox.spawn(self.limits, self.modules)
        self._isolation = self.sandbox.isolation_of(self._worker)
        # The clock is the learner's own: it does not run while the machinery starts.
        self.until = self.until or time.monotonic() + self.limits.submission_seconds
        return self._worker

    def close(self) -> None:
        if self._worker is not None:
            self._worker.close()
            if self._worker.exit is not None:
                self.cpu_seconds += self._worker.exit.cpu_seconds
            self._worker = None

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
            self._parse()
            return parsed, self._loaded()
        except WorkerGone as gone:
            # Even making the classes hangs or dies: every check of them is lost to it.
            self.gone = gone
            return parsed, Loaded([], [])

    def _parse(self) -> Parsed:
        worker = self._start()
        worker.send(Load(self.sources, self.definitions_only), self.limits.submission_seconds)
        message = worker.receive(self.limits.submission_seconds, self.until)
        if not isinstance(message, Parsed):
            raise self._broken()
        return msgspec.structs.replace(message, problems=self._placed(message.problems))

    def _loaded(self) -> Loaded:
        assert self._worker is not None
        message = self._worker.receive(self.limits.call_seconds, self.until)
        if not isinstance(message, Loaded):
            raise self._broken()
        return msgspec.structs.replace(message, problems=self._placed(message.problems))

    def _line(self, line: int | None) -> int | None:
        """Return a line that the worker named, or None where the file has no such line."""
        return line if line is None or line <= self.last_line else None

    def _placed(self, problems: Sequence[Problem]) -> list[Problem]:
        """Return the problems without lines that the file does not have, and codes that a worker does not give."""
        return [
            msgspec.structs.replace(
                problem,
                line=self._line(problem.line),
                code=problem.code if problem.code in _CODES else "STATEMENT-FAILED",
            )
            for problem in problems
        ]

    def _broken(self) -> WorkerGone:
        self.close()
        return WorkerGone(Ending.CRASHED, Sentence("it broke the grading channel"))

    def evaluate(
        self,
        cases: Sequence[Case],
        calls: list[list[Call]],
        found: Sequence[Found],
        bank: Bank,
        known: Known,
        streams: Sequence[Stream],
    ) -> None:
        """Fill ``calls`` with what the layers that were found answer."""
        there = [item.name is not None for item in found]
        plan = dict(enumerate(cases))
        if not all(there):
            plan = {index: case for index, case in plan.items() if all(there[layer] for layer in case.layers)}
        if self.gone is not None:
            _lose_all(plan, calls, Lost(self.gone.ending, self.gone.message))
            return
        names = [item.name for item in found]
        packed = bank.packed if len(cases) == len(bank.cases) else _packed(cases)
        if self._answer_quickly(names, plan, packed, calls, known, streams if all(there) else ()):
            return
        while plan:
            try:
                if self._worker is None:
                    self._parse()
                    self._loaded()
                self._ask(names, list(plan), packed)
            except WorkerGone as gone:
                # Loading again met what loading did not meet the first time.
                _lose_all(plan, calls, Lost(gone.ending, gone.message))
                return
            plan = self._answers(plan, calls, known, self._bodies())
            if plan and time.monotonic() >= self.until:
                seconds = f"{self.limits.submission_seconds:g}"
                message = Sentence("the whole submission took more than {seconds} s", seconds=seconds)
                _lose_all(plan, calls, Lost(Ending.TIMEOUT, message))
                return
            packed = _packed([plan.get(index, case) for index, case in enumerate(cases)])

    def _answer_quickly(
        self,
        names: list[str | None],
        plan: dict[int, Case],
        packed: msgspec.Raw,
        calls: list[list[Call]],
        known: Known,
        streams: Sequence[Stream],
    ) -> bool:
        """Fill ``calls`` with answers that come several at a time, if all of them come.

        If not, nothing is known: all is asked again one by one, and the submission's time starts once more. This
        costs it no more than the time of one call.
        """
        until, self.until = self.until, min(self.until, time.monotonic() + self.limits.call_seconds)
        try:
            self._ask(names, list(plan), packed, gathered=True)
            recogniser = Recogniser(streams)
            if self._are_known(recogniser):
                calls[:] = recogniser.calls
                self._hear_the_end()
                self.known_right = True
            else:
                heard: list[bytes] = []
                self._answers(plan, calls, known, itertools.chain(recogniser.bodies(), self._bodies()), heard)
                if len(heard) == sum(len(case.answered) for case in plan.values()):
                    self.unknown = stream_of(heard, calls)
        except WorkerGone:
            self.close()
        if self._worker is not None:
            self.until = until
            return True
        self.until, self.known_right, self.unknown = 0.0, False, None
        calls[:] = [[None] * len(row) for row in calls]
        return False

    def _are_known(self, recogniser: Recogniser) -> bool:
        """Take answers in for as long as they are known to be right, and tell whether all are."""
        assert self._worker is not None
        while not recogniser.is_over:
            body = self._worker.receive_frame(self.limits.call_seconds, self.until)
            if not recogniser.takes(bytes_together(body)):
                self._worker.put_back(body)
                return False
        return True

    def _bodies(self) -> Iterator[bytes]:
        assert self._worker is not None
        return self._worker.receive_bodies(self.limits.call_seconds, self.until)

    def _ask(self, names: list[str | None], indices: list[int], packed: msgspec.Raw, *, gathered: bool = False) -> None:
        assert self._worker is not None
        # The same message as Run, but with the cases encoded once for all learners.
        body = msgspec.msgpack.encode(["run", names, indices, packed, gathered])
        self._worker.send(FRAME.pack(len(body)) + body, self.limits.call_seconds)

    def _answers(
        self,
        plan: dict[int, Case],
        calls: list[list[Call]],
        known: Known,
        bodies: Iterator[bytes],
        heard: list[bytes] | None = None,
    ) -> dict[int, Case]:
        """Read the answers of one worker; return the cases, or their beginnings, that are left for the next one.

        Each message is kept in ``heard``.
        """
        index = step = 0
        left = dict(plan)
        try:
            for index, case in plan.items():
                row, first = calls[index], 0
                right = known.messages[index] if index < len(known.messages) else None
                for step in case.answered:
                    body = next(bodies)
                    if heard is not None:
                        heard.append(body)
                    if right is not None and (answer := right[step].get(body)) is not None:
                        row[step], first = answer, step + 1
                        continue
                    message = decode_from_worker(body)
                    if isinstance(message, Answer) and message.case == index and message.step == step:
                        row[step] = received(message, case)
                        first = step + 1
                    elif isinstance(message, Fault) and message.case == index and first <= message.step <= step:
                        # A constructor's error comes in place of the answer to the call after it.
                        row[message.step] = msgspec.structs.replace(message, line=self._line(message.line))
                        break
                    else:
                        raise self._broken()
                del left[index]
        except (WorkerGone, ProtocolError) as error:
            gone = error if isinstance(error, WorkerGone) else self._broken()
            self.close()
            lost = Lost(gone.ending, gone.message)
            calls[index][step] = lost
            del left[index]
            return _without(left, calls, _target(plan[index], step), lost)
        self._hear_the_end()
        return {}

    def _hear_the_end(self) -> None:
        assert self._worker is not None
        try:
            if not isinstance(self._worker.receive(self.limits.call_seconds, self.until), Done):
                raise self._broken()
        except WorkerGone:
            # Every answer is in; what the process does after them changes nothing.
            self.close()


def _is_python_2(parsed: Parsed) -> bool:
    return any(problem.code == "PYTHON2" for problem in parsed.problems)


def _not_parsable(problems: Sequence[Problem]) -> SubmissionError:
    python_2 = [problem for problem in problems if problem.code == "PYTHON2"]
    if python_2:
        return SubmissionError(
            "PYTHON2",
            Sentence("line {line}: this is Python 2 ({error})", line=python_2[0].line, error=_in_words(python_2[0])),
            Sentence("write it for Python 3: print is a function there, print(x)"),
        )
    first = problems[0]
    return SubmissionError(
        "NOT-PARSABLE",
        Sentence("line {line}: this is not Python ({error})", line=first.line, error=_in_words(first)),
        Sentence("run the file by itself and fix the line it names"),
    )


def _target(case: Case, number: int) -> tuple[int, int]:
    """Return (layer, operation) of a step."""
    step = case.steps[number]
    made = next(new for new in case.steps if new.op == NEW and new.slot == step.slot)
    return int(made.args[0]), step.op  # type: ignore[arg-type]


def _without(plan: dict[int, Case], calls: list[list[Call]], target: tuple[int, int], lost: Lost) -> dict[int, Case]:
    """Cut every case before the call which ended a worker, and leave out those of which nothing remains."""
    left = {}
    for index, case in plan.items():
        needing = next((step for step in case.answered if _target(case, step) == target), None)
        if needing is None:
            left[index] = case
            continue
        calls[index][needing] = lost
        beginning = msgspec.structs.replace(case, steps=case.steps[:needing])
        if beginning.answered:
            left[index] = beginning
    return left


def _lose_all(plan: dict[int, Case], calls: list[list[Call]], lost: Lost) -> None:
    for index, case in plan.items():
        calls[index][case.answered[0]] = lost


def _packed(cases: Sequence[Case]) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode([case.steps for case in cases]))
