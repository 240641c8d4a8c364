"""Puts reports into one text, and writes files whole or not at all."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.errors import UsageError
from harness.language import ENGLISH, Language
from harness.records import Report
from harness.render import SEVERAL, format_names, is_format, render
from harness.sentence import Sentence

__all__ = ["called", "joined", "output_of", "write_file"]


def output_of(option: str, value: str, working: Path) -> tuple[str, Path]:
    """Return the format and the file of ``FORMAT:FILE``, a ``value`` of ``option``; FILE is seen from ``working``.

    Raises:
        UsageError: there is no such format, or no place for such a file.
    """
    format_name, _, name = value.partition(":")
    if not is_format(format_name) or not name:
        raise UsageError(
            Sentence(
                "{option}={value} is not FORMAT:FILE with one of the formats {known}",
                option=option,
                value=value,
                known=", ".join(format_names()),
            ),
            Sentence("for example {option}=json:report.json", option=option),
        )
    path = working / name
    if not path.parent.is_dir() or path.is_dir():
        raise UsageError(
            Sentence("{option}={value}: no file can be written there", option=option, value=value),
            Sentence("make the folder first"),
        )
    return format_name, path


def called(report: Report, name: str) -> Report:
    """Return ``report`` with another name of the submission, for example its path."""
    return msgspec.structs.replace(report, submission=msgspec.structs.replace(report.submission, name=name))


def joined(reports: Sequence[Report], format_name: str, language: Language = ENGLISH, *, several: bool) -> str:
    """Return ``reports`` in one format; in JSON, where ``several`` were asked for, as an array.

    Raises:
        UsageError: there are several, and a file of this format holds one.
    """
    if format_name not in SEVERAL and len(reports) > 1:
        raise UsageError(
            Sentence(
                "a file of the format {format} holds one report, but there are {count}",
                format=format_name,
                count=len(reports),
            ),
            Sentence("grade one path at a time, or choose text, json or markdown"),
        )
    texts = [render(report, format_name, language) for report in reports]
    if format_name == "json" and several:
        return "[\n" + ",\n".join(text.rstrip("\n") for text in texts) + "\n]\n"
    return "\n".join(texts)


def write_file(path: str | os.PathLike[str], text: str | bytes) -> None:
    """Write ``text``, as UTF-8, whole or not at all: a full disk leaves an older file as it was.

    Raises:
        UsageError: the file cannot be written there.
    """
    import tempfile

    target = Path(os.path.realpath(path))
    temporary = None
    data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    try:
        if Path(path).exists() and not Path(path).is_file():
            # A device or a pipe is written to, not replaced; for a folder this raises. A pipe has no real path.
            Path(path).write_bytes(data)
            return
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".dout-", delete=False) as file:
            temporary = file.name
            file.write(data)
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(target)
    except BaseException as error:
        # Ctrl-C too: nothing half-written stays behind.
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        if not isinstance(error, OSError):
            raise
        raise UsageError(
            Sentence("{file} cannot be written: {error}", file=path, error=error.strerror),
            Sentence("choose another place for the file"),
        ) from None


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
