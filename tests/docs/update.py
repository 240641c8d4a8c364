"""Writes what is computed: the outputs of console blocks, the tables made from code, and the figures.

    python tests/docs/update.py            all pages, and the figures
    python tests/docs/update.py README.md  some of them

Run it with the interpreter of an environment in which dout is installed. What a page elides (a line ``...``) stays
elided: each piece between elisions is found again by its first and last line.
"""

import sys
import tempfile
from pathlib import Path

import figures
from consoles import CONSOLES, ELISION, agrees, comparable, pieces, run_block
from pages import PAGES, Fence, page_id
from tables import TABLES, with_table

__all__ = ["main", "updated"]


def updated(expected: list[str], actual: list[str]) -> list[str]:
    """Return what a page should show for ``actual``, with the elisions of ``expected``.

    Raises:
        LookupError: the first or last line of a piece is not there any more.
    """
    if agrees(expected, actual):
        return expected
    old = pieces(expected)
    if len(old) == 1:
        return actual
    plain = [comparable(line) for line in actual]
    shown: list[str] = []
    place = 0
    for number, piece in enumerate(old):
        if number:
            shown.append(ELISION)
        if not piece:
            continue
        start = place if number == 0 else _find(plain, piece[0], place)
        last = len(actual) - 1 if number == len(old) - 1 else _find(plain, piece[-1], start)
        shown += actual[start : last + 1]
        place = last + 1
    return shown


def _find(lines: list[str], wanted: str, start: int) -> int:
    try:
        return lines.index(comparable(wanted), start)
    except ValueError:
        raise LookupError(f"the line {wanted!r} is not printed any more: shorten this block by hand") from None


def _console_text(block: Fence) -> str:
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for command, actual in run_block(block, Path(folder)):
            lines += [] if "of" in block.attributes else f"$ {command.text}".split("\n")
            lines += updated(command.expected, actual)
    return "\n".join(lines)


def main(names: list[str]) -> int:
    """Rewrite the pages in place and say which have changed."""
    chosen = [page for page in PAGES if not names or page_id(page) in names]
    for page in chosen:
        text = before = page.read_text(encoding="utf-8")
        for name in TABLES:
            text = with_table(text, name)
        _write(page, before, text)
    status = 0
    for page in chosen:
        before = page.read_text(encoding="utf-8")
        lines, shift = before.split("\n"), 0
        for block in CONSOLES:
            if block.page != page:
                continue
            try:
                new = _console_text(block).split("\n")
            except LookupError as error:
                print(f"{block.id}: {error}")
                status = 1
                continue
            start, old = block.line + shift, block.text.split("\n")
            lines[start : start + len(old)] = new
            shift += len(new) - len(old)
        _write(page, before, "\n".join(lines))
    if not names:
        figures.main()
    return status


def _write(page: Path, before: str, text: str) -> None:
    if text != before:
        page.write_text(text, encoding="utf-8")
        print(f"{page_id(page)}: rewritten")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
