"""Bytes become frames however they are cut, and a question has one deadline however slowly the answer drips."""

import itertools
import math
import time
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sandbox.channel import Channel, Ending, Exit, FrameBuffer, Worker, WorkerGone
from harness.sandbox.protocol import (
    FRAME,
    MAX_FRAME,
    MOST_GATHERED,
    SEVERAL,
    Answer,
    Done,
    Fault,
    FromWorker,
    Load,
    Several,
    frame,
    pack,
)
from harness.sandbox.values import ProtocolError


@given(st.lists(st.binary(max_size=40), max_size=6), st.data())
def test_frames_come_out_however_the_bytes_are_cut(bodies: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(FRAME.pack(len(body)) + body for body in bodies)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    buffer, taken = FrameBuffer(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        buffer.feed(stream[start:end])
        while (body := buffer.take()) is not None:
            taken.append(body)
    assert taken == bodies
    assert buffer.take() is None


@pytest.mark.parametrize("claim", [MAX_FRAME + 1, 2**31, 2**32 - 1])
def test_a_frame_that_claims_too_much_is_refused_before_it_is_read(claim: int) -> None:
    buffer = FrameBuffer()
    buffer.feed(FRAME.pack(claim))
    with pytest.raises(ProtocolError, match="over the cap"):
        buffer.take()


def test_a_frame_of_the_largest_size_is_taken() -> None:
    buffer = FrameBuffer()
    buffer.feed(FRAME.pack(MAX_FRAME) + bytes(MAX_FRAME))
    assert buffer.take() == bytes(MAX_FRAME)


class Scripted:
    """A channel that gives these pieces and then nothing more."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.deadlines: list[float] = []
        self.written: list[bytes] = []
        self.closed = 0

    def write(self, data: bytes, deadline: float) -> None:
        self.written.append(data)
        self.deadlines.append(deadline)

    def read(self, deadline: float) -> bytes:
        self.deadlines.append(deadline)
        if not self.pieces:
            raise WorkerGone(Ending.TIMEOUT, "it took too long")
        return self.pieces.pop(0)

    def close(self) -> Exit:
        self.closed += 1
        return Exit(0, 1.5)


def worker_on(*pieces: bytes) -> tuple[Worker, Scripted]:
    channel = Scripted(*pieces)
    checked: Channel = channel
    return Worker(checked, ("rlimits",)), channel


def several(messages: Sequence[FromWorker]) -> Several:
    return Several([msgspec.Raw(pack(message)) for message in messages])


def test_messages_are_received_one_by_one() -> None:
    messages = [Answer(0, 1, False, [1.5]), Fault(0, 2, "E", "", None), Done()]
    worker, channel = worker_on(b"".join(map(frame, messages)))
    assert [worker.receive(1) for _ in messages] == messages
    assert len(channel.deadlines) == 1


def test_messages_that_came_together_are_received_one_by_one_and_in_order() -> None:
    messages = [Answer(0, step, False, [1.5]) for step in range(4)]
    worker, channel = worker_on(frame(several(messages[:3])) + frame(messages[3]))
    assert [worker.receive(1) for _ in messages] == messages
    assert len(channel.deadlines) == 1


def test_bodies_are_the_same_together_and_alone() -> None:
    bodies = [pack(Answer(0, step, False, [1.5])) for step in range(4)]
    together, _ = worker_on(frame(Several([*map(msgspec.Raw, bodies)])))
    alone, _ = worker_on(*(FRAME.pack(len(body)) + body for body in bodies))
    for worker in (together, alone):
        assert [*itertools.islice(worker.receive_bodies(1), len(bodies))] == bodies


@pytest.mark.parametrize(
    "body",
    [
        SEVERAL,
        SEVERAL + b"\x90",
        SEVERAL + b"\x91\xa1x",
        pack(["s", [1] * (MOST_GATHERED + 1)]),
        SEVERAL + b"\x91\xc4\x05x",
    ],
)
def test_messages_together_that_are_none_end_the_conversation(body: bytes) -> None:
    worker, _ = worker_on(FRAME.pack(len(body)) + body)
    with pytest.raises(WorkerGone, match="broke the grading channel"):
        worker.receive(1)


def test_messages_within_messages_are_not_taken() -> None:
    worker, _ = worker_on(frame(several([several([Done()])])))
    assert not isinstance(worker.receive(1), Done)


def test_a_message_that_drips_in_has_one_deadline() -> None:
    worker, channel = worker_on(*(bytes([byte]) for byte in frame(Done())))
    before = time.monotonic()
    worker.receive(60)
    assert len(set(channel.deadlines)) == 1
    assert before + 60 <= channel.deadlines[0] <= time.monotonic() + 60


def test_the_whole_conversation_bounds_each_message() -> None:
    worker, channel = worker_on(frame(Done()), frame(Done()))
    worker.receive(60, until=7.0)
    worker.receive(60, until=math.inf)
    assert channel.deadlines[0] == 7.0
    assert channel.deadlines[1] > 7.0


@pytest.mark.parametrize("data", [FRAME.pack(2**31), FRAME.pack(3) + b"xxx", FRAME.pack(0)])
def test_bytes_that_are_no_message_end_the_conversation(data: bytes) -> None:
    worker, _ = worker_on(data)
    with pytest.raises(WorkerGone, match="broke the grading channel") as caught:
        worker.receive(1)
    assert caught.value.ending is Ending.CRASHED


def test_silence_is_passed_on_as_it_is() -> None:
    worker, _ = worker_on(frame(Done())[:3])
    with pytest.raises(WorkerGone, match="too long") as caught:
        worker.receive(1)
    assert caught.value.ending is Ending.TIMEOUT


def test_a_request_is_sent_whole_with_a_deadline() -> None:
    worker, channel = worker_on()
    request = Load([], False)
    before = time.monotonic()
    worker.send(request, 5)
    worker.send(b"made before", 5)
    assert channel.written == [frame(request), b"made before"]
    assert before + 5 <= channel.deadlines[0] <= time.monotonic() + 5


def test_leaving_a_worker_closes_it_once_and_keeps_how_it_ended() -> None:
    worker, channel = worker_on()
    with worker:
        assert worker.exit is None
    worker.close()
    assert channel.closed == 1
    assert worker.exit is not None
    assert (worker.exit.status, worker.exit.cpu_seconds) == (0, 1.5)
