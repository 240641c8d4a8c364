"""The language of what a reader sees: English sentences, and their translations from gettext catalogues."""

import gettext
import os
from functools import cache
from pathlib import Path

__all__ = ["ENGLISH", "LANGUAGES", "Language", "chosen_language", "language", "marked"]

_FOLDER = Path(__file__).parent / "locale"
#: Languages in which every sentence is there.
LANGUAGES = ("en", "ko")


def marked(sentence: str) -> str:
    """Return ``sentence``, which is translated later; the mark is for the program that collects sentences."""
    return sentence


class Language:
    """One language; the English sentence is the key of its translation."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._found = gettext.translation("dout", _FOLDER, [code], fallback=True)

    def text(self, sentence: str, /, **values: object) -> str:
        """Return ``sentence`` in this language with ``values`` in its {places}."""
        found = self._found.gettext(sentence)
        return found.format(**values) if values else found


@cache
def language(code: str) -> Language:
    """Return a language.

    Raises:
        KeyError: there is none of this name in ``LANGUAGES``.
    """
    if code not in LANGUAGES:
        raise KeyError(code)
    return Language(code)


def chosen_language(option: str | None = None, assignment: str = "") -> Language:
    """Return the reader's language.

    Args:
        option: What the command line says; it goes first.
        assignment: What the assignment says; it goes before the locale, and after the variable ``DOUT_LANG``.
    """
    locale = [os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    names = [option, os.environ.get("DOUT_LANG"), assignment, *locale]
    first = next((name for name in names if name), "en")
    code = first.replace("-", "_").partition("_")[0].partition(".")[0].lower()
    return language(code if code in LANGUAGES else "en")


ENGLISH = language("en")
