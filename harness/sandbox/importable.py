"""What a learner's file may import: a locked worker has no file system, so what the text names is imported before.

Each worker imports for its own file, after the fork and before the locks close: another learner's file changes
nothing. An import hidden from :func:`named_modules` (``__import__("frac" + "tions")``) finds what every worker has,
which is what numpy itself imports, and no more.
"""

import re
from collections.abc import Iterable

__all__ = ["EVERYTHING_IN_NUMPY", "MODULES", "named_modules"]

#: Stands for all that ``from numpy import *`` brings.
EVERYTHING_IN_NUMPY = "numpy:*"

#: The standard library that a layer could use, and numpy's own parts that ``import numpy`` leaves for later.
MODULES = """
    __future__ abc argparse ast bisect cmath collections collections.abc contextlib copy csv dataclasses datetime
    decimal enum fractions functools gc glob hashlib heapq inspect io itertools json keyword locale logging math numbers
    operator pathlib pickle platform pprint queue random re secrets shutil statistics string struct sys tempfile
    textwrap threading time timeit traceback types typing unicodedata unittest unittest.mock uuid warnings weakref zlib
    numpy.char numpy.ctypeslib numpy.exceptions numpy.fft numpy.lib.stride_tricks numpy.linalg numpy.ma
    numpy.polynomial numpy.random numpy.rec numpy.testing numpy.typing
    encodings.ascii encodings.cp1252 encodings.cp949 encodings.euc_jp encodings.euc_kr encodings.idna encodings.latin_1
    encodings.shift_jis encodings.utf_16 encodings.utf_8_sig
""".split()  # noqa: SIM905 - a list of words reads better as text

#: Words that need a module without naming it: what reads arguments asks for the user's language first.
_ALSO = {"strptime": ["_strptime"], "argparse": ["locale"], "unittest": ["locale"]}
for _codec_user in ("encode", "decode"):
    _ALSO[_codec_user] = [name for name in MODULES if name.startswith("encodings.")]

_WORD = re.compile(r"[A-Za-z_]\w*")
_STAR = re.compile(r"from\s+numpy\s+import\s+\*")


def named_modules(texts: Iterable[str]) -> list[str]:
    """Return the importable modules that the texts name anywhere, by the last part of the module's name.

    A word in a comment counts as well: importing one module too many costs a little time and nothing else.
    """
    words: set[str] = set()
    named: list[str] = []
    for text in texts:
        words.update(_WORD.findall(text))
        if _STAR.search(text):
            named = [EVERYTHING_IN_NUMPY]
    named += [name for name in MODULES if name.rpartition(".")[2] in words]
    for word, modules in _ALSO.items():
        if word in words:
            named += modules
    return named
