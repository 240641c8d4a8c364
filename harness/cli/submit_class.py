"""``dout submit FOLDER --roster CSV``: hand a class in, each file for its learner, and show what became of them."""

import argparse
import base64
import hashlib
import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from harness.cli import FAULT, INTERRUPTED, OK
from harness.cli.console import say, show, show_passing
from harness.errors import SubmissionError, UsageError
from harness.escape import plain
from harness.interrupts import held_back
from harness.language import Language, chosen_language
from harness.records import Record
from harness.remote.reasons import FAILED
from harness.sentence import Sentence

if TYPE_CHECKING:
    from harness.intake import Assigned, Intake
    from harness.remote.client import Client

__all__ = ["hand_in_class"]

#: Files in one request, and submissions that are asked for in one: the service takes 200.
_MOST_FILES = 100
#: Bytes of them in Base64: services take bodies of one MiB unless they were told otherwise.
_MOST_BYTES = 900_000
#: Times that a file is sent again whose own part of a batch failed on the other side, and seconds between two.
_TRIES, _PAUSE = 5, 2.0
#: Seconds between two rounds of questions: the first, and the longest.
_FIRST_ROUND, _LONGEST_ROUND = 0.5, 5.0
#: Statuses of one file of a batch: it is accepted; something that passes went wrong.
_ACCEPTED, _PASSES = 202, 503


class _Row:
    """One learner, and how far it is."""

    def __init__(self, one: "Assigned") -> None:
        self.learner = one.learner
        #: Of the submission, once it is accepted.
        self.id = ""
        #: What the service said last.
        self.seen: dict[str, Any] = {}
        #: Why it was not handed in.
        self.trouble: str | None = None

    @property
    def is_waiting(self) -> bool:
        return (
            bool(self.id) and self.trouble is None and self.seen.get("status") not in ("graded", "failed", "cancelled")
        )

    def told(self, language: Language) -> list[str]:
        """Return the cells of a table."""
        grade, score = self.seen.get("grade"), ""
        if self.trouble is not None:
            what = language.told(self.trouble)
        elif self.seen.get("status") == "failed":
            what = language.told(FAILED.get(str(self.seen.get("reason")), Sentence("it could not be graded")))
        else:
            what = language.text("graded") if self.seen.get("status") == "graded" else language.text("on its way")
        if grade:
            score = f"{grade['score']:g}/{grade['max_score']:g}"
        return [str(self.learner), score, what]


class _Item(Record, frozen=True):
    """One file, as a batch has it."""

    row: Any
    json: dict[str, str]

    @property
    def size(self) -> int:
        return len(self.json["data"])


def hand_in_class(client: "Client", options: argparse.Namespace) -> int:
    """Hand in, wait, and show a table; return the exit status.

    Raises:
        UsageError: the folder, the roster or an option is wrong, or the service refuses all of it.
        SandboxError: the service does not answer. What is handed in stays.
    """
    with held_back():
        from harness.intake import open_intake
        from harness.whole_class.summary import undecided

    if options.format != "text" or options.output is not None:
        raise UsageError(
            Sentence("what became of a class is a table: --format and --output are for one file"),
            Sentence("bring the reports afterwards by `dout pull`"),
        )
    language = chosen_language(options.lang)
    with open_intake(options.path, options.roster) as intake:
        rows = [_Row(one) for one in intake.assigned]
        try:
            for batch in _batches(_items(intake, rows)):
                _send(client, options.assignment, batch)
                show_passing(language.text("handed in: {count}", count=sum(bool(row.id) for row in rows)))
            _wait(client, rows, language)
        except (KeyError, TypeError):
            raise UsageError(Sentence("there is no grading service at this address")) from None
        except KeyboardInterrupt:
            stopped = Sentence("stopped; {count} files are handed in", count=sum(bool(row.id) for row in rows))
            say(stopped, Sentence("run the same command again: it goes on where it was"), options.lang)
            return INTERRUPTED
        left = [one.text(language) for one in intake.unassigned]
        nobody_knows = undecided(intake.unassigned)
    show("\n".join(_screen(rows, left, language)) + "\n")
    all_graded = all(row.seen.get("status") == "graded" for row in rows)
    return OK if all_graded and not nobody_knows else FAULT


