"""What is built for other machines: the wheel and the source archive hold the whole template."""

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from test_course import FILES

ROOT = Path(__file__).resolve().parents[2]


#: What CI services take from the repository, and what the tests of it read.
FOR_CI = {"action.yml", "ci/gitlab.yml", ".pre-commit-hooks.yaml"}


def test_the_wheel_and_the_source_archive_hold_the_whole_template_and_the_latter_the_files_for_ci(tmp_path):
    pytest.importorskip("hatchling", reason="hatchling is not installed here")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)], cwd=ROOT, capture_output=True, check=False
    )
    assert built.returncode == 0, built.stderr
    (wheel,), (archive,) = tmp_path.glob("*.whl"), tmp_path.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as file:
        inside = [name for name in file.namelist() if "student_template/" in name]
    with tarfile.open(archive) as file:
        all_names = file.getnames()
        source = [name for name in all_names if "/student_template/" in name]
    assert {name.removeprefix("harness/student_template/") for name in inside} == FILES
    assert {re.sub(r"^[^/]*/student_template/", "", name) for name in source} == FILES
    assert {name.partition("/")[2] for name in all_names} >= FOR_CI
