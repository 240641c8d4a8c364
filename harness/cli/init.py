"""``dout init``: write the student template into a folder."""

import argparse
from pathlib import Path

import harness
from harness.cli import OK
from harness.cli.console import show
from harness.errors import UsageError
from harness.escape import plain

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
                f"{taken[0]} exists already; nothing was written", "choose a new folder, or move that file away"
            )
        for name in files:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((template / name).read_bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{target} cannot be written: {reason}", "choose another folder") from None
    lines = [f"wrote {target / name}" for name in files]
    layers = target / "layers.py"
    lines.append(f"next: open {layers}, write the layers, then run: dout grade {layers}")
    show("".join(plain(line) + "\n" for line in lines))
    return OK


def _belongs(path: Path) -> bool:
    """Tell files of the template from what Python and pytest leave in a checkout."""
    return path.is_file() and not any(part.endswith(("__pycache__", "_cache")) for part in path.parts)
