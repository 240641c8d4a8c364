"""What the API takes and gives, as JSON. The document that describes the API is made of the same records."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from harness.records import Record
from harness.render import FORMATS
from harness.service.settings import Count

__all__ = [
    "KEY",
    "MOST_IN_BATCH",
    "MOST_WANTED",
    "Assignment",
    "Assignments",
    "Batch",
    "BatchItem",
    "BatchResult",
    "BatchResults",
    "Course",
    "Exported",
    "FileName",
    "Follow",
    "Found",
    "Grade",
    "Imported",
    "Invited",
    "MadeWebhook",
    "NewWebhook",
    "Nothing",
    "Page",
    "Problem",
    "Queue",
    "Receipt",
    "Regraded",
    "ReportForm",
    "RosterName",
    "Submission",
    "Submissions",
    "Wanted",
    "Webhook",
    "Webhooks",
    "moment",
]

#: The format of Classroom 50 needs variables of its own runner. Other packages may add formats.
_FORMATS = ["", *(name for name in FORMATS if name != "classroom50")]
Id = Annotated[str, msgspec.Meta(extra_json_schema={"format": "uuid"})]
#: An id in a query, or nothing.
Key = Annotated[str, msgspec.Meta(pattern="^[0-9a-f-]{0,36}$")]
#: What a client calls a submission.
KEY = "^[!-~]{1,200}$"
#: As many as two transactions of the writer take, each of which takes some tenths of a second.
MOST_IN_BATCH = 200
#: Submissions that are asked for at once: as many as are handed in at once, and as a page of a list has at most.
MOST_WANTED = 200
SubmissionId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f-]{1,36}$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Status = Literal["queued", "running", "graded", "failed", "cancelled"]


def moment(seconds: float) -> datetime:
    """Return a time of the database."""
    return datetime.fromtimestamp(seconds, UTC)


class Assignment(Record, frozen=True, kw_only=True):
    """An assignment of a course, as it is now."""

    id: Id
    course_id: Id
    slug: str
    title: str
    #: Number of its newest revision.
    revision: int
    open_at: datetime | None
    due_at: datetime | None
    close_at: datetime | None
    late_factor: float
    max_attempts: int | None
    cooldown_s: float
    #: Of the caller: submissions that count.
    used_attempts: int


class Course(Record, frozen=True, kw_only=True):
    """A course of the caller."""

    id: Id
    slug: str
    name: str
    #: Null for an administrator who is not in it.
    role: Literal["learner", "assistant", "instructor"] | None
    assignments: list[Assignment]


class Assignments(Record, frozen=True, kw_only=True):
    """The courses of the caller, with what is to be handed in there."""

    courses: list[Course]


class Queue(Record, frozen=True, kw_only=True):
    """Where a submission waits."""

    #: In its course, from 1; null when it is being graded, or thousands are before it.
    position: int | None
    #: Seconds until there is a grade, as far as the last gradings tell; null when nothing tells.
    estimated_wait_s: int | None


class Grade(Record, frozen=True, kw_only=True):
    """The grade that stands."""

    score: float
    max_score: float
    outcome: str
    generation: int
    #: Of the assignment.
    revision: int
    at: datetime
    #: Whether a person gave this score in place of the graded one.
    is_override: bool
    override_reason: str


class Submission(Record, frozen=True, kw_only=True):
    """A submission, and what became of it."""

    id: Id
    assignment_id: Id
    learner_id: Id
    learner: str
    #: The course's own name for the learner.
    external_id: str | None
    #: The learner's own, from 1.
    number: int
    name: str
    sha256: str
    status: Status
    #: Why it failed: ``grader_crash``, ``grader_fault`` or ``assignment_changed``.
    reason: str | None
    #: Which grading stands or is asked for: 0, and one more with each regrade.
    generation: int
    is_late: bool
    #: Whether it is one of the learner's attempts.
    counts: bool
    received_at: datetime
    #: Null unless it waits or runs.
    queue: Queue | None = None
    #: Of an earlier generation while a regrade waits.
    grade: Grade | None = None


class Submissions(Record, frozen=True, kw_only=True):
    """A page of submissions, the newest first."""

    submissions: list[Submission]
    #: For the next page: ``before``; null on the last one.
    next: str | None


class Wanted(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which submissions are asked for."""

    ids: Annotated[list[SubmissionId], msgspec.Meta(min_length=1, max_length=MOST_WANTED)]


class Found(Record, frozen=True, kw_only=True):
    """Those of the submissions asked for that the caller may see, in the order of the request, each once."""

    submissions: list[Submission]


