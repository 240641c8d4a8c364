"""``dout init``: write the student template into a folder."""

import argparse
from pathlib import Path

from harness.cli import OK
from harness.cli.console import show
from harness.errors import UsageError
from harness.escape import plain
from harness.language import chosen_language
from harness.sentence import Sentence
from harness.template import files_below, template_directory

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Write every file of the template; refuse, and write nothing, when one of them is already there."""
    target, template = Path(options.directory), template_directory()
    files = files_below(template)
    try:
        taken = [target / name for name in files if (target / name).exists()]
        if taken:
            raise UsageError(
                Sentence("{file} exists already; nothing was written", file=taken[0]),
                Sentence("choose a new folder, or move that file away"),
            )
        for name in files:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((template / name).read_bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            Sentence("{file} cannot be written: {error}", file=target, error=reason), Sentence("choose another folder")
        ) from None
    language = chosen_language()
    lines = [language.text("wrote {file}", file=target / name) for name in files]
    layers = target / "layers.py"
    lines.append(language.text("next: open {file}, write the layers, then run: dout grade {file}", file=layers))
    show("".join(plain(line) + "\n" for line in lines))
    return OK
