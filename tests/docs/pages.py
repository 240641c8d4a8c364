"""Reads the project's Markdown pages: fenced blocks, headings, links and words of code."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

__all__ = ["PAGES", "ROOT", "Fence", "anchors", "code_words", "fences", "links", "page_id", "prose"]

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "student_template").glob("*.md")),
]

_FENCE = re.compile(r"^(`{3,})(\w*)[ \t]*(.*)$")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"(`+)(.+?)\1")
_HEADING = re.compile(r"^(#{1,6}) +(.+?)(?: +#+)?$")


class Fence(NamedTuple):
    """One fenced block."""

    page: Path
    #: 1-based line of the opening fence.
    line: int
    language: str
    #: What the opening fence says after the language: ``file=layers.py`` gives {"file": "layers.py"}.
    attributes: dict[str, str]
    text: str

    @property
    def id(self) -> str:
        return f"{page_id(self.page)}:{self.line}"


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def _parts(page: Path) -> tuple[list[Fence], list[tuple[int, str]]]:
    """Return the fenced blocks, and the other lines with their 1-based numbers."""
    blocks: list[Fence] = []
    other: list[tuple[int, str]] = []
    inside: list[str] = []
    opening: tuple[int, re.Match[str]] | None = None
    for number, line in enumerate(page.read_text(encoding="utf-8").split("\n"), 1):
        if opening is not None:
            start, head = opening
            if line.strip() == head[1]:
                words = dict(word.partition("=")[::2] for word in shlex.split(head[3]))
                blocks.append(Fence(page, start, head[2], words, "\n".join(inside)))
                opening, inside = None, []
            else:
                inside.append(line)
            continue
        head_here = _FENCE.match(line)
        if head_here:
            opening = number, head_here
        else:
            assert not line.lstrip().startswith("```"), f"{page_id(page)}:{number}: an indented fence is not tested"
            other.append((number, line))
    assert opening is None, f"{page_id(page)}: a fence is not closed"
    return blocks, other


def fences(*languages: str) -> list[Fence]:
    """Return the blocks of all pages in these languages, or of every language."""
    return [block for page in PAGES for block in _parts(page)[0] if not languages or block.language in languages]


def prose(page: Path) -> list[tuple[int, str]]:
    """Return the lines outside of fenced blocks, with their 1-based numbers."""
    return _parts(page)[1]


def links(page: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, target) of each link and picture."""
    for number, line in prose(page):
        for found in _LINK.finditer(_CODE.sub("", line)):
            yield number, found[1] or found[2]


def code_words(page: Path) -> set[str]:
    """Return everything that stands in single or double backticks."""
    return {found[2].strip() for _, line in prose(page) for found in _CODE.finditer(line)}


def anchors(page: Path) -> set[str]:
    """Return the names that GitHub gives to the page's headings."""
    names: dict[str, int] = {}
    found = set()
    for _, line in prose(page):
        heading = _HEADING.match(line)
        if heading:
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[2]).lower()
            slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
            seen = names.get(slug, 0)
            names[slug] = seen + 1
            found.add(f"{slug}-{seen}" if seen else slug)
    return found
