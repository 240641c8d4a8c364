"""What a class's rows are made into, all of it in one place, and what of it is told on the screen."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from harness.class_records import ClassHead, ClassRow
from harness.intake import Assigned, Unassigned
from harness.language import Language
from harness.records import Outcome, Record
from harness.render.class_summary import summary_md
from harness.render.dashboard import dashboard
from harness.whole_class.compare import Change, assignment_change, changes, csv_lines, score_text
from harness.whole_class.files import remove, write_chunks
from harness.whole_class.index import INDEX, Index, index_chunks
from harness.whole_class.outputs import (
    GRADEBOOKS,
    Gradebook,
    gradebook_name,
    left_out_of,
    write_gradebook,
    write_grades,
)
from harness.whole_class.similar import Groups, groups_of, similar_chunks
from harness.whole_class.store import Store
from harness.whole_class.summary import (
    Naming,
    by_heading,
    changes_lines,
    similar_lines,
    told_checks,
    undecided,
    undecided_lines,
)

__all__ = ["Results", "write_results"]

#: Changes and faults that are kept for the summary and the screen; files have all of them.
_MOST = 50


class Results(Record, frozen=True, kw_only=True):
    """What was written, in numbers and in the first of each list."""

    #: How many submissions came to what.
    outcomes: dict[Outcome, int]
    #: Names of the files in the folder, the first to look at first.
    files: list[str]
    naming: Naming
    #: The first of those that could not be graded.
    faults: list[ClassRow]
    undecided: list[Unassigned]
    #: The only submission, where it is a folder with many files of which none is the one to grade.
    lone: ClassRow | None
    #: The first of the changes.
    changed: list[Change]
    #: How many there are; None where nothing was compared.
    changes: int | None
    #: What is not the same about the assignment; empty where nothing is or was compared.
    assignment_change: str
    #: Of gradebooks that were filled in: platform, and the learners that have no row there.
    not_in_gradebook: list[tuple[str, Sequence[str]]]

    @property
    def some_not_graded(self) -> bool:
        """Whether something was handed in that has no mark: the grader failed, or nobody knows whose it is."""
        return bool(self.faults or self.undecided)

    def told(self, language: Language) -> str:
        """Return what happened, as a sentence."""
        text, outcomes = language.text, self.outcomes
        told = [text("submissions: {count}", count=sum(outcomes.values()))]
        told.append(text("graded: {count}", count=outcomes.get(Outcome.GRADED, 0)))
        if outcomes.get(Outcome.NOT_GRADABLE):
            told.append(text("nothing in it to grade, score 0: {count}", count=outcomes[Outcome.NOT_GRADABLE]))
        if outcomes.get(Outcome.GRADER_FAULT):
            told.append(text("could not be graded, no score: {count}", count=outcomes[Outcome.GRADER_FAULT]))
        return "; ".join(told)

    def lists(self, language: Language, most: int) -> Iterator[tuple[str, list[str], int]]:
        """Yield what needs a decision: a title, the first lines, and how many there are."""
        text, naming = language.text, self.naming
        if self.faults:
            lines = [f"{naming.of(row)}: {naming.reason(row)}" for row in self.faults]
            yield text("Could not be graded (no score)"), lines[:most], self.outcomes[Outcome.GRADER_FAULT]
        if self.lone is not None:
            told = text(
                "{file} was taken for one learner: if learners are in it, name that folder, unpacked",
                file=text("a folder") if naming.anonymous else self.lone.file,
            )
            yield text("Is it a whole class?"), [told], 1
        for title, found in by_heading(self.undecided, language):
            lines = [] if naming.anonymous else [one.text(language) for one in found[:most]]
            yield title, lines, len(found)
        for platform, learners in self.not_in_gradebook:
            lines = [] if naming.anonymous else [*learners[:most]]
            yield text("No row in the gradebook of {platform}", platform=platform), lines, len(learners)
        if self.changes is not None:
            lines = [_changed_line(one, naming, language) for one in self.changed[:most]]
            yield text("Changed since then"), [*filter(None, [self.assignment_change]), *lines], self.changes


def _changed_line(one: Change, naming: Naming, language: Language) -> str:
    scores = f"{score_text(one.before) or '-'} → {score_text(one.after) or '-'}"
    checks = told_checks(one, language)
    return f"{naming.of(one)}: {scores}" + (f"  ({checks})" if checks else "")


def write_results(
    out: str,
    head: ClassHead,
    store: Store,
    unassigned: Sequence[Unassigned],
    language: Language,
    *,
    assigned: Sequence[Assigned],
    gradebooks: Sequence[Gradebook],
    column: str,
    old: Index | None,
    similar: bool,
    anonymous: bool,
) -> Results:
    """Write everything but the reports and pages, which are there already.

    Raises:
        OutError: something cannot be written.
        UsageError: an exported gradebook does not fit.
    """

    def at(name: str) -> str:
        return os.path.join(out, name)

    naming = Naming(language, anonymous=anonymous)
    files = ["dashboard.html", "summary.md", "grades.csv", INDEX]
    left_out, waiting = [*left_out_of(unassigned)], undecided(unassigned)
    write_chunks(at(INDEX), index_chunks(head, store.rows(), left_out))
    write_grades(at("grades.csv"), head, store.rows(), unassigned, language)
    page = dashboard(head, store.rows, left_out, language, anonymous=anonymous)
    write_chunks(at("dashboard.html"), map(_encoded, page))
    not_in_gradebook = []
    for gradebook in gradebooks:
        missing = write_gradebook(out, gradebook, head, store.rows, assigned, column)
        files.append(gradebook_name(gradebook.platform))
        if missing:
            not_in_gradebook.append((gradebook.platform, missing))
    changed: list[Change] = []
    count: int | None = None
    other = ""
    if old is not None:
        count = _write_changes(at("changes.csv"), changes(old, head, store.rows()), changed)
        files.append("changes.csv")
        other = assignment_change(old, head, language)
    groups: Groups | None = None
    if similar:
        groups = groups_of(store.all())
        write_chunks(at("similar.json"), similar_chunks(groups, store.row))
        files.append("similar.json")

    def summary() -> Iterator[str]:
        yield from summary_md(head, store.rows, left_out, language, anonymous=anonymous).splitlines()
        yield ""
        yield from undecided_lines(waiting, language, naming)
        if groups is not None:
            yield from similar_lines(groups, store.rows, language, naming)
        if count is not None:
            yield from changes_lines(changed, count, other, language, naming)

    write_chunks(at("summary.md"), [_encoded("\n".join(summary()).rstrip("\n") + "\n")])
    # Nothing in the folder is older than the marks.
    for name in {"changes.csv", "similar.json", *map(gradebook_name, GRADEBOOKS)}.difference(files):
        remove(at(name))
    return Results(
        outcomes=Counter(row.outcome for row in store.rows()),
        files=files,
        naming=naming,
        faults=[*islice((row for row in store.rows() if row.outcome is Outcome.GRADER_FAULT), _MOST)],
        undecided=waiting,
        lone=_lone(store),
        changed=changed,
        changes=count,
        assignment_change=other,
        not_in_gradebook=not_in_gradebook,
    )


def _lone(store: Store) -> ClassRow | None:
    found = [*islice(store.rows(), 2)]
    is_lone = len(found) == 1 and found[0].reason is not None and found[0].reason.code == "TWO-CANDIDATES"
    return found[0] if is_lone else None


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _write_changes(path: str, found: Iterator[Change], first: list[Change]) -> int:
    """Write all changes, put the first of them into ``first``, and return how many there are."""
    count = 0

    def noted() -> Iterator[Change]:
        nonlocal count
        for one in found:
            count += 1
            if len(first) < _MOST:
                first.append(one)
            yield one

    write_chunks(path, map(_encoded, csv_lines(noted())))
    return count
