"""The catalogues of translated sentences: collects what the code says, and writes ``.po`` and ``.mo`` files.

``python tests/language/catalogues.py`` brings them up to date: new sentences are added without a translation, those
that are gone are dropped. Then translate in the ``.po`` file and run it again.
"""

import ast
import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

__all__ = ["LOCALE", "catalogue", "compiled", "sentences"]

HARNESS = Path(__file__).resolve().parents[2] / "harness"
LOCALE = HARNESS / "locale"
#: Functions whose first argument is a sentence. Babel's own collector does not look into f-strings.
_MARKS = {"text", "marked", "Sentence"}


def sentences() -> dict[str, str]:
    """Return every sentence in the code, and the module that says it first."""
    found: dict[str, str] = {}
    for path in sorted(HARNESS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if name in _MARKS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.setdefault(first.value, path.relative_to(HARNESS.parent).as_posix())
    for path in sorted(HARNESS.rglob("*.html")):
        for call in Environment(autoescape=True).parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            first = call.args[0] if call.args else None
            if isinstance(call.node, nodes.Name) and call.node.name == "t" and isinstance(first, nodes.Const):
                found.setdefault(first.value, path.relative_to(HARNESS.parent).as_posix())
    return found


def catalogue(language: str) -> Catalog:
    """Return the translations of a language as they are stored."""
    with (LOCALE / language / "LC_MESSAGES" / "dout.po").open("rb") as file:
        found = read_po(file, locale=language)
    # The same file is to give the same bytes on any day.
    found.creation_date = found.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    return found


def compiled(found: Catalog) -> bytes:
    """Return the bytes of the ``.mo`` file of a catalogue."""
    buffer = io.BytesIO()
    write_mo(buffer, found)
    return buffer.getvalue()


def updated(language: str) -> Catalog:
    """Return the catalogue of a language with exactly the sentences of today, in the order of the alphabet."""
    old = catalogue(language) if (LOCALE / language / "LC_MESSAGES" / "dout.po").exists() else Catalog()
    new = Catalog(locale=language, project="dout", charset="utf-8")
    for sentence, place in sorted(sentences().items()):
        known = old.get(sentence)
        new.add(sentence, known.string if known is not None else "", locations=[(place, None)])
    return new


def main() -> int:
    """Write the files of every language; the exit status is the number of sentences without a translation."""
    missing = 0
    for folder in sorted(path for path in LOCALE.iterdir() if path.is_dir()):
        found = updated(folder.name)
        with (folder / "LC_MESSAGES" / "dout.po").open("wb") as file:
            write_po(file, found, omit_header=True, width=110)
        (folder / "LC_MESSAGES" / "dout.mo").write_bytes(compiled(catalogue(folder.name)))
        empty = [message.id for message in found if message.id and not message.string]
        print(f"{folder.name}: {len(found)} sentences, {len(empty)} to be translated")
        missing += len(empty)
    return missing


if __name__ == "__main__":
    sys.exit(min(main(), 1))
