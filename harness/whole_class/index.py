"""``report.json``, the index of a class (schema ``dout-class/1``): written row by row, and read for a comparison."""

import mmap
import os
from collections.abc import Iterable, Iterator

import msgspec

from harness.class_records import SCHEMA, ClassHead, ClassRow, LeftOut
from harness.errors import UsageError
from harness.records import AssignmentId, Outcome, Record, Verdict
from harness.sentence import Sentence

__all__ = ["INDEX", "Index", "IndexRow", "index_chunks", "read_index"]

INDEX = "report.json"


class IndexRow(Record, frozen=True, kw_only=True, gc=False):
    """What a comparison needs to know of a row."""

    learner: str
    name: str = ""
    outcome: Outcome
    score: float | None
    verdicts: tuple[Verdict, ...] = ()


class _IndexCheck(Record, frozen=True):
    id: str


class Index(Record, frozen=True, kw_only=True):
    """What a comparison needs to know of a class."""

    schema: str
    assignment: AssignmentId
    max_score: float
    checks: list[_IndexCheck]
    rows: list[IndexRow]


def index_chunks(head: ClassHead, rows: Iterable[ClassRow], left_out: Iterable[LeftOut]) -> Iterator[bytes]:
    """Yield the bytes of ``report.json``: the head's fields, then a line for each row and each that was left out."""
    yield msgspec.json.format(msgspec.json.encode(head), indent=2).removesuffix(b"\n}")
    yield b',\n  "rows": ['
    yield from _lines(rows)
    yield b'],\n  "left_out": ['
    yield from _lines(left_out)
    yield b"]\n}\n"


def _lines(records: Iterable[Record]) -> Iterator[bytes]:
    between = b"\n    "
    for record in records:
        yield between + msgspec.json.encode(record)
        between = b",\n    "
    if between != b"\n    ":
        yield b"\n  "


def read_index(path: str) -> Index:
    """Return the index in the file ``path``, or in the folder of a class.

    Raises:
        UsageError: there is none.
    """
    name = os.path.join(path, INDEX) if os.path.isdir(path) else path
    hint = Sentence("name a folder that `dout class` has written, or the report.json in it")
    try:
        # Mapped and not read: the text of the index is many times larger than what is kept of it.
        with open(name, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            found = msgspec.json.decode(data, type=Index)
    except OSError as error:
        raise UsageError(
            Sentence("{file} cannot be read: {error}", file=name, error=error.strerror or error), hint
        ) from None
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UsageError(Sentence("{file} is no index of a class: {error}", file=name, error=error), hint) from None
    if found.schema != SCHEMA:
        raise UsageError(
            Sentence(
                "{file} is an index of the schema {schema}, not {ours}",
                file=name,
                schema=repr(found.schema),
                ours=repr(SCHEMA),
            ),
            Sentence("update dout"),
        )
    return found
