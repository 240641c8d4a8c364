"""Writes the files of a template into a folder, and never over what is there."""

from pathlib import Path

from harness.errors import UsageError
from harness.sentence import Sentence
from harness.template import files_below, template_directory

__all__ = ["template_files", "write_new"]


def template_files(name: str) -> dict[Path, bytes]:
    """Return what is in a template, by the path in its folder."""
    folder = template_directory(name)
    return {path: (folder / path).read_bytes() for path in files_below(folder)}


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
