"""What ``summary.md`` says beside the figures of a class: what needs a decision, who wrote the same, what changed."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from harness.class_records import ClassRow
from harness.intake import Reason, Unassigned
from harness.language import Language
from harness.render.markdown import as_text
from harness.render.numbers import points
from harness.whole_class.compare import Change, score_text
from harness.whole_class.similar import Groups

__all__ = ["Naming", "by_heading", "changes_lines", "similar_lines", "told_checks", "undecided", "undecided_lines"]

#: Lines of one list: a page is read, the files beside it have everything.
_MOST = 50
#: Learners named of each group of the same code.
_NAMED = 5
#: What needs nobody's decision.
_EXPECTED = frozenset({Reason.MISSING, Reason.OLDER, Reason.NOT_CODE, Reason.FEEDBACK, Reason.SYSTEM})


#: Of these nobody asks whose they are.
_NOT_READ = frozenset({Reason.UNSAFE, Reason.ABSENT})


def undecided(unassigned: Iterable[Unassigned]) -> list[Unassigned]:
    """Return what was handed in and is graded for nobody until somebody does something about it."""
    return [one for one in unassigned if one.reason not in _EXPECTED]


def by_heading(found: Sequence[Unassigned], language: Language) -> Iterator[tuple[str, list[Unassigned]]]:
    """Yield what is undecided under headings that say what is wanted; none is without a line."""
    whose = [one for one in found if one.reason not in _NOT_READ]
    unread = [one for one in found if one.reason in _NOT_READ]
    if whose:
        yield language.text("Not graded: whose is it?"), whose
    if unread:
        yield language.text("Not read"), unread


class Naming:
    """How learners are called: as they are, or not at all."""

    def __init__(self, language: Language, *, anonymous: bool) -> None:
        self._language, self.anonymous = language, anonymous

    def of(self, row: ClassRow | Change) -> str:
        """Return what to call a learner."""
        if self.anonymous:
            return self._language.text("a learner")
        return row.learner if row.name in {"", row.learner} else f"{row.name} ({row.learner})"

    def reason(self, row: ClassRow) -> str:
        """Return why a row was not graded; without names only the code, as the sentence has the file's name in it."""
        if row.reason is None:
            return ""
        if self.anonymous:
            return row.reason.code
        return ". ".join(self._language.sentences(row.reason.said)) or row.reason.message


def undecided_lines(found: Sequence[Unassigned], language: Language, naming: Naming) -> Iterator[str]:
    """Yield sections on what was graded for nobody; an anonymous page only counts, as a file's name is a learner's."""
    text = language.text
    for title, here in by_heading(found, language):
        yield f"### {as_text(title)}"
        yield ""
        if naming.anonymous:
            yield as_text(text("{count}, listed in report.json", count=len(here)))
        else:
            yield from (f"- {as_text(one.text(language))}" for one in here[:_MOST])
            if len(here) > _MOST:
                yield f"- {as_text(text('and {count} more', count=len(here) - _MOST))}"
        yield ""


def similar_lines(
    similar: Groups, rows: Callable[[], Iterable[ClassRow]], language: Language, naming: Naming
) -> Iterator[str]:
    """Yield the section on who wrote the same code."""
    text = language.text
    yield f"### {as_text(text('The same code'))}"
    yield ""
    yield as_text(
        text(
            "Names, comments and layout aside. A short exercise has few right answers, so most of a class writes the "
            "same one: this says how many did, and nothing about how."
        )
    )
    yield ""
    if not similar.groups:
        yield as_text(text("no two are the same"))
        yield ""
        return
    shown = similar.groups[:_MOST]
    wanted = set[int]() if naming.anonymous else {place for group in shown for place in group.places[:_NAMED]}
    names = {place: naming.of(row) for place, row in enumerate(rows()) if place in wanted} if wanted else {}
    learners = "" if naming.anonymous else f" {text('learners')} |"
    yield f"| {text('submissions')} | {text('share of the class')} | {text('score')} |{learners}"
    yield "|---:|---:|---:|" + "---|" * bool(learners)
    for group in shown:
        count = len(group.places)
        score = "-" if group.score is None else points(group.score)
        who = ", ".join(names[place] for place in group.places[:_NAMED] if place in names)
        if count > _NAMED:
            who += ", " + text("and {count} more", count=count - _NAMED)
        share = f"{round(100 * count / similar.compared)}%"
        yield f"| {count} | {share} | {score} |" + (f" {as_text(who)} |" if learners else "")
    yield ""
    if len(similar.groups) > _MOST:
        yield as_text(text("{count} groups in all, listed in similar.json", count=len(similar.groups)))
        yield ""


def changes_lines(
    changed: Sequence[Change], count: int, assignment: str, language: Language, naming: Naming
) -> Iterator[str]:
    """Yield the section on what changed, of which the first are given and ``count`` are there.

    Args:
        changed: The first of the changes.
        count: How many there are.
        assignment: What is not the same about the assignment.
        language: Of the words.
        naming: How learners are called.
    """
    text = language.text
    yield f"### {as_text(text('Changed since then'))}"
    yield ""
    if assignment:
        yield as_text(assignment)
        yield ""
    if not count:
        yield as_text(text("nothing changed"))
        yield ""
        return
    yield f"| {text('learner')} | {text('before')} | {text('now')} | {text('checks')} |"
    yield "|---|---:|---:|---|"
    for one in changed[:_MOST]:
        yield (
            f"| {as_text(naming.of(one))} | {score_text(one.before)} | {score_text(one.after)} "
            f"| {as_text(told_checks(one, language))} |"
        )
    yield ""
    if count > _MOST:
        yield as_text(text("{count} changes in all, listed in changes.csv", count=count))
        yield ""


def told_checks(change: Change, language: Language) -> str:
    """Return which checks have another verdict, or that somebody is new or gone."""
    if change.before is None:
        return language.text("new")
    if change.after is None:
        return language.text("gone")
    return ", ".join(f"{check}: {before or '-'} → {after or '-'}" for check, before, after in change.checks)
