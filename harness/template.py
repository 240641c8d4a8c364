"""Where the templates lie that dout writes, and what belongs to them."""

from pathlib import Path

import harness

__all__ = ["files_below", "template_directory"]


def template_directory(name: str) -> Path:
    """Return the folder of a template: inside the installed package, or beside it in a checkout."""
    package = Path(harness.__file__).resolve().parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


def files_below(folder: Path) -> list[Path]:
    """Return the paths of all files in ``folder`` as seen from there, without what Python and pytest leave behind."""
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if _belongs(path))


def _belongs(path: Path) -> bool:
    return path.is_file() and not any(part.endswith(("__pycache__", "_cache")) for part in path.parts)
