"""What grader and worker say to each other: typed, capped MessagePack frames; never pickle.

A frame is a little-endian u32 length and that many bytes. Messages *to* the worker are the grader's own and trusted;
every byte *from* the worker is hostile once the learner's code has run, so each message has a fixed, flat shape and
every list and text in it a cap.
"""

import math
import struct
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ARGUMENT",
    "ARRAY",
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
    "OTHER",
    "RESULT",
    "SCALAR",
    "SEVERAL",
    "SHARED",
    "Answer",
    "BoundClass",
    "ClassSeen",
    "Decoded",
    "Done",
    "Fault",
    "FromWorker",
    "Load",
    "Loaded",
    "Other",
    "Parsed",
    "Problem",
    "ProtocolError",
    "Ready",
    "Run",
    "Several",
    "Source",
    "Step",
    "ToWorker",
    "Value",
    "Write",
    "decode_from_worker",
    "decode_to_worker",
    "encode_array",
    "encode_printed",
    "encode_value",
    "frame",
    "messages_in",
    "pack",
    "result_reference",
    "same_bytes",
    "unpack_array",
    "unpack_reference",
    "value_of",
]

FRAME = struct.Struct("<I")
#: Largest frame taken from a worker, bytes. The largest right answer in a bank is under 8 kB; 256 kB of
#: MessagePack decodes to at most a few MB of objects (1 MB of empty lists made 62 MB).
MAX_FRAME = 256 * 1024
#: Largest array that is sent back, bytes; a wrong layer's outer product beyond it is described instead.
MAX_ARRAY = 64 * 1024
MAX_DIMENSIONS = 8
#: Answers that are sent at once, about a tenth of all.
MOST_GATHERED = 64

# Extension codes of MessagePack values.
ARRAY, RESULT, OTHER = 1, 2, 3
# Operations of a step.
NEW, FORWARD, BACKWARD, LOOK = 0, 1, 2, 3
# What a method stores: into an array that it was given, into its own layer, into an array kept there, or where all
# layers see it.
ARGUMENT, KEPT, CHANGED, SHARED = 0, 1, 2, 3
#: In a RESULT reference: the whole result rather than one item of a pair.
WHOLE = 255

_DTYPES = tuple(
    np.dtype(name)
    for name in (
        "?",
        "<i1",
        "<i2",
        "<i4",
        "<i8",
        "<u1",
        "<u2",
        "<u4",
        "<u8",
        "<f2",
        "<f4",
        "<f8",
        "<c8",
        "<c16",
    )
)
_DTYPE_INDEX = {dtype: index for index, dtype in enumerate(_DTYPES)}
_ARRAY_HEAD = struct.Struct("<BBB")  # dtype, layout, number of dimensions
#: By number of dimensions.
_SHAPES = tuple(struct.Struct(f"<{ndim}I") for ndim in range(MAX_DIMENSIONS + 1))
_RESULT = struct.Struct("<HB")  # step, item
C_ORDER, F_ORDER, STRIDED = 0, 1, 2
#: Instead of a layout, for an array of shape (): a number of numpy's own type.
SCALAR = 3

