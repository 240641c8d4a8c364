"""Writes what is made of a class's rows: the index, the marks, the summary and the dashboard."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import msgspec

from harness.class_records import ClassHead, ClassRow, LeftOut
from harness.errors import UsageError
from harness.intake import Assigned, Reason, Unassigned
from harness.language import ENGLISH, Language
from harness.records import Outcome, Record
from harness.render.exported import FILLED, exported_text
from harness.render.gradebook import NEW_GRADEBOOKS, Mark, plain_lines
from harness.sentence import Sentence, marked
from harness.whole_class.files import write_chunks, write_whole

__all__ = [
    "GRADEBOOKS",
    "Gradebook",
    "gradebook_name",
    "left_out_of",
    "marks_of",
    "read_gradebook",
    "write_gradebook",
    "write_grades",
]

#: Platforms that a gradebook can be written for.
GRADEBOOKS = tuple(NEW_GRADEBOOKS)
#: Bytes: a gradebook of 100,000 learners with many columns has fewer.
_LARGEST = 256 << 20


class Gradebook(Record, frozen=True):
    """A gradebook that is to be written."""

    #: One of ``GRADEBOOKS``.
    platform: str
    #: Text of the file that the platform exported; null for a new file.
    exported: str | None


def read_gradebook(platform: str, path: str | None, column: str, max_score: float) -> Gradebook:
    """Return a gradebook; ``path`` is the file that the platform exported, if it is to be filled in.

    Args:
        platform: One of ``GRADEBOOKS``.
        path: Of the exported file; None for a new one.
        column: The assignment's name there.
        max_score: Points of the assignment.

    Raises:
        UsageError: it cannot be read, or the assignment does not fit into it.
    """
    if path is None:
        return Gradebook(platform, None)
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise UsageError(Sentence("{file} is too large for a gradebook", file=path))
        exported = exported_text(platform, data, path)
    except OSError as error:
        raise UsageError(
            Sentence("{file} cannot be read: {error}", file=path, error=error.strerror or error),
            Sentence("name the file that {platform} exported", platform=platform),
        ) from None
    try:
        # A mark for nobody: what does not fit is said before a class is graded.
        FILLED[platform](exported, [Mark(learner="", score=0.0, max_score=max_score)], column)
    except UsageError as error:
        raise UsageError(Sentence("{file}: {error}", file=path, error=error.message), error.hint) from None
    return Gradebook(platform, exported)


def gradebook_name(platform: str) -> str:
    """Return what the gradebook for a platform is called."""
    return f"gradebook-{platform}.csv"


def left_out_of(unassigned: Iterable[Unassigned]) -> Iterator[LeftOut]:
    """Yield the records of what went to nobody."""
    for one in unassigned:
        yield LeftOut(
            reason=one.reason.value,
            entry=one.entry,
            learners=[learner.key for learner in one.learners],
            message=one.text(ENGLISH),
        )


def marks_of(rows: Iterable[ClassRow], max_score: float) -> Iterator[Mark]:
    """Yield the marks of those who handed in."""
    for row in rows:
        yield Mark(
            learner=row.learner,
            name=row.name,
            email=row.email,
            score=None if row.outcome is Outcome.GRADER_FAULT else row.score,
            max_score=max_score,
            late=row.late,
            note="" if row.reason is None else row.reason.message,
        )


#: What the marks say of a learner who has none.
_NO_MARK = {
    Reason.MISSING: marked("no submission"),
    Reason.AMBIGUOUS: marked("not graded: nobody has said whose the submission is"),
    Reason.SEVERAL: marked("not graded: nothing says which submission is the latest"),
}


def _without_mark(
    unassigned: Iterable[Unassigned], graded: Collection[str], max_score: float, language: Language
) -> Iterator[Mark]:
    """Yield each learner for whom there is no mark once, with the reason; ``graded`` are those who have another."""
    known = set(graded)
    for one in unassigned:
        for who in one.learners if one.reason in _NO_MARK else ():
            if who.key not in known:
                # Of those who handed in nothing there may be many, and each is named once.
                if one.reason is not Reason.MISSING:
                    known.add(who.key)
                note = language.text(_NO_MARK[one.reason])
                yield Mark(learner=who.key, name=who.name, email=who.email, score=None, max_score=max_score, note=note)


def write_grades(
    path: str,
    head: ClassHead,
    rows: Iterable[ClassRow],
    unassigned: Sequence[Unassigned],
    language: Language,
) -> None:
    """Write ``grades.csv``: a line for each submission, then for each learner who is known and has no mark.

    Raises:
        OutError: it cannot be written.
    """

    # Others than these are in one of the two lists only.
    unsure = {who.key for one in unassigned if one.reason is Reason.AMBIGUOUS for who in one.learners}

    def marks() -> Iterator[Mark]:
        graded = set()
        for mark in marks_of(rows, head.max_score):
            if mark.learner in unsure:
                graded.add(mark.learner)
            yield mark
        yield from _without_mark(unassigned, graded, head.max_score, language)

    write_chunks(path, (line.encode() for line in plain_lines(marks())))


def write_gradebook(
    folder: str,
    gradebook: Gradebook,
    head: ClassHead,
    rows: Callable[[], Iterable[ClassRow]],
    assigned: Iterable[Assigned],
    column: str,
) -> Sequence[str]:
    """Write ``gradebook-PLATFORM.csv`` and return for whom an exported file has no row, by name.

    Args:
        assigned: Who handed in what; the platform's own numbers come from here.
        column: The assignment's name there.

    Raises:
        OutError: it cannot be written.
        UsageError: the exported file does not fit.
    """
    # A number of Canvas says nothing to Moodle.
    numbers = {one.learner.key: one.entry.number for one in assigned if one.entry.export == gradebook.platform}
    marks = [
        msgspec.structs.replace(mark, number=numbers.get(mark.learner, "")) for mark in marks_of(rows(), head.max_score)
    ]
    missing: Sequence[str] = ()
    if gradebook.exported is not None:
        filled = FILLED[gradebook.platform](gradebook.exported, marks, column)
        text = filled.text
        called = {mark.learner: mark.called for mark in marks}
        missing = [called[learner] for learner in filled.missing]
    else:
        text = NEW_GRADEBOOKS[gradebook.platform](marks, column)
    write_whole(os.path.join(folder, gradebook_name(gradebook.platform)), text.encode())
    return missing
