"""The command line: one module per command. This one runs the command that was called, and says how it ended."""

import importlib
from collections.abc import Sequence

from harness.cli import console
from harness.cli.words import read_words
from harness.errors import DoutError, SandboxError

__all__ = ["FAULT", "OK", "SOME_FAILED", "USAGE", "main"]

# Exit statuses (docs/report.md); the last is what shells use for a command that Ctrl-C ended.
OK, SOME_FAILED, USAGE, FAULT, INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    console.prepare()
    try:
        status = _called(arguments)
        console.flush()
    except KeyboardInterrupt:
        console.say("interrupted; nothing was left behind")
        return INTERRUPTED
    except DoutError as error:
        console.say(error.message, error.hint)
        return FAULT if isinstance(error, (SandboxError, console.OutputError)) else USAGE
    except OSError as error:
        console.say(f"the system refused something that grading needs: {error}", "run `dout doctor`")
        return FAULT
    else:
        return status


def _called(arguments: Sequence[str] | None) -> int:
    """Read the words, and import a command only when it is called."""
    try:
        options = read_words(arguments)
    except SystemExit as ended:
        # argparse has printed help, the version, or what is wrong.
        return int(ended.code or OK)
    command = importlib.import_module(f"harness.cli.{options.command}")
    status: int = command.run(options)
    return status
