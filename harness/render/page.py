"""The frame of every page: one HTML file with its style inside, in which nothing runs and nothing is fetched."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from html import escape
from itertools import chain

from harness.language import Language
from harness.records import Isolation, Versions

__all__ = ["PAGE_STYLE", "footer", "page"]

#: What every page looks like, on a screen in the light and in the dark, and on paper.
PAGE_STYLE = """\
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #ffffff; --soft: #f3f4f6; --line: #767676; --good: #00603f;
  --bad: #a33c00; --link: #005a93 }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, "Noto Sans KR", sans-serif }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem } h3 { font-size: 1rem }
code, pre, .number { font-family: ui-monospace, "D2Coding", monospace; font-size: .95em; overflow-wrap: anywhere }
pre { background: var(--soft); padding: .5rem; white-space: pre-wrap }
h1, h3, p, li { overflow-wrap: anywhere }
table { border-collapse: collapse; margin: .5rem 0 } caption { text-align: left; font-weight: 600 }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .75rem .25rem 0; text-align: left }
td.number, th.number { text-align: right; white-space: nowrap; padding-left: 1rem }
.wide { overflow-x: auto }
summary { cursor: pointer; color: var(--link) }
footer { margin-top: 2rem; font-size: .85rem; overflow-wrap: anywhere }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eeeeee; --paper: #16181d; --soft: #22262e; --line: #9a9a9a; --good: #6fdcae; --bad: #ffa36b;
    --link: #7cc4f5 }
}
@media print {
  :root { color-scheme: light; --ink: #000000; --paper: #ffffff; --soft: #ffffff; --good: #004d32; --bad: #8a3600;
    --link: #000000 }
  body { max-width: none; padding: 0; font-size: 10pt }
  article, tr, svg { break-inside: avoid }
}
"""


def page(title: str, language: Language, style: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield a page in pieces, one for each of ``lines``.

    Args:
        title: Plain text.
        language: Of the page.
        style: Its only style sheet; no element has a style of its own, as the page's policy refuses it.
        lines: What stands in the body, as HTML.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = (
        "<!DOCTYPE html>",
        f'<html lang="{language.code}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{escape(title)}</title>",
        f"<style>{style}</style>",
        "</head>",
        "<body>",
    )
    for line in chain(head, lines, ("</body>", "</html>")):
        yield f"{line}\n"


def footer(versions: Versions, isolation: Isolation | None, sha256: str, language: Language) -> str:
    """Return what was graded with and, of one submission, what was graded."""
    parts = [f"dout {versions.dout}", f"Python {versions.python}", f"numpy {versions.numpy}"]
    if isolation is not None:
        parts.append(language.text("isolation {level}", level=isolation.level))
    if sha256:
        parts.append(f"sha256 {sha256}")
    return f"<footer><p>{escape(', '.join(parts))}</p></footer>"
