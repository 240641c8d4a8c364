from collections.abc import Callable, Iterator

import msgspec
import pytest

from harness.assignment import Assignment, built_in
from harness.errors import SubmissionError
from harness.grader import grade, ungradable_report
from harness.records import Report
from harness.sandbox.runner import Sandbox
from harness.submission import submission_from_bytes


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        yield opened


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    """The built-in assignment, with little patience."""
    given = built_in()
    return msgspec.structs.replace(given, limits=msgspec.structs.replace(given.limits, call_seconds=0.5))


@pytest.fixture(scope="session")
def graded(sandbox: Sandbox, assignment: Assignment) -> Callable[[str | bytes], Report]:
    def graded(source: str | bytes, name: str = "layers.py") -> Report:
        data = source if isinstance(source, bytes) else source.encode()
        try:
            submission = submission_from_bytes(name, data)
        except SubmissionError as error:
            return ungradable_report(error, name, "", assignment, assignment.default_seed)
        return grade(submission, assignment, sandbox=sandbox)

    return graded
