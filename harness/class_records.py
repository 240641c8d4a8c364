"""The records of a graded class: one row for each submission, and what all rows have in common.

Their JSON form is ``dout-class/1``: a :class:`ClassHead`, the rows, and what was assigned to nobody. It is an index;
the whole report on a submission is a file of its own.
"""

from typing import Protocol

import msgspec

from harness.records import AssignmentId, Isolation, Outcome, Record, Verdict, Versions, Warn

__all__ = ["SCHEMA", "ClassCheck", "ClassHead", "ClassRow", "LeftOut", "class_check"]

SCHEMA = "dout-class/1"


class ClassCheck(Record, frozen=True, kw_only=True):
    """A check of the assignment: a column of the class."""

    id: str
    layer: str
    title: str
    #: The title in other languages, by their codes.
    titles: dict[str, str] = msgspec.field(default_factory=dict)
    max_score: float
    visibility: str = "visible"


class Check(Protocol):
    """What the check of an assignment and its result in a report say alike."""

    @property
    def id(self) -> str: ...

    @property
    def layer(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def titles(self) -> dict[str, str]: ...

    @property
    def visibility(self) -> str: ...


def class_check(one: Check, max_score: float) -> ClassCheck:
    """Return the column of a check, be it known from the assignment or from a report."""
    return ClassCheck(
        id=one.id,
        layer=one.layer,
        title=one.title,
        titles=one.titles,
        max_score=max_score,
        visibility=one.visibility,
    )


class ClassHead(Record, frozen=True, kw_only=True):
    """What the whole class was graded against, and by what."""

    schema: str = SCHEMA
    assignment: AssignmentId
    title: str
    seed: int
    max_score: float
    #: In the assignment's order.
    checks: list[ClassCheck]
    #: Null where nothing was run.
    isolation: Isolation | None
    versions: Versions


class ClassRow(Record, frozen=True, kw_only=True):
    """One learner's submission and what became of it. Text from outside is escaped for display."""

    #: Unlike that of every other row.
    learner: str
    name: str = ""
    id: str = ""
    email: str = ""
    section: str = ""
    #: As the container names it.
    file: str
    #: Null where nothing says it.
    late: bool | None = None
    attempt: int | None = None
    #: Of the bytes that were graded; empty where they could not be read.
    sha256: str
    outcome: Outcome
    #: Null only when the outcome is ``grader_fault``.
    score: float | None
    #: In the order of the head's checks; empty unless the outcome is ``graded``.
    verdicts: list[Verdict] = msgspec.field(default_factory=list)
    #: The names of the mistakes that are root causes, in the order of the checks.
    codes: list[str] = msgspec.field(default_factory=list)
    #: Why it was not graded.
    reason: Warn | None = None
    #: The report as JSON and as a page: paths relative to the index, with ``/``.
    report: str
    page: str


class LeftOut(Record, frozen=True, kw_only=True):
    """Something that went to no learner, or a learner who handed in nothing."""

    #: A word of :class:`harness.intake.found.Reason`.
    reason: str
    #: The name in the container; empty for a learner without a submission.
    entry: str
    learners: list[str]
    #: The same as an English sentence.
    message: str
