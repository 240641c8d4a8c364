from collections.abc import Callable, Iterator

import msgspec
import pytest

from harness.assignment import built_in
from harness.grader import grade
from harness.records import Report
from harness.sandbox.runner import Sandbox
from harness.submission import submission_from_bytes


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        yield opened


@pytest.fixture(scope="session")
def report_on(sandbox: Sandbox) -> Callable[..., Report]:
    """Grade text or bytes with the built-in assignment, and little patience for what runs at the top level."""
    given = built_in()
    hasty = msgspec.structs.replace(given, limits=msgspec.structs.replace(given.limits, call_seconds=0.4))

    def report_on(source: str | bytes, name: str = "layers.py") -> Report:
        data = source if isinstance(source, bytes) else source.encode()
        return grade(submission_from_bytes(name, data), hasty, sandbox=sandbox)

    return report_on
