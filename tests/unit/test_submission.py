import ast
import builtins
import codecs
import hashlib
import io
import json
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.archive import CONTAINER_LIMIT
from harness.errors import SubmissionError, UsageError
from harness.submission import (
    SIZE_LIMIT,
    Block,
    Submission,
    read_submission,
    submission_from_bytes,
)

LAYER = "class MulLayer:\n    pass\n"
WORDS = ("add", "mul")


def notebook(*sources, **rest):
    return json.dumps({"cells": [{"cell_type": "code", "source": s} for s in sources], **rest}).encode()


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name.replace("__", "/").replace("_", "."), data)
    return buffer.getvalue()


def text_of(data, name="layers.py"):
    (block,) = submission_from_bytes(name, data).blocks
    return block.text


def refused(name, data, **limits):
    with pytest.raises(SubmissionError) as caught:
        submission_from_bytes(name, data, **limits)
    assert caught.value.hint
    return caught.value


# What comes out


def test_a_python_file_is_one_block():
    data = LAYER.encode()

    assert submission_from_bytes("layers.py", data) == Submission(
        name="layers.py",
        sha256=hashlib.sha256(data).hexdigest(),
        blocks=(Block(text=LAYER, first_line=1, cell=None),),
    )


def test_the_cells_of_a_notebook_are_blocks_numbered_through():
    data = notebook("import numpy\nx = 1", "", "%%bash\nls", LAYER)
    submission = submission_from_bytes("a.ipynb", data)

    assert submission.blocks == (
        Block(text="import numpy\nx = 1", first_line=1, cell=1),
        Block(text=LAYER, first_line=9, cell=4),
    )
    assert submission.sha256 == hashlib.sha256(data).hexdigest()


def test_a_zip_gives_the_file_in_it_and_its_own_digest():
    data = zipped(hw__layers_py=LAYER)
    submission = submission_from_bytes("alice.zip", data)

    assert submission.name == "alice.zip/hw/layers.py"
    assert submission.blocks == (Block(text=LAYER, first_line=1, cell=None),)
    assert submission.sha256 == hashlib.sha256(data).hexdigest()


def test_a_warning_about_the_zip_stands_beside_one_about_its_notebook():
    data = zipped(layers_ipynb=notebook("%cd ..", LAYER), **{"..__evil_py": b""})

    assert [warn.code for warn in submission_from_bytes("a.zip", data).warnings] == [
        "ZIP-ENTRY",
        "NOTEBOOK-MAGIC",
    ]


def test_one_warning_names_the_cells_with_commands():
    cells = ["%cd ..\n!ls", LAYER, *["!ls"] * 6]
    (warn,) = submission_from_bytes("a.ipynb", notebook(*cells)).warnings

    assert (warn.code, warn.line) == ("NOTEBOOK-MAGIC", None)
    assert warn.message.endswith("skipped in cell 1, cell 3, cell 4, cell 5, cell 6, …")


def test_a_notebook_without_commands_gives_no_warning():
    assert submission_from_bytes("a.ipynb", notebook("%%time\n" + LAYER)).warnings == ()


