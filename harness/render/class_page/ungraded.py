"""Whom the class's figures leave out and why: what could not be graded, our own faults, what went to nobody."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

from harness.class_records import ClassRow, LeftOut
from harness.escape import plain
from harness.language import Language, marked
from harness.records import Outcome
from harness.render.class_page.figures import Figures
from harness.render.class_page.order import code, learner, shown
from harness.render.phrases import parted

__all__ = ["NO_SCORE", "left_out_words", "reasons", "ungraded"]

#: Lines under each heading; the rest is counted.
_SHOWN = 200
#: Up to so many left-out entries are there without being asked for.
_OPEN = 20
#: What a missing score means: the file cannot be read here, or the grader failed.
NO_SCORE = marked(
    "Without a score: {count}. That is not a zero: do what the reason says, and grade again. Where the grader itself "
    "failed, report it as a bug."
)
#: By the reason of a left-out entry, in the order in which somebody has to act.
_LEFT_OUT = {
    "missing": marked("Nothing was handed in"),
    "unknown": marked("Handed in by nobody on the roster"),
    "ambiguous": marked("More than one learner could be meant"),
    "several": marked("Handed in more than once, and nothing says which counts"),
    "absent": marked("Named in submission_metadata.yml, and not there"),
    "unlisted": marked("Not named in submission_metadata.yml"),
    "unsafe": marked("Not read: a link, a device, or a name that leads out of the folder"),
    "not_code": marked("Not a file to grade"),
    "older": marked("An earlier attempt; the latest counts"),
    "feedback": marked("Text of the platform"),
    "system": marked("Made by a program"),
}


def left_out_words(reason: str, language: Language) -> str:
    """Return a heading for a reason; the word itself where only a later version knows it."""
    return language.text(_LEFT_OUT[reason]) if reason in _LEFT_OUT else plain(reason)


def reasons(left_out: Sequence[LeftOut]) -> dict[str, int]:
    """Return how often there is each reason, in the order in which somebody has to act."""
    counts = Counter(one.reason for one in left_out)
    known = list(_LEFT_OUT)
    return {
        reason: counts[reason] for reason in sorted(counts, key=lambda one: known.index(one) if one in known else 99)
    }


def ungraded(
    rows: Callable[[], Iterable[ClassRow]],
    found: Figures,
    left_out: Sequence[LeftOut],
    language: Language,
    *,
    anonymous: bool,
) -> Iterator[str]:
    """Yield up to three sections. An anonymous page has counts only: a message, a file, a path may name the learner."""
    text = language.text
    if found.faults:
        yield f'<section><h2 id="faults">{escape(text("No score"))}</h2>'
        yield f"<p>{escape(text(NO_SCORE, count=found.faults))}</p>"
        if not anonymous:
            yield from _rows(rows(), Outcome.GRADER_FAULT, found.faults, language)
        yield "</section>"
    if found.not_gradable:
        yield f'<section><h2 id="ungraded">{escape(text("Could not be graded"))}</h2>'
        yield f"<p>{escape(text('It costs no attempt. The figures above leave these out.'))}</p>"
        counts = (f"<li>{code(reason)}: {count}</li>" for reason, count in found.not_gradable.items())
        yield f"<ul>{''.join(counts)}</ul>"
        if not anonymous:
            yield from _rows(rows(), Outcome.NOT_GRADABLE, sum(found.not_gradable.values()), language)
        yield "</section>"
    if left_out:
        yield from _left_out(left_out, language, anonymous=anonymous)


def _rows(rows: Iterable[ClassRow], outcome: Outcome, count: int, language: Language) -> Iterator[str]:
    text = language.text
    label = escape(text("No score") if outcome is Outcome.GRADER_FAULT else text("Could not be graded"))
    yield f'<div class="wide some" tabindex="0" role="region" aria-label="{label}"><table><thead><tr>'
    yield f'<th scope="col">{escape(text("learner"))}</th><th scope="col">{escape(text("why"))}</th>'
    yield "</tr></thead><tbody>"
    left = _SHOWN
    for row in rows:
        if row.outcome is not outcome:
            continue
        if not left:
            break
        left -= 1
        why = ""
        if row.reason is not None:
            why = f"{shown(parted(row.reason, language)[0])} {code(row.reason.code)}"
        yield f'<tr><th scope="row">{learner(row, language)}</th><td>{why}</td></tr>'
    yield "</tbody></table></div>"
    if count > _SHOWN:
        yield f"<p>{escape(text('And {count} more; grades.csv has all of them.', count=count - _SHOWN))}</p>"


def _left_out(left_out: Sequence[LeftOut], language: Language, *, anonymous: bool) -> Iterator[str]:
    text = language.text
    yield f'<section><h2 id="left-out">{escape(text("Left out"))}</h2>'
    for reason, count in reasons(left_out).items():
        heading = f"{escape(left_out_words(reason, language))}: {count}"
        if anonymous:
            yield f"<p>{heading}</p>"
            continue
        # What is closed is not printed either.
        yield f"<details{' open' * (count <= _OPEN)}><summary>{heading}</summary><ul>"
        here = [one for one in left_out if one.reason == reason]
        for one in here[:_SHOWN]:
            entry = f"<code>{shown(one.entry)}</code>" if one.entry else ""
            whose = ", ".join(map(shown, one.learners))
            yield f"<li>{': '.join(filter(None, (entry, whose)))}</li>"
        yield "</ul>"
        if count > _SHOWN:
            yield f"<p>{escape(text('And {count} more.', count=count - _SHOWN))}</p>"
        yield "</details>"
    yield "</section>"
