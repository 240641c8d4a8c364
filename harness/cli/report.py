"""``dout report``: write a stored JSON report in another format or language."""

import argparse
import sys
from pathlib import Path

from harness.cli import OK
from harness.cli.grade import deliver
from harness.errors import UsageError
from harness.interrupts import held_back
from harness.language import chosen_language
from harness.sentence import Sentence

__all__ = ["run"]

#: Bytes; the reports of ten thousand submissions have fewer.
_LARGEST = 1 << 30


def run(options: argparse.Namespace) -> int:
    """Read the report, or the array of them, and write it."""
    with held_back():
        from harness.render.json import read_json
        from harness.report_files import joined

    reports = read_json(_read(options.path), options.path)
    deliver(joined(reports, options.format, chosen_language(options.lang), several=len(reports) > 1), options)
    return OK


def _read(path: str) -> bytes:
    if path == "-" and sys.stdin is None:
        raise UsageError(Sentence("standard input is closed"), Sentence("give the path of a report"))
    try:
        data = sys.stdin.buffer.read(_LARGEST + 1) if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise UsageError(
            Sentence("{file} cannot be read: {error}", file=path, error=error.strerror),
            Sentence("give the path of a report"),
        ) from None
    if len(data) > _LARGEST:
        raise UsageError(
            Sentence("{file} is too large for a report", file=path),
            Sentence("give a file that `dout grade --format json` has written"),
        )
    return data