def test_reading_neither_parses_nor_runs_python(monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError

    for module, name in ((ast, "parse"), (builtins, "compile"), (builtins, "exec"), (builtins, "eval")):
        monkeypatch.setattr(module, name, never)
    data = zipped(a_py="raise SystemExit", b_ipynb=notebook("raise SystemExit", LAYER))

    assert submission_from_bytes("a.zip", data).name == "a.zip/b.ipynb"


def test_a_name_is_shown_without_characters_that_steer_a_terminal():
    assert submission_from_bytes("\x1b[2J\u202elayers.py", b"x = 1").name == r"\x1b[2J\u202elayers.py"
    assert refused("\x1b[2Jlayers.py", b"").message.startswith(r"\x1b[2Jlayers.py is empty")


# Lines


PLACES = {
    "a line": (2, "a.ipynb cell 1 line 2", "two"),
    "the first line of a later cell": (4, "a.ipynb cell 2 line 1", "three"),
    "just past the end of a cell": (3, "a.ipynb cell 1 line 3", None),
    "past the end of all": (9, "a.ipynb cell 2 line 6", None),
    "no line": (None, "a.ipynb", None),
    "line nought": (0, "a.ipynb", None),
}


@pytest.mark.parametrize(("line", "where", "text"), PLACES.values(), ids=PLACES)
def test_a_line_of_a_notebook_is_found_in_its_cell(line, where, text):
    submission = submission_from_bytes("a.ipynb", notebook("one\ntwo", "three"))

    assert submission.where(line) == where
    assert submission.text_of(line) == text


def test_a_line_of_a_python_file_is_found():
    submission = submission_from_bytes("layers.py", b"one\r\ntwo\fand\x0bmore\n")

    assert submission.where(2) == "layers.py:2"
    assert submission.text_of(2) == "two\fand\x0bmore"
    assert submission.where(None) == "layers.py"
    assert submission.text_of(99) is None


# Encodings


KOREAN = "# 곱셈 계층\nx = 1\n"
JAPANESE = "# 掛け算\nx = 1\n"

ENCODINGS = {
    "UTF-8": KOREAN.encode(),
    "UTF-8 with BOM": codecs.BOM_UTF8 + KOREAN.encode(),
    "UTF-16 little-endian": codecs.BOM_UTF16_LE + KOREAN.encode("utf-16-le"),
    "UTF-16 big-endian": codecs.BOM_UTF16_BE + KOREAN.encode("utf-16-be"),
    "UTF-32 little-endian": codecs.BOM_UTF32_LE + KOREAN.encode("utf-32-le"),
    "UTF-32 big-endian": codecs.BOM_UTF32_BE + KOREAN.encode("utf-32-be"),
    "CRLF": KOREAN.replace("\n", "\r\n").encode(),
    "lone CR": KOREAN.replace("\n", "\r").encode(),
}


@pytest.mark.parametrize("data", ENCODINGS.values(), ids=ENCODINGS)
def test_text_is_read_whatever_its_byte_order_mark_and_newlines(data):
    assert text_of(data) == KOREAN


@pytest.mark.parametrize(
    "codec",
    ["cp949", "euc-kr", "johab", "iso2022_kr", "utf-8", "UTF-8", "utf8", "utf-8-unix", "utf-8-sig", "ms949"],
)
def test_a_coding_line_is_honoured(codec):
    text = f"# -*- coding: {codec} -*-\n{KOREAN}"

    assert text_of(text.encode(codec.removesuffix("-unix"))).removeprefix("\ufeff") == text


@pytest.mark.parametrize("codec", ["shift_jis", "euc-jp", "cp932", "iso2022_jp"])
def test_a_japanese_coding_line_is_honoured(codec):
    text = f"# vim: set fileencoding={codec} :\n{JAPANESE}"

    assert text_of(text.encode(codec)) == text


def test_latin_1_is_honoured():
    assert text_of(b"# coding=latin-1\n# caf\xe9\n") == "# coding=latin-1\n# café\n"


COOKIE_PLACES = {
    "second line after a shebang": (b"#!/usr/bin/python\n# coding: cp949\n", True),
    "second line after a blank one": (b" \t\n# coding: cp949\n", True),
    "second line with CRLF": (b"# x\r\n# coding: cp949\r\n", True),
    "second line after text in that encoding": (b"# \xb0\xf6\n# coding: cp949\n", True),
    "second line after code": (b"x = 1\n# coding: cp949\n", False),
    "third line": (b"#\n#\n# coding: cp949\n", False),
    "in code": (b"x = 'coding: cp949'\n", False),
}


@pytest.mark.parametrize(("head", "counts"), COOKIE_PLACES.values(), ids=COOKIE_PLACES)
def test_a_coding_line_counts_only_where_python_looks_for_it(head, counts):
    data = head + b"# \xb0\xf6\xbc\xc0\n"
    if counts:
        assert text_of(data).endswith("# 곱셈\n")
    else:
        assert refused("layers.py", data).code == "ENCODING"


def test_a_byte_order_mark_outweighs_the_coding_line():
    text = "# coding: cp949\n" + KOREAN

    assert text_of(codecs.BOM_UTF8 + text.encode()) == text


@pytest.mark.parametrize(
    "codec",
    [
        "no-such-codec",
        "rot13",
        "base64",
        "zlib",
        "hex",
        "punycode",
        "idna",
        "undefined",
        "unicode_escape",
        "utf-7",
        "utf-16",
        "cp037",
        "mbcs",
        "..",
        "a" * 5000,
    ],
)
def test_a_coding_line_with_no_encoding_of_text_is_refused(codec):
    error = refused("layers.py", f"# x\n# coding: {codec}\nx = 1\n".encode())

    assert error.code == "ENCODING"
    assert error.message.startswith("layers.py:2: the coding line names ")
    assert len(error.message) < 200


def test_bytes_that_are_not_the_declared_encoding_are_located():
    error = refused("layers.py", b"# coding: cp949\nx = 1\n# \xff\n")

    assert error.code == "ENCODING"
    assert error.message == ("layers.py:3: byte 24 (0xff) is not valid cp949, the encoding that its coding line names")
    assert error.hint == "save the file as UTF-8 and submit it again"


def test_bytes_that_are_not_utf8_are_located_over_any_newline():
    error = refused("layers.py", b"\r\r\n\n\xe9")

    assert error.message == "layers.py:4: byte 4 (0xe9) is not valid UTF-8"


def test_bytes_behind_a_byte_order_mark_are_counted_from_the_start_of_the_file():
    error = refused("layers.py", codecs.BOM_UTF8 + b"x\xff")

    assert error.message == "layers.py:1: byte 4 (0xff) is not valid UTF-8"


def test_python_is_never_asked_for_a_long_codec_name(monkeypatch):
    asked = []
    look_up = codecs.lookup
    monkeypatch.setattr(codecs, "lookup", lambda name: asked.append(name) or look_up(name))

    refused("layers.py", b"# coding: " + b"a" * 5000)
    assert [len(name) for name in asked] == [40]


def test_a_cut_off_utf16_file_is_refused():
    assert refused("layers.py", codecs.BOM_UTF16_LE + b"x").code == "ENCODING"


LEGACY = {
    "Korean": (KOREAN.encode("cp949"), "# -*- coding: cp949 -*- (Korean)"),
    "Japanese": (JAPANESE.encode("shift_jis"), "# -*- coding: shift_jis -*- (Japanese)"),
}


@pytest.mark.parametrize(("data", "line"), LEGACY.values(), ids=LEGACY)
def test_the_coding_line_that_would_help_is_named(data, line):
    error = refused("layers.py", data)

    assert error.code == "ENCODING"
    assert line in error.hint


@pytest.mark.parametrize(("data", "line"), LEGACY.values(), ids=LEGACY)
def test_the_coding_line_that_was_named_does_help(data, line):
    cookie, _, _ = line.rpartition(" (")

    assert text_of(cookie.encode() + b"\n" + data).endswith("x = 1\n")


def test_no_coding_line_is_proposed_where_none_helps():
    assert refused("layers.py", b"x = 1 # \xff\xff\n").hint == "save the file as UTF-8 and submit it again"


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE], ids=["UTF-8", "UTF-16"])
def test_a_notebook_may_have_a_byte_order_mark(mark):
    text = notebook(LAYER).decode()
    data = mark + text.encode("utf-8" if mark == codecs.BOM_UTF8 else "utf-16-le")

    assert text_of(data, "a.ipynb") == LAYER


