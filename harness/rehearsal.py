"""Tries an assignment out before any learner does: its cases, its reference layers, its texts and its own examples."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness.assignment import Assignment, CheckSpec, placed
from harness.cases import Bank, bank_for
from harness.catalogue import LANGUAGES, entries
from harness.errors import AssignmentError, SandboxError, SubmissionError
from harness.grader import grade, judge_trusted, ungradable_report
from harness.records import Outcome, Report, Verdict
from harness.reference_calls import reference_faults
from harness.sandbox.runner import Sandbox
from harness.sentence import Sentence
from harness.submission import read_submission

__all__ = ["Rehearsal", "rehearsed"]

#: Folders beside an assignment.toml: submissions that have to earn every point, and submissions that must not.
RIGHT, WRONG = "right", "wrong"


class Rehearsal(NamedTuple):
    """What came of it. Without faults, the reference and every right example earned all points."""

    faults: list[AssignmentError]
    #: None where the cases could not be built, or the assignment's reference answers no case.
    bank: Bank | None = None
    right: int = 0
    wrong: int = 0


def rehearsed(assignment: Assignment, file: Path, sandbox: Sandbox) -> Rehearsal:
    """Return everything that is wrong with an assignment that makes sense so far.

    Args:
        assignment: As it was read from ``file``.
        file: Its ``assignment.toml``; its texts and examples are beside it.
        sandbox: Runs the examples. The reference layers are called in this process.

    Raises:
        SandboxError: an example could not be graded.
    """
    faults = list(_catalogue_faults(assignment, file))
    try:
        bank = bank_for(assignment, assignment.default_seed)
    except SandboxError as error:
        return Rehearsal([*faults, placed(file, ("default_seed",), error.message)])
    of_reference = [
        placed(file, keys, message, hint) for keys, message, hint in reference_faults(assignment, bank)
    ] or list(_points_lost(assignment, bank, file))
    if of_reference:
        # Without a right reference every example would look wrong.
        return Rehearsal([*faults, *of_reference])
    examples = {kind: list(_examples(file.parent / "examples" / kind)) for kind in (RIGHT, WRONG)}
    for kind, paths in examples.items():
        faults += [fault for path in paths if (fault := _example_fault(path, kind, assignment, sandbox))]
    return Rehearsal(faults, bank, len(examples[RIGHT]), len(examples[WRONG]))


def _catalogue_faults(assignment: Assignment, file: Path) -> Iterator[AssignmentError]:
    """Yield each mistake without a text, each text without a mistake, and each catalogue of no sense."""
    named = {mistake.code for layer in assignment.layer for mistake in layer.mistakes}
    for language in LANGUAGES:
        try:
            known = entries(language, file.parent)
        except AssignmentError as error:
            yield error
            continue
        for code in sorted(known.keys() - entries(language).keys() - named):
            yield placed(
                file.with_name(f"catalogue.{language}.toml"),
                (code,),
                Sentence("there is no mistake {code}, neither in dout nor in [[layer]]", code=repr(code)),
                Sentence("`dout explain` lists all codes"),
            )
        for number, layer in enumerate(assignment.layer):
            for place, mistake in enumerate(layer.mistakes):
                if mistake.code not in known:
                    yield placed(
                        file,
                        ("layer", number, "mistakes", place, "code"),
                        Sentence(
                            "the mistake {code} has no text in the language {language}",
                            code=repr(mistake.code),
                            language=language,
                        ),
                        Sentence(
                            "write [{code}] with message, explanation and three hints into catalogue.{language}.toml",
                            code=mistake.code,
                            language=language,
                        ),
                    )


def _points_lost(assignment: Assignment, bank: Bank, file: Path) -> Iterator[AssignmentError]:
    """Yield each check that the reference layers do not pass, the derivative of each layer's own forward among them."""
    asked = {(check.layer, check.kind) for check in assignment.check}
    more = [
        CheckSpec(id=f"{layer.name}.{kind}", layer=layer.name, kind=kind, title=layer.name, points=0)
        for layer in assignment.layer
        for kind in ("backward", "gradient")
        if (layer.name, kind) not in asked
    ]
    whole = msgspec.structs.replace(assignment, check=(*assignment.check, *more))
    names = [layer.name for layer in assignment.layer]
    for result in judge_trusted(whole, bank, assignment.reference_classes()):
        if result.verdict in (Verdict.PASSED, Verdict.BLOCKED):
            continue
        keys = ("layer", names.index(result.layer), "reference") if result.layer in names else ("graph",)
        yield placed(
            file,
            keys,
            Sentence("the reference layers fail {check}: {message}", check=result.id, message=result.message),
            Sentence("fix the reference layer"),
        )


def _examples(folder: Path) -> Sequence[Path]:
    """Return the submissions in a folder: files, notebooks, zip files and folders, hidden ones aside."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__")))


def _example_fault(path: Path, kind: str, assignment: Assignment, sandbox: Sandbox) -> AssignmentError | None:
    """Return what is wrong with one example: a right one that loses points, or a wrong one that loses none."""
    try:
        submission = read_submission(str(path), size_limit=assignment.limits.size_kib * 1024, words=assignment.words)
    except SubmissionError as error:
        report = ungradable_report(error, path.name, "", assignment, assignment.default_seed)
    else:
        report = grade(submission, assignment, sandbox=sandbox, shrink=False)
    if report.outcome is Outcome.GRADER_FAULT:
        raise SandboxError(
            Sentence("{place}: {fault}", place=path, fault=report.warnings[-1].message), Sentence("run `dout doctor`")
        )
    earned = report.outcome is Outcome.GRADED and report.score == report.max_score
    if earned == (kind == RIGHT):
        return None
    if earned:
        return AssignmentError(
            Sentence("{place}: {fault}", place=f"{path}:1", fault=Sentence("this wrong example earns every point")),
            Sentence("if it is wrong, add a check that sees it; if it is right, move it to examples/right"),
        )
    return _points_missing(path, report)


def _points_missing(path: Path, report: Report) -> AssignmentError:
    lost = [check for check in report.checks if check.verdict is not Verdict.PASSED]
    worst = next((check for check in lost if check.verdict is not Verdict.BLOCKED), lost[0])
    told = report.warnings[0].message if report.outcome is Outcome.NOT_GRADABLE else f"{worst.id}: {worst.message}"
    return AssignmentError(
        Sentence(
            "{place}: {fault}",
            place=f"{path}:{worst.line or 1}",
            fault=Sentence("this right example does not earn every point: {message}", message=told),
        ),
        Sentence("if it is right, change the checks or the limits; if it is wrong, move it to examples/wrong"),
    )
