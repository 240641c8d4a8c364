"""The learner's own lines around a mistake, safe to print, with the part that is meant."""

from collections.abc import Iterable

from harness.escape import plain
from harness.naming import Found
from harness.records import Excerpt
from harness.submission import Submission

__all__ = ["excerpt_at"]

#: Characters of a line that are shown; longer ones are cut.
_LONGEST = 200
#: Cells from one tab stop to the next.
_TAB = 4


def excerpt_at(
    submission: Submission, line: int | None, found: Iterable[Found], item: int | None = 0
) -> Excerpt | None:
    """Return ``line`` with its neighbours in the same block; None where there is no such line.

    Args:
        submission: The learner's text.
        line: 1-based, in the numbering of the whole submission.
        found: The layers. Where one of their methods makes a returned value on this line, that part is meant; else what
            it stores there.
        item: Which of several returned values is meant; None for none of them.
    """
    if line is None or submission.text_of(line) is None:
        return None
    around = range(max(line - 1, 1), line + 2)
    texts = {number: submission.text_of(number) for number in around if _same_block(submission, number, line)}
    kept = {number: text for number, text in texts.items() if text is not None and (text.strip() or number == line)}
    here: list[tuple[int, int, int]] = []
    for layer in found:
        if item is not None:
            here += [place for one in layer.returns.values() for place in (one[item : item + 1] or one)]
        here += [(write.line, write.start, write.end) for write in layer.writes]
    span = next((_shown_span(kept[line], *columns) for number, *columns in here if number == line), None)
    return Excerpt(first_line=min(kept), lines=[_shown(text) for _, text in sorted(kept.items())], span=span)


def _same_block(submission: Submission, number: int, line: int) -> bool:
    """Tell whether two lines are of one cell: between cells one number is free."""
    return all(submission.text_of(n) is not None for n in range(min(number, line), max(number, line) + 1)) and (
        submission.where(number).rpartition(" line ")[0] == submission.where(line).rpartition(" line ")[0]
    )


def _shown(text: str) -> str:
    return plain(text.expandtabs(_TAB), _LONGEST)


def _shown_span(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return columns of the text as it is shown for columns in bytes of UTF-8; None where it was cut off."""
    data = text.encode()
    first, last = (len(_whole(data[:column].decode("utf-8", "ignore"))) for column in (start, end))
    return (first, last) if first < last <= min(len(_whole(text)), _LONGEST - 1) else None


def _whole(text: str) -> str:
    expanded = text.expandtabs(_TAB)
    return plain(expanded, 10 * len(expanded) + 1)