#: A number, an array, a reference to an earlier step's result, or the description of something else.
Value = int | float | msgspec.msgpack.Ext
Name = Annotated[str, msgspec.Meta(max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
#: No file under the size cap has more lines.
LAST_LINE = 1 << 30
Line = Annotated[int, msgspec.Meta(ge=1, le=LAST_LINE)]
Column = Annotated[int, msgspec.Meta(ge=0, le=LAST_LINE)]


class ProtocolError(Exception):
    """The other side said something that the protocol does not allow."""


class Other(msgspec.Struct, frozen=True):
    """Something that is neither a number nor an array of numbers, by its description only."""

    description: str


#: A value as the grader sees it: a number, a read-only array, or the description of something else.
Decoded = int | float | NDArray[Any] | Other


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


class BoundClass(msgspec.Struct, array_like=True, frozen=True):
    """A class that exists after the statements ran."""

    name: Name
    methods: Annotated[list[Name], msgspec.Meta(max_length=100)]


class Loaded(msgspec.Struct, array_like=True, tag="loaded", frozen=True):
    """The statements ran; these classes exist and these statements failed."""

    classes: Annotated[list[BoundClass], msgspec.Meta(max_length=500)]
    problems: Annotated[list[Problem], msgspec.Meta(max_length=50)]


class Answer(msgspec.Struct, array_like=True, tag="a", frozen=True):
    """What one call returned; ``after`` holds the watched arguments as they are now."""

    case: int
    step: int
    #: True when the call returned a tuple or a list.
    several: bool
    values: Annotated[list[Value], msgspec.Meta(max_length=8)]
    after: Annotated[list[Value], msgspec.Meta(max_length=4)] = []


class Fault(msgspec.Struct, array_like=True, tag="f", frozen=True):
    """What one call raised."""

    case: int
    step: int
    kind: Name
    message: Text
    line: Line | None


class Several(msgspec.Struct, array_like=True, tag="s", frozen=True):
    """Answers and faults, each encoded by itself, so that one that is known is recognised by its bytes."""

    messages: Annotated[list[bytes], msgspec.Meta(max_length=MOST_GATHERED)]


class Done(msgspec.Struct, array_like=True, tag="done", frozen=True):
    """All cases were tried."""


ToWorker = Load | Run
FromWorker = Ready | Parsed | Loaded | Answer | Fault | Several | Done
#: How the bytes of :class:`Several` begin: an array of two, the first of them its tag.
SEVERAL = b"\x92\xa1s"

_encoder = msgspec.msgpack.Encoder()
_to_worker: msgspec.msgpack.Decoder[ToWorker] = msgspec.msgpack.Decoder(ToWorker)
_from_worker: msgspec.msgpack.Decoder[FromWorker] = msgspec.msgpack.Decoder(FromWorker)
pack = _encoder.encode
decode_to_worker = _to_worker.decode


def frame(message: ToWorker | FromWorker) -> bytes:
    """Return ``message`` as one frame."""
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
    return message.messages[::-1]


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


def result_reference(step: int, item: int = WHOLE) -> Value:
    """Return an argument that stands for (one item of) the result of an earlier step of the same case."""
    return msgspec.msgpack.Ext(RESULT, _RESULT.pack(step, item))


def unpack_reference(value: msgspec.msgpack.Ext) -> tuple[int, int]:
    """Return the step and the item of a :func:`result_reference`."""
    step, item = _RESULT.unpack(value.data)
    return step, item


def encode_array(array: NDArray[Any], layout: int = C_ORDER) -> msgspec.msgpack.Ext:
    """Return ``array`` as an extension value; ``layout`` is how the receiver lays it out in memory.

    Raises:
        ProtocolError: the dtype is not a plain number, or the array is too large or has too many dimensions.
    """
    index = _DTYPE_INDEX.get(array.dtype.newbyteorder("<"))
    if index is None:
        raise ProtocolError(f"an array of dtype {str(array.dtype)[:60]}")
    if array.nbytes > MAX_ARRAY or array.ndim > MAX_DIMENSIONS:
        raise ProtocolError(f"an array of shape {str(array.shape)[:60]}")
    shape = array.shape
    if max(shape, default=0) > 0xFFFFFFFF:
        raise ProtocolError("an array with a very long empty axis")
    if array.dtype is not _DTYPES[index]:
        array = array.astype(_DTYPES[index], copy=False)
    # Always in C order, however the array lies in memory.
    head = _ARRAY_HEAD.pack(index, layout, len(shape)) + _SHAPES[len(shape)].pack(*shape)
    return msgspec.msgpack.Ext(ARRAY, head + array.tobytes())


def unpack_array(value: msgspec.msgpack.Ext) -> tuple[NDArray[Any], int]:
    """Return the read-only C-ordered array in an extension value, and the layout wanted.

    Raises:
        ProtocolError: the descriptor does not describe the bytes that follow.
    """
    data = memoryview(value.data)
    if len(data) < _ARRAY_HEAD.size:
        raise ProtocolError("array without a head")
    index, layout, ndim = _ARRAY_HEAD.unpack_from(data)
    start = _ARRAY_HEAD.size + 4 * ndim
    if index >= len(_DTYPES) or ndim > MAX_DIMENSIONS or len(data) < start:
        raise ProtocolError("array with a bad head")
    shape = _SHAPES[ndim].unpack_from(data, _ARRAY_HEAD.size)
    dtype = _DTYPES[index]
    # numpy itself raises on (0, 2**28, 2**28), so the product is taken without the zeros.
    if math.prod(filter(None, shape)) > MAX_ARRAY or math.prod(shape) * dtype.itemsize != len(data) - start:
        raise ProtocolError("array with a bad shape")
    return np.ndarray(shape, dtype, data, start), layout


def same_bytes(one: Value, other: Value) -> bool:
    """Tell whether two values are the same array to the last bit, whatever the layout asked for."""
    if not isinstance(one, msgspec.msgpack.Ext) or not isinstance(other, msgspec.msgpack.Ext):
        return False
    a, b = memoryview(one.data), memoryview(other.data)
    return one.code == other.code == ARRAY and a[:1] == b[:1] and a[2:] == b[2:]


def encode_value(value: object) -> Value:
    """Return what a learner's call gave as something that can be sent: exact for numbers and arrays of numbers.

    Anything else becomes the description of its type.
    """
    kind = type(value)
    if kind is float:
        return value  # type: ignore[return-value]
    if kind is np.float64:
        return float(value)  # type: ignore[arg-type]
    if kind is int:
        number: int = value  # type: ignore[assignment]
        return number if -(1 << 63) <= number < 1 << 63 else _other("an int beyond 64 bits")
    if isinstance(value, (np.ndarray, np.generic)):
        try:
            return encode_array(np.asarray(value))
        except ProtocolError as error:
            return _other(str(error))
    if value is None or kind is bool:
        return _other(str(value))
    return _other(kind.__name__)


def encode_printed(text: str) -> Value:
    """Return what stands for a call that returned nothing and printed ``text``."""
    # Escaped before it is cut: half of a surrogate pair takes six characters, and a longer description is refused.
    told = " ".join(text.split()).encode("utf-8", "backslashreplace").decode()
    return _other(f"None (it printed {told[:160]})")


def _other(description: str) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(OTHER, description[:200].encode("utf-8", "backslashreplace"))


def value_of(value: Value) -> Decoded:
    """Return a received value as a number, a read-only array, or the description of something else.

    Raises:
        ProtocolError: an extension value that no answer may hold.
    """
    if not isinstance(value, msgspec.msgpack.Ext):
        return value
    if value.code == ARRAY:
        return unpack_array(value)[0]
    if value.code == OTHER and len(memoryview(value.data)) <= 800:
        # Here, because the learner's process has no use for it and loads this module too.
        from harness.escape import plain

        # A learner chooses the name of a type, and it must not steer what shows it.
        return Other(plain(bytes(value.data).decode("utf-8", "replace")))
    raise ProtocolError("a value of an unknown kind")
