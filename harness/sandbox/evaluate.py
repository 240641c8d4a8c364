"""Evaluates cases on layer classes: the learner's in the worker, the reference in the grader, by the same code."""

from collections.abc import Callable, Iterable, Sequence
from contextvars import copy_context
from typing import Any

import numpy as np
from msgspec.msgpack import Ext
from numpy.typing import NDArray

from harness.sandbox.protocol import BACKWARD, FORWARD, LAST_LINE, NEW, Answer, Fault, Step
from harness.sandbox.values import (
    ARRAY,
    F_ORDER,
    SCALAR,
    STRIDED,
    WHOLE,
    Value,
    encode_printed,
    encode_value,
    is_unchanged,
    trusted_array,
    unpack_reference,
)
from harness.sentence import marked

__all__ = ["FILE_NAME", "NOT_AVAILABLE", "describe_error", "evaluate_case", "evaluate_cases", "sendable"]

#: The name under which the learner's code is compiled, so that its frames are told from all others.
FILE_NAME = "<submission>"
#: Instead of Python's own words, which speak of what is installed.
NOT_AVAILABLE = marked("the module {module} is not available in grading")

#: Since numpy 2 seterr sets a context variable, and to copy a context is ten times as fast as to set it. Found out
#: once, in the zygote, and not in each worker.
_IN_CONTEXT = np.lib.NumpyVersion(np.__version__) >= "2.0.0b1"

Emit = Callable[[Answer | Fault], None]
Printed = Callable[[], str]


def evaluate_cases(
    indices: Iterable[int],
    cases: Sequence[Sequence[Step]],
    classes: Sequence[type | None],
    emit: Emit,
    printed: Printed = str,
    after_each: Callable[[], None] | None = None,
) -> None:
    """Evaluate the cases with these indices, telling ``emit`` about every call as soon as it is over.

    ``after_each`` is called when a case is over.
    """
    isolated = _isolated()
    for index in indices:
        isolated(evaluate_case, index, cases[index], classes, emit, printed)
        if after_each is not None:
            after_each()


def _isolated() -> Callable[..., None]:
    """Return what runs a function with numpy's warnings off, whatever np.seterr a file or an earlier case called."""
    if not _IN_CONTEXT:
        return np.errstate(all="ignore")(lambda function, *arguments: function(*arguments))
    context = copy_context()
    context.run(np.seterr, all="ignore")
    return lambda function, *arguments: context.copy().run(function, *arguments)


def evaluate_case(
    index: int, steps: Sequence[Step], classes: Sequence[type | None], emit: Emit, printed: Printed = str
) -> None:
    """Evaluate one case on new instances; the first call that raises ends it.

    ``printed`` returns what was printed since it was called last.
    """
    slots: dict[int, Any] = {}
    #: By slot, what its forward was sent and given.
    inputs: dict[int, tuple[list[Value], list[Any]]] = {}
    results: list[object] = []
    for number, step in enumerate(steps):
        op, slot, sent = step.op, step.slot, step.args
        try:
            if op == NEW:
                slots[slot] = classes[sent[0]]()  # type: ignore[index, misc]
                results.append(None)
                continue
            args: list[Any] = [_argument(arg, results) if type(arg) is Ext else arg for arg in sent]
            printed()
            result: object
            if op == FORWARD:
                inputs[slot] = sent, args
                result = slots[slot].forward(*args)
            elif op == BACKWARD:
                result = slots[slot].backward(*args)
            else:
                result = results[args[0]]
            results.append(result)
            after: list[Value | None] = []
            if step.watch:
                after = [*map(_after, sent, args)]
                if op == BACKWARD:
                    # A backward is watched together with the inputs that its forward was given.
                    after += map(_after, *inputs[slot])
            if type(result) is float:
                emit(Answer(index, number, False, [result], after))
            else:
                emit(_answer(index, number, result, after, printed() if result is None else ""))
        except BaseException as error:  # noqa: BLE001 - whatever a learner's code raises is an answer
            emit(Fault(index, number, *describe_error(error)))
            return


def _after(sent: Value, now: Any) -> Value | None:
    """Return an argument as a call left it; None for one that it left alone."""
    if type(sent) is not Ext or (sent.code == ARRAY and is_unchanged(sent, now)):
        return None
    return encode_value(now)


def _answer(case: int, number: int, result: object, after: list[Value | None], said: str) -> Answer:
    kind = type(result)
    several = kind is tuple or kind is list or isinstance(result, (tuple, list))
    if several:
        values = [item if type(item) is float else encode_value(item) for item in result[:8]]  # type: ignore[index]
    elif said.strip():
        values = [encode_printed(said)]
    else:
        values = [encode_value(result)]
    return Answer(case, number, several, values, after)


def _argument(value: Value, results: list[object]) -> Any:
    """Return an argument as the learner's method receives it; every array is a fresh, writable one."""
    if not isinstance(value, Ext):
        return value
    if value.code == ARRAY:
        return _laid_out(*trusted_array(value))
    step, item = unpack_reference(value)
    return _picked(results[step], item)


def _picked(result: Any, item: int) -> Any:
    """Return one item of a pair, in whatever sequence it came; a value that stands for both is both."""
    if item != WHOLE and (isinstance(result, (tuple, list)) or (isinstance(result, np.ndarray) and result.ndim == 1)):
        return result[item]
    return result


def _laid_out(array: NDArray[Any], layout: int) -> Any:
    if layout == F_ORDER:
        return np.array(array, order="F")
    if layout == STRIDED:
        wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
        wide[..., ::2] = array
        return wide[..., ::2]
    if layout == SCALAR:
        return array[()]
    return array.copy()


def sendable(text: str, most: int) -> str:
    """Return at most ``most`` characters of ``text``, with what UTF-8 cannot hold (a lone surrogate) escaped."""
    return text[:most].encode("utf-8", "backslashreplace").decode()


def describe_error(error: BaseException) -> tuple[str, str, int | None]:
    """Return type name, message and the learner's innermost line; nothing that the error does can stop it."""
    line = None
    try:
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == FILE_NAME:
                line = trace.tb_lineno
            trace = trace.tb_next
        if isinstance(error, SyntaxError) and error.filename == FILE_NAME:
            # Raised by hand it may hold anything.
            if type(error.lineno) is int and 1 <= error.lineno <= LAST_LINE:
                line = error.lineno
            return sendable(type(error).__name__, 200), sendable(str(error.msg), 2000), line
        if type(error) is ModuleNotFoundError and type(error.name) is str:
            return "ModuleNotFoundError", NOT_AVAILABLE.format(module=repr(sendable(error.name, 100))), line
        return sendable(type(error).__name__, 200), sendable(str(error), 2000), line
    except BaseException:  # noqa: BLE001 - a hostile __str__ or metaclass
        return "Exception", "(its message could not be read)", line