def _items(intake: "Intake", rows: list[_Row]) -> Iterator[_Item]:
    with held_back():
        from harness.bundle.zipped import zipped

    for row, one in zip(rows, intake.assigned, strict=True):
        try:
            files = {name: read() for name, read in intake.files(one.entry).items()}
        except (SubmissionError, UsageError) as error:
            row.trouble = error.message
            continue
        if not files:
            row.trouble = Sentence("there is no file to grade in it")
            continue
        name, data = next(iter(files.items())) if len(files) == 1 else (f"{one.entry.name}.zip", zipped(files))
        if not data:
            row.trouble = Sentence("the file is empty")
            continue
        learner = one.learner.id or one.learner.email or one.learner.key
        # The same file of the same learner is handed in once, however often this command runs.
        key = hashlib.sha256(learner.encode() + b"\0" + data).hexdigest()
        yield _Item(
            row,
            {
                "learner": learner,
                "idempotency_key": f"class-{key}",
                "name": name.rpartition("/")[2][-255:],
                "data": base64.b64encode(data).decode(),
            },
        )


def _batches(items: Iterator[_Item]) -> Iterator[list[_Item]]:
    batch: list[_Item] = []
    for item in items:
        if batch and (len(batch) == _MOST_FILES or sum(one.size for one in batch) + item.size > _MOST_BYTES):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def _send(client: "Client", assignment: str, batch: list[_Item]) -> None:
    from urllib.parse import quote

    from harness.remote.client import Refused

    address = f"/api/v1/assignments/{quote(assignment, safe='')}/submissions/batch"
    for number in range(_TRIES):
        body = json.dumps({"submissions": [item.json for item in batch]}).encode()
        try:
            answer = client.post(address, body, {"Content-Type": "application/json"}, waits=True)
        except Refused as refused:
            # A file that is too large for a batch of its own is no reason to leave the others away.
            if refused.status != 413 or len(batch) > 1:
                raise
            batch[0].row.trouble = refused.message
            return
        again = []
        for item, result in zip(batch, answer.json()["results"], strict=True):
            if result["status"] == _ACCEPTED:
                item.row.id, item.row.trouble = str(result["submission"]["id"]), None
            else:
                item.row.trouble = plain(str(result["problem"]["detail"]), 500)
                again += [item] if result["status"] == _PASSES else []
        if not again:
            return
        batch = again
        if number + 1 < _TRIES:
            time.sleep(_PAUSE)


def _wait(client: "Client", rows: list[_Row], language: Language) -> None:
    pause = _FIRST_ROUND
    while waiting := [row for row in rows if row.is_waiting]:
        for first in range(0, len(waiting), _MOST_FILES):
            _ask(client, waiting[first : first + _MOST_FILES])
        left = sum(row.is_waiting for row in waiting)
        show_passing(language.text("waiting for grades: {count}", count=left))
        if left:
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_ROUND)


def _ask(client: "Client", rows: list[_Row]) -> None:
    body = json.dumps({"ids": [row.id for row in rows]}).encode()
    answer = client.post("/api/v1/submissions/lookup", body, {"Content-Type": "application/json"}).json()
    told = {one["id"]: one for one in answer["submissions"]}
    for row in rows:
        if row.id in told:
            row.seen = told[row.id]
        else:
            row.trouble = Sentence("it is handed in, and the service does not show it to you any more")


def _screen(rows: list[_Row], left: list[str], language: Language) -> Iterator[str]:
    from harness.render.cells import columns, wrapped

    cells = [row.told(language) for row in rows]
    table = columns(cells, "", left=(0, 2)) if cells else []
    if table is None:
        table = [line for row in cells for line in wrapped("  ".join(filter(None, row)), "", "  ")]
    yield from table
    if left:
        yield ""
        yield language.text("not handed in:")
        for told in left:
            yield from wrapped(told, "  ", "    ")
    yield ""
    graded = sum(row.seen.get("status") == "graded" for row in rows)
    yield language.text("graded: {count}", count=graded) + f" / {len(rows)}"
