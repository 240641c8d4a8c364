"""The language of what a reader sees: English sentences, and their translations from gettext catalogues."""

import gettext
import locale
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from harness.sentence import LANGUAGES, Sentence, marked

if TYPE_CHECKING:
    from harness.catalogue import Entry
    from harness.records import Said

__all__ = ["ENGLISH", "LANGUAGES", "Language", "chosen_language", "current", "language", "marked"]

_FOLDER = Path(__file__).parent / "locale"


class Language:
    """One language; the English sentence is the key of its translation.

    Args:
        code: One of ``LANGUAGES``.
        folder: Of an assignment, which may bring its own texts about mistakes.
    """

    def __init__(self, code: str, folder: Path | None = None) -> None:
        self.code = code
        self._catalogue_folder = folder
        self._found = gettext.translation("dout", _FOLDER, [code], fallback=True)
        self._ours = gettext.translation("dout", _FOLDER, [code], fallback=True)
        self._ours.add_fallback(_Unknown())

    def text(self, sentence: str, /, **values: object) -> str:
        """Return ``sentence`` in this language with ``values`` in its {places}."""
        found = self._found.gettext(sentence)
        return found.format(**values) if values else found

    def told(self, text: str) -> str:
        """Return ``text`` in this language where it is a :class:`Sentence`, and as it is where it is not."""
        if not isinstance(text, Sentence):
            return text
        values = {name: self.told(value) if isinstance(value, str) else value for name, value in text.values.items()}
        return self._found.gettext(text.pattern).format(**values)

    def sentences(self, parts: Sequence["Said"]) -> list[str]:
        """Return what a report says, from its parts; nothing where this language does not have all of them.

        A report may come from anywhere, and from a later version: only patterns of our own are filled in.
        """
        found = [self._said(said) for said in parts]
        return [sentence for sentence in found if sentence is not None] if None not in found else []

    def _said(self, said: "Said") -> str | None:
        found = self._ours.gettext(said.pattern)
        values = {name: one if isinstance(one, (str, int)) else self._said(one) for name, one in said.values.items()}
        if not found or None in values.values():
            return None
        try:
            return found.format(**values)
        except KeyError:
            return None

    def entry(self, code: str) -> "Entry | None":
        """Return what is told about the mistake ``code``; None for one that only a later version knows."""
        # Help and errors need no catalogue; msgspec, which reads it, does not survive a Ctrl-C during its import.
        from harness.catalogue import entries

        return entries(self.code, self._catalogue_folder).get(code)


class _Unknown(gettext.NullTranslations):
    """Has no sentence at all, where gettext's own returns the one that it was asked for."""

    def gettext(self, message: str) -> str:
        del message
        return ""


@cache
def language(code: str, folder: Path | None = None) -> Language:
    """Return a language.

    Raises:
        KeyError: there is none of this name in ``LANGUAGES``.
    """
    if code not in LANGUAGES:
        raise KeyError(code)
    return Language(code, folder)


def chosen_language(option: str | None = None, assignment: str = "", folder: Path | None = None) -> Language:
    """Return the reader's language.

    Args:
        option: What the command line says; it goes first.
        assignment: What the assignment says; it goes before the system's language, and after ``DOUT_LANG``.
        folder: Of the assignment.
    """
    for name in (option, os.environ.get("DOUT_LANG"), assignment, _system_language()):
        code = (name or "")[:2].lower()
        if code in LANGUAGES:
            return language(code, folder)
    return language("en", folder)


def _system_language() -> str | None:
    # The order in which POSIX lets them decide. Windows has none of them, and says it itself.
    variables = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next(filter(None, variables), None) or locale.getlocale()[0]


ENGLISH = language("en")


@contextmanager
def current(spoken: Language) -> Iterator[None]:
    """Make ``spoken`` the language of Python's own gettext for a while: argparse asks it for its sentences.

    gettext is told the language by the environment only, which is as before when the while is over.
    """
    domain, variable = gettext.textdomain(), os.environ.get("LANGUAGE")
    gettext.bindtextdomain("dout", str(_FOLDER))
    gettext.textdomain("dout")
    os.environ["LANGUAGE"] = spoken.code
    try:
        yield
    finally:
        gettext.textdomain(domain)
        if variable is None:
            del os.environ["LANGUAGE"]
        else:
            os.environ["LANGUAGE"] = variable
