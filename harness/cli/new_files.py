"""Writes the files of a template into a folder, and never over what is there."""

from pathlib import Path

import harness
from harness.errors import UsageError
from harness.sentence import Sentence

__all__ = ["template_directory", "template_files", "write_new"]


def template_directory(name: str) -> Path:
    """Return the folder of a template: inside the installed package, or beside it in a checkout."""
    package = Path(harness.__file__).resolve().parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


def template_files(name: str) -> dict[Path, bytes]:
    """Return what is in a template, by the path in its folder; without what Python and pytest leave in a checkout."""
    folder = template_directory(name)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder): path.read_bytes()
        for path in paths
        if not any(part.endswith(("__pycache__", "_cache")) for part in path.parts)
    }


def write_new(target: Path, files: dict[Path, bytes]) -> list[Path]:
    """Write every file into the folder ``target`` and return their paths.

    Raises:
        UsageError: one of them is already there, and nothing was written; or the system refused.
    """
    try:
        taken = [target / name for name in files if (target / name).exists()]
        if taken:
            raise UsageError(
                Sentence("{file} exists already; nothing was written", file=taken[0]),
                Sentence("choose a new folder, or move that file away"),
            )
        for name, data in files.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            with (target / name).open("xb") as file:
                file.write(data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            Sentence("{file} cannot be written: {error}", file=target, error=reason), Sentence("choose another folder")
        ) from None
    return [target / name for name in files]
