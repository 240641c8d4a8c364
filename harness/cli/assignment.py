"""``dout assignment``: begin an assignment of one's own, check it, and show what is in it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import OK, USAGE
from harness.cli.console import say_places, show
from harness.interrupts import held_back

if TYPE_CHECKING:
    from harness.assignment import Assignment
    from harness.language import Language
    from harness.rehearsal import Rehearsal

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Do what ``dout assignment ACTION`` says."""
    if options.action == "new":
        from harness.cli.assignment_new import new

        return new(options)
    if options.action == "show":
        from harness.cli.assignment_show import show_assignment

        return show_assignment(options)
    return _check(options)


def _check(options: argparse.Namespace) -> int:
    """Read the assignment, build its cases, try its reference layers and examples, and say what it is worth."""
    with held_back():
        from harness.assignment import faults_of, path_of, read_assignment
        from harness.errors import AssignmentError
        from harness.language import chosen_language
        from harness.rehearsal import rehearsed
        from harness.sandbox.runner import Sandbox

    file = path_of(options.path)
    try:
        faults = faults_of(file)
    except AssignmentError as error:
        faults = [error]
    if faults:
        say_places(faults, chosen_language(options.lang))
        return USAGE
    assignment = read_assignment(file)
    language = chosen_language(options.lang, assignment.language)
    with Sandbox() as sandbox:
        rehearsal = rehearsed(assignment, file, sandbox)
    if rehearsal.faults or rehearsal.bank is None:
        say_places(rehearsal.faults, language)
        return USAGE
    show("\n".join(_lines(assignment, file, rehearsal, language)) + "\n")
    return OK


def _lines(assignment: "Assignment", file: Path, rehearsal: "Rehearsal", language: "Language") -> list[str]:
    from harness.escape import plain
    from harness.render.cells import wrapped
    from harness.render.numbers import points

    text, bank = language.text, rehearsal.bank
    assert bank is not None
    title = assignment.title_in(language.code)
    about = text("{id} version {version}: {title}", id=assignment.id, version=assignment.version, title=title)
    cases = text(
        "cases for seed {seed}: {count}, sha256 {sha256}",
        seed=assignment.default_seed,
        count=bank.identity.count,
        sha256=bank.identity.sha256[:16],
    )
    lines = [
        *wrapped(plain(about), "", "  "),
        f"  {cases}",
        *[f"  {points(check.points):>5}  {plain(check.id)}" for check in assignment.check],
        f"  {points(assignment.max_score):>5}  {text('in all; the reference layers earn every point')}",
    ]
    if rehearsal.right or rehearsal.wrong:
        lines += wrapped(
            text(
                "examples: {right} right, each with every point; {wrong} wrong, none with every point",
                right=rehearsal.right,
                wrong=rehearsal.wrong,
            ),
            "  ",
            "    ",
        )
    elif (file.parent / "reference.py").is_file():
        lines += wrapped(text("no examples: put submissions into examples/right and examples/wrong"), "  ", "    ")
    return lines
