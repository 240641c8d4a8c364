"""``dout class``: grade everything that a class handed in."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.cli import FAULT, INTERRUPTED, OK
from harness.cli.console import is_terminal, say, show
from harness.interrupts import Ended, held_back, signals_as_exceptions
from harness.sentence import Sentence

if TYPE_CHECKING:
    from harness.language import Language
    from harness.whole_class.results import Results

__all__ = ["run"]

#: Lines of one list on the screen; the summary has more, and the index all.
_MOST = 20


def run(options: argparse.Namespace) -> int:
    """Grade what is new or has changed, write everything, and say what needs a decision."""
    try:
        with signals_as_exceptions():
            return _run(options)
    except Ended as ended:
        return ended.status


def _run(options: argparse.Namespace) -> int:
    with held_back():
        from harness.assignment import built_in, reader_language
        from harness.errors import UsageError
        from harness.feedback import Feedback
        from harness.intake import open_intake
        from harness.records import Level
        from harness.whole_class.grading import Grading, Wanted, prepared_folder
        from harness.whole_class.index import read_index
        from harness.whole_class.outputs import read_gradebook
        from harness.whole_class.progress import Progress
        from harness.whole_class.results import write_results

    assignment = built_in(options.assignment)
    language = reader_language(options.assignment, options.lang)
    platforms = [platform for platform, _ in options.gradebook]
    for platform in platforms:
        if platforms.count(platform) > 1:
            raise UsageError(
                Sentence("--gradebook names {platform} twice", platform=platform),
                Sentence("fill in the second file in another run, into another folder"),
            )
    if options.column and not platforms:
        raise UsageError(
            Sentence("--column names a column of a gradebook, and there is none"),
            Sentence("name the gradebook too: {example}", example="--gradebook canvas=FILE"),
        )
    column = options.column or assignment.title
    gradebooks = [read_gradebook(name, path, column, assignment.max_score) for name, path in options.gradebook]
    old = None if options.compare is None else read_index(options.compare)
    wanted = Wanted(
        out=options.output,
        assignment=options.assignment,
        seed=assignment.default_seed if options.seed is None else options.seed,
        language=language.code,
        feedback=Feedback(options.feedback or assignment.feedback),
        least=Level(options.isolation),
        jobs=options.jobs or _cores(),
        fresh=options.fresh,
        similar=options.similar,
    )
    with open_intake(options.path, options.roster) as intake:
        prepared_folder(options.output, options.path)
        total = len(intake.assigned)
        with (
            Grading(intake, assignment, wanted) as grading,
            Progress(sys.stderr, total, language, bar=is_terminal(sys.stderr)) as progress,
        ):
            try:
                grading.run(progress)
            except (KeyboardInterrupt, Ended) as stop:
                progress.leave()
                stopped = Sentence("stopped; {done} of {total} submissions are done and kept", done=progress.done,
                                   total=total)  # fmt: skip
                say(stopped, Sentence("run the same command again: it goes on where it was"), options.lang)
                if isinstance(stop, Ended):
                    raise
                return INTERRUPTED
            results = write_results(
                options.output,
                grading.head,
                grading.store,
                intake.unassigned,
                language,
                assigned=intake.assigned,
                gradebooks=gradebooks,
                column=column,
                old=old,
                similar=options.similar,
                anonymous=options.anonymous,
            )
    show("\n".join(_screen(results, options.output, language)) + "\n")
    return FAULT if results.some_not_graded else OK


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _screen(results: "Results", out: str, language: "Language") -> Iterator[str]:
    from harness.render.cells import wrapped

    yield from wrapped(results.told(language), "", "  ")
    for title, found, count in results.lists(language, _MOST):
        yield ""
        yield from wrapped(f"{title} ({count})", "", "  ")
        yield from _indented(found)
        if count > _MOST:
            yield "  " + language.text("and {count} more", count=count - _MOST)
    yield ""
    yield from wrapped(language.text("written to {folder}: {files}", folder=out, files=", ".join(results.files)))


def _indented(lines: Sequence[str]) -> Iterator[str]:
    from harness.render.cells import wrapped

    for line in lines:
        yield from wrapped(line, "  ", "    ")
