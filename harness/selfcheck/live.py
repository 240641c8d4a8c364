"""`harness.check`: judges classes where they live, in the learner's own process."""

import contextlib
import hashlib
import linecache
import time
import types
import warnings
from collections.abc import Sequence

import msgspec

from harness.answers import Call, answers_here
from harness.assignment import GRAPH, Assignment, built_in, reader_language
from harness.cases import Bank, bank_for
from harness.checks.evidence import Evidence
from harness.checks.graph_values import graph_values
from harness.feedback import Feedback, with_feedback
from harness.grader import judged, placed, versions
from harness.language import Language
from harness.naming import Found, find_layers
from harness.notes import self_check_note, shown_notes
from harness.observe import Observations
from harness.records import CasesId, Graph, Isolation, Level, Outcome, Report, SubmissionId, Timing
from harness.sandbox.protocol import BoundClass, Loaded, Parsed, Source
from harness.sandbox.source import read_program
from harness.sandbox.worker import Silent
from harness.scoring import layer_scores
from harness.selfcheck.shown import Shown
from harness.sentence import Sentence, listed, marked
from harness.submission import Block, Submission

__all__ = ["check"]

_NOTE = self_check_note(Sentence("SELF-CHECK - not a mark of record: your layers ran in your own notebook."))


def check(
    *layers: type, lang: str | None = None, seed: int | None = None, assignment_name: str = "ch05-add-mul"
) -> Shown:
    """Check layer classes that exist in this very process, as a notebook cell has made them.

    Args:
        layers: One class or several, for example ``MulLayer``. Checks of other layers are left out.
        lang: Language of the report; the reader's own when None.
        seed: Which drawn cases; the assignment's own when None.
        assignment_name: Name or path of the assignment.

    Raises:
        TypeError: something else than a class was given, or nothing.
        ValueError: a class is none of the assignment's layers.
        KeyboardInterrupt: Ctrl-C was pressed; nothing else ends a loop without end in a layer.
    """
    assignment = built_in(assignment_name)
    language = reader_language(assignment_name, lang)
    for layer in layers:
        if not isinstance(layer, type):
            pattern = marked("give the class itself, without brackets after it: harness.check({layer})")
            raise TypeError(language.text(pattern, layer=type(layer).__name__))
    if not layers:
        example = ", ".join(layer.name for layer in assignment.layer)
        raise TypeError(language.told(Sentence("say which classes to check: harness.check({layers})", layers=example)))
    report = _report(assignment, layers, seed, language)
    return Shown(with_feedback(report, Feedback(assignment.feedback)), language)


def _report(assignment: Assignment, layers: Sequence[type], seed: int | None, language: Language) -> Report:
    wall, cpu = time.perf_counter(), time.process_time()
    by_name = {layer.__name__: layer for layer in layers}
    submission, parsed = _source(by_name)
    bound = [BoundClass(name, [one for one in dir(made) if not one.startswith("__")]) for name, made in by_name.items()]
    found, notes = find_layers(assignment.layer, parsed, Loaded(bound, []))
    unknown = set(by_name) - {one.name for one in found}
    if unknown:
        stranger = Sentence(
            "{layer} is no layer of {assignment}: name it {wanted}",
            layer=", ".join(sorted(unknown)),
            assignment=assignment.id,
            wanted=listed([layer.name for layer in assignment.layer], marked("{first} or {rest}")),
        )
        raise ValueError(language.told(stranger))

    seed = assignment.default_seed if seed is None else seed
    bank = bank_for(assignment, seed)
    calls = _called(bank, [by_name.get(one.name or "") for one in found])
    seen = Observations(
        layers=found,
        cases=bank.cases,
        calls=calls,
        warnings=notes,
        isolation=Isolation(level=Level.D, layers=()),
        cpu_seconds=0.0,
    )
    asked = _asked(assignment, found)
    evidence = Evidence(asked, bank, seen)
    results = [placed(result, submission, evidence) for result in judged(asked, evidence)]
    is_whole = len(asked.check) == len(assignment.check)
    return Report(
        outcome=Outcome.GRADED,
        assignment=assignment.identity,
        submission=SubmissionId(name=submission.name, sha256=submission.sha256),
        seed=seed,
        score=sum(result.score for result in results),
        max_score=asked.max_score,
        isolation=None,
        cases=CasesId(count=bank.identity.count, sha256=bank.identity.sha256),
        layers=layer_scores(asked, results, evidence.found),
        checks=results,
        warnings=[_NOTE, *shown_notes(notes)],
        graph=graph_values(evidence) if is_whole else Graph(),
        versions=versions(),
        timing=Timing(wall_s=time.perf_counter() - wall, cpu_s=time.process_time() - cpu),
    )


def _asked(assignment: Assignment, found: Sequence[Found]) -> Assignment:
    """Return the assignment without the checks that need a class which was not given."""
    there = {layer.name for layer, one in zip(assignment.layer, found, strict=True) if one.name is not None}
    if len(there) == len(assignment.layer):
        there.add(GRAPH)
    kept = [check for check in assignment.check if check.layer in there]
    ids = {check.id for check in kept}
    checks = [msgspec.structs.replace(one, needs=tuple(need for need in one.needs if need in ids)) for one in kept]
    return msgspec.structs.replace(assignment, check=tuple(checks))


def _called(bank: Bank, classes: Sequence[type | None]) -> list[list[Call]]:
    """Return what the classes answer, without showing what they print."""
    printed = Silent()
    with warnings.catch_warnings(), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        warnings.simplefilter("ignore")
        return answers_here(bank.cases, classes, printed.take)


def _source(by_name: dict[str, type]) -> tuple[Submission, Parsed]:
    """Return the text that the classes were made from, as far as it is known, to show the learner's own lines."""
    methods = {name: _methods(made) for name, made in by_name.items()}
    cells: dict[str, list[str]] = {}
    for name, codes in methods.items():
        for code in codes[:1]:
            cells.setdefault(code.co_filename, []).append(name)
    blocks: list[Block] = []
    begins: dict[str, set[int]] = {}
    first_line = 1
    for file, names in cells.items():
        # A kernel keeps the text of its cells where Python's own tracebacks look for it.
        text = "".join(linecache.getlines(file))
        if text.strip():
            cell = Sentence("cell of {names}", names=", ".join(names)) if len(cells) > 1 else None
            blocks.append(Block(text=text, first_line=first_line, cell=cell))
            begins |= {name: {code.co_firstlineno + first_line - 1 for code in methods[name]} for name in names}
            first_line += text.count("\n") + 2
    parsed = read_program([Source(block.text, block.first_line) for block in blocks]).seen()
    # A file may have several classes of one name.
    own = [one for one in parsed.classes if {line for _, line in one.methods} & begins.get(one.name, set())]
    digest = hashlib.sha256("\n".join(block.text for block in blocks).encode()).hexdigest()
    submission = Submission(name=", ".join(by_name), sha256=digest, blocks=tuple(blocks))
    return submission, msgspec.structs.replace(parsed, classes=own)


def _methods(made: type) -> list[types.CodeType]:
    """Return the code of the methods that a class brings itself."""
    return [value.__code__ for value in vars(made).values() if isinstance(value, types.FunctionType)]
