from collections.abc import Iterator

import msgspec
import pytest

from harness.assignment import Assignment, built_in
from harness.sandbox.runner import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        yield opened


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    """The built-in assignment, with little patience."""
    given = built_in()
    return msgspec.structs.replace(given, limits=msgspec.structs.replace(given.limits, call_seconds=0.5))
