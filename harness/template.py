"""Where the student template lies, and what belongs to it."""

from pathlib import Path

import harness

__all__ = ["files_below", "template_directory"]


def template_directory() -> Path:
    """Return the folder of the template: inside the installed package, or beside it in a checkout."""
    package = Path(harness.__file__).resolve().parent
    inside = package / "student_template"
    return inside if inside.is_dir() else package.parent / "student_template"


def files_below(folder: Path) -> list[Path]:
    """Return the paths of all files in ``folder`` as seen from there, without what Python and pytest leave behind."""
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if _belongs(path))


def _belongs(path: Path) -> bool:
    return path.is_file() and not any(part.endswith(("__pycache__", "_cache")) for part in path.parts)