# What is refused


@pytest.mark.parametrize("name", ["a.py", "a.ipynb", "a.zip", "-"])
def test_no_bytes_are_empty(name):
    assert refused(name, b"").code == "EMPTY"


@pytest.mark.parametrize(
    "data",
    [b" \n\t\r\n\f", codecs.BOM_UTF8, codecs.BOM_UTF16_LE + b"\n\0"],
    ids=["white space", "only a byte order mark", "a UTF-16 newline"],
)
def test_white_space_alone_is_empty(data):
    assert refused("a.py", data).code == "EMPTY"


def test_a_comment_is_not_empty():
    assert text_of(b"# later\n") == "# later\n"


FOREIGN = {
    "PDF": (b"%PDF-1.7\n", "PDF"),
    "Word": (zipped(word__document_xml="x"), "Word (.docx)"),
    "old Word or Hangul": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9), "Hangul (.hwp)"),
    "RTF": (b"{\\rtf1 class MulLayer}", "RTF"),
    "PNG": (b"\x89PNG\r\n\x1a\n", "PNG"),
    "JPEG": (b"\xff\xd8\xff\xe0", "JPEG"),
    "GIF": (b"GIF89a", "GIF"),
    "gzip": (b"\x1f\x8b\x08", "gzip"),
    "a NUL": (b"x = 1\n\0", "bytes of value zero"),
    "a UTF-16 NUL": (codecs.BOM_UTF16_LE + b"x\0\0\0", "zero characters"),
    "UTF-16 without its mark": ("x = 1".encode("utf-16-le"), "bytes of value zero"),
    "a NUL under a declared encoding": (b"# coding: cp949\n\0", "bytes of value zero"),
}


