"""The report as one HTML file: no script, nothing from elsewhere, readable by a screen reader and on paper."""

from collections.abc import Iterator
from html import escape

from harness.language import ENGLISH, Language, marked
from harness.records import CheckResult, Counterexample, Excerpt, Outcome, Report, Verdict, Warn
from harness.render.causes import Cause, causes
from harness.render.example import answer_table, inputs_line
from harness.render.numbers import points
from harness.render.page import PAGE_STYLE, footer, page
from harness.render.phrases import (
    SELF_CHECK,
    about_assignment,
    about_hidden,
    hints_of,
    next_step,
    placed_note,
    reason_and_hint,
    self_check,
    title_of,
    verdict_word,
    wanted_of,
    what_else,
)
from harness.render.svg import GRAPH_STYLE, render_graph
from harness.render.visible import hidden_count, scored_layers, visible_part

__all__ = ["STYLE", "body", "content", "render_html"]

STYLE = (
    PAGE_STYLE
    + """\
mark { background: none; color: var(--bad); font-weight: 700; text-decoration: underline wavy 1px }
article { border-left: .3rem solid var(--bad); padding: .1rem 0 .1rem 1rem; margin: 1rem 0 }
article h3 { margin: .25rem 0 } article.passed { border-color: var(--good) }
.score { font-size: 2rem; font-weight: 700; margin: .5rem 0 } .note { color: inherit }
.passed strong { color: var(--good) } .failed strong { color: var(--bad) }
@media screen { .wide .graph { min-width: 48rem } }
"""
    + GRAPH_STYLE
)


def render_html(report: Report, language: Language = ENGLISH) -> str:
    """Return ``report`` as a whole page."""
    title = f"{report.submission.name}: {_score(visible_part(report))}"
    return "".join(page(title, language, STYLE, body(report, language)))


def body(report: Report, language: Language) -> Iterator[str]:
    """Yield what stands in the page, as lines of HTML."""
    shown = visible_part(report)
    yield "<header>"
    yield f"<h1>{escape(shown.submission.name)}</h1>"
    yield f"<p>{escape(about_assignment(shown, language))}</p>"
    yield "</header>"
    yield "<main>"
    yield from content(report, language)
    yield "</main>"
    yield footer(shown.versions, shown.isolation, shown.submission.sha256, language)


def content(report: Report, language: Language) -> Iterator[str]:
    """Yield what a report says, as lines of HTML for a page that has a title already."""
    text, hidden, report = language.text, hidden_count(report), visible_part(report)
    yield f'<p class="score">{escape(_score(report))}</p>'
    for said in self_check(report, language):
        yield f"<p><strong>{escape(said)}</strong></p>"
    if report.outcome is Outcome.GRADED:
        if hidden:
            yield f"<p>{escape(about_hidden(hidden, language))}</p>"
        yield from _graded(report, language, hidden)
    else:
        reason, hint = reason_and_hint(report, language)
        yield f"<p>{escape(reason)}</p>"
        yield f"<p><strong>{escape(text('Next'))}:</strong> {escape(hint)}</p>"


def _score(report: Report) -> str:
    score = "-" if report.score is None else points(report.score)
    return f"{score}/{points(report.max_score)}"


def _graded(report: Report, language: Language, hidden: int) -> Iterator[str]:
    text = language.text
    yield f"<p><strong>{escape(text('Next'))}:</strong> {escape(next_step(report, language, hidden))}</p>"
    found = causes(report.checks)
    if found:
        yield f"<h2>{escape(text('What to mend'))}</h2>"
    for cause in found:
        yield from _cause(cause, report, language)
    if report.graph.nodes:
        yield f"<h2>{escape(text('The computational graph'))}</h2>"
        # A region that can be scrolled must be reached by the keyboard.
        label = escape(text("The computational graph"))
        yield f'<div class="wide" tabindex="0" role="region" aria-label="{label}">'
        yield render_graph(report.graph, language)
        yield "</div>"
    yield f"<h2>{escape(text('All checks'))}</h2>"
    yield from _check_table(report, language)
    yield from _notes(report.warnings, language)


