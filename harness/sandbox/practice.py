"""Has the zygote do once itself what its workers will do, with layers of ours.

Python rewrites code that it runs often, and fills caches on the way. What the zygote has rewritten, a worker does not
write again: each page of memory that a worker writes to is copied for it, and that takes longer than a call.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from harness.sandbox import worker
from harness.sandbox.protocol import BACKWARD, FORWARD, NEW, FromWorker, Load, Run, Source, Step, ToWorker, frame
from harness.sandbox.values import Value, encode_array

__all__ = ["practise"]

_TEXT = """
import numpy as np

class Add:
    def __init__(self):
        pass

    def forward(self, x, y):
        return x + y

    def backward(self, dout):
        return dout * 1, dout * 1


class Mul:
    def __init__(self):
        self.x = None
        self.y = None

    def forward(self, x, y):
        self.x = x
        self.y = y
        out = x * y
        return out

    def backward(self, dout):
        dx = dout * self.y
        dy = dout * self.x
        return dx, dy
"""
#: Python takes note of code after some ten runs.
_CASES = 64


def practise() -> None:
    """Answer a whole conversation, and leave nothing of it but what Python keeps to itself."""
    streams = sys.stdin, sys.stdout, sys.stderr
    requests = _requests()
    try:
        with warnings.catch_warnings(), suppress(StopIteration):
            worker.serve(lambda: next(requests), _sent_nowhere)
    finally:
        sys.stdin, sys.stdout, sys.stderr = streams
        sys.modules.pop(worker.MODULE_NAME, None)


def _sent_nowhere(*messages: FromWorker) -> None:
    for message in messages:
        frame(message)


def _requests() -> Iterator[ToWorker]:
    yield Load([Source(_TEXT, 1)], definitions_only=False)
    yield Run(["Add", "Mul"], [*range(_CASES)], [_case(number) for number in range(_CASES)], gathered=True)


def _case(number: int) -> list[Step]:
    """Return a case on numbers or, every fourth, on arrays that are watched."""
    watch = number % 4 == 0
    values: list[Value] = [number + 0.5, 2.5 - number, 1.0]
    if watch:
        values = [encode_array(np.full((2, 3), value)) for value in values]
    *inputs, dout = values
    return [Step(NEW, 0, [number // 4 % 2]), Step(FORWARD, 0, inputs, watch), Step(BACKWARD, 0, [dout], watch)]
