import json
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import SubmissionError
from harness.notebook import code_cells, without_commands


def notebook(*sources, **rest):
    return json.dumps({"cells": [{"cell_type": "code", "source": s} for s in sources], **rest}).encode()


FORMATS = {
    "source as a list of lines": ({"cells": [{"cell_type": "code", "source": ["a\n", "b"]}]}, ["a\nb"]),
    "source as one string": ({"cells": [{"cell_type": "code", "source": "a\nb"}]}, ["a\nb"]),
    "nbformat 3": ({"worksheets": [{"cells": [{"cell_type": "code", "input": ["a\n", "b"]}]}]}, ["a\nb"]),
    "text cells between": (
        {
            "cells": [
                {"cell_type": "markdown", "source": "# Title"},
                {"cell_type": "code", "source": "a"},
                {"cell_type": "raw", "source": "raw"},
                {"cell_type": "code", "source": ""},
                {"cell_type": "code", "source": "b"},
            ]
        },
        ["a", "", "b"],
    ),
    "unknown fields and outputs": (
        {"cells": [{"cell_type": "code", "source": "a", "outputs": [{"data": {"x": [1]}}]}], "nbformat": 9},
        ["a"],
    ),
    "Windows and old Mac newlines": ({"cells": [{"cell_type": "code", "source": "a\r\nb\rc"}]}, ["a\nb\nc"]),
    "a NUL": ({"cells": [{"cell_type": "code", "source": "a\0b"}]}, ["a\N{REPLACEMENT CHARACTER}b"]),
}


@pytest.mark.parametrize(("document", "expected"), FORMATS.values(), ids=FORMATS)
def test_code_cells_are_read(document, expected):
    assert code_cells("a.ipynb", json.dumps(document).encode()) == expected


REFUSED = {
    "no JSON": (b"class MulLayer:", "NOT-A-NOTEBOOK"),
    "cut off": (notebook("a")[:-5], "NOT-A-NOTEBOOK"),
    "a JSON list": (b"[]", "NOT-A-NOTEBOOK"),
    "no cells": (b"{}", "NOT-A-NOTEBOOK"),
    "cells of the wrong kind": (b'{"cells": 3}', "NOT-A-NOTEBOOK"),
    "a source of the wrong kind": (b'{"cells": [{"cell_type": "code", "source": null}]}', "NOT-A-NOTEBOOK"),
    "half a surrogate pair": (b'{"cells": [{"cell_type": "code", "source": "\\ud83d"}]}', "NOT-A-NOTEBOOK"),
    "nested a hundred thousand deep": (b'{"cells": [], "x": ' + b"[" * 100_000, "NOT-A-NOTEBOOK"),
    "not UTF-8": (b'{"cells": [{"cell_type": "code", "source": "\xb0\xf6"}]}', "ENCODING"),
    "no cells in it": (b'{"cells": []}', "NO-CODE"),
    "only text cells": (b'{"cells": [{"cell_type": "markdown", "source": "x"}]}', "NO-CODE"),
    "only blank code cells": (notebook("", " \n"), "NO-CODE"),
}


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_a_notebook_with_code_is_refused(data, code):
    with pytest.raises(SubmissionError) as caught:
        code_cells("a.ipynb", data)

    assert caught.value.code == code
    assert caught.value.message.startswith("a.ipynb ")
    assert caught.value.hint


def test_a_byte_that_is_not_utf8_is_located():
    with pytest.raises(SubmissionError, match=r"byte 45 \(0xb0\), line 2 of the file"):
        code_cells("a.ipynb", b'{"cells": [\n{"cell_type": "code", "source": "\xb0"}]}')


