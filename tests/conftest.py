"""What holds for every test."""

import os
from pathlib import Path

import pytest

# The developer's own language is no matter here: a test that is about another one than English says so.
for _variable in ("DOUT_LANG", "LANGUAGE", "LC_MESSAGES"):
    os.environ.pop(_variable, None)
os.environ["LC_ALL"] = "C.UTF-8"


@pytest.fixture(autouse=True)
def _no_settings_of_tox(monkeypatch: pytest.MonkeyPatch) -> None:
    # pytest moves its cache into tox's folder when it sees this; users' runs have no such variable.
    monkeypatch.delenv("TOX_ENV_DIR", raising=False)


#: Files that take minutes, and reach hardly a line that others do not: on one Python, without coverage (tox -e long).
LONG = (
    "bundle/test_gradescope_bundle.py",
    *(f"ci/test_{what}.py" for what in ("action", "pre_commit")),
    *(f"cli/test_{what}.py" for what in ("grade_in_ci", "other_assignment", "report")),
    *(f"judging/test_{what}.py" for what in ("correct_variants", "diagnosis", "mutants", "properties")),
    *(f"plugin/test_plugin_{what}.py" for what in ("items", "paths", "reports", "terminal", "trust", "xdist")),
    *(f"sandbox/test_{what}.py" for what in ("forged", "hostile", "resources")),
    *(f"service/test_{what}.py" for what in ("api_fuzzed", "deaths", "deaths_over_http", "interleavings")),
    *(f"service/test_{what}.py" for what in ("lti_deaths", "no_room", "upgrade")),
    "whole_class/test_going_on.py",
)
#: What asks nothing that depends on the version of Python: environments, other programs, tables of numbers, a database.
ONCE = (
    *("benchmarks/", "bundle/", "ci/", "class_page/", "judging/", "service/", "whole_class/"),
    *("cli/test_added_formats.py", "cli/test_assignment_check.py", "cli/test_course.py", "sandbox/test_levels.py"),
)
_TESTS = Path(__file__).parent


def _marks(path: Path) -> set[str]:
    if not path.is_relative_to(_TESTS):
        return set()
    name = path.relative_to(_TESTS).as_posix()
    return {mark for mark, paths in (("long", LONG), ("once", ONCE)) if name.startswith(paths)}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even read a file that ``-m`` leaves out, as tox calls it: thousands of tests are made by that."""
    if not collection_path.name.startswith("test_"):
        return None
    marks, wanted = _marks(collection_path), config.option.markexpr.split(" and ")
    left_out = ("long" in wanted and "long" not in marks) or any(f"not {mark}" in wanted for mark in marks)
    return left_out or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the files above, so that each environment of tox can choose; and skip what this machine cannot show."""
    has_proc = Path("/proc/self/stat").exists()
    for item in items:
        for mark in _marks(item.path):
            item.add_marker(mark)
        if item.get_closest_marker("needs_proc") and not has_proc:
            item.add_marker(pytest.mark.skip("looks at processes by Linux's /proc"))
