"""Calls a learner's layers once more, in one worker that is kept for all failures of a submission."""

import math
import time
from collections.abc import Sequence

from harness.answers import reference_answers
from harness.assignment import Assignment
from harness.cases import Case, packed_cases
from harness.checks.evidence import Exhibit
from harness.conversation import Conversation
from harness.errors import SandboxError
from harness.evaluation import Evaluation, Questions
from harness.observe import Observations
from harness.sandbox.channel import Ending, Worker, WorkerGone
from harness.sandbox.runner import Sandbox
from harness.sentence import Sentence
from harness.submission import Submission

__all__ = ["Replays"]

#: A call that answered in a grading answers again within this; one that does not ends the search.
CALL_SECONDS = 0.25


class Replays(Conversation):
    """A submission that is loaded again when it is first asked for.

    Whatever its code does ends in an answer or in :class:`WorkerGone`, and after that nothing is called again.
    """

    def __init__(self, sandbox: Sandbox, submission: Submission, assignment: Assignment, seen: Observations) -> None:
        super().__init__(sandbox, assignment.worker_limits, submission)
        self._assignment = assignment
        self._names = [item.name for item in seen.layers]
        self.definitions_only = seen.definitions_only
        self.call_seconds = CALL_SECONDS
        self.until = math.inf
        #: Whether something ended badly.
        self.is_over = False
        #: Seconds for which the learner's code is not to blame: starting a process, importing Hypothesis.
        self.excused = 0.0

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
        if self.is_over or time.monotonic() >= self.until:
            raise WorkerGone(Ending.TIMEOUT, Sentence("there is no time to call it again"))
        answers = reference_answers(self._assignment, cases)
        evaluation = Evaluation(self, Questions(cases, packed_cases(cases), answers.messages, ()), self._names)
        try:
            if self.worker is None:
                self.load_again()
            evaluation.at_once()
        except (WorkerGone, SandboxError):
            self.is_over = True
            self.close()
            raise
        return [Exhibit(*one) for one in zip(cases, evaluation.calls, answers.values, strict=True)]

    def _start(self) -> Worker:
        began = time.monotonic()
        worker = super()._start()
        self.excuse(time.monotonic() - began)
        return worker
