"""What is shown while a file is watched, as pure functions of what is known about it."""

from collections.abc import Iterator

from harness.language import Language, marked
from harness.records import Outcome, Report, Verdict
from harness.render import render
from harness.render.causes import Cause
from harness.render.cells import fits, padded, wrapped
from harness.render.numbers import points
from harness.render.phrases import advice, all_passed, hints_of, next_step, verdict_word
from harness.render.text import failure_lines
from harness.render.visible import hidden_count, visible_part
from harness.watching.attention import passed
from harness.watching.view import View

__all__ = ["goodbye", "hints_for", "key_line", "screen", "waiting"]

#: Characters of the progress bar between its brackets.
_BAR = 40


def screen(view: View, language: Language) -> str:
    """Return everything above the line of keys, ending in a newline."""
    return "\n".join([*_lines(view, language), ""])


def _lines(view: View, language: Language) -> Iterator[str]:
    report, text = view.report, language.text
    if report.outcome is not Outcome.GRADED:
        yield from render(report, "text", language).rstrip("\n").split("\n")
        return
    if view.page == "all":
        yield from render(report, "text", language).rstrip("\n").split("\n")
    else:
        head = text("save {number}", number=view.save)
        if report.isolation is not None:
            head += ", " + text("isolation {level}", level=report.isolation.level)
        yield from wrapped(f"{report.submission.name}: {head}", "", "  ")
        yield ""
        yield from _changes(view, language)
        if view.page == "list":
            yield from _list(view, language)
        elif view.mistakes:
            yield from _mistake(view, language)
        elif all(one.verdict is Verdict.PASSED for one in visible_part(report).checks):
            yield from _closing(report, language)
        else:
            yield from wrapped(next_step(visible_part(report), language), f"{text('Next')}: ", "  ")
    yield ""
    yield _progress(report, language)


def _changes(view: View, language: Language) -> Iterator[str]:
    """Say what this save has brought: what is right now before what is no longer."""
    if view.before is None or view.before.outcome is not Outcome.GRADED:
        return
    before, now = ({one.id for one in passed(report)} for report in (view.before, view.report))
    for label, changed in ((marked("Now right"), now - before), (marked("Right before, but no longer"), before - now)):
        if changed:
            names = ", ".join(id_ for id_ in view.order if id_ in changed)
            yield from wrapped(names, f"{language.text(label)}: ", "  ")
    if before != now:
        yield ""


def _mistake(view: View, language: Language) -> Iterator[str]:
    found = view.mistakes
    cause = found[view.focus]
    yield language.text("Mistake {number} of {count}:", number=view.focus + 1, count=len(found))
    yield from failure_lines(view.report.submission.name, cause.first, language)
    waiting_for_it = [one.id for one in (*cause.same, *cause.blocked)]
    if waiting_for_it:
        yield from wrapped(", ".join(waiting_for_it), f"  {language.text('The same mistake stops')}: ", "    ")
    yield from _hint_lines(view, cause, language)


def _hint_lines(view: View, cause: Cause, language: Language) -> Iterator[str]:
    hints = hints_for(cause, language)
    if view.hints:
        yield ""
    for number, hint in enumerate(hints[: view.hints], 1):
        label = language.text("Hint {number} of {count}", number=number, count=len(hints))
        yield from wrapped(hint, f"{label}: ", "  ")
    if view.hints and view.hints >= len(hints):
        yield from wrapped(language.text("There are no more hints: try it with numbers of your own."))


def hints_for(cause: Cause, language: Language) -> list[str]:
    """Return the hints about a mistake, the gentlest first; what to do about it where its code has none."""
    found = hints_of(cause.first, language)
    if found:
        return found
    advised = advice(cause.first, language)
    return [advised] if advised else []


def _list(view: View, language: Language) -> Iterator[str]:
    results = {result.id: result for result in view.report.checks}
    shown = [results[id_] for id_ in view.order]
    words = padded([verdict_word(one.verdict, language) for one in shown])
    names = padded([one.id for one in shown])
    for one, word, name in zip(shown, words, names, strict=True):
        line = f"  {word}  {name} {points(one.score):>6}/{points(one.max_score)}"
        yield from [line] if fits(line) else wrapped(line, "", "      ")


def _closing(report: Report, language: Language) -> Iterator[str]:
    yield from wrapped(all_passed(len(visible_part(report).checks), hidden_count(report), language))
    yield from wrapped(
        language.text(
            "Your layers send every gradient back to where it came from: you have built backpropagation yourself."
        )
    )


def _progress(report: Report, language: Language) -> str:
    report = visible_part(report)
    score = report.score or 0.0
    # Rounded down: the bar is full when there is nothing left to win.
    done = int(_BAR * score / report.max_score) if report.max_score else _BAR
    bar = "#" * done + "-" * (_BAR - done)
    return f"{language.text('Progress')} [{bar}] {points(score)}/{points(report.max_score)}"


def key_line(language: Language) -> str:
    """Return the line that says which keys there are; always the last one on the screen."""
    return language.text("h: hint  l: list  n: next  c: check all  q: quit")


def waiting(name: str, language: Language, *, empty: bool) -> str:
    """Return what is shown while there is nothing to grade."""
    if empty:
        sentence = marked("{name} is empty. Write your layers and save the file: it is graded at once.")
    else:
        sentence = marked("There is no {name} here now. It is graded as soon as you save a file under this name.")
    return "\n".join([*wrapped(language.text(sentence, name=name)), ""])


def goodbye(name: str, report: Report | None, language: Language) -> str:
    """Return the last words."""
    words = language.text("To go on later: dout watch {name}", name=name)
    if report is not None and report.score is not None:
        report = visible_part(report)
        reached = f"{points(report.score or 0.0)}/{points(report.max_score)}"
        words = language.text("{name} has {score} points.", name=name, score=reached) + " " + words
    return "\n".join([*wrapped(words), ""])
