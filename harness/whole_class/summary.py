"""``summary.md``: a class on one page, for a job summary, a wiki or a mail."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from harness.class_records import ClassHead, ClassRow
from harness.intake import Reason, Unassigned
from harness.language import Language
from harness.records import Outcome, Record, Verdict
from harness.render.markdown import escaped
from harness.render.numbers import points
from harness.whole_class.compare import Change, score_text
from harness.whole_class.similar import Groups

__all__ = ["Counts", "Naming", "counted", "summary_lines", "undecided"]

#: Lines of one list: a page is read, the files beside it have everything.
_MOST = 50
#: What needs nobody's decision.
_EXPECTED = frozenset({Reason.MISSING, Reason.OLDER, Reason.NOT_CODE, Reason.FEEDBACK, Reason.SYSTEM})


class Counts(Record, frozen=True, kw_only=True):
    """A class in numbers."""

    outcomes: dict[Outcome, int]
    #: Scores of what was graded, sorted.
    scores: "array[float]"
    #: For each check of the head, how many passed it.
    passed: list[int]
    #: Submissions in which a mistake is a root cause.
    codes: dict[str, int]

    @property
    def graded(self) -> int:
        """Submissions with verdicts."""
        return self.outcomes.get(Outcome.GRADED, 0)

    @property
    def mean(self) -> float:
        """Of the scores; 0 where there are none."""
        return sum(self.scores) / len(self.scores) if self.scores else 0.0

    @property
    def median(self) -> float:
        """Of the scores; 0 where there are none."""
        count = len(self.scores)
        return (self.scores[(count - 1) // 2] + self.scores[count // 2]) / 2 if count else 0.0


def counted(head: ClassHead, rows: Iterable[ClassRow]) -> Counts:
    """Count a class in one pass."""
    outcomes: Counter[Outcome] = Counter()
    codes: Counter[str] = Counter()
    passed = [0] * len(head.checks)
    scores = array("d")
    for row in rows:
        outcomes[row.outcome] += 1
        codes.update(set(row.codes))
        if row.outcome is Outcome.GRADED and row.score is not None:
            scores.append(row.score)
            for place, verdict in enumerate(row.verdicts):
                passed[place] += verdict is Verdict.PASSED
    return Counts(outcomes=outcomes, scores=array("d", sorted(scores)), passed=passed, codes=codes)


def undecided(unassigned: Iterable[Unassigned]) -> Iterator[Unassigned]:
    """Yield what was handed in and graded for nobody, until somebody says whose it is."""
    return (one for one in unassigned if one.reason not in _EXPECTED)


class Naming:
    """How learners are called: by name, or by their number in the class."""

    def __init__(self, language: Language, *, anonymous: bool) -> None:
        self._language, self.anonymous = language, anonymous

    def of(self, number: int | None, learner: str, name: str) -> str:
        """Return what to call a learner; ``number`` counts from 1, and is null for one who is not in the class."""
        text = self._language.text
        if self.anonymous:
            return text("nobody of this class") if number is None else text("learner {number}", number=number)
        return learner if name in {"", learner} else f"{name} ({learner})"

    def reason(self, row: ClassRow) -> str:
        """Return why a row was not graded; without names only the code, as the sentence has the file's name in it."""
        if row.reason is None:
            return ""
        if self.anonymous:
            return row.reason.code
        return ". ".join(self._language.sentences(row.reason)) or row.reason.message


def summary_lines(
    head: ClassHead,
    rows: Callable[[], Iterable[ClassRow]],
    counts: Counts,
    unassigned: Sequence[Unassigned],
    language: Language,
    naming: Naming,
    *,
    similar: Groups | None = None,
    changed: Sequence[Change] = (),
    changes: int | None = None,
) -> Iterator[str]:
    """Yield the lines of ``summary.md``.

    Args:
        rows: Gives the rows in order, each time it is called.
        unassigned: As the intake has it.
        changed: The first of the changes.
        changes: How many there are; None where nothing was compared.
    """
    text = language.text
    yield f"# {escaped(head.title)}"
    yield ""
    about = text("{id} version {version}, seed {seed}", id=head.assignment.id, version=head.assignment.version,
                 seed=head.seed)  # fmt: skip
    level = text("isolation {level}", level=head.isolation.level) if head.isolation else ""
    yield escaped(", ".join(filter(None, [about, level, f"dout {head.versions.dout}"])))
    yield ""
    yield from _numbers(head, counts, language)
    yield from _checks(head, counts, language)
    yield from _mistakes(counts, language)
    for outcome, title in (
        (Outcome.GRADER_FAULT, text("Could not be graded (no score)")),
        (Outcome.NOT_GRADABLE, text("Nothing in it could be graded (score 0)")),
    ):
        if counts.outcomes.get(outcome):
            found = (
                f"{naming.of(number, row.learner, row.name)}: {naming.reason(row)}"
                for number, row in enumerate(rows(), 1)
                if row.outcome is outcome
            )
            yield from _listed(title, found, counts.outcomes[outcome], language)
    yield from _left_out(unassigned, language, naming)
    if similar is not None:
        yield from _similar(similar, rows, language, naming)
    if changes is not None:
        yield from _changes(changed, changes, language, naming)


