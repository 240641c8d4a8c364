"""Reads an assignment from its TOML file, and says what is wrong there with the line that it is on."""

import datetime as dt
import hashlib
import re
import tomllib
import traceback
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from harness.assignment.faults import faults
from harness.assignment.records import COMPUTED, Assignment
from harness.assignment.reference import ReferenceLayer, located, reference_layer, remember
from harness.assignment.shape import Fault, shape_faults
from harness.errors import AssignmentError
from harness.language import Language, chosen_language
from harness.sentence import Sentence
from harness.toml_lines import Keys, line_of, lines_of

__all__ = ["BUILT_IN", "built_in", "faults_of", "path_of", "placed", "read_assignment", "reader_language"]

BUILT_IN = Path(__file__).parent.parent / "assignments"
#: Bytes; the longest assignment that makes sense has some ten thousand.
_MOST = 1 << 20


@cache
def built_in(name: str = "ch05-add-mul") -> Assignment:
    """Return an assignment that ships with dout, or the one in the file or folder ``name``.

    Raises:
        AssignmentError: there is none of that name, or it does not make sense.
    """
    return read_assignment(path_of(name))


def reader_language(name: str, option: str | None) -> Language:
    """Return the language of reports on the assignment ``name``, with the texts that it brings.

    Raises:
        AssignmentError: as :func:`built_in`.
    """
    return chosen_language(option, built_in(name).language, path_of(name).parent)


def path_of(name: str) -> Path:
    """Return the file of an assignment that ships with dout, or of the file or folder ``name``.

    Raises:
        AssignmentError: there is none.
    """
    folder = BUILT_IN / name.replace("-", "_")
    if (folder / "assignment.toml").is_file():
        return folder / "assignment.toml"
    path = Path(name)
    if path.is_dir():
        path /= "assignment.toml"
    if path.is_file():
        return path
    known = ", ".join(sorted(p.parent.name.replace("_", "-") for p in BUILT_IN.glob("*/assignment.toml")))
    message = Sentence("there is no assignment {name}", name=repr(name))
    if path.parent.is_dir() and path.name == "assignment.toml" and path != Path(name):
        message = Sentence("there is no file assignment.toml in {folder}", folder=name)
    raise AssignmentError(
        message, Sentence("these come with dout: {known}; or give a path to an assignment.toml", known=known)
    )


def read_assignment(path: Path) -> Assignment:
    """Return the assignment in a TOML file.

    Raises:
        AssignmentError: with ``path:line`` of the first part that is wrong and what would be right.
    """
    text = _text(path)
    assignment, found = _read(path, text)
    for error in _placed(path, text, found):
        raise error
    assert assignment is not None
    return assignment


def faults_of(path: Path) -> list[AssignmentError]:
    """Return everything that is wrong in a TOML file, in the order of its lines.

    Raises:
        AssignmentError: it is no text, or no TOML: then nothing more can be said.
    """
    text = _text(path)
    return _placed(path, text, _read(path, text)[1])


def placed(path: Path, keys: Keys, message: str, hint: str = "") -> AssignmentError:
    """Return an error about what ``keys`` lead to in the TOML file ``path``, which can be read."""
    return _placed(path, _text(path), [Fault(keys, message, hint)])[0]


def _placed(path: Path, text: str, found: Iterable[Fault]) -> list[AssignmentError]:
    lines = lines_of(text) if found else {}
    numbered = sorted(((line_of(lines, fault.keys), fault) for fault in found), key=lambda pair: pair[0])
    return [AssignmentError(_at(path, line, fault.message), fault.hint) for line, fault in numbered]


def _at(path: Path, line: int, fault: object) -> Sentence:
    return Sentence("{place}: {fault}", place=f"{path}:{line}", fault=fault)


def _text(path: Path) -> str:
    """Return what is in the file, with the line ends of Unix.

    Raises:
        AssignmentError: it cannot be read, is no UTF-8, or far too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
        if len(data) > _MOST:
            raise AssignmentError(
                Sentence("{file} is larger than 1 MiB", file=path), Sentence("is this the file that you mean?")
            )
        # Editors on Windows put a byte order mark in front.
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise AssignmentError(Sentence("{file} cannot be read: {error}", file=path, error=error.strerror)) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = Sentence("this is not UTF-8 (byte {at})", at=error.start)
        raise AssignmentError(_at(path, line, message), Sentence("save the file as UTF-8")) from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    """Return the tables of the file, with its dates as text.

    Raises:
        AssignmentError: it is no TOML; with the line.
    """
    try:
        parsed = tomllib.loads(text)
    except RecursionError:
        raise AssignmentError(_at(path, 1, Sentence("lists or tables are nested too deeply"))) from None
    except ValueError as error:
        # Besides its own error, tomllib lets the one through that Python has about numbers of thousands of digits.
        message, _, where = str(error).partition(" (at ")
        number = re.match(r"line (\d+)", where)
        last = text.count("\n") + (not text.endswith("\n"))
        raise AssignmentError(_at(path, int(number[1]) if number else last, message)) from None
    if isinstance(parsed.get("due"), (dt.date, dt.time)):
        parsed["due"] = parsed["due"].isoformat()
    return parsed


def _read(path: Path, text: str) -> tuple[Assignment | None, list[Fault]]:
    parsed = _parsed(path, text)
    found = list(shape_faults(parsed, msgspec.inspect.type_info(Assignment), (), COMPUTED))
    if found:
        return None, found
    assignment = msgspec.convert(parsed, Assignment, strict=True)
    written = [layer.reference for layer in assignment.layer]
    layers = tuple(
        msgspec.structs.replace(layer, reference=located(layer.reference, path.parent)) for layer in assignment.layer
    )
    assignment = msgspec.structs.replace(assignment, layer=layers)
    found = list(faults(assignment))
    loaded: dict[str, ReferenceLayer] = {}
    for number, layer in enumerate(layers):
        try:
            loaded[layer.reference] = reference_layer(layer.reference)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the instructor's code does is told with its place
            found.append(Fault(("layer", number, "reference"), *_not_loaded(written[number], layer.reference, error)))
    if found:
        return None, found
    digest = hashlib.sha256(text.encode())
    for source in dict.fromkeys(source for _, source in loaded.values()):
        digest.update(source.replace(b"\r\n", b"\n"))
    sha256 = digest.hexdigest()
    remember(sha256, {name: layer for name, (layer, _) in loaded.items()}, tuple(layer.reference for layer in layers))
    return msgspec.structs.replace(assignment, sha256=sha256), []


def _not_loaded(written: str, reference: str, error: BaseException) -> tuple[Sentence, Sentence | str]:
    message = Sentence("the reference {name} cannot be imported: {error}", name=repr(written), error=_words(error))
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == reference.rpartition(":")[0]
    ]
    if isinstance(error, SyntaxError) and error.lineno:
        return message, Sentence("look at {place}", place=f"{error.filename}:{error.lineno}")
    return message, Sentence("look at {place}", place=f"{frames[-1].filename}:{frames[-1].lineno}") if frames else ""


def _words(error: BaseException) -> str:
    """Return what the import system says as it is, and of all other errors the kind as well."""
    if isinstance(error, SyntaxError):
        return error.msg
    return str(error) if isinstance(error, (ImportError, AttributeError)) else f"{type(error).__name__}: {error}"
