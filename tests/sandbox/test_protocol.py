"""What grader and worker say to each other arrives as it was sent; what nobody may say is refused, whatever it is."""

import math
import struct
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.sandbox import protocol, values
from harness.sandbox.protocol import (
    MAX_FRAME,
    Answer,
    BoundClass,
    ClassSeen,
    Done,
    Fault,
    Load,
    Loaded,
    Parsed,
    Problem,
    Ready,
    Run,
    Source,
    Step,
)
from harness.sandbox.values import (
    ARRAY,
    C_ORDER,
    F_ORDER,
    MAX_ARRAY,
    OTHER,
    RESULT,
    STRIDED,
    Other,
    ProtocolError,
    encode_array,
    same_bytes,
)

DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
BYTE_ORDERS = ["<", ">", "="]


def arrays() -> st.SearchStrategy[np.ndarray]:
    dtypes = st.builds(
        lambda order, name: np.dtype(order + name), st.sampled_from(BYTE_ORDERS), st.sampled_from(DTYPES)
    )
    shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    return hnp.arrays(dtypes, shapes)


def bits(array: np.ndarray) -> bytes:
    """The entries to the last bit, in native byte order."""
    return array.astype(array.dtype.newbyteorder("=")).tobytes()


@given(arrays(), st.sampled_from([C_ORDER, F_ORDER, STRIDED]))
def test_an_array_arrives_to_the_last_bit(array: np.ndarray, layout: int) -> None:
    arrived, wanted = values.unpack_array(values.encode_array(array, layout))
    assert (arrived.shape, arrived.dtype, wanted) == (array.shape, array.dtype.newbyteorder("<"), layout)
    assert bits(arrived) == bits(array)


@given(arrays())
def test_the_memory_layout_of_an_array_does_not_change_what_arrives(array: np.ndarray) -> None:
    wide = np.repeat(array[..., np.newaxis], 2, axis=-1)
    for same in (np.asfortranarray(array), wide[..., 0], array[::-1][::-1] if array.ndim else array):
        assert bits(values.unpack_array(values.encode_array(same))[0]) == bits(array)


@pytest.mark.parametrize("pattern", [0x7FF8000000000000, 0x7FF8DEADBEEF0001, 0xFFF8000000000001, 0x7FF0000000000001])
def test_a_nan_keeps_its_payload(pattern: int) -> None:
    array = np.array([pattern], "u8").view("f8")
    assert values.unpack_array(values.encode_array(array))[0].view("u8")[0] == pattern


def test_an_array_that_arrived_cannot_be_written_to() -> None:
    arrived = values.value_of(values.encode_array(np.zeros(3)))
    assert isinstance(arrived, np.ndarray)
    with pytest.raises(ValueError, match="read-only"):
        arrived[0] = 1.0


def sent(value: object) -> Any:
    """What the grader sees of ``value``, after a journey through a frame."""
    body = protocol.pack(Answer(0, 1, False, [values.encode_value(value)]))
    message = protocol.decode_from_worker(body)
    assert isinstance(message, Answer)
    return values.value_of(message.values[0])


@given(st.floats(allow_nan=False))
@example(-0.0)
@example(5e-324)
@example(math.inf)
def test_a_float_arrives_to_the_last_bit(value: float) -> None:
    for same in (value, np.float64(value)):
        arrived = sent(same)
        assert type(arrived) is float
        assert struct.pack("<d", arrived) == struct.pack("<d", value)


@given(st.integers(-(2**63), 2**63 - 1))
@example(2**63 - 1)
@example(-(2**63))
def test_an_integer_of_64_bits_arrives_as_it_is(value: int) -> None:
    arrived = sent(value)
    assert type(arrived) is int
    assert arrived == value


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**400])
def test_a_larger_integer_is_only_described(value: int) -> None:
    assert sent(value) == Other("an int beyond 64 bits")


class Float(float):
    pass


class Shy:
    @property
    def __class__(self) -> type:  # type: ignore[override]
        return str


