"""``dout watch``: grade a file each time it is saved."""

import argparse
import contextlib
import os
import sys
from pathlib import Path

from harness.cli import OK
from harness.cli.console import is_terminal, show
from harness.errors import UsageError
from harness.interrupts import Ended, held_back, signals_as_exceptions
from harness.sandbox.launch import has_fork_server, launch
from harness.sentence import Sentence

__all__ = ["run"]

_DEFAULT = "layers.py"


def run(options: argparse.Namespace) -> int:
    """Watch until the learner quits; Ctrl-C is one way to do so."""
    path = _chosen(options.path)
    try:
        with signals_as_exceptions():
            _watch(path, options)
    except KeyboardInterrupt:
        with contextlib.suppress(KeyboardInterrupt):
            show("\n")
    except Ended as ended:
        return ended.status
    return OK


def _chosen(given: str | None) -> Path:
    if given is None and not os.path.exists(_DEFAULT):
        raise UsageError(
            Sentence("there is no {file} in this folder", file=_DEFAULT),
            Sentence("name your file: dout watch FILE; or write one: dout init ."),
        )
    path = Path(given or _DEFAULT)
    if path.is_dir():
        raise UsageError(
            Sentence("{path} is a folder", path=path),
            Sentence("name the file in it: dout watch {path}", path=path / _DEFAULT),
        )
    if not path.absolute().parent.is_dir():
        raise UsageError(
            Sentence("there is no folder {path}", path=path.parent),
            Sentence("check the spelling, and the folder that you are in"),
        )
    return path


def _watch(path: Path, options: argparse.Namespace) -> None:
    # The zygote imports numpy in its own process while this one imports it here.
    launched = launch() if has_fork_server() else None
    with held_back():
        from harness.assignment import built_in, reader_language
        from harness.sandbox.runner import Sandbox
        from harness.watching.display import PlainDisplay, TerminalDisplay
        from harness.watching.events import Saved
        from harness.watching.saves import Saves
        from harness.watching.session import Session

    with contextlib.ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(launched=launched))
        assignment = built_in(options.assignment)
        language = reader_language(options.assignment, options.lang)
        keys = not options.plain and _has_terminal()
        display = TerminalDisplay(show, language) if keys else PlainDisplay(show, language)
        session = Session(path, assignment, options.seed, sandbox=sandbox, display=display, language=language)
        stack.enter_context(Saves(path, lambda: session.events.put(Saved())))
        if keys:
            from harness.watching.keys import Keys

            # Last in, first out: the terminal is as it was before anything else can go wrong.
            stack.enter_context(Keys(session.events.put))
        session.run()


def _has_terminal() -> bool:
    from harness.watching.display import can_steer

    return is_terminal(sys.stdin, sys.stdout) and can_steer()