class Receipt(Record, frozen=True, kw_only=True):
    """What was accepted: it will be graded, or visibly fail."""

    id: Id
    number: int
    is_late: bool
    #: False when the same file was accepted before under this key.
    is_new: bool
    url: str


class Regraded(Record, frozen=True, kw_only=True):
    """What a regrade was asked for."""

    #: How many are graded once more. Those that wait for a grade anyway are not asked twice.
    count: int
    #: To go on after this request, ``after``; null when all were asked for.
    next: str | None = None


class Invited(Record, frozen=True, kw_only=True):
    """Somebody who has no account yet."""

    name: str
    email: str
    external_id: str
    #: By which they make one; shown once, and for them only.
    link: str


class Imported(Record, frozen=True, kw_only=True):
    """What became of the lines of a roster."""

    enrolled: list[str]
    invited: list[Invited]
    #: Lines of those who were in the course, or invited, already.
    unchanged: int
    #: Why nobody was enrolled or invited for a line.
    problems: list[str]


class Webhook(Record, frozen=True, kw_only=True):
    """An address that is told of a course's grades."""

    id: Id
    url: str
    created_at: datetime
    #: When it was switched off, for it had not answered for two days; null while it is told.
    disabled_at: datetime | None


class Webhooks(Record, frozen=True, kw_only=True):
    """Those of a course, the oldest first."""

    webhooks: list[Webhook]


class MadeWebhook(Record, frozen=True, kw_only=True):
    """A new webhook."""

    webhook: Webhook
    #: Every delivery is signed with it; it is not shown again.
    secret: str


class NewWebhook(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be told."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class Problem(Record, frozen=True, kw_only=True):
    """What went wrong (RFC 9457)."""

    #: ``urn:dout:problem:CODE``; the codes never change their meaning.
    type: str
    title: str
    status: int
    detail: str
    hint: str = ""


class BatchItem(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of one learner."""

    #: Of the learner: the id here, the course's own id, or the e-mail address.
    learner: Annotated[str, msgspec.Meta(min_length=1, max_length=320)]
    #: Of the client's own making; the same one with the same file hands in once.
    idempotency_key: Annotated[str, msgspec.Meta(pattern=KEY)]
    name: Name = "layers.py"
    #: The file, in Base64.
    data: bytes


class Batch(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files that are handed in for learners."""

    submissions: Annotated[list[BatchItem], msgspec.Meta(min_length=1, max_length=MOST_IN_BATCH)]


class BatchResult(Record, frozen=True, kw_only=True):
    """What became of one file of a batch."""

    #: As it was sent.
    learner: str
    #: What this file alone would have been answered: 202 when it is accepted.
    status: int
    submission: Receipt | None = None
    problem: Problem | None = None


class BatchResults(Record, frozen=True, kw_only=True):
    """What became of the files of a batch, in their order."""

    results: list[BatchResult]


# Query parameters. A name that is not one is refused: a typing mistake would be a wrong answer otherwise.


class Nothing(Record, frozen=True, forbid_unknown_fields=True):
    """No parameter."""


class FileName(Record, frozen=True, forbid_unknown_fields=True):
    """For a body that is the file itself."""

    #: Of the file; the ending says what it is.
    name: Name = "layers.py"


class RosterName(Record, frozen=True, forbid_unknown_fields=True):
    """For a body that is the roster itself."""

    #: As messages call it.
    name: Name = "roster.csv"


class Page(Record, frozen=True, forbid_unknown_fields=True):
    """A page of a list."""

    #: What ``next`` of the page before said.
    before: Key = ""
    limit: Annotated[Count, msgspec.Meta(le=200)] = 50
    status: Literal["", "queued", "running", "graded", "failed", "cancelled"] = ""


class Follow(Record, frozen=True, forbid_unknown_fields=True):
    """Where a long work goes on."""

    #: What ``next`` of the request before said.
    after: Key = ""


class ReportForm(Record, frozen=True, forbid_unknown_fields=True):
    """How a report is to look."""

    #: One of the formats of ``dout grade --format``; what ``Accept`` asks for when it is empty.
    format: Annotated[str, msgspec.Meta(extra_json_schema={"enum": _FORMATS})] = ""
    lang: Literal["", "en", "ko"] = ""


class Exported(Record, frozen=True, forbid_unknown_fields=True):
    """What marks are written for."""

    format: Literal["csv", "canvas", "moodle", "blackboard"] = "csv"
