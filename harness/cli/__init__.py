"""The command line: one module per command. This one runs the command that was called, and says how it ended."""

import importlib
import keyword
import os
from collections.abc import Sequence

from harness.cli import console
from harness.cli.words import read_words
from harness.errors import DoutError, SandboxError
from harness.sentence import Sentence

__all__ = ["FAULT", "INTERRUPTED", "OK", "SOME_FAILED", "USAGE", "main"]

# Exit statuses (docs/report.md); the last is what shells use for a command that Ctrl-C ended.
OK, SOME_FAILED, USAGE, FAULT, INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    console.prepare()
    # Before numpy is imported: its threads wait busily, for a tenth of a second, for matrices that never come.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    lang = None
    try:
        options = read_words(arguments)
        lang = getattr(options, "lang", None)
        # A command is imported only when it is called. A module may not be called as a word of Python is: class.
        module = f"harness.cli.{options.command}{'_' * keyword.iskeyword(options.command)}"
        status: int = importlib.import_module(module).run(options)
        console.flush()
    except SystemExit as ended:
        # argparse has printed help, the version, or what is wrong.
        return int(ended.code or OK)
    except KeyboardInterrupt:
        console.say(Sentence("interrupted; nothing was left behind"), lang=lang)
        return INTERRUPTED
    except DoutError as error:
        console.say(error.message, error.hint, lang)
        return FAULT if isinstance(error, (SandboxError, console.OutputError)) else USAGE
    except OSError as error:
        refused = Sentence("the system refused something that grading needs: {error}", error=error)
        console.say(refused, Sentence("run `dout doctor`"), lang)
        return FAULT
    else:
        return status
