"""Turns the options of the group "grade" into a plan, and registers the session that carries it out."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import DoutError, SandboxError, SubmissionError, UsageError
from harness.grading_session.targets import Target, choose, find_targets, path_from
from harness.grading_session.trust import close_import_path, is_self_check, refuse_foreign_configuration
from harness.interrupts import held_back
from harness.language import chosen_language
from harness.sentence import Sentence

if TYPE_CHECKING:
    from harness.grading_session.plan import Planned, Settings
    from harness.sandbox.launch import Launched
    from harness.submission import Submission

__all__ = ["start"]


def start(config: pytest.Config) -> None:
    """Read what is to be graded, start the sandbox in the background, and take over collection and reporting.

    Raises:
        pytest.UsageError: What was asked for cannot be done; one line, and one on what to do.
    """
    try:
        _start(config)
    except DoutError as error:
        told = chosen_language(config.getoption("grade_lang")).told
        raise pytest.UsageError("\n".join(filter(None, (told(error.message), told(error.hint))))) from None


def _start(config: pytest.Config) -> None:
    import_path = list(sys.path)
    config.add_cleanup(lambda: sys.path.__setitem__(slice(None), import_path))
    refuse_foreign_configuration(config)
    working = config.invocation_params.dir
    targets = find_targets(
        config.getoption("grade"), ini_paths=config.getini("grade_paths"), root=config.rootpath, working=working
    )
    close_import_path([target.folder for target in targets])
    # The zygote imports numpy in its own process while this one reads and collects.
    launched = _launched(config)

    with held_back():
        from harness.grading_session.plan import Grades, SharedSandbox
        from harness.grading_session.session import GradingSession

        sandbox = SharedSandbox(launched)
        config.add_cleanup(sandbox.close)
        settings = _settings(config)
    grades = Grades(settings, sandbox)
    plan = _plan(config, settings, targets, import_path)
    # Paths in place of testpaths: "initial paths" for --lf, and nothing else for pytest to look at.
    config.args = [*dict.fromkeys(str(_readable(one.path)) for one in plan if one.wanted)]
    config.args_source = pytest.Config.ArgsSource.ARGS
    _quieten(config)
    _spare_hypothesis(config)
    config.pluginmanager.register(GradingSession(config, grades, plan), "dout-grading-session")


def _readable(path: Path) -> Path:
    """Return ``path``, or the folder around it whose name pytest does not take for the name of a test in a file.

    What is collected is the plan: pytest only wants to see that there is something.
    """
    return next(place for place in (path, *path.parents) if "[" not in str(place) and "::" not in str(place))


def _launched(config: pytest.Config) -> "Launched | None":
    """Start a zygote in a process that will grade: not for --collect-only, not in the controller of pytest-xdist."""
    from harness.sandbox.launch import has_fork_server, launch

    distributes = config.getoption("dist", "no") != "no" and config.getoption("tx", None)
    if config.getoption("collectonly") or distributes or not has_fork_server():
        return None
    try:
        return launch()
    except SandboxError:
        # The first item tries again, and reports the fault.
        return None


def _settings(config: pytest.Config) -> "Settings":
    from harness.assignment import built_in, reader_language
    from harness.feedback import Feedback
    from harness.grading_session.plan import Settings
    from harness.records import Level
    from harness.report_files import output_of

    assignment = built_in(config.getoption("grade_assignment"))
    seed = config.getoption("grade_seed")
    return Settings(
        assignment=assignment,
        seed=assignment.default_seed if seed is None else seed,
        feedback=Feedback(config.getoption("grade_feedback") or assignment.feedback),
        least=Level(config.getoption("grade_isolation")),
        language=reader_language(config.getoption("grade_assignment"), config.getoption("grade_lang")),
        outputs=[
            output_of("--grade-report", value, config.invocation_params.dir)
            for value in config.getoption("grade_report")
        ],
    )


def _plan(
    config: pytest.Config, settings: "Settings", targets: Sequence[Target], import_path: Sequence[str]
) -> "list[Planned]":
    """Read each submission, and let the command line's positional arguments choose among them."""
    from harness.escape import plain
    from harness.grading_session.plan import Planned
    from harness.submission import read_submission

    working, root = config.invocation_params.dir, config.rootpath
    plan: dict[Path, Planned] = {}
    kept: list[Target] = []
    for target in targets:
        submission: Submission | SubmissionError
        try:
            assignment = settings.assignment
            submission = read_submission(
                target.path, size_limit=assignment.limits.size_kib * 1024, words=assignment.words
            )
        except SubmissionError as error:
            submission, path = error, target.path
        else:
            path = _file_of(target.path, submission.name)
        if path in plan:
            continue
        kept.append(target)
        plan[path] = Planned(
            key=plain(path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()),
            path=path,
            shown=plain(path_from(working, path)),
            submission=submission,
            self_check=is_self_check(config, target.folder, import_path),
        )
    choose(kept, list(plan), config.getoption("file_or_dir"), (working, root))
    for target, planned in zip(kept, plan.values(), strict=True):
        planned.wanted = target.wanted
        planned.only = _checks(target.only, planned, settings)
    return list(plan.values())


def _file_of(path: Path, name: str) -> Path:
    """Return the file that was chosen in a folder; the folder itself where its escaped name does not lead there."""
    inside = path / name.partition("/")[2]
    return inside if path.is_dir() and inside.is_file() else path


def _checks(only: Sequence[str], planned: "Planned", settings: "Settings") -> list[str]:
    """Return the ids to collect; an editor may still know those of an earlier state of the file."""
    from harness.grading_session.plan import GRADABLE

    ids = [check.id for check in settings.assignment.visible]
    for name in only:
        if name not in (*ids, GRADABLE):
            raise UsageError(
                Sentence("{file} has no check {check}", file=planned.shown, check=name),
                Sentence("its checks are {checks}", checks=", ".join(ids)),
            )
    return [] if GRADABLE in only else list(only)


def _quieten(config: pytest.Config) -> None:
    """Leave the failures to our own screen, unless ``--tb`` or ``-r`` was typed."""
    typed = [str(argument) for argument in config.invocation_params.args]
    if not any(re.match(r"--tb\b", argument) for argument in typed):
        config.option.tbstyle = "no"
    if not any(re.match(r"-[lqsvx]*r|--report-chars\b", argument) for argument in typed):
        config.option.reportchars = ""


def _spare_hypothesis(config: pytest.Config) -> None:
    """Drop Hypothesis' own pytest plugin: its summary imports all of Hypothesis, 0.4 s, for test functions only."""
    if config.pluginmanager.hasplugin("hypothesispytest"):
        config.pluginmanager.unregister(name="hypothesispytest")
