"""The JSON report, a contract (``docs/report.md``): the same grading gives the same bytes, ``timing`` aside."""

import msgspec

from harness.errors import UsageError
from harness.language import ENGLISH, Language
from harness.records import SCHEMA, Report
from harness.sentence import Sentence

__all__ = ["read_json", "render_json"]


def render_json(report: Report, language: Language = ENGLISH) -> str:
    """Return ``report`` as indented JSON text that ends in a newline; it is the same in every language."""
    del language
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


def read_json(data: bytes, name: str) -> list[Report]:
    """Return the report, or the array of reports, in ``data``.

    Raises:
        UsageError: it is no report of this version; ``name`` says which file.
    """
    try:
        if data.lstrip().startswith(b"["):
            reports = msgspec.json.decode(data, type=list[Report])
        else:
            reports = [msgspec.json.decode(data, type=Report)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            Sentence("{file} is not a report: {error}", file=name, error=error),
            Sentence("give a file that `dout grade --format json` has written"),
        ) from None
    for report in reports:
        if report.schema != SCHEMA:
            raise UsageError(
                Sentence(
                    "{file} is a report of the schema {schema}, not {ours}",
                    file=name,
                    schema=repr(report.schema),
                    ours=repr(SCHEMA),
                ),
                Sentence("update dout"),
            )
    return reports
