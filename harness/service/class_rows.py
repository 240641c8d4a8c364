"""A class as the dashboard, gradebooks and groups of equal answers want it: one row for each learner, read in parts."""

from collections import OrderedDict
from collections.abc import Callable, Iterator

import msgspec
import sqlalchemy as sa

from harness.class_records import ClassCheck, ClassHead, ClassRow, LeftOut
from harness.escape import plain
from harness.records import CheckResult, LayerScore, Outcome, Record, Report, Verdict, Warn
from harness.render.causes import causes
from harness.render.gradebook import Mark
from harness.service.schema import grade, report, submission
from harness.service.store.overseeing import Standing, standings

__all__ = ["ClassRows", "Told", "left_out", "marks"]

#: Reports that are remembered by what a row needs of them: a few hundred bytes each.
_MOST_KNOWN = 20_000


class Told(Record, frozen=True, kw_only=True):
    """What a row needs of a report. A report never changes, so it is read once."""

    verdicts: dict[str, Verdict]
    codes: list[str]
    reason: Warn | None
    layers: list[LayerScore]


class _Stored(msgspec.Struct):
    checks: list[CheckResult]
    warnings: list[Warn]
    layers: list[LayerScore]


class ClassRows:
    """The rows of assignments, with a memory of reports."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Told] = OrderedDict()

    def head(self, connection: sa.Connection, assignment_id: str, title: str) -> ClassHead | None:
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
        checks = [
            ClassCheck(
                id=one.id,
                layer=one.layer,
                title=one.title,
                titles=one.titles,
                max_score=one.max_score,
                visibility=one.visibility,
            )
            for one in found.checks
        ]
        return ClassHead(
            assignment=found.assignment,
            title=title,
            seed=found.seed,
            max_score=found.max_score,
            checks=checks,
            isolation=found.isolation,
            versions=found.versions,
        )

    def rows(
        self, connection: sa.Connection, course_id: str, assignment_id: str, head: ClassHead
    ) -> Iterator[ClassRow]:
        """Yield the rows of those who have a grade, with links as seen from the class's page."""
        for some in standings(connection, course_id, assignment_id):
            told = self.told(connection, some)
            for one in some:
                if one.grade is not None:
                    yield _row(one, told[one.grade.report_id], head)

    def told(self, connection: sa.Connection, some: list[Standing]) -> dict[str, Told]:
        """Return what reports say, by their ids."""
        wanted = [one.grade.report_id for one in some if one.grade is not None]
        missing = [one for one in wanted if one not in self._known]
        if missing:
            for row in connection.execute(sa.select(report).where(report.c.id.in_(missing))):
                self._known[row.id] = _told(msgspec.json.decode(row.json, type=_Stored))
        found = {one: self._known[one] for one in wanted}
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return found


def _told(stored: _Stored) -> Told:
    return Told(
        verdicts={one.id: one.verdict for one in stored.checks},
        codes=[cause.first.code for cause in causes(stored.checks) if cause.first.code],
        reason=stored.warnings[0] if stored.warnings else None,
        layers=stored.layers,
    )


def _row(one: Standing, told: Told, head: ClassHead) -> ClassRow:
    assert one.grade is not None, "only those who have a grade have a row"
    outcome = Outcome(one.grade.outcome)
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
        score=one.grade.score,
        # A check that an older revision did not have is waiting for a regrade.
        verdicts=[told.verdicts.get(check.id, Verdict.BLOCKED) for check in head.checks] if is_graded else [],
        codes=told.codes if is_graded else [],
        reason=None if is_graded else told.reason or Warn(code=outcome.value.upper(), line=None, message=""),
        report="",
        page=f"../../submissions/{one.submission_id}",
    )


def marks(
    connection: sa.Connection, course_id: str, assignment_id: str, max_score: float, note: Callable[[Standing], str]
) -> Iterator[Mark]:
    """Yield the mark of every learner; without a score, and with ``max_score``, for those who have no grade."""
    for some in standings(connection, course_id, assignment_id):
        for one in some:
            yield Mark(
                learner=one.login,
                name=one.name,
                email=one.email or "",
                score=None if one.grade is None else one.grade.score,
                max_score=max_score if one.grade is None else one.grade.max_score,
                late=one.is_late,
                note=note(one),
            )


def left_out(connection: sa.Connection, course_id: str, assignment_id: str) -> list[LeftOut]:
    """Return the learners without a grade, each with why."""
    found = []
    for some in standings(connection, course_id, assignment_id):
        for one in some:
            if one.grade is None and not one.status:
                name = plain(f"{one.name} ({one.external_id})" if one.external_id else one.name, 400)
                found.append(LeftOut(reason="missing", entry="", learners=[name], message=f"no submission: {name}"))
    return found