@pytest.mark.parametrize(("data", "kind"), FOREIGN.values(), ids=FOREIGN)
def test_what_is_not_text_is_named(data, kind):
    error = refused("layers.py", data)

    assert error.code == "BINARY"
    assert kind in error.message


def test_a_file_of_the_largest_size_is_read_and_one_byte_more_is_refused():
    assert len(text_of(b"#" * SIZE_LIMIT)) == SIZE_LIMIT
    error = refused("a.py", b"#" * (SIZE_LIMIT + 1))

    assert error.code == "TOO-LARGE"
    assert error.message == "a.py has 1,048,577 bytes; at most 1,048,576 are read"


def test_the_limit_can_be_set():
    assert refused("a.py", b"x = 1\n", size_limit=5).code == "TOO-LARGE"


def test_a_notebook_may_carry_pictures_but_no_more_code_than_a_file():
    assert text_of(notebook("x = 1", metadata={"picture": "A" * (2 * SIZE_LIMIT)}), "a.ipynb") == "x = 1"
    assert refused("a.ipynb", notebook("#" * SIZE_LIMIT, "#")).code == "TOO-LARGE"
    assert refused("a.ipynb", b" " * (CONTAINER_LIMIT + 1)).code == "TOO-LARGE"


def test_a_file_in_a_zip_may_be_no_larger_than_one_outside():
    varied = "".join(f"x{i} = {i}\n" for i in range(100_000))

    assert refused("a.zip", zipped(layers_py=varied)).code == "TOO-LARGE"


def test_a_zip_bomb_is_not_gradable():
    assert refused("a.zip", zipped(layers_py=bytes(CONTAINER_LIMIT + 1))).code == "ZIP-BOMB"


@pytest.mark.parametrize(
    ("data", "code"), [(b"{}", "NOT-A-NOTEBOOK"), (notebook(""), "NO-CODE")], ids=["no cells", "no code"]
)
def test_a_notebook_without_code_is_refused(data, code):
    assert refused("a.ipynb", data).code == code


# Which kind it is


KINDS = {
    "upper-case notebook": ("A.IPYNB", notebook(LAYER), 1),
    "no suffix, a notebook": ("-", b"\n" + notebook(LAYER), 1),
    "no suffix, a notebook with BOM": ("-", codecs.BOM_UTF8 + notebook(LAYER), 1),
    "no suffix, Python": ("-", LAYER.encode(), None),
    "no suffix, a dictionary": ("-", b"{'cells': 1}", None),
    "no suffix, a zip": ("-", zipped(layers_py=LAYER), None),
    "a Windows path": ("C:\\my.work\\layers", notebook(LAYER), 1),
    "another suffix": ("layers.txt", LAYER.encode(), None),
}


