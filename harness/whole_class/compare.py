"""What changed for whom since the class was graded before."""

from collections.abc import Iterable, Iterator

from harness.class_records import ClassHead, ClassRow
from harness.language import Language
from harness.records import Outcome, Record, Verdict
from harness.render.gradebook import csv_text, safe_cell
from harness.render.numbers import points
from harness.whole_class.index import Index, IndexRow

__all__ = ["Change", "assignment_change", "changes", "csv_lines", "score_text"]


class Change(Record, frozen=True, kw_only=True):
    """One learner for whom something is not as it was."""

    learner: str
    name: str
    #: Null where there is no submission.
    before: IndexRow | None
    after: ClassRow | None
    #: Check, verdict before, verdict after; null where there was none.
    checks: tuple[tuple[str, Verdict | None, Verdict | None], ...] = ()


def changes(old: Index, head: ClassHead, rows: Iterable[ClassRow]) -> Iterator[Change]:
    """Yield every change: learners in the order of the class, then those who are not in it any more."""
    before = {row.learner: row for row in old.rows}
    ids_before = [check.id for check in old.checks]
    ids_after = [check.id for check in head.checks]
    for row in rows:
        was = before.pop(row.learner, None)
        checks = () if was is None else _checks(ids_before, was, ids_after, row)
        if was is None or checks or (was.score, was.outcome) != (row.score, row.outcome):
            yield Change(learner=row.learner, name=row.name, before=was, after=row, checks=checks)
    for was in before.values():
        yield Change(learner=was.learner, name=was.name, before=was, after=None)


def _checks(
    ids_before: list[str], was: IndexRow, ids_after: list[str], row: ClassRow
) -> tuple[tuple[str, Verdict | None, Verdict | None], ...]:
    if not (was.outcome is row.outcome is Outcome.GRADED):
        return ()
    before = dict(zip(ids_before, was.verdicts, strict=False))
    after = dict(zip(ids_after, row.verdicts, strict=False))
    return tuple(
        (check, before.get(check), after.get(check))
        for check in dict.fromkeys([*after, *before])
        if before.get(check) != after.get(check)
    )


def score_text(row: IndexRow | ClassRow | None) -> str:
    """Return a score as it is shown; nothing where there is no submission, a dash where it was not graded."""
    if row is None:
        return ""
    return "-" if row.score is None else points(row.score)


def assignment_change(old: Index, head: ClassHead, language: Language) -> str:
    """Return what is not the same about the assignment, so that nobody takes other points for other work."""
    if (old.assignment, old.max_score) == (head.assignment, head.max_score):
        return ""
    before, now = (
        language.text("{id} version {version}, {points} points", id=one.assignment.id, version=one.assignment.version,
                      points=points(one.max_score))
        for one in (old, head)
    )  # fmt: skip
    if before == now:
        return language.text("The assignment has changed, but its version has not: {now}.", now=now)
    return language.text("The assignment: {before} → {now}.", before=before, now=now)


def csv_lines(found: Iterable[Change]) -> Iterator[str]:
    """Yield ``changes.csv`` line by line."""
    yield csv_text([["learner", "name", "change", "score_before", "score_after", "checks"]])
    for one in found:
        kind = "new" if one.before is None else "gone" if one.after is None else "changed"
        checks = "; ".join(f"{check}: {before or 'none'} -> {after or 'none'}" for check, before, after in one.checks)
        cells = [one.learner, one.name, kind, *("" if row is None or row.score is None else points(row.score)
                 for row in (one.before, one.after)), checks]  # fmt: skip
        yield csv_text([[safe_cell(cell) for cell in cells]])
