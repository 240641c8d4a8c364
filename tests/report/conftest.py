from collections.abc import Callable, Iterator

import msgspec
import pytest

import harness.shrink
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


@pytest.fixture
def patience(monkeypatch):
    # How long a search may take has a test of its own: elsewhere a busy machine must not change what is found.
    monkeypatch.setattr(harness.shrink, "SUBMISSION_SECONDS", 60.0)
    monkeypatch.setattr(harness.shrink, "FAILURE_SECONDS", 30.0)


@pytest.fixture
def example_of(graded):
    def example_of(source, check="MulLayer.backward"):
        result = next(one for one in graded(source).checks if one.id == check)
        assert result.counterexample is not None
        return result.counterexample

    return example_of
