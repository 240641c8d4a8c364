"""What the grading of a class and its judges say to each other: one message per line of MessagePack, with its length.

Both sides are ours; a learner's process never sees these pipes.
"""

import struct
from typing import IO, TypeVar

import msgspec

from harness.feedback import Feedback
from harness.records import Isolation, Level, Outcome, Record, Verdict, Versions, Warn
from harness.submission import Block
from harness.whole_class.store import Stored

__all__ = ["Hello", "Judged", "Kept", "Refusal", "Setup", "Stopped", "Task", "read_message", "write_message"]

_LENGTH = struct.Struct("<I")

Message = TypeVar("Message")


class Setup(Record, frozen=True, kw_only=True):
    """What a judge is told before its first task."""

    assignment: str
    #: Of the assignment as the front has read it.
    sha256: str
    seed: int
    language: str
    feedback: Feedback
    least: Level
    #: The folder that reports and pages are written to.
    out: str


class Hello(Record, frozen=True, kw_only=True, tag=True):
    """The judge is ready: its sandbox holds."""

    isolation: Isolation
    versions: Versions


class Stopped(Record, frozen=True, kw_only=True, tag=True):
    """The judge cannot go on, for a reason that lies in no submission."""

    message: str
    hint: str
    #: Whether it is the caller's mistake (exit status 2) rather than this machine's (3).
    is_usage: bool


class Refusal(Record, frozen=True):
    """Why a submission is not run at all."""

    outcome: Outcome
    reason: Warn


class Task(Record, frozen=True, kw_only=True):
    """One submission to grade."""

    #: Position in the class.
    place: int
    #: Paths of the report and the page, relative to the folder of the class.
    report: str
    page: str
    name: str
    sha256: str
    blocks: tuple[Block, ...] = ()
    warnings: tuple[Warn, ...] = ()
    refusal: Refusal | None = None
    #: Whether the two classes are to be compared with those of others.
    similar: bool = False


class Judged(Record, frozen=True, kw_only=True, tag=True):
    """What became of a submission; its report and page are written."""

    place: int
    outcome: Outcome
    score: float | None
    verdicts: list[Verdict]
    codes: list[str]
    reason: Warn | None
    #: What the two classes look like without names and layout; empty where there is nothing to compare.
    shape: str | None = None


class Kept(Record, frozen=True, kw_only=True):
    """A submission that needs no judge: what is stored of it still holds."""

    place: int
    #: Null where it is as it was; else it is to be stored again, with what is known of the learner now.
    stored: Stored | None


def write_message(stream: IO[bytes], message: Record) -> None:
    """Send ``message`` whole.

    Raises:
        OSError: the other side is gone.
    """
    body = msgspec.msgpack.encode(message)
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def read_message(stream: IO[bytes], kind: type[Message]) -> Message | None:
    """Return the next message, or None when the other side is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    body = stream.read(*_LENGTH.unpack(head))
    if len(body) < _LENGTH.unpack(head)[0]:
        return None
    return msgspec.msgpack.decode(body, type=kind)
