"""What grader and worker say to each other: typed, capped MessagePack frames; never pickle.

A frame is a little-endian u32 length and that many bytes. Messages *to* the worker are the grader's own and trusted;
every byte *from* the worker is hostile once the learner's code has run, so each message has a fixed, flat shape and
every list and text in it a cap.
"""

import struct
from typing import Annotated

import msgspec

from harness.sandbox.values import ProtocolError, Value

__all__ = [
    "ARGUMENT",
    "BACKWARD",
    "CHANGED",
    "FORWARD",
    "FRAME",
    "KEPT",
    "LAST_LINE",
    "LOOK",
    "MAX_FRAME",
    "MOST_GATHERED",
    "NEW",
    "SEVERAL",
    "SHARED",
    "Answer",
    "BoundClass",
    "ClassSeen",
    "Done",
    "Fault",
    "FromWorker",
    "Load",
    "Loaded",
    "Parsed",
    "Problem",
    "Ready",
    "Run",
    "Several",
    "Source",
    "Step",
    "ToWorker",
    "Write",
    "bytes_together",
    "decode_from_worker",
    "decode_to_worker",
    "frame",
    "messages_in",
    "pack",
]

FRAME = struct.Struct("<I")
#: Largest frame taken from a worker, bytes. The largest right answer in a bank is under 8 kB; 256 kB of
#: MessagePack decodes to at most a few MB of objects (1 MB of empty lists made 62 MB).
MAX_FRAME = 256 * 1024
#: Answers that are sent at once, about a third of all.
MOST_GATHERED = 256

# Operations of a step.
NEW, FORWARD, BACKWARD, LOOK = 0, 1, 2, 3
# What a method stores: into an array that it was given, into its own layer, into an array kept there, or where all
# layers see it.
ARGUMENT, KEPT, CHANGED, SHARED = 0, 1, 2, 3
Name = Annotated[str, msgspec.Meta(max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
#: No file under the size cap has more lines.
LAST_LINE = 1 << 30
Line = Annotated[int, msgspec.Meta(ge=1, le=LAST_LINE)]
Column = Annotated[int, msgspec.Meta(ge=0, le=LAST_LINE)]


class Step(msgspec.Struct, array_like=True, frozen=True):
    """One call on one layer instance.

    ``NEW`` constructs class number ``args[0]`` into ``slot``; ``FORWARD`` and ``BACKWARD`` call the method on the
    instance in ``slot``; ``LOOK`` sends the result of step ``args[0]`` again. With ``watch``, the arguments are sent
    back as they are after the call.
    """

    op: int
    slot: int
    args: list[Value]
    watch: bool = False


class Source(msgspec.Struct, array_like=True, frozen=True):
    """One block of the learner's text and the number of its first line."""

    text: str
    first_line: int


class Load(msgspec.Struct, array_like=True, tag="load", frozen=True):
    """Parse these blocks and run their top-level statements one by one."""

    sources: list[Source]
    #: Run only imports, definitions and assignments without a call.
    definitions_only: bool


class Run(msgspec.Struct, array_like=True, tag="run", frozen=True):
    """Evaluate the cases, in this order, with these classes."""

    classes: list[str | None]
    indices: list[int]
    cases: list[list[Step]]
    #: Whether answers may be sent several at a time. What a worker holds is lost with it, so that the call which ended
    #: it is not known.
    gathered: bool = False


class Ready(msgspec.Struct, array_like=True, tag="ready", frozen=True):
    """The worker is locked down; ``error`` is not empty when it could not be."""

    locks: Annotated[list[Name], msgspec.Meta(max_length=16)]
    error: Text


class Problem(msgspec.Struct, array_like=True, frozen=True):
    """A part of the file that could not be read or run."""

    code: Name
    line: Line | None
    message: Text


class Write(msgspec.Struct, array_like=True, frozen=True):
    """A place where a method stores something that outlives the call."""

    method: Name
    #: ``ARGUMENT``, ``KEPT``, ``CHANGED`` or ``SHARED``.
    kind: Annotated[int, msgspec.Meta(ge=0, le=3)]
    #: Number of the argument, from 0; 0 for other kinds.
    argument: Annotated[int, msgspec.Meta(ge=0, le=255)]
    line: Line
    start: Column
    end: Column


class ClassSeen(msgspec.Struct, array_like=True, frozen=True):
    """A class statement as the parser saw it, before anything ran."""

    name: Name
    line: Line
    methods: Annotated[list[tuple[Name, Line]], msgspec.Meta(max_length=200)]
    #: Numbers written in the class body, in order of appearance, without repetition.
    literals: Annotated[list[float], msgspec.Meta(max_length=64)]
    #: For each value of each method with one ``return``: the method's name, and line and columns of the expression
    #: that the value is made by.
    returns: Annotated[list[tuple[Name, Line, Column, Column]], msgspec.Meta(max_length=200)] = []
    writes: Annotated[list[Write], msgspec.Meta(max_length=200)] = []


class Parsed(msgspec.Struct, array_like=True, tag="parsed", frozen=True):
    """What the parser saw. Sent before the first learner statement runs, hence as good as the parser."""

    classes: Annotated[list[ClassSeen], msgspec.Meta(max_length=500)]
    functions: Annotated[list[tuple[Name, Line]], msgspec.Meta(max_length=500)]
    problems: Annotated[list[Problem], msgspec.Meta(max_length=50)]
    statements: int
    #: Classes that no run of the file as a module binds to a name of it, and the beginning of what each stands in.
    inner: Annotated[list[tuple[Name, Line, Name]], msgspec.Meta(max_length=50)] = []


class BoundClass(msgspec.Struct, array_like=True, frozen=True):
    """A class that exists after the statements ran."""

    name: Name
    methods: Annotated[list[Name], msgspec.Meta(max_length=100)]


class Loaded(msgspec.Struct, array_like=True, tag="loaded", frozen=True):
    """The statements ran; these classes exist and these statements failed."""

    classes: Annotated[list[BoundClass], msgspec.Meta(max_length=500)]
    problems: Annotated[list[Problem], msgspec.Meta(max_length=50)]


class Answer(msgspec.Struct, array_like=True, tag="a", frozen=True):
    """What one call returned; ``after`` holds the watched arguments as they are now, None for one as it was sent."""

    case: int
    step: int
    #: True when the call returned a tuple or a list.
    several: bool
    values: Annotated[list[Value], msgspec.Meta(max_length=8)]
    after: Annotated[list[Value | None], msgspec.Meta(max_length=4)] = []


class Fault(msgspec.Struct, array_like=True, tag="f", frozen=True):
    """What one call raised."""

    case: int
    step: int
    kind: Name
    message: Text
    line: Line | None


class Several(msgspec.Struct, array_like=True, tag="s", frozen=True):
    """Answers and faults. They are kept as they came: what is known is recognised by its bytes."""

    messages: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MOST_GATHERED)]


