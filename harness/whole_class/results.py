"""What a class's rows are made into, all of it in one place, and what of it is told on the screen."""

import itertools
import os
from collections.abc import Iterator, Sequence

from harness.class_records import ClassHead, ClassRow
from harness.intake import Unassigned
from harness.language import Language
from harness.records import Outcome, Record
from harness.render.numbers import points
from harness.whole_class.compare import Change, changes, csv_lines, score_text
from harness.whole_class.files import write_chunks
from harness.whole_class.index import INDEX, Index, index_chunks
from harness.whole_class.outputs import Gradebook, left_out_of, write_gradebook, write_grades
from harness.whole_class.similar import groups_of, similar_chunks
from harness.whole_class.store import Store
from harness.whole_class.summary import Counts, Naming, counted, summary_lines, told_checks, undecided

__all__ = ["Results", "write_results"]

#: Changes and faults that are kept for the summary and the screen; files have all of them.
_MOST = 50


class Results(Record, frozen=True, kw_only=True):
    """What was written, in numbers and in the first of each list."""

    head: ClassHead
    counts: Counts
    #: Names of the files in the folder, the first to look at first.
    files: list[str]
    naming: Naming
    faults: list[tuple[int, ClassRow]]
    undecided: list[Unassigned]
    changed: list[Change]
    #: How many there are; None where nothing was compared.
    changes: int | None
    #: Of gradebooks that were filled in: platform, and the learners that have no row there.
    not_in_gradebook: list[tuple[str, Sequence[str]]]

    @property
    def some_not_graded(self) -> bool:
        """Whether something was handed in that has no mark: the grader failed, or nobody knows whose it is."""
        return bool(self.faults or self.undecided)

    def told(self, language: Language) -> Iterator[str]:
        """Yield what happened, as sentences."""
        text, counts, outcomes = language.text, self.counts, self.counts.outcomes
        told = [text("{count} graded", count=counts.graded)]
        if outcomes.get(Outcome.NOT_GRADABLE):
            told.append(text("{count} with nothing to grade (score 0)", count=outcomes[Outcome.NOT_GRADABLE]))
        if outcomes.get(Outcome.GRADER_FAULT):
            told.append(text("{count} that could not be graded (no score)", count=outcomes[Outcome.GRADER_FAULT]))
        total = sum(outcomes.values())
        yield text("{count} submissions: {outcomes}", count=total, outcomes=", ".join(told))
        if counts.scores:
            yield text(
                "mean score {mean}, median {median}, of {most} points",
                mean=points(round(counts.mean, 1)),
                median=points(counts.median),
                most=points(self.head.max_score),
            )

    def lists(self, language: Language, most: int) -> Iterator[tuple[str, list[str], int]]:
        """Yield what needs a decision: a title, the first lines, and how many there are."""
        text, naming = language.text, self.naming
        if self.faults:
            lines = [f"{naming.of(number, row.learner, row.name)}: {naming.reason(row)}" for number, row in self.faults]
            yield text("Could not be graded (no score)"), lines[:most], self.counts.outcomes[Outcome.GRADER_FAULT]
        if self.undecided:
            lines = [] if naming.anonymous else [one.text(language) for one in self.undecided[:most]]
            yield text("Not graded: whose is it?"), lines, len(self.undecided)
        for platform, learners in self.not_in_gradebook:
            lines = [] if naming.anonymous else [*learners[:most]]
            yield text("No row in the gradebook of {platform}", platform=platform), lines, len(learners)
        if self.changes is not None:
            lines = [_changed_line(one, naming, language) for one in self.changed[:most]]
            yield text("Changed since then"), lines, self.changes


def _changed_line(one: Change, naming: Naming, language: Language) -> str:
    scores = f"{score_text(one.before) or '-'} → {score_text(one.after) or '-'}"
    checks = told_checks(one, language)
    return f"{naming.of(one.number, one.learner, one.name)}: {scores}" + (f"  ({checks})" if checks else "")


def write_results(
    out: str,
    head: ClassHead,
    store: Store,
    unassigned: Sequence[Unassigned],
    language: Language,
    *,
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
    files = ["summary.md", "grades.csv"]
    write_chunks(at(INDEX), index_chunks(head, store.rows(), left_out_of(unassigned)))
    write_grades(at("grades.csv"), head, store.rows(), unassigned, language)
    not_in_gradebook = []
    for gradebook in gradebooks:
        missing = write_gradebook(out, gradebook, head, store.rows, column)
        files.append(f"gradebook-{gradebook.platform}.csv")
        if missing:
            not_in_gradebook.append((gradebook.platform, missing))
    changed: list[Change] = []
    count = None
    if old is not None:
        count = 0

        def noted() -> Iterator[Change]:
            nonlocal count
            for one in changes(old, head, store.rows()):
                count = (count or 0) + 1
                if len(changed) < _MOST:
                    changed.append(one)
                yield one

        write_chunks(at("changes.csv"), (line.encode() for line in csv_lines(noted())))
        files.append("changes.csv")
    groups = None
    if similar:
        groups = groups_of(store.all())
        write_chunks(at("similar.json"), similar_chunks(groups, store.row))
        files.append("similar.json")
    counts = counted(head, store.rows())
    lines = summary_lines(
        head,
        store.rows,
        counts,
        unassigned,
        language,
        naming,
        similar=groups,
        changed=changed,
        changes=count,
    )
    write_chunks(at("summary.md"), (f"{line}\n".encode() for line in lines))
    faults = ((number, row) for number, row in enumerate(store.rows(), 1) if row.outcome is Outcome.GRADER_FAULT)
    return Results(
        head=head,
        counts=counts,
        files=[*files, INDEX],
        naming=naming,
        faults=[*itertools.islice(faults, _MOST)],
        undecided=[*undecided(unassigned)],
        changed=changed,
        changes=count,
        not_in_gradebook=not_in_gradebook,
    )
