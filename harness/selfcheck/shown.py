"""A report as a notebook shows it."""

import hashlib
import re

from harness.language import Language
from harness.records import Report
from harness.render import render

__all__ = ["Shown", "scoped"]

#: Around everything that is shown: no rule of ours reaches beyond it.
_CLASS = "dout-report"
#: Selectors of a whole page, which a notebook owns.
_PAGE = re.compile(r"^(?:html|body|:root)\b")
_ATTRIBUTES = re.compile(r'((?:\sid|\shref|\saria-(?:labelledby|describedby))="#?|url\(#)([\w -]+)')


class Shown:
    """What ``harness.check`` and ``%%grade`` return: a report that shows itself, richly where that is possible."""

    def __init__(self, report: Report, language: Language) -> None:
        self.report, self._language = report, language

    @property
    def score(self) -> float | None:
        """Points; None when the grader failed."""
        return self.report.score

    def __repr__(self) -> str:
        return render(self.report, "text", self._language).rstrip("\n")

    def _repr_markdown_(self) -> str:
        return render(self.report, "markdown", self._language)

    def _repr_html_(self) -> str:
        from harness.render.html import STYLE, body

        inner = "\n".join(body(self.report, self._language))
        # A notebook has one main part, and this is not it.
        inner = re.sub(r"<(/?)main>", r"<\1section>", inner)
        style = scoped(STYLE, f".{_CLASS}")
        opening = f'<div class="{_CLASS}" lang="{self._language.code}">'
        return f"{opening}\n<style>\n{style}</style>\n{_with_own_ids(inner)}\n</div>"


def scoped(style: str, within: str) -> str:
    """Return the rules of ``style``, a style sheet of ours, so that they hold inside of ``within`` only.

    It knows rules and ``@media`` around rules, which is all that there is in our style sheets.
    """
    rules, place = [], 0
    while (opening := style.find("{", place)) >= 0:
        head = style[place:opening].strip()
        if head.startswith("@"):
            closing = _end_of_block(style, opening)
            inner = scoped(style[opening + 1 : closing], within)
            rules.append(f"{head} {{\n{inner}}}\n")
        else:
            closing = style.index("}", opening)
            selectors = ", ".join(_scoped_selector(one.strip(), within) for one in head.split(","))
            rules.append(f"{selectors} {style[opening : closing + 1]}\n")
        place = closing + 1
    return "".join(rules)


def _end_of_block(style: str, opening: int) -> int:
    depth = 0
    for found in re.compile("[{}]").finditer(style, opening):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.start()
    raise ValueError("a block of the style sheet does not end")


def _scoped_selector(selector: str, within: str) -> str:
    page = _PAGE.match(selector)
    return within + selector[page.end() :] if page else f"{within} {selector}"


def _with_own_ids(html: str) -> str:
    """Return ``html`` with ids of its own: a page may show many reports."""
    known = set(re.findall(r'\sid="([^"]+)"', html))
    own = hashlib.sha256(html.encode()).hexdigest()[:8]

    def renamed(found: re.Match[str]) -> str:
        names = (f"{name}-{own}" if name in known else name for name in found[2].split(" "))
        return found[1] + " ".join(names)

    return _ATTRIBUTES.sub(renamed, html)
