"""Sentences that are said in English where something is found out, and in the reader's language where they are read."""

import re
from collections.abc import Iterable, Sequence
from typing import Self

__all__ = ["LANGUAGES", "Sentence", "listed", "marked", "read_back"]

#: Those that a reader can choose, by their codes.
LANGUAGES = ("en", "ko")


def marked(sentence: str) -> str:
    """Return ``sentence``, which is translated later; the mark is for the program that collects sentences."""
    return sentence


class Sentence(str):
    """An English sentence with its values in their places, which still knows the two apart.

    A value may be a sentence itself. The English pattern is the key of its translation: it stands in the code as a
    constant, where the program that collects sentences finds it.
    """

    __slots__ = ("pattern", "values")

    pattern: str
    values: dict[str, object]

    def __new__(cls, pattern: str, /, **values: object) -> Self:
        """Return ``pattern`` with ``values`` in its {places}."""
        made = super().__new__(cls, pattern.format(**values))
        made.pattern, made.values = pattern, values
        return made


def listed(parts: Sequence[str], pattern: str = marked("{first}, {rest}")) -> str:
    """Return ``parts`` in one text; where one of them is a sentence, the whole is one, made of ``pattern``."""
    *before, whole = parts
    for part in reversed(before):
        plain = not isinstance(part, Sentence) and not isinstance(whole, Sentence)
        whole = pattern.format(first=part, rest=whole) if plain else Sentence(pattern, first=part, rest=whole)
    return whole


def read_back(text: str, patterns: Iterable[str]) -> Sentence | None:
    """Return the sentence of the first of ``patterns`` that reads as ``text``: for English that was stored or sent."""
    for pattern in patterns:
        form = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(pattern))
        if found := re.fullmatch(form, text, re.DOTALL):
            return Sentence(pattern, **found.groupdict())
    return None
