"""The report as GitHub-flavoured Markdown, for a job summary or a comment; the graph is a Mermaid flowchart."""

import re
from collections.abc import Iterator

from harness.language import ENGLISH, Language
from harness.records import EdgeValue, EdgeVerdict, Graph, Outcome, Report, Verdict
from harness.render.causes import Cause, causes
from harness.render.example import answer_table, inputs_line
from harness.render.numbers import points, short_pair
from harness.render.phrases import (
    SELF_CHECK,
    about_hidden,
    advice,
    next_step,
    placed_note,
    reason_and_hint,
    self_check,
    title_of,
    verdict_word,
    what_else,
)
from harness.render.visible import hidden_count, visible_part
from harness.render.walk import first_wrong, label

__all__ = ["as_code", "as_text", "mermaid", "render_markdown"]

#: What could be markup, HTML, a mention, a formula, or make a link of what stands before it.
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~@&$]|(?<=www)\.|:(?=//))")


def as_text(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is, in one line."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def as_code(text: str) -> str:
    """Return ``text`` as a code span, which no backtick in it can end."""
    text = " ".join(text.split()).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"


def render_markdown(report: Report, language: Language = ENGLISH) -> str:
    """Return ``report`` as Markdown that ends in a newline."""
    hidden = hidden_count(report)
    lines = [*_lines(visible_part(report), language, hidden)]
    if hidden:
        lines += ["", as_text(about_hidden(hidden, language))]
    return "\n".join(lines).rstrip("\n") + "\n"


def _lines(report: Report, language: Language, hidden: int) -> Iterator[str]:
    text = language.text
    score = "-" if report.score is None else points(report.score)
    yield f"## {as_text(report.submission.name)}: {score}/{points(report.max_score)}"
    yield ""
    for said in self_check(report, language):
        yield f"**{as_text(said)}**"
        yield ""
    if report.outcome is not Outcome.GRADED:
        reason, hint = reason_and_hint(report, language)
        yield f"**{as_text(report.outcome.value)}** {as_text(reason)}"
        yield ""
        yield f"{text('Next')}: {as_text(hint)}"
        return
    yield f"{text('Next')}: {as_text(next_step(report, language, hidden))}"
    yield ""
    for cause in causes(report.checks):
        yield from _cause(cause, report, language)
    yield f"| {text('check')} | {text('verdict')} | {text('points')} |"
    yield "|---|---|---:|"
    for result in report.checks:
        waits = f" ({text('waits for {check}', check=result.blocked_by)})" if result.blocked_by else ""
        word = verdict_word(result.verdict, language)
        yield (
            f"| {as_code(result.id)} | {as_text(word + waits)} | {points(result.score)}/{points(result.max_score)} |"
        )
    yield ""
    if report.graph.nodes and any(one.verdict is not Verdict.PASSED for one in report.checks):
        yield from ("```mermaid", mermaid(report.graph, language), "```", "")
    for warn in report.warnings:
        if warn.code != SELF_CHECK:
            yield f"- {as_text(placed_note(warn, language))} {as_code(warn.code)}"


def _cause(cause: Cause, report: Report, language: Language) -> Iterator[str]:
    text, result = language.text, cause.first
    code = f" {as_code(result.code)}" if result.code else ""
    yield f"### {verdict_word(result.verdict, language)} {as_text(title_of(result, language))}{code}"
    yield ""
    if result.line is not None:
        yield f"{text('where')}: {as_code(f'{report.submission.name}:{result.line}')}"
        yield ""
    if found := what_else(result, language):
        yield as_text(found)
        yield ""
    if result.excerpt is not None:
        # Four backticks: a learner's line of three would end a block of three.
        yield from ("````python", *[line.replace("````", "` ` ` `") for line in result.excerpt.lines], "````", "")
    example = result.counterexample
    if example is not None and example.got and example.got != example.expected:
        if inputs := inputs_line(example):
            yield f"{text('inputs')}: {as_code(inputs)}"
            yield ""
        (_, *titles), *rows = answer_table(example, language)
        yield "| | " + " | ".join(titles) + " |"
        yield "|---|" + "---:|" * len(titles)
        for row in rows:
            yield f"| {' | '.join(map(as_code, row))} |"
        yield ""
    others = [one.id for one in (*cause.same, *cause.blocked)]
    if others:
        yield f"{text('The same mistake stops')}: {', '.join(map(as_code, others))}"
        yield ""
    if advised := advice(result, language):
        yield f"{text('Next')}: {as_text(advised)}"
        yield ""


def mermaid(graph: Graph, language: Language = ENGLISH) -> str:
    """Return ``graph`` as a Mermaid flowchart, each line labelled with its value and its gradient."""
    numbers = {node.name: f"n{number}" for number, node in enumerate(graph.nodes)}
    first = first_wrong(graph)
    lines = ["flowchart LR"]
    for node in graph.nodes:
        called = _quoted(label(graph, node.name, language))
        if node.layer is None:
            lines.append(f'  {numbers[node.name]}["{called}"]')
        else:
            lines.append(f'  {numbers[node.name]}(("{called}<br>{_quoted(node.symbol or node.layer)}"))')
    lines.append(f'  out["{_quoted(language.text("result"))}"]')
    wrong = []
    for number, edge in enumerate(graph.edges):
        target = numbers[edge.target] if edge.target is not None else "out"
        values = f"{_seen(edge.forward, language)}<br>d: {_seen(edge.gradient, language)}"
        right = edge.is_right
        lines.append(f'  {numbers[edge.source]} {"-->" if right else "-.->"}|"{values}"| {target}')
        if not right:
            wrong.append(str(number))
    if wrong:
        lines.append(f"  linkStyle {','.join(wrong)} stroke:#b34700")
    if first is not None:
        lines.append(f"  style {numbers[first]} stroke:#b34700,stroke-width:4px")
    return "\n".join(lines)


def _seen(value: EdgeValue, language: Language) -> str:
    got, wanted = short_pair(value.got, value.expected)
    if value.verdict is EdgeVerdict.RIGHT:
        return _quoted(got)
    return _quoted(language.text("{got}, want {wanted}", got=got, wanted=wanted))


def _quoted(text: str) -> str:
    """Return ``text`` for a Mermaid string: letters, digits and a few signs, everything else as its number."""
    return "".join(char if char.isalnum() or char in " .,+-=" else f"#{ord(char)};" for char in text)
