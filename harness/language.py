"""The language of what a reader sees: English sentences, and their translations from gettext catalogues."""

import gettext
from functools import cache
from pathlib import Path

__all__ = ["ENGLISH", "LANGUAGES", "Language", "language"]

_FOLDER = Path(__file__).parent / "locale"
#: Languages in which every sentence is there.
LANGUAGES = ("en", "ko")


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


ENGLISH = language("en")
