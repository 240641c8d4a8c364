"""What is built for other machines: the wheel and the source archive hold both templates, whole."""

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from test_assignment_new import FILES as ASSIGNMENT
from test_course import FILES as COURSE

ROOT = Path(__file__).resolve().parents[2]


#: What CI services take from the repository, and what the tests of it read.
FOR_CI = {"action.yml", "ci/gitlab.yml", ".pre-commit-hooks.yaml"}


def test_the_wheel_and_the_source_archive_hold_both_templates_and_the_latter_the_files_for_ci(tmp_path):
    pytest.importorskip("hatchling", reason="hatchling is not installed here")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)], cwd=ROOT, capture_output=True, check=False
    )
    assert built.returncode == 0, built.stderr
    (wheel,), (archive,) = tmp_path.glob("*.whl"), tmp_path.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as file:
        inside = file.namelist()
    with tarfile.open(archive) as file:
        source = file.getnames()
    for folder, files in (("student_template", COURSE), ("assignment_template", ASSIGNMENT)):
        wheels = {name.removeprefix(f"harness/{folder}/") for name in inside if f"{folder}/" in name}
        sources = {re.sub(rf"^[^/]*/{folder}/", "", name) for name in source if f"/{folder}/" in name}
        assert wheels == sources == files
    assert {name.partition("/")[2] for name in source} >= FOR_CI
