"""The pytest front, ``pytest --grade=PATH``: options and the two hooks that must run early.

Every pytest run of an environment loads this module, graded or not. So it imports only pytest and, without ``--grade``,
does nothing; the work is in :mod:`harness.grading_session`.
"""

from collections.abc import Generator

import pytest

__all__ = ["pytest_addoption", "pytest_configure", "pytest_load_initial_conftests"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the group "grade" and the ini option ``grade_paths``."""
    group = parser.getgroup("grade", "grading of neural-network layers (dout)")
    group.addoption(
        "--grade",
        action="append",
        nargs="?",
        metavar="PATH",
        help="Grade a .py, .ipynb or .zip file or a folder, one test per check, in a process of its own; repeatable. "
        "Without a path: what the ini option grade_paths names, else layers.py in the root directory. "
        "Nothing else is collected, and no conftest.py runs.",
    )
    group.addoption(
        "--grade-assignment",
        default="ch05-add-mul",
        metavar="NAME",
        help="Name or path of the assignment (default: ch05-add-mul).",
    )
    group.addoption(
        "--grade-seed", type=int, metavar="INT", help="Which drawn cases (default: the assignment's own seed)."
    )
    group.addoption(
        "--grade-report",
        action="append",
        default=[],
        metavar="FORMAT:FILE",
        help="Write the report there, for example json:report.json; repeatable. Not written when checks were left out.",
    )
    group.addoption(
        "--grade-feedback",
        choices=("full", "actual-only", "none"),
        default=None,
        help="full: everything; actual-only: inputs and what the layer returned, but no expected value; "
        "none: verdicts and points. For the screen and for report files (default: the assignment's, else full).",
    )
    group.addoption(
        "--grade-lang",
        choices=("en", "ko"),
        default=None,
        help="Language of the report (default: DOUT_LANG, else the assignment's, else that of this computer).",
    )
    group.addoption(
        "--grade-isolation",
        choices=("A", "B", "C", "D"),
        default="D",
        help="Run no learner's code at a lower isolation level than this (default: D, the best that this machine has).",
    )
    parser.addini("grade_paths", "What --grade without a path grades, relative to this file.", type="paths", default=[])


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Let no conftest.py run: with a submission's path on the command line, pytest would import the one beside it."""
    if getattr(early_config.known_args_namespace, "grade", None):
        early_config.known_args_namespace.noconftest = True
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start grading when it was asked for, before the terminal reporter reads its options.

    Raises:
        pytest.UsageError: What was asked for cannot be done.
    """
    if config.getoption("grade", None) and not config.getoption("help"):
        from harness.grading_session import start

        start(config)
