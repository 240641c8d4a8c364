"""``dout init``: write the student template into a folder."""

import argparse
from pathlib import Path

from harness.cli import OK
from harness.cli.console import show
from harness.cli.new_files import template_files, write_new
from harness.escape import plain
from harness.language import chosen_language

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Write every file of the template; refuse, and write nothing, when one of them is already there."""
    target = Path(options.directory)
    written = write_new(target, template_files("student_template"))
    language = chosen_language()
    lines = [language.text("wrote {file}", file=path) for path in written]
    layers = target / "layers.py"
    lines.append(language.text("next: open {file}, write the layers, then run: dout grade {file}", file=layers))
    show("".join(plain(line) + "\n" for line in lines))
    return OK
