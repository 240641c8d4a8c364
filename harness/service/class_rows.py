"""A class as the dashboard and gradebooks want it: one row for each learner."""

from collections.abc import Callable, Iterable, Iterator

import msgspec
import sqlalchemy as sa

from harness.class_records import ClassHead, ClassRow, LeftOut, class_check
from harness.escape import plain
from harness.records import Outcome, Report, Verdict, Warn
from harness.render.gradebook import Mark
from harness.service.schema import grade, report, submission
from harness.service.store.looking import Grade
from harness.service.store.standings import Standing
from harness.service.store.summing import read_summary

__all__ = ["class_head", "class_rows", "left_out", "marks"]


def class_head(connection: sa.Connection, assignment_id: str, title: str) -> ClassHead | None:
    """Return what the class is graded against: that of the newest report. None when nothing is graded."""
    newest = (
        sa.select(report.c.json)
        .join(grade, grade.c.report_id == report.c.id)
        .join(submission, submission.c.id == grade.c.submission_id)
        .where(submission.c.assignment_id == assignment_id, grade.c.outcome == Outcome.GRADED.value)
        .order_by(grade.c.at.desc())
        .limit(1)
    )
    data = connection.execute(newest).scalar()
    if data is None:
        return None
    found = msgspec.json.decode(data, type=Report)
    return ClassHead(
        assignment=found.assignment,
        title=title,
        seed=found.seed,
        max_score=found.max_score,
        checks=[class_check(one, one.max_score) for one in found.checks],
        isolation=found.isolation,
        versions=found.versions,
    )


def class_rows(standings: Iterable[Standing], head: ClassHead) -> Iterator[ClassRow]:
    """Yield the rows of those who have a grade, with links as seen from the class's page."""
    for one in standings:
        if one.grade is not None:
            yield _row(one, one.grade, head)


def _row(one: Standing, graded: Grade, head: ClassHead) -> ClassRow:
    told, outcome = read_summary(one.summary), Outcome(graded.outcome)
    is_graded = outcome is Outcome.GRADED
    return ClassRow(
        learner=plain(one.login, 200),
        name=plain(one.name, 200),
        email=plain(one.email or "", 320),
        file=plain(one.file, 255),
        late=one.is_late,
        attempt=one.number,
        sha256=one.sha256,
        outcome=outcome,
        score=graded.score,
        # A check that an older revision did not have is waiting for a regrade.
        verdicts=[told.verdicts.get(check.id, Verdict.BLOCKED) for check in head.checks] if is_graded else [],
        codes=told.codes if is_graded else [],
        reason=None if is_graded else told.reason or Warn(code=outcome.value.upper(), line=None, message=""),
        report="",
        page=f"../../submissions/{one.submission_id}",
    )


def marks(standings: Iterable[Standing], max_score: float, note: Callable[[Standing], str]) -> Iterator[Mark]:
    """Yield the mark of every learner; without a score, and with ``max_score``, for those who have no grade."""
    for one in standings:
        yield Mark(
            learner=one.login,
            name=one.name,
            email=one.email or "",
            score=None if one.grade is None else one.grade.score,
            max_score=max_score if one.grade is None else one.grade.max_score,
            late=one.is_late,
            note=note(one),
        )


def left_out(standings: Iterable[Standing]) -> Iterator[LeftOut]:
    """Yield the learners who handed nothing in."""
    for one in standings:
        if one.grade is None and not one.status:
            name = plain(f"{one.name} ({one.external_id})" if one.external_id else one.name, 400)
            yield LeftOut(reason="missing", entry="", learners=[name], message=f"no submission: {name}")
