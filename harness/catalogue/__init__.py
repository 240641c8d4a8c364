"""What a learner is told about each mistake: messages, explanations and hints as data, by language and assignment."""

import string
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from harness.errors import AssignmentError, UsageError
from harness.records import Record
from harness.sentence import LANGUAGES, Sentence

__all__ = ["LANGUAGES", "Entry", "entries", "entry"]

_FOLDER = Path(__file__).parent


class Entry(Record, frozen=True, forbid_unknown_fields=True):
    """What is told about one mistake."""

    #: One line; names in braces are values of the diagnosis.
    message: str
    explanation: str
    #: A question, a place, the rule.
    hints: tuple[str, str, str]
    #: Messages by the value named ``variant``.
    variants: dict[str, str] = {}  # noqa: RUF012 - msgspec copies it
    #: The mistake without names and values, for a table of a whole class; an assignment's own entry may lack it.
    title: str = ""

    def message_for(self, values: Mapping[str, object]) -> str:
        """Return the message with ``values`` in it."""
        return _filled(self.variants.get(str(values.get("variant")), self.message), values)

    def explanation_for(self, values: Mapping[str, object]) -> str:
        """Return the explanation with ``values`` in it."""
        return _filled(self.explanation, values)

    def hint_for(self, number: int, values: Mapping[str, object]) -> str:
        """Return hint 1, 2 or 3 with ``values`` in it."""
        return _filled(self.hints[number - 1], values)


def entry(code: str, language: str = "en", folder: Path | None = None) -> Entry:
    """Return what is told about the mistake ``code``.

    Args:
        code: One of :data:`harness.diagnosis.CODES`, or one that the assignment names.
        language: One of :data:`LANGUAGES`.
        folder: Of an assignment, which may bring texts of its own.

    Raises:
        UsageError: there is no such code.
        AssignmentError: the assignment's catalogue makes no sense.
    """
    found = entries(language, folder).get(code)
    if found is None:
        raise UsageError(
            Sentence("there is no code {code}", code=repr(code)), Sentence("`dout explain` without a code lists them")
        )
    return found


@cache
def entries(language: str, folder: Path | None = None) -> dict[str, Entry]:
    """Return all entries of a language, with those of an assignment's ``catalogue.LANGUAGE.toml`` in their place.

    Raises:
        AssignmentError: with the path of the file that makes no sense.
    """
    path = _FOLDER / f"{language}.toml"
    tables = _tables(path)
    own = folder / f"catalogue.{language}.toml" if folder is not None else None
    if own is not None and own.is_file():
        for code, table in _tables(own).items():
            # A table may replace one text and leave the others.
            tables[code] = tables.get(code, {}) | table
        path = own
    found = {}
    for code, table in tables.items():
        try:
            found[code] = msgspec.convert(table, Entry)
        except msgspec.ValidationError as error:
            raise AssignmentError(f"{path}: {code}: {error}") from None
        _check_braces(path, code, found[code])
    return found


def _tables(path: Path) -> dict[str, dict[str, object]]:
    try:
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AssignmentError(Sentence("{place}: {fault}", place=path, fault=error)) from None
    odd = [name for name, table in parsed.items() if not isinstance(table, dict)]
    if odd:
        raise AssignmentError(
            Sentence("{file}: {name} is not a table", file=path, name=odd[0]),
            Sentence("write [CODE] above the texts of each mistake"),
        )
    return parsed


def _check_braces(path: Path, code: str, found: Entry) -> None:
    """Refuse braces that would raise only when a learner is waiting for the text."""
    for text in (found.message, found.explanation, *found.hints, *found.variants.values()):
        try:
            names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
        except ValueError as error:
            raise AssignmentError(
                Sentence("{file}: {code}: {error} in {text}", file=path, code=code, error=error, text=repr(text))
            ) from None
        if not all(map(str.isidentifier, names)):
            raise AssignmentError(
                Sentence(
                    "{file}: {code}: braces hold the name of a value, as in {{layer}}: {text}",
                    file=path,
                    code=code,
                    text=repr(text),
                )
            )


def _filled(text: str, values: Mapping[str, object]) -> str:
    return text.format_map(values)
