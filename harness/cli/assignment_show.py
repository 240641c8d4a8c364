"""``dout assignment show``: what an assignment asks, what it is worth, and how it is graded."""

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from harness.cli import OK
from harness.cli.console import json_for_console, show
from harness.interrupts import held_back

if TYPE_CHECKING:
    from harness.assignment import Assignment
    from harness.language import Language

__all__ = ["show_assignment"]


def show_assignment(options: argparse.Namespace) -> int:
    """Print the assignment for a reader, or as JSON for a program."""
    with held_back():
        from harness.assignment import built_in, reader_language

    assignment = built_in(options.path)
    if options.json:
        show(json_for_console(json.dumps(_data(assignment), ensure_ascii=False, indent=2) + "\n"))
        return OK
    show("\n".join(_lines(assignment, reader_language(options.path, options.lang))) + "\n")
    return OK


def _data(assignment: "Assignment") -> dict[str, Any]:
    """Return what is in the file, with plural names for lists, the hash and all points; not where references are."""
    import msgspec

    data = msgspec.to_builtins(assignment)
    layers, checks = data.pop("layer"), data.pop("check")
    for layer in layers:
        del layer["reference"]
    return {**data, "max_score": assignment.max_score, "layers": layers, "checks": checks}


def _lines(assignment: "Assignment", language: "Language") -> Iterator[str]:
    from harness.escape import plain
    from harness.render.cells import width_of, wrapped
    from harness.render.numbers import points
    from harness.render.phrases import due_date

    text, limits = language.text, assignment.limits
    title = assignment.title_in(language.code)
    about = text("{id} version {version}: {title}", id=assignment.id, version=assignment.version, title=title)
    yield from wrapped(plain(about), "", "  ")
    yield f"  sha256 {assignment.sha256}"
    if assignment.due:
        yield "  " + text("due {date}", date=due_date(assignment.due))
    if assignment.language:
        yield "  " + text("language of reports: {language}", language=assignment.language)
    yield from wrapped(
        text(
            "limits: {call} s for a call, {file} s for a file, {memory} MiB of memory, {size} KiB of source",
            call=points(limits.call_seconds),
            file=points(limits.submission_seconds),
            memory=limits.memory_mib,
            size=limits.size_kib,
        ),
        "  ",
        "    ",
    )
    yield from wrapped(text("feedback: {level}", level=assignment.feedback), "  ", "    ")
    for layer in assignment.layer:
        calls = f"{layer.name}: forward({', '.join(layer.inputs)}) = {layer.formula}; "
        yield from wrapped(plain(f"{calls}backward(dout) = {', '.join(layer.gradients)}"), "  ", "    ")
    if assignment.graph is not None:
        names = ", ".join(leaf.name for leaf in assignment.graph.inputs)
        drawn = text("graph {name}, of {inputs}", name=assignment.graph.name, inputs=names)
        yield from wrapped(plain(drawn), "  ", "    ")
    yield ""
    for check in assignment.check:
        marks = [text("hidden")] if check.visibility == "hidden" else []
        marks += [text("feedback: {level}", level=check.feedback)] if check.feedback != "full" else []
        head = f"  {points(check.points):>5}  "
        wanted = check.titles.get(language.code, check.title)
        line = f"{check.id}: {wanted.removeprefix(check.id).lstrip(': ')}" + (f" [{', '.join(marks)}]" if marks else "")
        yield from wrapped(plain(line), head, " " * width_of(head))
    yield f"  {points(assignment.max_score):>5}  {text('in all')}"
