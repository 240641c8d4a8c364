"""``dout assignment check``: does an assignment make sense, and do its own reference layers earn every point?"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import OK
from harness.cli.console import show
from harness.interrupts import held_back
from harness.sentence import Sentence

if TYPE_CHECKING:
    from harness.assignment import Assignment

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Read the assignment, build its cases, grade its reference layers, and say what it is worth."""
    with held_back():
        from harness.assignment import built_in, path_of
        from harness.cases import bank_for
        from harness.errors import AssignmentError
        from harness.escape import plain
        from harness.grader import judge_trusted
        from harness.language import chosen_language
        from harness.records import Verdict
        from harness.render.cells import wrapped
        from harness.render.numbers import points

    assignment = built_in(options.path)
    _check_catalogues(assignment, path_of(options.path).parent)
    bank = bank_for(assignment, assignment.default_seed)
    results = judge_trusted(assignment, bank, assignment.reference_classes())
    failed = [result for result in results if result.verdict is not Verdict.PASSED]
    if failed:
        raise AssignmentError(
            Sentence("the reference layers fail {check}: {message}", check=failed[0].id, message=failed[0].message),
            Sentence("fix the reference layer"),
        )
    language = chosen_language()
    about = language.text(
        "{id} version {version}: {title}", id=assignment.id, version=assignment.version, title=assignment.title
    )
    lines = [
        *wrapped(about, "", "  "),
        "  "
        + language.text(
            "cases for seed {seed}: {count}, sha256 {sha256}",
            seed=assignment.default_seed,
            count=bank.identity.count,
            sha256=bank.identity.sha256[:16],
        ),
        *[f"  {points(check.points):>5}  {plain(check.id)}" for check in assignment.check],
        f"  {points(assignment.max_score):>5}  {language.text('in all; the reference layers earn every point')}",
    ]
    show("\n".join(lines) + "\n")
    return OK


def _check_catalogues(assignment: "Assignment", folder: Path) -> None:
    """Refuse a mistake that the assignment names and no catalogue explains."""
    from harness.catalogue import LANGUAGES, entries
    from harness.errors import AssignmentError

    for language in LANGUAGES:
        known = entries(language, folder)
        for mistake in (mistake for layer in assignment.layer for mistake in layer.mistakes):
            if mistake.code not in known:
                raise AssignmentError(
                    Sentence(
                        "{folder}: the mistake {code} has no text in the language {language}",
                        folder=folder,
                        code=repr(mistake.code),
                        language=language,
                    ),
                    Sentence(
                        "write [{code}] with message, explanation and three hints into catalogue.{language}.toml",
                        code=mistake.code,
                        language=language,
                    ),
                )
