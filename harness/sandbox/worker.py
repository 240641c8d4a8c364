"""Runs inside the learner's process: reads the file, runs its statements, evaluates the cases, sends the values."""

import __future__

import ast
import builtins
import io
import os
import sys
import time
import types
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Raw

from harness.sandbox.evaluate import FILE_NAME, describe_error, evaluate_cases, sendable
from harness.sandbox.protocol import (
    FRAME,
    MAX_FRAME,
    MOST_GATHERED,
    BoundClass,
    Done,
    FromWorker,
    Load,
    Loaded,
    Problem,
    Run,
    Several,
    ToWorker,
    decode_to_worker,
    frame,
    pack,
)
from harness.sandbox.source import Program, is_definition, read_program, within_frame

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["MODULE_NAME", "Gathered", "Receive", "Silent", "requests_on", "serve", "serve_on", "tell"]

#: Not "__main__", so that a file's example code under the usual guard does not run.
MODULE_NAME = "submission"
_MOST = 50
METHODS = ("forward", "backward")
#: Nanoseconds after which the answers to the cases that are over are sent, and answers that are enough to be.
_LONGEST_GATHERED, _ENOUGH_GATHERED = 2_000_000, 192
#: Characters kept of what one call prints.
_MOST_PRINTED = 200

# Taken before a learner's code can put another in its place.
_now = time.monotonic_ns

Send = Callable[..., None]
Receive = Callable[[], ToWorker]


class Silent(io.TextIOBase):
    """The learner's stdout and stderr: everything is taken, and of one call the beginning kept.

    One real file prints 1.2 MB; a method that prints its value instead of returning it prints a few characters.
    """

    encoding, name, mode = "utf-8", "<stdout>", "w"

    def __init__(self) -> None:
        super().__init__()
        self._kept = ""

    @property
    def buffer(self) -> io.BytesIO:
        """A stream for bytes: a file for a Korean console makes a new stdout of it, which writes some time later."""
        return _Dropped()

    def detach(self) -> io.BytesIO:
        """Return the same, as a terminal would."""
        return self.buffer

    def reconfigure(self, **_options: object) -> None:
        """Do nothing: every encoding is as good as another."""

    def writable(self) -> bool:
        """Return True, as a terminal would."""
        return True

    def write(self, text: str) -> int:
        """Keep the beginning of ``text``, as far as there is room."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if len(self._kept) < _MOST_PRINTED:
            # A learner's own kind of str may say anything about its parts.
            self._kept += str.__getitem__(text, slice(_MOST_PRINTED - len(self._kept)))
        return len(text)

    def take(self) -> str:
        """Return what was kept since the last time, and forget it."""
        kept, self._kept = self._kept, ""
        return kept


class _Dropped(io.BytesIO):
    def write(self, data: "ReadableBuffer") -> int:
        return memoryview(data).nbytes


class Gathered:
    """Sends answers several at a time: each alone costs both sides more than all of judging."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._since = _now()
        #: What waits to be sent.
        self.held: list[FromWorker] = []

    def send_when_due(self) -> None:
        """Send what is held if it is enough, or the last time is long ago."""
        if len(self.held) >= _ENOUGH_GATHERED or _now() - self._since > _LONGEST_GATHERED:
            self.send()

    def send(self, *last: FromWorker) -> None:
        """Send what is held, and ``last`` behind it."""
        self._send(*_together(self.held), *last)
        self.held.clear()
        self._since = _now()


def _together(messages: list[FromWorker]) -> list[Raw]:
    """Return ``messages`` as few frames' bodies, each under the cap unless it is a single one's fault."""
    if not messages:
        return []
    body = pack(Several(messages))  # type: ignore[arg-type]
    if len(messages) == 1 or (len(messages) <= MOST_GATHERED and len(body) <= MAX_FRAME):
        return [Raw(body)]
    half = len(messages) // 2
    return [*_together(messages[:half]), *_together(messages[half:])]