def _cause(cause: Cause, report: Report, language: Language) -> Iterator[str]:
    text, result = language.text, cause.first
    code = f" <code>{escape(result.code)}</code>" if result.code else ""
    yield '<article class="failed">'
    word = escape(verdict_word(result.verdict, language))
    yield f"<h3><strong>{word}</strong> {escape(title_of(result, language))}{code}</h3>"
    if result.line is not None:
        yield f"<p>{escape(text('where'))}: <code>{escape(report.submission.name)}:{result.line}</code></p>"
    if found := what_else(result, language):
        yield f"<p>{escape(found)}</p>"
    if result.excerpt is not None and result.line is not None:
        yield f"<pre>{_excerpt(result.excerpt, result.line)}</pre>"
    if result.counterexample is not None:
        yield from _example(result.counterexample, language)
    yield from _hints(result, language)
    others = [one.id for one in (*cause.same, *cause.blocked)]
    if others:
        yield f"<p>{escape(text('The same mistake stops'))}: {escape(', '.join(others))}</p>"
    yield "</article>"


def _excerpt(excerpt: Excerpt, line: int) -> str:
    """Return the learner's lines with their numbers, the part that is meant marked."""
    shown = []
    for number, text in enumerate(excerpt.lines, excerpt.first_line):
        words = escape(text)
        if number == line and excerpt.span is not None:
            start, end = excerpt.span
            words = f"{escape(text[:start])}<mark>{escape(text[start:end])}</mark>{escape(text[end:])}"
        shown.append(f"{number:>4}  {words}")
    return "\n".join(shown)


def _hints(result: CheckResult, language: Language) -> Iterator[str]:
    for number, hint in enumerate(hints_of(result, language), 1):
        title = escape(language.text("Hint {number}", number=number))
        yield f"<details><summary>{title}</summary><p>{escape(hint)}</p></details>"


def _example(example: Counterexample, language: Language) -> Iterator[str]:
    text = language.text
    if inputs := inputs_line(example, language):
        yield f"<p>{escape(text('inputs'))}: <code>{escape(inputs)}</code></p>"
    if example.calls:
        calls = "\n".join(example.calls)
        yield f"<p>{escape(text('calls'))}:</p><pre>{escape(calls)}</pre>"
    if not example.got and not example.expected:
        return
    (_, *titles), *rows = answer_table(example, language)
    heads = "".join(f'<th scope="col" class="number">{escape(title)}</th>' for title in titles)
    yield '<div class="wide" tabindex="0" role="region" aria-label="' + escape(text("values")) + '"><table>'
    yield f'<thead><tr><th scope="col">{escape(text("value"))}</th>{heads}</tr></thead><tbody>'
    for name, *values in rows:
        cells = "".join(f'<td class="number">{escape(value)}</td>' for value in values)
        yield f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _check_table(report: Report, language: Language) -> Iterator[str]:
    text = language.text
    layers = ", ".join(f"{one.name} {points(one.score)}/{points(one.max_score)}" for one in scored_layers(report))
    yield f"<p>{escape(layers)}</p>"
    heads = "".join(
        f'<th scope="col"{kind}>{escape(text(title))}</th>'
        for title, kind in (
            (marked("check"), ""),
            (marked("verdict"), ""),
            (marked("points"), ' class="number"'),
            (marked("what it wants"), ""),
        )
    )
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{escape(text("All checks"))}"><table>'
    yield f"<thead><tr>{heads}</tr></thead><tbody>"
    for result in report.checks:
        state = "passed" if result.verdict is Verdict.PASSED else "failed"
        word = verdict_word(result.verdict, language)
        waits = f" ({text('waits for {check}', check=result.blocked_by)})" if result.blocked_by else ""
        yield (
            f'<tr class="{state}"><th scope="row">{escape(result.id)}</th>'
            f"<td><strong>{escape(word)}</strong>{escape(waits)}</td>"
            f'<td class="number">{points(result.score)}/{points(result.max_score)}</td>'
            f"<td>{escape(wanted_of(result, language))}</td></tr>"
        )
    yield "</tbody></table></div>"


def _notes(warnings: list[Warn], language: Language) -> Iterator[str]:
    notes = [warn for warn in warnings if warn.code != SELF_CHECK]
    if not notes:
        return
    yield f"<h2>{escape(language.text('Notes (they cost no points)'))}</h2>"
    yield "<ul>"
    for warn in notes:
        yield f"<li>{escape(placed_note(warn, language))} <code>{escape(warn.code)}</code></li>"
    yield "</ul>"
