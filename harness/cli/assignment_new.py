"""``dout assignment new``: write an assignment that works, to be changed into one's own."""

import argparse
import re
from pathlib import Path

from harness.cli import OK
from harness.cli.console import show
from harness.cli.new_files import template_files, write_new
from harness.escape import plain
from harness.language import chosen_language

__all__ = ["new"]

#: The id that the template has.
_ID = b'id = "my-assignment"'


def new(options: argparse.Namespace) -> int:
    """Write every file of the template, with the folder's name as the assignment's, and none over what is there."""
    target = Path(options.directory)
    files = template_files("assignment_template")
    toml = Path("assignment.toml")
    files[toml] = files[toml].replace(_ID, f'id = "{_id_from(target)}"'.encode(), 1)
    language = chosen_language(options.lang)
    lines = [language.text("wrote {file}", file=path) for path in write_new(target, files)]
    lines.append(
        language.text(
            "next: open {file}, change it, then run: dout assignment check {folder}", file=target / toml, folder=target
        )
    )
    show("".join(plain(line) + "\n" for line in lines))
    return OK


def _id_from(folder: Path) -> str:
    """Return the folder's name with only what an id may have in it."""
    name = re.sub(r"[^a-z0-9._-]+", "-", folder.resolve().name.lower()).strip("-._")
    return name or "my-assignment"
