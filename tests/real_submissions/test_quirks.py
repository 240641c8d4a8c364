"""Real files are odd: the grade is that of their two classes, and everything that was tolerated is told."""

import codecs
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quirks import ADD, AROUND, MUL, NAMES, ODD_LAYERS

from harness.records import Verdict


def failed(report):
    return {
        check.id: check.verdict.value
        for check in report.checks
        if check.verdict not in (Verdict.PASSED, Verdict.BLOCKED)
    }


@pytest.mark.parametrize(("before", "after", "codes"), AROUND.values(), ids=AROUND)
def test_what_stands_around_two_right_layers_costs_nothing_and_is_told(report_on, before, after, codes):
    report = report_on(before + ADD + MUL + after)
    assert (report.score, failed(report)) == (100, {})
    assert sorted(warn.code for warn in report.warnings) == sorted(codes)


@pytest.mark.parametrize("expected", ODD_LAYERS.values(), ids=ODD_LAYERS)
def test_odd_layers_get_the_grade_of_what_they_compute(report_on, expected):
    report = report_on(expected.source)
    assert (report.score, failed(report)) == (expected.score, expected.verdicts)
    assert expected.says in " ".join(check.message or "" for check in report.checks)


@pytest.mark.parametrize(("layer", "name"), NAMES.values(), ids=NAMES)
def test_a_class_of_nearly_the_right_name_is_graded_with_a_note(report_on, layer, name):
    report = report_on((ADD + MUL).replace(layer, name))
    assert report.score == 100
    assert {entry.name: entry.found_as for entry in report.layers}[layer] == name
    (note,) = report.warnings
    assert note.code == "CLASS-NAME"
    assert f"{name} was graded as {layer}" in note.message


def test_of_two_spellings_the_exact_one_is_graded(report_on):
    wrong = MUL.replace("dout * self.y", "dout * self.x").replace("MulLayer", "mul_layer")
    assert report_on(ADD + MUL + wrong).score == 100


@pytest.mark.parametrize("codec", ["cp949", "euc-kr", "shift_jis", "utf-8"])
def test_a_coding_cookie_is_honoured(report_on, codec):
    remark = "りんご" if codec == "shift_jis" else "사과"
    assert report_on(f"# -*- coding: {codec} -*-\n# {remark}\n{ADD}{MUL}".encode(codec)).score == 100


@pytest.mark.parametrize(
    "change",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.rstrip().encode(),
    ],
    ids=["BOM", "UTF-16", "CRLF", "CR", "no newline at the end"],
)
def test_how_an_editor_saves_a_file_changes_no_grade(report_on, change):
    assert report_on(change(ADD + MUL)).score == 100


def test_a_notebook_is_graded_cell_by_cell(report_on):
    cells = [
        "%matplotlib inline\n!pip install numpy\nimport numpy as np",
        ADD,
        "this is no Python",
        "%%time\n" + MUL,
        "MulLayer?",
    ]
    data = json.dumps(
        {
            "cells": [
                {"cell_type": "code", "source": cell, "outputs": [], "metadata": {}, "execution_count": None}
                for cell in cells
            ],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )
    report = report_on(data, "layers.ipynb")
    assert report.score == 100
    assert {warn.code for warn in report.warnings} == {"NOTEBOOK-MAGIC", "NOT-PARSABLE"}


_JUNK = [
    "import no_such_module\n", "from common.functions import *\n", "print('hello')\n", "1 / 0\n", "x = y = dout = 3\n",
    "def forward(x, y):\n    return x\n", "class Relu:\n    def forward(self, x):\n        return x\n", "raise SystemExit\n",
    "import numpy as np\nnp.seterr(all='raise')\n", "# 사과\n", "'''\na remark\n'''\n", "del print\n", "input()\n",
    "import sys\nsys.setrecursionlimit(60)\n", "float = int\n", "if True:\n    z = [i for i in range(9)]\n",
    "import builtins\nbuiltins.abs = None\n", "class Mul:\n    pass\n", "try:\n    open('x')\nfinally:\n    pass\n", "lambda: (\n)\n",
    "print 'two'\n", "= 3\n", "import warnings\nwarnings.simplefilter('error')\n", "np.random.seed(1)\n",
]  # fmt: skip
_junk = st.lists(st.sampled_from(_JUNK), max_size=6).map("".join)


def test_the_grade_never_depends_on_what_stands_around_the_two_classes(report_on):
    @settings(deadline=None, max_examples=150, database=None)
    @given(_junk, _junk, _junk, st.booleans())
    def always_full_marks(before, between, after, swap):
        first, second = (MUL, ADD) if swap else (ADD, MUL)
        report = report_on(before + first + between + second + after)
        assert (report.score, failed(report)) == (100, {})

    always_full_marks()


def test_names_that_are_not_ascii_are_read(report_on):
    korean = "class MulLayer:\n    def forward(자신, 사과, 개수):\n        자신.사과, 자신.개수 = 사과, 개수\n        return 사과 * 개수\n"
    korean += "    def backward(자신, 미분):\n        return 미분 * 자신.개수, 미분 * 자신.사과\n"
    assert report_on(ADD + korean).score == 100
