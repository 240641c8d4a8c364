"""Recognises answers that are known to be right by their bytes, so that they are neither decoded nor judged once more.

Judging is a function of an assignment, a bank and the answers alone: what was right once is right again. Most files of
a class give the reference's own answers, and most others those of somebody before them.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from harness.answers import Call, ReferenceAnswers, Returned, bank_answers
from harness.assignment import Assignment
from harness.cases import Bank

__all__ = ["Known", "Recogniser", "Stream", "known_answers", "stream_of"]

#: Other people's answers that are kept; half a megabyte each.
_MOST_LEARNED = 8


class Stream(NamedTuple):
    """The answers to all cases as they come from a worker, one behind the other."""

    data: bytes
    #: Where in ``data`` each message ends.
    ends: list[int]
    #: What they say: one list per case, one entry per step.
    calls: list[list[Call]]

    def then(self, other: "Stream") -> "Stream":
        """Return the stream in which ``other`` follows."""
        ends = [len(self.data) + end for end in other.ends]
        return Stream(self.data + other.data, self.ends + ends, self.calls + other.calls)


def stream_of(bodies: Sequence[bytes], calls: list[list[Call]]) -> Stream:
    """Return the stream of these messages, which say ``calls``."""
    return Stream(b"".join(bodies), [*accumulate(map(len, bodies))], calls)


class Known:
    """What is known to be right for one assignment and bank."""

    def __init__(self, answers: ReferenceAnswers) -> None:
        #: For each case and step of the bank, the messages that are the reference's own answer.
        self.messages: Sequence[Sequence[Mapping[bytes, Returned]]] = answers.messages
        self._forms = _streams(answers)
        self._learned: list[Stream] = []

    def learn(self, stream: Stream) -> None:
        """Take note of answers to the whole bank that passed every check."""
        self._learned = [*self._learned[1 - _MOST_LEARNED :], stream]

    def streams(self) -> list[Stream]:
        """Return all answers to the whole bank that are known to be right."""
        return [*self._forms, *self._learned]

    def streams_with(self, probes: ReferenceAnswers) -> list[Stream]:
        """Return the reference's own answers to the bank and to the cases after it."""
        more = _streams(probes)
        return [stream.then(more[min(form, len(more) - 1)]) for form, stream in enumerate(self._forms)]


@lru_cache(maxsize=8)
def known_answers(assignment: Assignment, bank: Bank) -> Known:
    """Return what this process knows to be right; at first only what the reference answers."""
    return Known(bank_answers(assignment, bank))


def _streams(answers: ReferenceAnswers) -> list[Stream]:
    """Return the reference's answers as whole conversations: all in their first form, all in their second."""
    forms = max((len(known) for row in answers.messages for known in row), default=0)
    return [_stream(answers, form) for form in range(forms)]


def _stream(answers: ReferenceAnswers, form: int) -> Stream:
    bodies: list[bytes] = []
    rows: list[list[Call]] = []
    for row in answers.messages:
        calls: list[Call] = []
        for known in row:
            if known:
                body, call = [*known.items()][min(form, len(known) - 1)]
                bodies.append(body)
                calls.append(call)
            else:
                calls.append(None)
        rows.append(calls)
    return stream_of(bodies, rows)


class Recogniser:
    """Follows the answers of a worker for as long as they are known to be right, byte for byte."""

    def __init__(self, streams: Iterable[Stream]) -> None:
        self._streams = [*streams]
        self._end = self._count = 0

    def takes(self, data: bytes) -> bool:
        """Tell whether these messages, one behind the other, are the next ones of answers that are known."""
        end = self._end + len(data)
        left = [stream for stream in self._streams if stream.data[self._end : end] == data]
        if not left or not data:
            return False
        last = bisect_left(left[0].ends, end)
        if left[0].ends[last] != end:
            return False
        self._streams, self._end, self._count = left, end, last + 1
        return True

    @property
    def is_over(self) -> bool:
        """Whether all the answers have come."""
        return bool(self._streams) and self._end == len(self._streams[0].data)

    @property
    def calls(self) -> list[list[Call]]:
        """What the answers say, once all have come."""
        return self._streams[0].calls

    def bodies(self) -> Iterator[bytes]:
        """Yield the messages that were taken, one by one."""
        begin = 0
        for stream in self._streams[:1]:
            for end in stream.ends[: self._count]:
                yield stream.data[begin:end]
                begin = end
