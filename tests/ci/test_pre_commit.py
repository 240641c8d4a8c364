"""``.pre-commit-hooks.yaml``: pre-commit itself installs the hook from a clone and runs it on a commit."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from runners import RIGHT, ROOT, SWAPPED, clone, commit, read_yaml, without_git

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pre_commit") is None, reason="pre-commit is not installed here: pip install pre-commit"
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A learner's repository with a wrong file in a folder, and one that is not for the hook."""
    folder = tmp_path / "homework"
    (folder / "chapter5").mkdir(parents=True)
    (folder / "chapter5/layers.py").write_text(SWAPPED, "utf-8")
    (folder / "other.py").write_text("not Python", "utf-8")
    commit(folder)
    return folder


def run(dout: Path, store: Path, repository: Path) -> "subprocess.CompletedProcess[str]":
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=dout, env=without_git(), capture_output=True, text=True, check=True
    )
    (repository / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {dout.as_uri()}\n  rev: {head.stdout.strip()}\n  hooks:\n  - id: dout-grade\n", "utf-8"
    )
    commit(repository)
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color=never"],
        cwd=repository,
        env={**without_git(), "PRE_COMMIT_HOME": str(store), "DOUT_LANG": "en"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )


def test_a_wrong_file_stops_the_commit_and_a_right_one_does_not(repository, tmp_path):
    # One test: pre-commit makes an environment for each, with numpy in it.
    dout = clone(tmp_path / "dout")
    done = run(dout, tmp_path / "store", repository)
    assert done.returncode == 1, done.stdout
    assert "MulLayer.backward returns its gradients swapped" in done.stdout
    assert "other.py" not in done.stdout
    (repository / "chapter5/layers.py").write_text(RIGHT, "utf-8")
    done = run(dout, tmp_path / "store", repository)
    assert done.returncode == 0, done.stdout
    assert "dout grade (a self-check, no mark)" in done.stdout


def test_the_hook_is_one_call_for_all_files():
    (hook,) = read_yaml(ROOT / ".pre-commit-hooks.yaml")
    assert (hook["id"], hook["require_serial"]) == ("dout-grade", "true")