DESCRIBED = {
    "None": (None, "None"),
    "True": (True, "True"),
    "text": ("6", "str"),
    "a subclass of float": (Float(6.0), "Float"),
    "a layer": (Shy(), "Shy"),
    "a generator": ((n for n in range(3)), "generator"),
    "objects": (np.array([1, "x"], dtype=object), "an array of dtype object"),
    "dates": (np.array("2020", dtype="M8[D]"), "an array of dtype datetime64[D]"),
    "long doubles": (np.longdouble(1), f"an array of dtype {np.dtype('longdouble')}"),
    "records": (np.zeros(1, [("a", "f8")]), "an array of dtype [('a', '<f8')]"),
    "text in an array": (np.array("six"), "an array of dtype <U3"),
    "too many entries": (np.zeros(MAX_ARRAY // 8 + 1), f"an array of shape ({MAX_ARRAY // 8 + 1},)"),
    "a great many entries": (np.broadcast_to(1.0, (10**9, 10**9)), "an array of shape (1000000000, 1000000000)"),
    "too many axes": (np.zeros((1,) * 9), "an array of shape (1, 1, 1, 1, 1, 1, 1, 1, 1)"),
    "a very long empty axis": (np.broadcast_to(1.0, (0, 2**40)), "an array with a very long empty axis"),
}


@pytest.mark.parametrize(("value", "description"), DESCRIBED.values(), ids=list(DESCRIBED))
def test_what_is_no_number_is_only_described(value: object, description: str) -> None:
    assert sent(value) == Other(description)


def test_the_longest_description_and_the_largest_array_arrive() -> None:
    long_name = type("N" * 500, (), {})
    assert sent(long_name()) == Other("N" * 200)
    assert sent(np.zeros(MAX_ARRAY // 8)).nbytes == MAX_ARRAY


def test_a_masked_array_and_a_matrix_lose_their_class() -> None:
    assert type(sent(np.ma.array([1.0], mask=[True]))) is np.ndarray
    assert sent(np.zeros((1, 2)).view(np.matrix)).shape == (1, 2)


MESSAGES = [
    Ready(["seccomp"], ""),
    Parsed([ClassSeen("A", 1, [("forward", 2)], [1.5])], [("f", 9)], [Problem("NOT-PARSABLE", None, "x")], 3),
    Loaded([BoundClass("A", ["forward"])], [Problem("STATEMENT-FAILED", 1, "x")]),
    Answer(3, 1, True, [1, 2.5], [3.0]),
    Fault(3, 1, "ValueError", "no", 7),
    Done(),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_from_the_worker_arrives_as_it_was_sent(message: Any) -> None:
    framed = protocol.frame(message)
    assert protocol.FRAME.unpack_from(framed)[0] == len(framed) - protocol.FRAME.size
    assert protocol.decode_from_worker(framed[protocol.FRAME.size :]) == message


@pytest.mark.parametrize(
    "message",
    [Load([Source("x = 1", 4)], True), Run(["A", None], [0], [[Step(0, 0, [0]), Step(1, 0, [1, 2.5], True)]])],
    ids=["load", "run"],
)
def test_a_message_to_the_worker_arrives_as_it_was_sent(message: Any) -> None:
    assert protocol.decode_to_worker(protocol.pack(message)) == message


def test_a_reference_to_an_earlier_result_arrives() -> None:
    whole, item = values.result_reference(300), values.result_reference(2, 1)
    assert isinstance(whole, msgspec.msgpack.Ext)
    assert isinstance(item, msgspec.msgpack.Ext)
    assert values.unpack_reference(whole) == (300, values.WHOLE)
    assert values.unpack_reference(item) == (2, 1)


def bodies() -> st.SearchStrategy[bytes]:
    """Bytes, real messages with bytes changed or cut off, and messages of any structure."""
    junk = st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=20,
    )
    tags = st.sampled_from(["ready", "parsed", "loaded", "a", "f", "done"])
    near = st.builds(lambda tag, rest: msgspec.msgpack.encode([tag, *rest]), tags, st.lists(junk, max_size=6))

    def changed(message: Any, at: float, byte: int, cut: int) -> bytes:
        body = bytearray(protocol.pack(message))
        body[int(at * (len(body) - 1))] = byte
        return bytes(body[: len(body) - cut])

    broken = st.builds(changed, st.sampled_from(MESSAGES), st.floats(0, 1), st.integers(0, 255), st.integers(0, 3))
    return st.one_of(st.binary(max_size=200), near, broken)


NASTY = {
    "no bytes": b"",
    "a hundred thousand nested lists": b"\x96\xa1a" + b"\x91" * 100_000,
    "a list of four thousand million items": b"\xdd\xff\xff\xff\xff",
    "a map of four thousand million items": b"\xdf\xff\xff\xff\xff",
    "text of four thousand million bytes": b"\x95\xa1f\x00\x00\xdb\xff\xff\xff\xff",
    "an extension of four thousand million bytes": b"\x96\xa1a\x00\x01\xc2\x91\xc9\xff\xff\xff\xff\x01",
    "text that is not UTF-8": b"\x96\xa1f\x00\x00\xa2\xff\xfe\xa0\xc0",
    "a trailing byte": protocol.pack(Done()) + b"\0",
    "an unknown kind": msgspec.msgpack.encode(["load", [], False]),
    "a request": protocol.pack(Run([], [], [])),
    "too many values": msgspec.msgpack.encode(["a", 0, 1, True, [1.0] * 9, []]),
    "too many arguments": msgspec.msgpack.encode(["a", 0, 1, True, [1.0], [1.0] * 5]),
    "a long name": msgspec.msgpack.encode(["f", 0, 1, "E" * 201, "", None]),
    "a long message": msgspec.msgpack.encode(["f", 0, 1, "E", "x" * 4001, None]),
    "text for a value": msgspec.msgpack.encode(["a", 0, 1, False, ["6"], []]),
    "a negative line": msgspec.msgpack.encode(["f", 0, 1, "E", "", -1]),
    "line zero": msgspec.msgpack.encode(["f", 0, 1, "E", "", 0]),
    "a line beyond all files": msgspec.msgpack.encode(["f", 0, 1, "E", "", 2**40]),
    "too many classes": msgspec.msgpack.encode(["loaded", [["A", []]] * 501, []]),
}


@pytest.mark.parametrize("body", NASTY.values(), ids=list(NASTY))
def test_no_such_message_is_taken(body: bytes) -> None:
    assert len(body) < MAX_FRAME
    with pytest.raises(ProtocolError):
        protocol.decode_from_worker(body)


@given(bodies())
def test_any_bytes_are_a_message_or_a_protocol_error(body: bytes) -> None:
    try:
        message = protocol.decode_from_worker(body)
    except ProtocolError:
        return
    assert isinstance(message, Ready | Parsed | Loaded | Answer | Fault | Done)


def heads() -> st.SearchStrategy[bytes]:
    dimensions = st.lists(st.sampled_from([0, 1, 2, 3, 2**16, 2**28, 2**32 - 1]), max_size=10)
    return st.builds(
        lambda dtype, layout, ndim, shape, data: (
            bytes([dtype, layout, ndim]) + struct.pack(f"<{len(shape)}I", *shape) + data
        ),
        st.integers(0, 20),
        st.integers(0, 255),
        st.integers(0, 255) | st.integers(0, 3),
        dimensions,
        st.binary(max_size=64),
    )


@given(st.integers(-128, 127) | st.sampled_from([ARRAY, RESULT, OTHER]), st.binary(max_size=900) | heads())
@example(OTHER, b"x" * 801)
@example(ARRAY, bytes([11, 0, 3]) + struct.pack("<3I", 0, 2**28, 2**28))
@example(ARRAY, bytes([11, 0, 8]) + struct.pack("<8I", 0, *[2**32 - 1] * 7))
def test_any_extension_is_a_value_or_a_protocol_error(code: int, data: bytes) -> None:
    try:
        value = values.value_of(msgspec.msgpack.Ext(code, data))
    except ProtocolError:
        return
    assert isinstance(value, np.ndarray | Other)
    if isinstance(value, np.ndarray):
        assert value.nbytes <= len(data)


@pytest.mark.parametrize(
    "data", [b"", b"\x0b\0", b"\x0b\0\x02" + bytes(4), b"\x63\0\0" + bytes(8), b"\x0b\0\0" + bytes(7)]
)
def test_an_array_whose_head_does_not_fit_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError, match="array"):
        values.unpack_array(msgspec.msgpack.Ext(ARRAY, data))


def test_a_reference_is_no_answer() -> None:
    with pytest.raises(ProtocolError, match="unknown kind"):
        values.value_of(values.result_reference(0))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (encode_array(np.arange(3.0)), encode_array(np.arange(3.0)), True),
        (encode_array(np.arange(3.0), 2), encode_array(np.arange(3.0)), True),
        (encode_array(np.array([np.nan])), encode_array(np.array([np.nan])), True),
        (encode_array(np.arange(4.0)), encode_array(np.arange(4.0).reshape(2, 2)), False),
        (encode_array(np.zeros(3)), encode_array(np.zeros(3, np.int64)), False),
        (encode_array(np.zeros(3)), encode_array(np.ones(3)), False),
        (encode_array(np.array(1.0)), 1.0, False),
        (1.0, 1.0, False),
    ],
)
def test_arrays_are_the_same_to_the_last_bit_or_not(one: Any, other: Any, same: bool) -> None:
    assert same_bytes(one, other) is same