class Namespace:
    """The module that the learner's statements run in, and the classes that they made."""

    def __init__(self) -> None:
        self.module = types.ModuleType(MODULE_NAME)
        self.module.__file__ = FILE_NAME
        self.made: dict[str, type] = {}
        sys.modules[MODULE_NAME] = self.module

    def run(self, program: Program, *, definitions_only: bool) -> list[Problem]:
        """Run the statements one by one; one that fails becomes a problem and the rest still run."""
        problems, flags, scope = [], 0, self.module.__dict__
        for node in program.statements:
            if definitions_only and not is_definition(node):
                continue
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                flags |= _future_flags(node)
            try:
                code = compile(ast.Module([node], []), FILE_NAME, "exec", flags, dont_inherit=True)
                exec(code, scope)
            except BaseException as error:  # noqa: BLE001 - whatever a learner's statement raises is a warning
                problems.append(_problem(node, error))
            if isinstance(node, ast.ClassDef) and _is_own_class(scope.get(node.name)):
                # Kept here because example code below may reuse the name: MulLayer = MulLayer()
                self.made[node.name] = scope[node.name]
        return problems

    def classes(self) -> dict[str, type]:
        """Return the classes that this file defines, by the name that they are bound to."""
        bound = {
            name: value
            for name, value in list(self.module.__dict__.items())
            if type(name) is str and _is_own_class(value)
        }
        return self.made | bound


def _is_own_class(value: object) -> bool:
    """Tell whether ``value`` is a class made by the learner's file, without trusting what it says of itself."""
    try:
        # Not isinstance, which asks value.__class__: a lazy proxy may raise there.
        return issubclass(type(value), type) and value.__module__ == MODULE_NAME
    except BaseException:  # noqa: BLE001 - a hostile metaclass hides its own class only
        return False


def _future_flags(node: ast.ImportFrom) -> int:
    flags = 0
    for alias in node.names:
        feature = getattr(__future__, alias.name, None)
        flags |= getattr(feature, "compiler_flag", 0)
    return flags


def _problem(node: ast.stmt, error: BaseException) -> Problem:
    kind, message, line = describe_error(error)
    code = "IMPORT-FAILED" if isinstance(node, (ast.Import, ast.ImportFrom)) else "STATEMENT-FAILED"
    if kind == "ModuleNotFoundError":
        return Problem(code, line or node.lineno, message)
    return Problem(code, line or node.lineno, f"{kind}: {message}" if message else kind)


def _bound(name: str, made: type) -> BoundClass:
    # What a layer needs comes first: a class may have more attributes than are sent.
    names = [name for name in dir(made) if type(name) is str and not name.startswith("__")]
    names.sort(key=lambda name: name not in METHODS)
    return BoundClass(sendable(name, 200), [sendable(attribute, 200) for attribute in names[:100]])


def tell(descriptor: int, *messages: FromWorker | Raw) -> None:
    """Send ``messages`` whole."""
    data = memoryview(b"".join(map(frame, messages)))
    while data:
        data = data[os.write(descriptor, data) :]


def requests_on(incoming: int) -> Receive:
    """Return a function that waits for the next request on a descriptor, and raises EOFError when there is none."""
    read = os.read

    def exactly(count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = read(incoming, count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    return lambda: decode_to_worker(exactly(FRAME.unpack(exactly(FRAME.size))[0]))


def serve_on(incoming: int, outgoing: int) -> None:
    """Answer the grader over two descriptors; when it hangs up, end the process at once, whatever still runs."""
    try:
        serve(requests_on(incoming), lambda *messages: tell(outgoing, *messages))
    except EOFError:
        os._exit(0)


def serve(receive: Receive, send: Send) -> None:
    """Answer the grader until it hangs up."""
    sys.stdout = sys.stderr = printed = Silent()
    sys.stdin = io.StringIO()
    # The names that an ordinary start of Python adds: a file that ends with exit() is told of that.
    for name in ("exit", "quit"):
        setattr(builtins, name, sys.exit)
    namespace = Namespace()
    while True:
        request = receive()
        if isinstance(request, Load):
            _load(namespace, request, send)
        elif isinstance(request, Run):
            found = namespace.classes()
            classes = [found.get(name) if name else None for name in request.classes]
            if request.gathered:
                gathered = Gathered(send)
                evaluate_cases(
                    request.indices,
                    request.cases,
                    classes,
                    gathered.held.append,
                    printed.take,
                    gathered.send_when_due,
                )
                gathered.send(Done())
            else:
                evaluate_cases(request.indices, request.cases, classes, send, printed.take)
                send(Done())


def _load(namespace: Namespace, request: Load, send: Send) -> None:
    program = read_program(request.sources)
    # Before the first statement of the learner's: what this message says is beyond their reach.
    send(program.seen())
    problems = namespace.run(program, definitions_only=request.definitions_only)
    warnings.resetwarnings()
    warnings.simplefilter("ignore")
    bound = []
    for name, made in namespace.classes().items():
        try:
            bound.append(_bound(name, made))
        except BaseException:  # noqa: BLE001 - a hostile metaclass hides its own class only
            continue
    send(Loaded(within_frame(bound), problems[:_MOST]))
