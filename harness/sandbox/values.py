"""The values that grader and worker send each other: numbers, arrays, references to earlier results, descriptions.

Every number and every array of numbers arrives as it was sent, to the last bit. What a worker sends is hostile: its
arrays are measured before they are made.
"""

import math
import struct
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ARRAY",
    "C_ORDER",
    "F_ORDER",
    "MAX_ARRAY",
    "MAX_DIMENSIONS",
    "OTHER",
    "RESULT",
    "SCALAR",
    "STRIDED",
    "WHOLE",
    "Decoded",
    "Other",
    "ProtocolError",
    "Value",
    "encode_array",
    "encode_printed",
    "encode_value",
    "result_reference",
    "same_bytes",
    "unpack_array",
    "unpack_reference",
    "value_of",
]

# Extension codes of MessagePack values.
ARRAY, RESULT, OTHER = 1, 2, 3
#: Largest array that is sent back, bytes; a wrong layer's outer product beyond it is described instead.
MAX_ARRAY = 64 * 1024
MAX_DIMENSIONS = 8
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


class ProtocolError(Exception):
    """The other side said something that the protocol does not allow."""


class Other(msgspec.Struct, frozen=True):
    """Something that is neither a number nor an array of numbers, by its description only."""

    description: str


#: A value as the grader sees it: a number, a read-only array, or the description of something else.
Decoded = int | float | NDArray[Any] | Other


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
    index = _DTYPE_INDEX.get(array.dtype)
    if index is None:
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
    try:
        data, dtype, layout, shape, start = _parts(value)
    except (IndexError, struct.error):
        raise ProtocolError("array with a bad head") from None
    # numpy itself raises on (0, 2**28, 2**28), so the product is taken without the zeros.
    if math.prod(filter(None, shape)) > MAX_ARRAY or math.prod(shape) * dtype.itemsize != len(data) - start:
        raise ProtocolError("array with a bad shape")
    return np.ndarray(shape, dtype, data, start), layout


def trusted_array(value: msgspec.msgpack.Ext) -> tuple[NDArray[Any], int]:
    """Return the same as :func:`unpack_array`, of a value that the grader sent: it makes sense."""
    data, dtype, layout, shape, start = _parts(value)
    return np.ndarray(shape, dtype, data, start), layout


def is_unchanged(sent: msgspec.msgpack.Ext, array: NDArray[Any]) -> bool:
    """Tell whether an array is still what the grader sent, to the last bit."""
    data, dtype, _, shape, start = _parts(sent)
    return array.tobytes() == data[start:] and array.dtype is dtype and array.shape == shape


def _parts(value: msgspec.msgpack.Ext) -> tuple[bytes, np.dtype[Any], int, tuple[int, ...], int]:
    """Return an array's bytes, dtype, layout and shape, and where in its bytes the numbers begin.

    Raises:
        IndexError: there is no such dtype, there are too many dimensions, or no head at all.
        struct.error: the shape is cut off.
    """
    data: bytes = value.data  # type: ignore[assignment]
    ndim = data[2]
    shape = _SHAPES[ndim].unpack_from(data, _ARRAY_HEAD.size)
    return data, _DTYPES[data[0]], data[1], shape, _ARRAY_HEAD.size + 4 * ndim


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
