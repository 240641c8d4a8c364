"""Calls a learner's layers once more, in one worker that is kept for all failures of a submission."""

import math
import time
from collections.abc import Sequence
from typing import Self

from harness.answers import Call, received, reference_answers
from harness.assignment import Assignment
from harness.cases import Case
from harness.checks.evidence import Exhibit
from harness.errors import SandboxError
from harness.observe import Observations
from harness.sandbox.channel import Ending, Worker, WorkerGone
from harness.sandbox.importable import named_modules
from harness.sandbox.protocol import Answer, Done, Fault, Load, Loaded, Parsed, Run, Source
from harness.sandbox.runner import Sandbox
from harness.sandbox.values import ProtocolError
from harness.sentence import Sentence
from harness.submission import Submission

__all__ = ["CALL_SECONDS", "Replays"]

#: A call that answered in a grading answers again within this; one that does not ends the search.
CALL_SECONDS = 0.25


class Replays:
    """A submission that is loaded again when it is first asked for. A context manager.

    Whatever its code does ends in an answer or in :class:`WorkerGone`, and after that nothing is called again.
    """

    def __init__(self, sandbox: Sandbox, submission: Submission, assignment: Assignment, seen: Observations) -> None:
        self._sandbox, self._assignment = sandbox, assignment
        self._sources = [Source(block.text, block.first_line) for block in submission.blocks]
        self._definitions_only = seen.definitions_only
        self._names = [item.name for item in seen.layers]
        self._worker: Worker | None = None
        self.gone = False
        #: Point on time.monotonic at which whatever is asked must be answered.
        self.until = math.inf
        #: Seconds for which the learner's code is not to blame: starting a process, importing Hypothesis.
        self.excused = 0.0
        self.cpu_seconds = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker, if there is one."""
        if self._worker is not None:
            self._worker.close()
            if self._worker.exit is not None:
                self.cpu_seconds += self._worker.exit.cpu_seconds
            self._worker = None

    def excuse(self, seconds: float) -> None:
        """Put the deadline off by what the machinery took."""
        self.until += seconds
        self.excused += seconds

    def ask(self, cases: Sequence[Case]) -> list[Exhibit]:
        """Return what the learner's layers, and the reference's, answer to ``cases``.

        Raises:
            WorkerGone: a call hung, the process died or broke the protocol, or the time is up.
            SandboxError: a worker could not be started.
        """
        if self.gone or time.monotonic() >= self.until:
            raise WorkerGone(Ending.TIMEOUT, Sentence("there is no time to call it again"))
        expected = reference_answers(self._assignment, cases).values
        try:
            calls = self._answers(self._worker or self._loaded(), cases)
        except (WorkerGone, SandboxError, ProtocolError) as error:
            self.gone = True
            self.close()
            raise _broken() if isinstance(error, ProtocolError) else error from None
        return [Exhibit(*one) for one in zip(cases, calls, expected, strict=True)]

    def _loaded(self) -> Worker:
        limits, began = self._assignment.worker_limits, time.monotonic()
        self._worker = worker = self._sandbox.spawn(limits, named_modules(source.text for source in self._sources))
        self.excuse(time.monotonic() - began)
        worker.send(Load(self._sources, self._definitions_only), limits.call_seconds)
        for kind in (Parsed, Loaded):
            if not isinstance(worker.receive(limits.call_seconds, self.until), kind):
                raise _broken()
        return worker

    def _answers(self, worker: Worker, cases: Sequence[Case]) -> list[list[Call]]:
        worker.send(Run(self._names, [*range(len(cases))], [case.steps for case in cases], gathered=True), CALL_SECONDS)
        calls: list[list[Call]] = [[None] * len(case.steps) for case in cases]
        for index, case in enumerate(cases):
            first = 0
            for step in case.answered:
                message = worker.receive(CALL_SECONDS, self.until)
                if isinstance(message, Answer) and (message.case, message.step) == (index, step):
                    calls[index][step] = received(message, case)
                    first = step + 1
                elif isinstance(message, Fault) and message.case == index and first <= message.step <= step:
                    calls[index][message.step] = message
                    break
                else:
                    raise _broken()
        if not isinstance(worker.receive(CALL_SECONDS, self.until), Done):
            raise _broken()
        return calls


def _broken() -> WorkerGone:
    return WorkerGone(Ending.CRASHED, Sentence("it broke the grading channel"))