@pytest.mark.parametrize(("name", "data", "cell"), KINDS.values(), ids=KINDS)
def test_the_kind_is_known_by_suffix_or_content(name, data, cell):
    assert [block.cell for block in submission_from_bytes(name, data).blocks] == [cell]


# Which of several files


CHOICES = {
    "the only one": ({"a_py": "x = 1"}, "a.py"),
    "layers.py": ({"a_py": LAYER, "layers_py": "x = 1"}, "layers.py"),
    "the one with a layer": ({"a_py": "x = 1", "b_py": LAYER}, "b.py"),
    "a notebook with a layer": ({"a_py": "x = 1", "b_ipynb": notebook(LAYER)}, "b.ipynb"),
    "an odd class name": ({"a_py": "x = 1", "b_py": "\n\tclass  my_MULTIPLY_gate(object): pass"}, "b.py"),
    "beside broken files": (
        {"a_py": b"", "b_py": b"\0", "c_py": b"\xff", "d_ipynb": b"{", "e_ipynb": notebook(), "f_py": LAYER},
        "f.py",
    ),
    "beside a file that is too large": ({"a_py": "".join(map(str, range(250_000))), "f_py": LAYER}, "f.py"),
}


@pytest.mark.parametrize(("files", "name"), CHOICES.values(), ids=CHOICES)
def test_the_file_that_is_meant_is_found_in_a_zip(files, name):
    assert submission_from_bytes("w.zip", zipped(**files), words=WORDS).name == f"w.zip/{name}"


@pytest.mark.parametrize(("files", "name"), CHOICES.values(), ids=CHOICES)
def test_the_file_that_is_meant_is_found_in_a_folder(files, name, tmp_path):
    with zipfile.ZipFile(io.BytesIO(zipped(**files))) as file:
        file.extractall(tmp_path / "work")

    assert read_submission(tmp_path / "work", words=WORDS).name == f"work/{name}"


def test_two_files_with_layers_are_named():
    error = refused("w.zip", zipped(a_py=LAYER, b_py=LAYER, c_py="x"))

    assert error.code == "TWO-CANDIDATES"
    assert error.message == "2 files could be the one to grade: w.zip/a.py, w.zip/b.py"


def test_of_many_files_with_layers_five_are_named():
    error = refused("w.zip", zipped(**{f"a{i}_py": LAYER for i in range(7)}))

    assert error.message.startswith("7 files could be")
    assert error.message.endswith("w.zip/a4.py, …")


@pytest.mark.parametrize(
    "files",
    [{"notes_txt": "x"}, {"a_py": "add = 1", "b_py": "# class AddLayer"}],
    ids=["no Python file", "no layer in any"],
)
def test_a_zip_without_a_candidate_is_refused(files):
    assert refused("w.zip", zipped(**files)).code == "NO-CANDIDATE"


def test_a_bomb_beside_a_good_file_is_not_passed_over():
    data = zipped(a_py=bytes(CONTAINER_LIMIT + 1), b_py=LAYER)

    assert refused("w.zip", data).code == "ZIP-BOMB"


# From disk


def test_a_file_is_read_under_its_own_name(tmp_path):
    (tmp_path / "layers.py").write_text(LAYER)

    assert read_submission(tmp_path / "layers.py") == submission_from_bytes("layers.py", LAYER.encode())


def test_a_notebook_on_disk_may_be_larger_than_source(tmp_path):
    data = notebook(LAYER, metadata={"picture": "A" * (2 * SIZE_LIMIT)})
    (tmp_path / "a.ipynb").write_bytes(data)

    assert read_submission(str(tmp_path / "a.ipynb")) == submission_from_bytes("a.ipynb", data)


