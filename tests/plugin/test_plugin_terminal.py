"""The screen: 80 columns, no colour where none is wanted, any locale, any encoding of the console."""

import unicodedata

import pytest
from pytest_runs import RIGHT, SWAPPED, run_pytest, write


def cells(line):
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, hw__layers_py=SWAPPED)
    return tmp_path


@pytest.mark.parametrize("arguments", [[], ["-q"], ["-k", "backward"], ["--tb=short"], ["-rA"]], ids=" ".join)
def test_no_line_is_wider_than_80_columns(folder, arguments):
    run = run_pytest("--grade=hw", *arguments, folder=folder)
    assert [line for line in run.lines if cells(line) > 80 and not line.startswith(("plugins:", "rootdir:"))] == []


def test_a_long_path_is_shown_by_its_file_name(tmp_path):
    name = "d" * 60
    write(tmp_path, **{f"{name}__layers_py": SWAPPED})
    run = run_pytest(f"--grade={name}/layers.py", folder=tmp_path)
    run.shows("  where:    layers.py:15")


def test_failures_are_shown_once_unless_asked_for(folder):
    assert run_pytest("--grade=hw", folder=folder).out.count("dout = 1.0") == 1
    assert run_pytest("--grade=hw", "--tb=short", folder=folder).out.count("dout = 1.0") == 2
    assert "short test summary" not in run_pytest("--grade=hw", folder=folder).out
    run_pytest("--grade=hw", "-rf", folder=folder).shows("FAIL hw/layers.py::MulLayer.backward*")


def test_quiet_keeps_the_report(folder):
    run = run_pytest("--grade=hw", "-q", folder=folder)
    run.shows("SCORE 45/100", "2 failed, 7 passed, 4 blocked in *")


def test_no_header_and_no_summary_do_not_fail(folder):
    run = run_pytest("--grade=hw", "--no-header", "--no-summary", folder=folder)
    assert run.status == 1
    assert "grade: ch05" not in run.out


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"NO_COLOR": "1"}, False), ({"FORCE_COLOR": "1", "TERM": "xterm"}, True)],
    ids=["not a terminal", "NO_COLOR", "FORCE_COLOR"],
)
def test_colour_is_pytests_decision(folder, environment, coloured):
    run = run_pytest("--grade=hw", folder=folder, **environment)
    assert ("\x1b[" in run.out) is coloured


@pytest.mark.parametrize(
    "environment",
    [
        {"LANG": "ko_KR.UTF-8", "LC_ALL": "ko_KR.UTF-8"},
        {"PYTHONIOENCODING": "cp949"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
    ],
    ids=["ko_KR", "cp949", "ascii"],
)
def test_a_korean_name_and_message_reach_any_console(tmp_path, environment):
    source = RIGHT.replace("return x * y", "raise ValueError('값이 없어요 \u00e9')")
    write(tmp_path, 숙제__layers_py=source)
    run = run_pytest("--grade=숙제", "-v", folder=tmp_path, **environment)
    assert run.status == 1
    run.shows("* 30/100")
    assert "Error" not in run.err


def test_a_hostile_message_cannot_steer_the_terminal(tmp_path):
    write(tmp_path, layers_py=RIGHT.replace("return x * y", r"raise ValueError('\x1b[2J\n::error::x')"))
    run = run_pytest("--grade", "--tb=long", "-rA", folder=tmp_path)
    assert "\x1b" not in run.out
    assert not any(line.lstrip().startswith("::") for line in run.lines)


@pytest.mark.skipif("sys.platform == 'win32'", reason="such a name cannot be made there")
def test_a_hostile_file_name_cannot_steer_the_terminal(tmp_path):
    folder = tmp_path / "hw"
    folder.mkdir()
    (folder / "\x1b[2J.py").write_text(RIGHT)
    for arguments in (["-v"], ["--collect-only"], ["-rA", "--tb=long"]):
        run = run_pytest("--grade=hw", *arguments, folder=tmp_path)
        assert "\x1b" not in run.out
        assert run.status == 0
