"""Classes for the tests: on disk or as a zip, from the same table of names and contents."""

import zipfile
from pathlib import Path

LAYERS = b"class AddLayer:\n    pass\n\n\nclass MulLayer:\n    pass\n"
WORDS = ("addlayer", "mullayer")


def folder(root: Path, files: dict[str, bytes]) -> Path:
    """Write the files below ``root / "class"`` and return that folder."""
    top = root / "class"
    top.mkdir()
    for name, data in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return top


def zipped(
    root: Path, files: dict[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]], name: str = "class.zip"
) -> Path:
    """Write the files into a zip archive in ``root`` and return its path."""
    path = root / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in files.items() if isinstance(files, dict) else files:
            archive.writestr(member, data)
    return path


def roster(root: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a roster into ``root`` and return its path."""
    path = root / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return path


def told(intake) -> list[tuple[str, str]]:
    """What was not assigned: reason and entry."""
    return [(one.reason.value, one.entry) for one in intake.unassigned]


def owners(intake) -> dict[str, str]:
    """Key of each learner and the name of the entry that counts."""
    return {one.learner.key: one.entry.name for one in intake.assigned}
