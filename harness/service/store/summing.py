"""What the pages of a class need of a report, kept beside its grade: to read ten thousand reports takes too long."""

import msgspec

from harness.errors import SubmissionError
from harness.records import Outcome, Record, Report, Verdict, Warn
from harness.render.causes import causes
from harness.submission import submission_from_bytes
from harness.whole_class.shape import shape_of

__all__ = ["Summary", "read_summary", "shape_in", "summary_of"]


class Summary(Record, frozen=True, kw_only=True):
    """What a row of a class tells of a report."""

    #: By the check's id.
    verdicts: dict[str, Verdict]
    #: Of the mistakes, one for each cause.
    codes: list[str]
    #: Why it could not be graded; None where it was.
    reason: Warn | None = None


_DECODER = msgspec.json.Decoder(Summary)


def summary_of(graded: Report) -> str:
    """Return what is kept of a report, as JSON."""
    is_graded = graded.outcome is Outcome.GRADED
    made = Summary(
        verdicts={one.id: one.verdict for one in graded.checks} if is_graded else {},
        codes=[cause.first.code for cause in causes(graded.checks) if cause.first.code] if is_graded else [],
        reason=None if is_graded or not graded.warnings else graded.warnings[0],
    )
    return msgspec.json.encode(made).decode()


def read_summary(json: str) -> Summary:
    """Return what :func:`summary_of` wrote."""
    return _DECODER.decode(json)


def shape_in(graded: Report, name: str, data: bytes) -> str:
    """Return what is the same for equal answers (:func:`harness.whole_class.shape.shape_of`); empty without one.

    Args:
        graded: The report, which says where the classes are.
        name: Of the file.
        data: What was handed in.
    """
    if graded.outcome is not Outcome.GRADED:
        return ""
    try:
        return shape_of(submission_from_bytes(name, data), graded.layers)
    except SubmissionError:
        return ""
