"""Has the cases evaluated by a learner's layers: in one go if nothing ends the process, else in as many as it takes.

A loop, a crash or a memory bomb costs the cases that need that call; all others are evaluated in a fresh worker.
"""

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec

from harness.answers import Call, Lost, Returned, layer_number, received
from harness.cases import Case, packed_cases
from harness.conversation import Conversation
from harness.recognition import Recogniser, Stream, stream_of
from harness.sandbox.channel import Ending, Worker, WorkerGone
from harness.sandbox.protocol import FRAME, Answer, Done, Fault, bytes_together, decode_from_worker
from harness.sandbox.values import ProtocolError
from harness.sentence import Sentence

__all__ = ["Evaluation", "Questions"]


class Questions(NamedTuple):
    """What the layers of a file are asked, and what is known of the answers."""

    cases: Sequence[Case]
    #: The same as they are sent.
    packed: msgspec.Raw
    #: For each case and step, the messages that are the reference's own answer.
    known: Sequence[Sequence[Mapping[bytes, Returned]]]
    #: Answers to all cases that are known to be right.
    streams: Sequence[Stream]


class Evaluation:
    """Asks the classes of these names, one for each of the assignment's layers; None for one that was not found."""

    def __init__(self, conversation: Conversation, questions: Questions, names: Sequence[str | None]) -> None:
        self._conversation, self._questions, self._names = conversation, questions, names
        self._cases = questions.cases
        there = [name is not None for name in names]
        self._is_whole = all(there)
        #: The cases that can be asked, by number.
        self._plan = dict(enumerate(self._cases))
        if not self._is_whole:
            self._plan = {n: case for n, case in self._plan.items() if all(there[layer] for layer in case.layers)}
        #: One list per case, one entry per step.
        self.calls = _no_calls(self._cases)
        #: Whether every answer to every case is known to be right.
        self.known_right = False
        #: All answers, where they came in one go and it is not known whether they are right.
        self.unknown: Stream | None = None
        #: The case and the step at which a worker ended.
        self._ended_at = (0, 0)

    @property
    def _worker(self) -> Worker:
        assert self._conversation.worker is not None
        return self._conversation.worker

    def run(self) -> None:
        """Fill ``calls`` with what the layers that were found answer."""
        gone = self._conversation.gone
        if gone is not None:
            self._lose_all(self._plan, Lost(gone.ending, gone.message))
        elif not self._answer_quickly():
            self._answer_one_by_one()

    def _answer_one_by_one(self) -> None:
        """Fill ``calls`` in as many workers as it takes: each that ends costs the call that ended it."""
        conversation, plan, packed = self._conversation, self._plan, self._questions.packed
        while plan:
            try:
                if conversation.worker is None:
                    conversation.load_again()
                self._ask(plan, packed)
            except WorkerGone as gone:
                self._lose_all(plan, Lost(gone.ending, gone.message))
                return
            plan = self._answers_of_one_worker(plan)
            if plan and time.monotonic() >= conversation.until:
                seconds = f"{conversation.limits.submission_seconds:g}"
                message = Sentence("the whole submission took more than {seconds} s", seconds=seconds)
                self._lose_all(plan, Lost(Ending.TIMEOUT, message))
                return
            packed = packed_cases([plan.get(index, case) for index, case in enumerate(self._cases)])

    def _answer_quickly(self) -> bool:
        """Fill ``calls`` with answers that come several at a time, if all of them come.

        If not, nothing is known: all is asked again one by one, and the submission's time starts once more. This
        costs it no more than the time of one call.
        """
        conversation = self._conversation
        until = conversation.until
        conversation.until = min(until, time.monotonic() + conversation.call_seconds)
        try:
            self.at_once()
        except WorkerGone:
            conversation.close()
            conversation.until, self.known_right, self.unknown = 0.0, False, None
            self.calls = _no_calls(self._cases)
            return False
        conversation.until = until
        return True

    def at_once(self) -> None:
        """Fill ``calls`` with answers that come several at a time.

        Raises:
            WorkerGone: not all of them came; what is in ``calls`` means nothing then.
        """
        self._ask(self._plan, self._questions.packed, gathered=True)
        recogniser = Recogniser(self._questions.streams if self._is_whole else ())
        if self._are_known(recogniser):
            self.calls, self.known_right = recogniser.calls, True
        else:
            heard: list[bytes] = []
            self._take(self._plan, itertools.chain(recogniser.bodies(), self._bodies()), heard)
            if len(heard) == sum(len(case.answered) for case in self._cases):
                self.unknown = stream_of(heard, self.calls)
        self._hear_the_end()

    def _are_known(self, recogniser: Recogniser) -> bool:
        """Take answers in for as long as they are known to be right, and tell whether all are."""
        worker = self._worker
        while not recogniser.is_over:
            body = worker.receive_frame(self._conversation.call_seconds, self._conversation.until)
            if not recogniser.takes(bytes_together(body)):
                worker.put_back(body)
                return False
        return True

    def _bodies(self) -> Iterator[bytes]:
        return self._worker.receive_bodies(self._conversation.call_seconds, self._conversation.until)

    def _ask(self, plan: dict[int, Case], packed: msgspec.Raw, *, gathered: bool = False) -> None:
        # The same message as Run, but with the cases encoded once for all learners.
        body = msgspec.msgpack.encode(["run", self._names, [*plan], packed, gathered])
        self._worker.send(FRAME.pack(len(body)) + body, self._conversation.call_seconds)

    def _answers_of_one_worker(self, plan: dict[int, Case]) -> dict[int, Case]:
        """Read the answers of one worker; return the cases, or their beginnings, that are left for the next one."""
        try:
            self._take(plan, self._bodies())
        except WorkerGone as gone:
            self._conversation.close()
            index, step = self._ended_at
            lost = Lost(gone.ending, gone.message)
            self.calls[index][step] = lost
            left = {number: case for number, case in plan.items() if number > index}
            return _without(left, self.calls, _target(plan[index], step), lost)
        # Every answer is in; what the process does after them changes nothing.
        with suppress(WorkerGone):
            self._hear_the_end()
        return {}

    def _take(self, plan: dict[int, Case], bodies: Iterator[bytes], heard: list[bytes] | None = None) -> None:
        """Take the answers to ``plan`` in, and keep each message in ``heard``.

        Raises:
            WorkerGone: the worker ended or broke the protocol, at ``_ended_at``.
        """
        index = step = 0
        calls, known = self.calls, self._questions.known
        try:
            for index, case in plan.items():
                row, right, first = calls[index], known[index], 0
                for step in case.answered:
                    body = next(bodies)
                    if heard is not None:
                        heard.append(body)
                    if (answer := right[step].get(body)) is not None:
                        row[step], first = answer, step + 1
                        continue
                    message = decode_from_worker(body)
                    if isinstance(message, Answer) and message.case == index and message.step == step:
                        row[step] = received(message, case)
                        first = step + 1
                    elif isinstance(message, Fault) and message.case == index and first <= message.step <= step:
                        # A constructor's error comes in place of the answer to the call after it.
                        row[message.step] = msgspec.structs.replace(message, line=self._conversation.line(message.line))
                        break
                    else:
                        raise self._conversation.broken()
        except (WorkerGone, ProtocolError) as error:
            self._ended_at = index, step
            raise error if isinstance(error, WorkerGone) else self._conversation.broken() from None

    def _hear_the_end(self) -> None:
        if not isinstance(self._worker.receive(self._conversation.call_seconds, self._conversation.until), Done):
            raise self._conversation.broken()

    def _lose_all(self, plan: dict[int, Case], lost: Lost) -> None:
        for index, case in plan.items():
            self.calls[index][case.answered[0]] = lost


def _no_calls(cases: Sequence[Case]) -> list[list[Call]]:
    return [[None] * len(case.steps) for case in cases]


def _target(case: Case, number: int) -> tuple[int, int]:
    """Return (layer, operation) of a step."""
    step = case.steps[number]
    return layer_number(case, step), step.op


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
