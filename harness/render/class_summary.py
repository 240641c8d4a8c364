"""A short summary of a class as GitHub-flavoured Markdown, for a job summary or an e-mail."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from harness.class_records import ClassHead, ClassRow, LeftOut
from harness.escape import plain
from harness.language import Language
from harness.records import Outcome
from harness.render.class_page.checks import correlation, title
from harness.render.class_page.figures import Figures, figures, percent
from harness.render.class_page.mistakes import told
from harness.render.class_page.ungraded import NO_SCORE, left_out_words, reasons
from harness.render.markdown import as_code, as_text
from harness.render.numbers import points
from harness.render.phrases import parted

__all__ = ["summary_md"]

#: Rows of each table, and names under each heading: what is read at a glance.
_ROWS = 5
_NAMES = 20


def summary_md(
    head: ClassHead,
    rows: Callable[[], Iterable[ClassRow]],
    left_out: Sequence[LeftOut],
    language: Language,
    *,
    anonymous: bool,
) -> str:
    """Return the summary, which ends in a newline.

    Args:
        head: Of the class.
        rows: Called up to twice; iterates over the same rows in the same order each time.
        left_out: What was assigned to nobody.
        language: Of the words.
        anonymous: Count where learners would be named.
    """
    found = figures(head, rows())
    lines = [
        *_headline(head, found, language),
        *_checks(found, language),
        *_mistakes(found, language),
        *_ungraded(rows, found, language, anonymous=anonymous),
        *_left_out(left_out, language),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _headline(head: ClassHead, found: Figures, language: Language) -> Iterator[str]:
    text = language.text
    yield f"## {as_text(plain(head.title))}"
    yield ""
    said = [text("graded: {count} of {most}", count=found.graded, most=found.learners)]
    if found.not_gradable:
        said.append(f"{text('could not be graded')}: {sum(found.not_gradable.values())}")
    if found.faults:
        said.append(f"{text('no score')}: {found.faults}")
    if found.median is not None and found.mean is not None:
        most = points(head.max_score)
        said.append(f"{text('median')}: {points(round(found.median, 1))}/{most}")
        said.append(f"{text('mean')}: {points(round(found.mean, 1))}/{most}")
        said.append(f"{text('full marks')}: {found.full} ({percent(found.full, found.graded)}%)")
    yield from (f"- {as_text(one)}" for one in said)
    yield ""


def _checks(found: Figures, language: Language) -> Iterator[str]:
    """Yield the checks that fewest passed; nothing where everyone passed all."""
    text = language.text
    hardest = [one for one in sorted(found.checks, key=lambda one: one.passed) if one.passed < found.graded][:_ROWS]
    if not hardest:
        return
    yield f"### {text('Checks, the hardest first')}"
    yield ""
    yield f"| {text('check')} | {text('passed')} | {text('discrimination')} | {text('what it wants')} |"
    yield "|---|---:|---:|---|"
    for one in hardest:
        value = "\N{EM DASH}" if one.discrimination is None else correlation(one.discrimination)
        share = f"{percent(one.passed, one.count)}%"
        yield f"| {as_code(one.check.id)} | {share} | {value} | {as_text(title(one.check, language))} |"
    yield ""


def _mistakes(found: Figures, language: Language) -> Iterator[str]:
    text = language.text
    if not found.mistakes:
        return
    yield f"### {text('Commonest mistakes')}"
    yield ""
    yield f"| {text('mistake')} | {text('learners')} | % | |"
    yield "|---|---:|---:|---|"
    for one in found.mistakes[:_ROWS]:
        share = percent(one.count, found.graded)
        yield f"| {as_text(told(one.code, language))} | {one.count} | {share} | {as_code(plain(one.code))} |"
    yield ""


def _ungraded(
    rows: Callable[[], Iterable[ClassRow]], found: Figures, language: Language, *, anonymous: bool
) -> Iterator[str]:
    text = language.text
    if found.learners == found.graded:
        return
    yield f"### {text('Could not be graded')}"
    yield ""
    counts = found.not_gradable | ({"GRADER-FAULT": found.faults} if found.faults else {})
    if anonymous:
        yield from (f"- {as_code(code)}: {count}" for code, count in counts.items())
    else:
        others = (row for row in rows() if row.outcome is not Outcome.GRADED)
        yield from (f"- {_who(row, language)}" for row in islice(others, _NAMES))
        if (more := sum(counts.values()) - _NAMES) > 0:
            yield f"- {as_text(text('And {count} more; grades.csv has all of them.', count=more))}"
    if found.faults:
        yield ""
        yield as_text(text(NO_SCORE, count=found.faults))
    yield ""


def _who(row: ClassRow, language: Language) -> str:
    name = plain(row.name, 255)
    who = as_text(f"{name} ({plain(row.learner, 255)})" if name and name != row.learner else plain(row.learner, 255))
    if row.reason is None:
        return who
    return f"{who}: {as_text(plain(parted(row.reason, language)[0]))} {as_code(plain(row.reason.code))}"


def _left_out(left_out: Sequence[LeftOut], language: Language) -> Iterator[str]:
    if not left_out:
        return
    yield f"### {language.text('Left out')}"
    yield ""
    for reason, count in reasons(left_out).items():
        yield f"- {as_text(left_out_words(reason, language))}: {count}"
    yield ""
