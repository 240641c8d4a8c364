"""Formats of other packages: found by their entry point, never read for a name of dout's own, and never in its place."""

import os
import subprocess
import sys

import pytest
from commands import RIGHT, ROOT, environment

from harness.cli.options import _FORMATS
from harness.render import FORMATS, GROUP

WRITER = """
def render_marks(report, language):
    return f"{report.submission.name}={report.score:g} {language.code}\\n"
"""


@pytest.fixture
def package(tmp_path_factory):
    """Install a package that adds formats; return the variables with which dout sees it."""
    site = tmp_path_factory.mktemp("site")

    def install(formats, name="marks", source=WRITER):
        (site / f"{name}_format.py").write_text(source, "utf-8")
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
        lines = [f"{one} = {name}_format:render_marks" for one in formats]
        (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines]) + "\n", "utf-8")
        return {"PYTHONPATH": os.pathsep.join((ROOT, str(site)))}

    return install


def test_a_format_of_another_package_is_written(dout, right, package):
    done = dout("grade", right, "--format", "marks", "--lang", "ko", env=package(["marks"]))
    assert (done.returncode, done.stdout) == (0, b"right.py=100 ko\n")


def test_dout_report_knows_it_as_well(dout, right, package, tmp_path):
    dout("grade", right, "--format", "json", "--output", tmp_path / "stored.json")
    assert dout("report", tmp_path / "stored.json", "--format", "marks", env=package(["marks"])).returncode == 0


def test_pytest_writes_it_as_well(package, tmp_path, right):
    call = [sys.executable, "-m", "pytest", f"--grade={right}", "--grade-report=marks:out.txt", "-q"]
    done = subprocess.run(
        call, cwd=tmp_path, env=environment(**package(["marks"])), capture_output=True, text=True, check=False
    )
    assert (tmp_path / "out.txt").read_text("utf-8").startswith("right.py=100"), done.stdout + done.stderr


def test_it_takes_no_name_of_dout_s_own(dout, right, package):
    done = dout("grade", right, "--format", "github", env=package(["github", "marks"]))
    assert (done.returncode, done.stdout) == (0, b"")


def test_a_name_of_two_packages_is_refused(dout, right, package):
    package(["marks"], name="other")
    done = dout("grade", right, "--format", "marks", env=package(["marks"]))
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"the format marks is in more than one package: " in done.stderr


BROKEN = {
    "it does not load": ("import nowhere_to_be_found", "ModuleNotFoundError"),
    "it has no such function": ("", "AttributeError"),
    "it raises": ("def render_marks(report, language):\n    1 / 0\n", "ZeroDivisionError"),
    "it returns no text": ("def render_marks(report, language):\n    return b''\n", "returned bytes, not str"),
}


@pytest.mark.parametrize(("source", "said"), BROKEN.values(), ids=BROKEN)
def test_a_format_that_does_not_work_is_one_line_and_2(dout, right, package, source, said):
    done = dout("grade", right, "--format", "marks", env=package(["marks"], source=source))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"dout: the format marks of the package marks does not work: ")
    assert said.encode() in done.stderr


def test_a_file_of_it_holds_one_report(dout, right, wrong, package):
    done = dout("grade", right, wrong, "--format", "marks", env=package(["marks"]))
    assert done.returncode == 2
    assert b"holds one report, but there are 2" in done.stderr


def test_an_unknown_format_is_told_all_that_there_are(dout, right, package):
    done = dout("grade", right, "--format", "mark", env=package(["github", "marks"]))
    assert done.returncode == 2
    assert f"invalid choice: 'mark' (choose from {', '.join(FORMATS)}, marks)" in done.stderr.decode()


def test_an_unknown_format_of_pytest_is_told_all_that_there_are(package, tmp_path):
    (tmp_path / "right.py").write_text(RIGHT, "utf-8")
    call = [sys.executable, "-m", "pytest", "--grade=right.py", "--grade-report=mark:out.txt"]
    done = subprocess.run(
        call, cwd=tmp_path, env=environment(**package(["marks"])), capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert f"one of the formats {', '.join(FORMATS)}, marks" in done.stderr


@pytest.mark.parametrize("name", FORMATS)
def test_no_entry_point_is_read_for_a_name_of_dout_s_own(name):
    code = (
        "import sys\n"
        "from harness.cli.words import read_words\n"
        f"read_words(['grade', 'x.py', '--format', {name!r}])\n"
        "print({'importlib.metadata', 'harness.render', 'msgspec'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_names_of_the_command_line_are_those_of_the_table():
    assert list(FORMATS) == list(_FORMATS)
