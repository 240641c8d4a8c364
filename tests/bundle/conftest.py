"""A folder laid out as Gradescope documents it, and the scripts of a bundle run in it."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from harness.cli import main

__all__ = ["Autograder"]


class Autograder:
    """What Gradescope makes of a bundle: https://gradescope-autograders.readthedocs.io/en/latest/specs/."""

    def __init__(self, root: Path, bundle: Path, binaries: Path) -> None:
        self.root, self.binaries = root, binaries
        self.results = root / "results/results.json"
        (root / "submission").mkdir(parents=True)
        with zipfile.ZipFile(bundle) as archive:
            archive.extractall(root / "source")
            # Python keeps no permissions; unzip does.
            for entry in archive.infolist():
                (root / "source" / entry.filename).chmod(entry.external_attr >> 16 & 0o777)
        shutil.copy(root / "source/run_autograder", root)

    def _run(self, script: Path, **changed: str) -> "subprocess.CompletedProcess[str]":
        # What runs there is a copy of dout, of which no coverage is measured.
        hidden = ("DOUT_", "PYTHON", "PIP_", "COVERAGE_")
        env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        env |= {"PATH": f"{self.binaries}{os.pathsep}{env['PATH']}", "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1"}
        env |= {"DOUT_AUTOGRADER": str(self.root), "XDG_CACHE_HOME": str(self.root / "cache")}
        return subprocess.run(
            [str(script)],
            cwd=self.root,
            env=env | changed,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )

    def set_up(self, **changed: str) -> "subprocess.CompletedProcess[str]":
        """Run ``setup.sh`` as the build of the image does."""
        return self._run(self.root / "source/setup.sh", **changed)

    def grade(self, **changed: str) -> "subprocess.CompletedProcess[str]":
        """Run ``run_autograder``, from the place that Gradescope copies it to."""
        return self._run(self.root / "run_autograder", **changed)


#: An interpreter whose environments have pip, numpy and the like already: no package index is asked.
_PYTHON = """\
#!/bin/sh
if [ "$2" != venv ]; then exec '{0}' "$@"; fi
'{0}' -m venv --without-pip "$3" || exit
for site in "$3"/lib/python3*/site-packages; do echo '{1}' > "$site/beside.pth"; done
printf '#!/bin/sh\nexec "%s" -m pip "$@"\n' "$3/bin/python" > "$3/bin/pip"
chmod +x "$3/bin/pip"
"""


@pytest.fixture
def bundled(tmp_path: Path, capsys):
    """Make a bundle and lay it out."""
    if shutil.which("bash") is None:
        pytest.skip("there is no bash here")

    def made(*options: str) -> Autograder:
        bundle = tmp_path / "autograder.zip"
        assert main(["bundle", "gradescope", "-o", str(bundle), *options]) == 0
        capsys.readouterr()
        binaries = tmp_path / "bin"
        binaries.mkdir()
        (binaries / "python3.13").write_text(_PYTHON.format(sys.executable, sysconfig.get_path("purelib")), "utf-8")
        (binaries / "python3.13").chmod(0o755)
        return Autograder(tmp_path / "autograder", bundle, binaries)

    return made


@pytest.fixture
def wheel_in():
    """Return the names in the wheel of a bundle."""

    def names(bundle: Path) -> list[str]:
        with zipfile.ZipFile(bundle) as archive:
            (wheel,) = [name for name in archive.namelist() if name.endswith(".whl")]
            with archive.open(wheel) as inner, zipfile.ZipFile(inner) as files:
                return files.namelist()

    return names
