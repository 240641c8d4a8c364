"""The intake of a class: which submission is whose. Names are read here; a submission is opened on request only.

::

    with open_intake("class.zip", "roster.csv") as intake:
        for one in intake.assigned:
            submission = intake.read(one.entry, size_limit=SIZE_LIMIT, words=assignment.words)
        for left in intake.unassigned:
            print(left.text(language))
"""

import os
from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import Self

from harness.errors import UsageError
from harness.intake.containers import Container, open_container, read_files
from harness.intake.discover import discover
from harness.intake.found import Entry, Export, Learner, Reason, Unassigned
from harness.intake.join import Assigned, join
from harness.intake.roster import read_roster
from harness.sentence import Sentence
from harness.submission import SIZE_LIMIT, Submission, submission_from_bytes

__all__ = ["Assigned", "Entry", "Export", "Intake", "Learner", "Reason", "Unassigned", "open_intake"]

#: What is left out and was handed in by nobody: a folder of nothing else is another folder than was meant.
_NO_SUBMISSION = frozenset({Reason.NOT_CODE, Reason.FEEDBACK, Reason.SYSTEM})
_ORDER = {reason: place for place, reason in enumerate(Reason)}


class Intake:
    """What a class handed in. Use it in a ``with`` statement: a zip archive stays open until its end.

    Attributes:
        assigned: One submission for each learner who has one, sorted by the learner's key.
        unassigned: Everything else, with its reason, sorted: what needs a decision comes first.
    """

    def __init__(self, container: Container, assigned: Sequence[Assigned], unassigned: Sequence[Unassigned]) -> None:
        self._container = container
        self.assigned = tuple(assigned)
        self.unassigned = tuple(
            sorted(unassigned, key=lambda one: (_ORDER[one.reason], one.entry, [who.key for who in one.learners]))
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def read(self, entry: Entry, *, size_limit: int = SIZE_LIMIT, words: Sequence[str] = ()) -> Submission:
        """Return the submission of an entry of this intake. Threads may call it at once.

        Args:
            entry: Of one of ``assigned``.
            size_limit: The most bytes of source text.
            words: Of several files, the one is meant that defines a class with one of these in its name.

        Raises:
            UsageError: It may not be read, or is not there any more.
            SubmissionError: It can be read but not graded; ``code`` says why. Others are not touched by it.
        """
        container = self._container
        if entry.is_folder:
            return container.read_folder(entry.files[0][0], size_limit, words)
        if len(entry.files) == 1:
            ((name, shown),) = entry.files
            return submission_from_bytes(shown, container.read_file(name), size_limit=size_limit, words=words)
        files = {shown: partial(container.read_file, name) for name, shown in entry.files}
        return read_files(entry.learner.name or entry.learner.key, files, size_limit, words)

    def files(self, entry: Entry) -> dict[str, Callable[[], bytes]]:
        """Return what can be graded of an entry, as it was handed in: names, and what reads the bytes of each.

        Raises:
            UsageError: It may not be read, or is not there any more.
            SubmissionError: It cannot be taken; ``code`` says why. What reads a file raises the same.
        """
        container = self._container
        if entry.is_folder:
            return container.files_in(entry.files[0][0])
        return {shown: partial(container.read_file, name) for name, shown in entry.files}


def open_intake(path: str | os.PathLike[str], roster: str | os.PathLike[str] | None = None) -> Intake:
    """Return what the class at ``path`` handed in: a folder or a zip, of Moodle, Canvas, Gradescope or by hand.

    Args:
        path: By hand it holds a file or folder per learner, named by id, e-mail, user name or name, or
            ``assignment-user`` as git-classroom does.
        roster: CSV file of the learners; without one each entry's own name counts.

    Raises:
        UsageError: ``path`` or ``roster`` cannot be read or understood, or nothing was handed in there.
    """
    rows = None if roster is None else read_roster(os.fsdecode(roster))
    container = open_container(os.fsdecode(path))
    try:
        place, entries, left_out = discover(container)
        if not entries and all(one.reason in _NO_SUBMISSION for one in left_out):
            raise UsageError(
                Sentence("{file} holds nothing that could be a submission", file=container.shown),
                Sentence("name the folder or zip that holds a file or folder per learner"),
            )
        assigned, unassigned = join(entries, rows)
    except BaseException:
        container.close()
        raise
    return Intake(place, assigned, [*left_out, *unassigned])
