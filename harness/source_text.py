"""Turns the bytes of a source file into text, in whatever encoding it was saved, or says what they are instead."""

import codecs
import re

from harness.errors import SubmissionError
from harness.escape import plain
from harness.sentence import Sentence, marked

__all__ = ["BOMS", "FOREIGN", "decoded", "empty", "not_text"]


def empty(shown: str) -> SubmissionError:
    """Return what is said of a file with nothing in it."""
    return SubmissionError(
        "EMPTY",
        Sentence("{file} is empty", file=shown),
        Sentence("save your work in the editor, then submit it again"),
    )


# How files begin that are sent by mistake under a .py name; Word and Hangul documents are the usual ones.
FOREIGN = (
    (b"%PDF-", Sentence("it is a PDF document")),
    (b"PK\x03\x04", Sentence("it is a zip archive or a Word (.docx) document")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Sentence("it is a Word (.doc), Excel (.xls) or Hangul (.hwp) document")),
    (b"{\\rtf", Sentence("it is a rich-text (RTF) document")),
    (b"\x89PNG\r\n", Sentence("it is a PNG picture")),
    (b"\xff\xd8\xff", Sentence("it is a JPEG picture")),
    (b"GIF87a", Sentence("it is a GIF picture")),
    (b"GIF89a", Sentence("it is a GIF picture")),
    (b"\x1f\x8b\x08", Sentence("it is a gzip archive")),
    (b"7z\xbc\xaf\x27\x1c", Sentence("it is a 7-Zip archive")),
    (b"Rar!\x1a\x07", Sentence("it is a RAR archive")),
    (b"\x7fELF", Sentence("it is a compiled program")),
)


def not_text(shown: str, reason: Sentence) -> SubmissionError:
    """Return what is said of a file that is something else."""
    return SubmissionError(
        "BINARY",
        Sentence("{file} is not Python text: {reason}", file=shown, reason=reason),
        Sentence("save the code as plain text (UTF-8) in a .py file"),
    )


# UTF-32 before UTF-16: the little-endian mark of one begins with that of the other.
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# PEP 263: in the first line, or in the second if the first is blank or a comment.
_COOKIE = re.compile(
    rb"\A(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))??[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)"
)
# Text codecs that decode in linear time and alike on every machine: not punycode or idna (quadratic),
# unicode_escape (rewrites the source), mbcs or large Windows code pages (differ by machine).
_TEXT_CODEC = re.compile(
    r"ascii|utf-8(-sig)?|iso8859-\d+|cp\d{3,4}|euc_\w+|shift_jis\w*|iso2022_\w+|gb\w+|big5\w*|hz|johab"
    r"|koi8-\w|mac-\w+|tis-620|ptcp154|kz1048|hp-roman8"
)
# Python remembers every name that it was asked for; the longest real one has 17 characters.
_CODEC_NAME_LIMIT = 40
_SAVE_AS_UTF8 = Sentence("save the file as UTF-8 and submit it again")
_LEGACY = (("cp949", "Korean"), ("shift_jis", "Japanese"))


def decoded(shown: str, data: bytes) -> str:
    """Return the text of a source file by its byte order mark, its coding line, or else as UTF-8; newlines are LF.

    Raises:
        SubmissionError: ``ENCODING``, ``BINARY`` (NUL characters) or ``EMPTY``.
    """
    bom, codec = next(((bom, codec) for bom, codec in BOMS if data.startswith(bom)), (b"", "utf-8"))
    cookie = _COOKIE.match(data)  # never behind a byte order mark
    if cookie:
        codec = _declared_codec(shown, data, cookie)
    if not bom and b"\0" in data:
        raise not_text(shown, Sentence("it has bytes of value zero in it"))
    try:
        text = data[len(bom) :].decode(codec)
    except UnicodeDecodeError as exc:
        raise _undecodable(shown, data, codec, len(bom) + exc.start, declared=bool(cookie)) from None
    if cookie and not _COOKIE.match(text[: cookie.end()].encode("ascii", "replace")):
        raise _wrong_cookie(shown, data, cookie)
    if "\0" in text:
        raise not_text(shown, Sentence("it has zero characters in it"))
    if not text.strip():
        raise empty(shown)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _declared_codec(shown: str, data: bytes, cookie: re.Match[bytes]) -> str:
    # Editors add the line ending to the name (utf-8-unix); Python too drops that.
    name = re.sub("-(unix|dos|mac)$", "", cookie[1][:_CODEC_NAME_LIMIT].decode("ascii").lower())
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        codec = ""
    if not _TEXT_CODEC.fullmatch(codec):
        raise _wrong_cookie(shown, data, cookie)
    return codec


def _wrong_cookie(shown: str, data: bytes, cookie: re.Match[bytes]) -> SubmissionError:
    name = plain(cookie[1].decode("ascii"), _CODEC_NAME_LIMIT)
    return SubmissionError(
        "ENCODING",
        Sentence(
            "{place}: the coding line names {name}, which is not an encoding of this file",
            place=f"{shown}:{_line_at(data, cookie.end())}",
            name=repr(name),
        ),
        Sentence("save the file as UTF-8 and submit it again, without that line"),
    )


def _undecodable(shown: str, data: bytes, codec: str, at: int, *, declared: bool) -> SubmissionError:
    pattern = (
        marked("{place}: byte {at} ({byte}) is not valid {codec}, the encoding that its coding line names")
        if declared
        else marked("{place}: byte {at} ({byte}) is not valid {codec}")
    )
    place, byte = f"{shown}:{_line_at(data, at)}", f"0x{data[at]:02x}"
    message = Sentence(pattern, place=place, at=at, byte=byte, codec=codec if declared else codec.upper())
    hint = _SAVE_AS_UTF8
    if codec == "utf-8" and not declared:
        fitting = [(legacy, people) for legacy, people in _LEGACY if _decodes(data, legacy)]
        if fitting:
            lines = " / ".join(f"# -*- coding: {legacy} -*- ({people})" for legacy, people in fitting)
            hint = Sentence("save the file as UTF-8 and submit it again, or make its first line {lines}", lines=lines)
    return SubmissionError("ENCODING", message, hint)


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _line_at(data: bytes, at: int) -> int:
    return 1 + len(re.findall(rb"\r\n|\r|\n", data[:at]))
