"""On which line of a TOML file a key stands."""

import tomllib

import pytest

from harness.assignment import BUILT_IN
from harness.toml_lines import line_of, lines_of

EVERYTHING = '''# a remark = 1
a = 1
"b c".d = """x
[no.table]
""""
'e'.f = [1,
 {g = 2, h.i = [3]}, # a remark ]
 ''' + "'''q\n''''" + '''
]
[t]
d = 2026-01-01 10:00:00
"\\u0041" = "\\"#"
[[u.v]]
x=1
[[u.v]]
y = {z=1}
[u.v.w]
k="a\\"#"
'''  # fmt: skip


def places(value, keys=()):
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in entries:
        yield (*keys, name)
        yield from places(one, (*keys, name))


@pytest.mark.parametrize(
    "text",
    [
        EVERYTHING,
        EVERYTHING.replace("\n", "\r\n"),
        "",
        (BUILT_IN / "ch05_add_mul" / "assignment.toml").read_text("utf-8"),
    ],
    ids=["everything", "lines of Windows", "nothing", "an assignment"],
)
def test_each_key_and_entry_that_tomllib_reads_has_a_line(text):
    assert set(lines_of(text)) == set(places(tomllib.loads(text)))


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("a",), 2),
        (("b c", "d"), 3),
        (("e", "f"), 6),
        (("e", "f", 1, "h", "i", 0), 7),
        (("e", "f", 2), 8),
        (("t", "A"), 13),
        (("u", "v", 0, "x"), 15),
        (("u", "v", 1), 16),
        (("u", "v", 1, "y", "z"), 17),
        (("u", "v", 1, "w", "k"), 19),
    ],
)
def test_the_line_is_that_of_the_key(keys, line):
    assert lines_of(EVERYTHING)[keys] == line


def test_what_is_not_there_has_the_line_of_what_it_would_be_in():
    assert line_of(lines_of(EVERYTHING), ("u", "v", 1, "missing", 3)) == 16
    assert line_of(lines_of(EVERYTHING), ("missing",)) == 1
