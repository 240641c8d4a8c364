"""Reads who handed in what from Gradescope's ``submission_metadata.yml``, and nothing else of that file.

Ruby's YAML writer makes the file, always in the same shape, of which only this much is read::

    submission_123:
      :submitters:
      - :name: Kim Minsu
        :sid: '20231234'
        :email: minsu@example.org

Everything at other places (scores, results with the learner's own output, history) is passed over. It cannot look
like this part, because YAML indents it further. A line of this part that has another shape is an error, not a guess.
"""

import re
from typing import NamedTuple

from harness.errors import UsageError
from harness.escape import plain
from harness.sentence import Sentence

__all__ = ["METADATA", "WITHOUT_IT", "Submitter", "submitters"]

METADATA = "submission_metadata.yml"
#: What to do where the file cannot be understood.
WITHOUT_IT = Sentence("download the export again; or take that file away, and the folders' own names are used")

_ANCHOR = r"(?: &[0-9]+)?"
_SUBMISSION = re.compile(rf"([^\s#&*!|>%@`{{\[,\-][^:]*|'[^']+'|\"[^\"\\]+\"):{_ANCHOR}")
_FIELD = re.compile(r"(  - |    ):([a-z_]+):(?: (.*))?")
_PLAIN_SCALAR = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`](?:(?!: | #).)*")
_SINGLE_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_DOUBLE_QUOTED = re.compile(
    r'"((?:[^"\\]|\\(?:["\\/ ntr0eabvfN_LP]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}))*)"'
)
_ESCAPE = re.compile(r"\\(x..|u....|U........|.)")
_LETTERS = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "0": "\0",
    "e": "\x1b",
    "a": "\a",
    "b": "\b",
    "v": "\v",
    "f": "\f",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}


class Submitter(NamedTuple):
    """One of those who handed in a submission; empty where the file says nothing."""

    name: str
    sid: str
    email: str


def submitters(text: str, shown: str) -> dict[str, tuple[Submitter, ...]]:
    """Return the submitters by the name of their folder or file.

    Args:
        text: The file's text.
        shown: Its path in messages.

    Raises:
        UsageError: A line among the submitters is of another shape, or a submission is named twice;
            the message begins with ``path:line``.
    """
    found: dict[str, list[dict[str, str]]] = {}
    people: list[dict[str, str]] | None = None  # of the submission that is being read
    listing = False  # within its ":submitters:"
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.removesuffix("\r")
        if not line.strip() or line in {"---", "..."} or line.startswith("#"):
            continue
        if not line.startswith(" "):
            match = _SUBMISSION.fullmatch(line)
            if match is None:
                raise _strange(shown, number, line)
            name = match[1].strip("'\"")
            if name in found:
                raise UsageError(
                    Sentence("{file}:{line}: {name} is there twice", file=shown, line=number, name=plain(name, 200)),
                    Sentence("download the export from Gradescope again"),
                )
            people = found[name] = []
            listing = False
        elif re.fullmatch(rf"  :submitters:{_ANCHOR}", line):
            listing = people is not None
        elif re.match(r"  :[a-z_]", line):
            listing = False
        elif listing and people is not None:
            match = _FIELD.fullmatch(line)
            value = None if match is None else _scalar(match[3] or "")
            if match is None or value is None or (match[1] == "    " and not people):
                raise _strange(shown, number, line)
            if match[1] == "  - ":
                people.append({})
            people[-1][match[2]] = value
    return {
        name: tuple(Submitter(one.get("name", ""), one.get("sid", ""), one.get("email", "")) for one in people)
        for name, people in found.items()
    }


def _scalar(text: str) -> str | None:
    """The value of a YAML scalar on one line; None for what is none."""
    if text in {"", "~", "null"}:
        return ""
    if match := _SINGLE_QUOTED.fullmatch(text):
        return match[1].replace("''", "'")
    if match := _DOUBLE_QUOTED.fullmatch(text):
        return _ESCAPE.sub(_unescaped, match[1])
    return text if _PLAIN_SCALAR.fullmatch(text) else None


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "xuU" and len(code) > 1:
        point = int(code[1:], 16)
        return chr(point) if point <= 0x10FFFF else "\ufffd"
    return _LETTERS.get(code, code)


def _strange(shown: str, number: int, line: str) -> UsageError:
    return UsageError(
        Sentence(
            "{file}:{line}: this line is not as Gradescope writes it: {text}",
            file=shown,
            line=number,
            text=plain(line.strip(), 100),
        ),
        WITHOUT_IT,
    )
