"""``dout init``: write the student template into a folder."""

import argparse
from pathlib import Path

import harness
from harness.cli import OK
from harness.cli.console import show
from harness.errors import UsageError
from harness.escape import plain
from harness.language import chosen_language
from harness.sentence import Sentence

__all__ = ["run", "template_directory"]


def template_directory() -> Path:
    """Return the folder of the template: inside the installed package, or beside it in a checkout."""
    package = Path(harness.__file__).resolve().parent
    inside = package / "student_template"
    return inside if inside.is_dir() else package.parent / "student_template"


def run(options: argparse.Namespace) -> int:
    """Write every file of the template; refuse, and write nothing, when one of them is already there."""
    target, template = Path(options.directory), template_directory()
    files = sorted(path.relative_to(template) for path in template.rglob("*") if _belongs(path))
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


def _belongs(path: Path) -> bool:
    """Tell files of the template from what Python and pytest leave in a checkout."""
    return path.is_file() and not any(part.endswith(("__pycache__", "_cache")) for part in path.parts)