CHANGED = {
    "line magic": ("%matplotlib inline\nx = 1", "pass\nx = 1"),
    "shell": ("!pip install numpy\nx = 1", "pass\nx = 1"),
    "shell with captured output": ("!!ls", "pass"),
    "help before": ("?print", "pass"),
    "help after": ("np.dot?", "pass"),
    "source help after": ("np.dot??  ", "pass"),
    "help for a magic": ("%time?", "pass"),
    "an indented command keeps its block": ("if x:\n    %time f()\ny = 1", "if x:\n    pass\ny = 1"),
    "assigned from the shell": ("files = !ls", "files = None"),
    "assigned from a magic": ("t = %timeit -o f()", "t = None"),
    "assigned to an attribute": ("a.b[0] =!ls", "a.b[0] = None"),
    "a command continued by backslash": ("!pip \\\n  install \\\n  numpy\nx = 1", "pass\n\n\nx = 1"),
    "an apostrophe in a command opens no string": ("!echo it's\n%matplotlib inline", "pass\npass"),
    "after a comment with a bracket": ("x = 1  # (\n%cd ..", "x = 1  # (\npass"),
    "after a closed bracket": ("f(\n)\n%cd ..", "f(\n)\npass"),
    "after a stray closing bracket": (")\n%cd ..", ")\npass"),
    "after a long string": ('"""\na\n"""\n%cd ..', '"""\na\n"""\npass'),
    "after an escaped quote": ("x = 'it\\'s'\n%cd ..", "x = 'it\\'s'\npass"),
    "after an empty string": ("x = ''\n%cd ..", "x = ''\npass"),
    "a line magic that looks like a cell magic": ("x = 1\n%%time", "x = 1\npass"),
    "a shell cell": ("%%bash\nls", ""),
    "a cell written to a text file": ("%%writefile a.txt\nx = 1", ""),
    "a cell written to no file": ("%%writefile\nx = 1", ""),
    "a cell magic that only starts like one kept": ("%%timer\nx", ""),
    "a shell cell below a timed one": ("%%time\n%%bash\nls", ""),
}


@pytest.mark.parametrize(("cell", "expected"), CHANGED.values(), ids=CHANGED)
def test_commands_are_replaced_and_said_to_be(cell, expected):
    assert without_commands(cell) == (expected, True)


UNCHANGED = {
    "no command": "x = 5 % 3\nassert x != 2",
    "percent in a long string": 's = """\n%d items\n!important\nwhy?\n"""',
    "percent in a raw long string": "s = r'''\n\\\n% x\n'''",
    "percent that continues a bracket": "a = (b\n% c)",
    "percent that continues a backslash": "a = b \\\n% c",
    "percent after a string continued by backslash": "a = 'x\\\n% y'",
    "percent after an assigned string": 'a = "x = %d" % 3',
    "not equal": "ok = a != b",
    "in-place remainder": "a %= 3",
    "a question in a comment": "# why?",
    "a question in a string": "'why?'",
    "a quote inside the other": 'a = "\'"\nb = (1,\n% c)',
}


@pytest.mark.parametrize("cell", UNCHANGED.values(), ids=UNCHANGED)
def test_python_is_left_as_it_is(cell):
    assert without_commands(cell) == (cell, False)


QUIET = {
    "timed cell": ("%%time\nx = 1", "\nx = 1"),
    "timed cell with arguments": ("%%timeit -n 3\nx = 1", "\nx = 1"),
    "captured cell": ("%%capture out\nx = 1", "\nx = 1"),
    "graded cell": ("%%grade\nx = 1", "\nx = 1"),
    "graded cell with arguments": ("%%grade --seed 3\nx = 1", "\nx = 1"),
    "cell written to a module": ("%%writefile layers.py\nx = 1", "\nx = 1"),
    "cell added to a module": ("%%writefile -a 'my layers.py'\nx = 1", "\nx = 1"),
    "cell written by the old name": ("%%file layers.py  \nx = 1", "\nx = 1"),
    "profiled cell": ("%%prun\nx = 1", "\nx = 1"),
    "two of them": ("\n%%capture\n\n%%time\nx = 1", "\n\n\n\nx = 1"),
    "an indented cell": ("    x = 1\n    if x:\n        y = 2\n", "x = 1\nif x:\n    y = 2\n"),
    "nothing": ("", ""),
    "blank lines": ("\n \n", ""),
}


@pytest.mark.parametrize(("cell", "expected"), QUIET.values(), ids=QUIET)
def test_what_runs_all_the_same_is_kept_without_a_word(cell, expected):
    assert without_commands(cell) == (expected, False)


def test_no_line_of_real_python_is_taken_for_a_command():
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    assert len(files) > 100

    changed = [path.name for path in files if without_commands(text := path.read_text("utf-8")) != (text, False)]

    assert changed == []


LINES = st.sampled_from(
    ["%cd ..", "!ls", "x?", "x = !ls", "(", ")", '"""', "'''", "'", "a \\", "x = 1", "", "  % b", "# it's"]
)


@given(st.lists(LINES))
def test_a_cell_that_is_kept_keeps_its_line_count(lines):
    text, _ = without_commands("\n".join(lines))

    assert not text or text.count("\n") == len(lines) - 1