def _numbers(head: ClassHead, counts: Counts, language: Language) -> Iterator[str]:
    text = language.text
    most = points(head.max_score)
    yield "| | |"
    yield "|---|---:|"
    yield f"| {text('submissions')} | {sum(counts.outcomes.values())} |"
    yield f"| {text('graded')} | {counts.graded} |"
    if counts.scores:
        full = sum(score == head.max_score for score in counts.scores)
        yield f"| {text('all points')} | {full} |"
        yield f"| {text('mean score')} | {points(round(counts.mean, 1))}/{most} |"
        yield f"| {text('median score')} | {points(counts.median)}/{most} |"
    yield ""


def _checks(head: ClassHead, counts: Counts, language: Language) -> Iterator[str]:
    if not counts.graded:
        return
    text = language.text
    yield f"## {text('Checks')}"
    yield ""
    yield f"| {text('check')} | {text('what it wants')} | {text('passed')} |"
    yield "|---|---|---:|"
    for check, passed in zip(head.checks, counts.passed, strict=True):
        wanted = check.titles.get(language.code, check.title)
        yield f"| {escaped(check.id)} | {escaped(wanted)} | {passed} ({_percent(passed, counts.graded)}) |"
    yield ""


def _mistakes(counts: Counts, language: Language) -> Iterator[str]:
    if not counts.codes:
        return
    text = language.text
    yield f"## {text('Mistakes')}"
    yield ""
    yield f"| {text('mistake')} | {text('submissions')} |"
    yield "|---|---:|"
    for code, count in sorted(counts.codes.items(), key=lambda one: (-one[1], one[0]))[:_MOST]:
        yield f"| {escaped(code)} | {count} ({_percent(count, counts.graded)}) |"
    yield ""
    yield escaped(text("`dout explain CODE` says what a mistake is.")).replace("\\`", "`")
    yield ""


def _percent(part: int, whole: int) -> str:
    return f"{round(100 * part / whole)} %"


def _listed(title: str, found: Iterable[str], count: int, language: Language) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    for _, line in zip(range(_MOST), found, strict=False):
        yield f"- {escaped(line)}"
    if count > _MOST:
        yield f"- {language.text('and {count} more', count=count - _MOST)}"
    yield ""


def _left_out(unassigned: Sequence[Unassigned], language: Language, naming: Naming) -> Iterator[str]:
    text = language.text
    open_ones = [*undecided(unassigned)]
    others = [one for one in unassigned if one.reason in _EXPECTED]
    for title, found in (
        (text("Not graded: whose is it?"), open_ones),
        (text("Left out"), others),
    ):
        if not found:
            continue
        if naming.anonymous:
            # Names of files say who handed them in.
            yield f"## {title}"
            yield ""
            yield text("{count}, listed in report.json", count=len(found))
            yield ""
        else:
            yield from _listed(title, (one.text(language) for one in found), len(found), language)


def _similar(
    similar: Groups, rows: Callable[[], Iterable[ClassRow]], language: Language, naming: Naming
) -> Iterator[str]:
    text = language.text
    yield f"## {text('The same code')}"
    yield ""
    yield escaped(
        text(
            "Names, comments and layout aside. A short exercise has few right answers, so most of a class writes the "
            "same one: this says how many did, and nothing about how."
        )
    )
    yield ""
    shown = similar.groups[:_MOST]
    wanted = {place for group in shown for place in group.places[:5]}
    names = {place: naming.of(place + 1, row.learner, row.name) for place, row in enumerate(rows()) if place in wanted}
    yield f"| {text('submissions')} | {text('share of the class')} | {text('score')} | {text('learners')} |"
    yield "|---:|---:|---:|---|"
    for group in shown:
        count = len(group.places)
        who = ", ".join(names[place] for place in group.places[:5])
        if count > 5:
            who += ", " + text("and {count} more", count=count - 5)
        score = "-" if group.score is None else points(group.score)
        yield f"| {count} | {_percent(count, similar.compared)} | {score} | {escaped(who)} |"
    yield ""
    if len(similar.groups) > _MOST:
        yield escaped(text("{count} groups in all, listed in similar.json", count=len(similar.groups)))
        yield ""


def _changes(changed: Sequence[Change], count: int, language: Language, naming: Naming) -> Iterator[str]:
    text = language.text
    yield f"## {text('Changed since then')}"
    yield ""
    if not count:
        yield text("nothing changed")
        yield ""
        return
    yield f"| {text('learner')} | {text('before')} | {text('now')} | {text('checks')} |"
    yield "|---|---:|---:|---|"
    for one in changed[:_MOST]:
        name = naming.of(one.number, one.learner, one.name)
        yield (
            f"| {escaped(name)} | {score_text(one.before)} | {score_text(one.after)} "
            f"| {escaped(told_checks(one, language))} |"
        )
    yield ""
    if count > _MOST:
        yield escaped(text("{count} changes in all, listed in changes.csv", count=count))
        yield ""


def told_checks(change: Change, language: Language) -> str:
    """Return which checks have another verdict, or that somebody is new or gone."""
    if change.before is None:
        return language.text("new")
    if change.after is None:
        return language.text("gone")
    return ", ".join(f"{check}: {before or '-'} → {after or '-'}" for check, before, after in change.checks)