def test_a_file_on_disk_over_the_limit_is_refused(tmp_path):
    (tmp_path / "a.py").write_bytes(b"x = 1\n")

    with pytest.raises(SubmissionError, match=r"^a\.py has 6 bytes; at most 5 are read$"):
        read_submission(tmp_path / "a.py", size_limit=5)


def test_the_current_folder_is_called_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "week5").mkdir()
    (tmp_path / "week5" / "layers.py").write_text(LAYER)
    monkeypatch.chdir(tmp_path / "week5")

    assert read_submission(".").name == "week5/layers.py"


def test_a_link_out_of_a_folder_is_refused_even_beside_a_good_file(tmp_path):
    (tmp_path / "secret.py").write_text(LAYER)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.py").write_text(LAYER)
    (tmp_path / "work" / "b.py").symlink_to("../secret.py")

    with pytest.raises(SubmissionError, match=r"^work/b\.py is a link that leads out of its folder$") as caught:
        read_submission(tmp_path / "work")

    assert caught.value.code == "SYMLINK"


@pytest.mark.parametrize("path", ["gone.py", "", "gone/", "a\0.py"])
def test_a_path_that_is_not_there_is_a_usage_error(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError):
        read_submission(path)


# Whatever comes


NAMES = ["a.py", "a.ipynb", "a.zip", "-"]
BYTES = st.one_of(
    st.binary(),
    st.text().map(str.encode),
    st.builds(bytes.__add__, st.sampled_from([b"# coding: ", b"\xff\xfe", b"PK\x03\x04", b'{"cells":']), st.binary()),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["cells", "worksheets", "cell_type", "source", "input"]), inner)
    ),
)


def gradable_or_refused(name, data):
    try:
        submission = submission_from_bytes(name, data)
    except SubmissionError:
        return
    assert submission.blocks
    for block in submission.blocks:
        assert "\r" not in block.text
        assert "\0" not in block.text
        block.text.encode()


@pytest.mark.parametrize("name", NAMES)
@given(data=BYTES)
@example(data=b"# coding: hz\n~{")
def test_any_bytes_are_gradable_or_refused(name, data):
    gradable_or_refused(name, data)


@given(JSON)
def test_any_json_is_gradable_or_refused(document):
    gradable_or_refused("a.ipynb", json.dumps(document).encode())


@given(
    st.sampled_from(["cp949", "euc_jp", "hz", "iso2022_jp", "gb18030", "big5", "johab", "utf-8", "koi8-r"]),
    st.binary(),
)
def test_any_bytes_under_a_coding_line_are_gradable_or_refused(codec, data):
    gradable_or_refused("a.py", f"# coding: {codec}\n".encode() + data)


ZIP = zipped(hw__layers_py=LAYER, hw__data_csv="1", hw__b_ipynb=notebook(LAYER))


@given(st.lists(st.tuples(st.integers(0, len(ZIP) - 1), st.integers(0, 255)), max_size=4))
def test_a_damaged_zip_is_gradable_or_refused(changes):
    data = bytearray(ZIP)
    for at, value in changes:
        data[at] = value
    gradable_or_refused("a.zip", bytes(data))


def test_a_megabyte_of_blank_lines_beside_the_file_that_is_meant_takes_no_time():
    # A match that may begin on any blank line above takes quadratic time: this test would not end.
    blank = "x = 1" + "\n" * (SIZE_LIMIT - 10)
    assert submission_from_bytes("w.zip", zipped(a_py=blank, b_py=LAYER), words=WORDS).name == "w.zip/b.py"


def test_without_words_any_class_tells_which_file_is_meant():
    files = zipped(a_py="x = 1", b_py="class Other: pass")
    assert submission_from_bytes("w.zip", files).name == "w.zip/b.py"
    with pytest.raises(SubmissionError, match="defines a class with add / mul in its name"):
        submission_from_bytes("w.zip", files, words=WORDS)