class Done(msgspec.Struct, array_like=True, tag="done", frozen=True):
    """All cases were tried."""


ToWorker = Load | Run
FromWorker = Ready | Parsed | Loaded | Answer | Fault | Several | Done
#: How the bytes of :class:`Several` begin: an array of two, the first of them its tag.
SEVERAL = b"\x92\xa1s"
_LONG_ARRAY = b"\xdc"

_encoder = msgspec.msgpack.Encoder()
_to_worker: msgspec.msgpack.Decoder[ToWorker] = msgspec.msgpack.Decoder(ToWorker)
_from_worker: msgspec.msgpack.Decoder[FromWorker] = msgspec.msgpack.Decoder(FromWorker)
pack = _encoder.encode
decode_to_worker = _to_worker.decode


def frame(message: ToWorker | FromWorker | msgspec.Raw) -> bytes:
    """Return ``message``, or the bytes of one, as one frame."""
    body = _encoder.encode(message)
    return FRAME.pack(len(body)) + body


def messages_in(body: bytes) -> list[bytes]:
    """Return the messages that came together in ``body``, the last of them first.

    Raises:
        ProtocolError: the bytes are not such a message, or it holds none.
    """
    message = decode_from_worker(body)
    if not isinstance(message, Several) or not message.messages:
        raise ProtocolError("no messages where there should be several")
    return [bytes(one) for one in message.messages[::-1]]


def bytes_together(body: bytes) -> bytes:
    """Return the bytes of the message in ``body`` or of all that came together, without a look at them."""
    if not body.startswith(SEVERAL):
        return body
    # What MessagePack puts before an array: one byte for up to 15 items, three for more.
    return body[len(SEVERAL) + (3 if body[len(SEVERAL) : len(SEVERAL) + 1] == _LONG_ARRAY else 1) :]


def decode_from_worker(body: bytes | memoryview) -> FromWorker:
    """Return the message in ``body``.

    Raises:
        ProtocolError: the bytes are not a message of the right shape.
    """
    try:
        return _from_worker.decode(body)
    except (
        msgspec.MsgspecError,
        RecursionError,
        UnicodeError,
        ValueError,
        OverflowError,
        MemoryError,
    ) as error:
        raise ProtocolError(f"not a message: {type(error).__name__}") from None
