"""Stand-ins for the runners of GitHub Actions and GitLab: they run the steps of a YAML file as those document it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from right_layers import RIGHT, SWAPPED

import harness

__all__ = ["RIGHT", "ROOT", "SWAPPED", "Action", "clone", "commit", "environment", "read_yaml", "tools", "without_git"]

#: The checkout that these tests lie in: what they run is not in the wheel.
ROOT = Path(__file__).resolve().parents[2]

_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")


def read_yaml(path: Path) -> Any:
    """Return a YAML file with every scalar as text: YAML 1.1 reads the key ``on`` as a truth value, GitHub does not."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed here")
    return yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)


def tools(folder: Path) -> str:
    """Return a folder with ``dout``, ``pytest`` and ``python`` as they are installed for these tests."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, module in {"dout": "harness.cli", "pytest": "pytest"}.items():
        # As a script that pip installs: what lies in the current folder is not imported.
        (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m {module} "$@"\n', "utf-8")
    (folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    for file in folder.iterdir():
        file.chmod(0o755)
    return str(folder)


def environment(path: str, **more: str) -> dict[str, str]:
    """Return the variables of a runner, with the commands in ``path`` first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI_", "DOUT_"))}
    # In a checkout dout is installed beside it; the wheel of tox needs no path.
    kept["PYTHONPATH"] = str(Path(harness.__file__).parent.parent)
    return kept | {"PATH": f"{path}{os.pathsep}{kept['PATH']}", "CI": "true"} | more


@dataclass
class Action:
    """One use of a composite action, or of the job of a workflow, by a runner of our own.

    Source of the rules: https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax and
    the page on workflow commands there. Only what our files use of them is here, the rest is an error.
    """

    definition: Any
    workspace: Path
    #: Where the runner keeps its files.
    temp: Path
    env: Mapping[str, str]
    inputs: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    #: What each step with an id has written to GITHUB_OUTPUT.
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    log: str = ""
    summary: str = ""

    def value(self, text: str) -> str:
        """Return ``text`` with its expressions evaluated."""

        def looked_up(match: re.Match[str]) -> str:
            place = match[1].split(".")
            if place[0] == "inputs":
                declared = self.definition["inputs"][place[1]]
                return self.inputs.get(place[1], declared.get("default", ""))
            if place[0] == "vars":
                return self.variables.get(place[1], "")
            steps, step, outputs, name = place
            assert (steps, outputs) == ("steps", "outputs"), match[0]
            return self.outputs[step].get(name, "")

        return _EXPRESSION.sub(looked_up, text)

    def output(self, name: str) -> str:
        """Return an output of the action."""
        return self.value(self.definition["outputs"][name]["value"])

    def run(self, step: Mapping[str, Any]) -> int:
        """Run one shell step and return its exit status."""
        self.temp.mkdir(parents=True, exist_ok=True)
        script = self.temp / "script.sh"
        script.write_text(self.value(step["run"]), "utf-8")
        files = {name: self.temp / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("", "utf-8")
        given = {name: self.value(value) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            # What `shell: bash` means; without it, a workflow's step runs with `bash -e`.
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env={
                **self.env,
                **given,
                **{name: str(file) for name, file in files.items()},
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(self.workspace),
                "GITHUB_ACTION_PATH": str(ROOT),
                "RUNNER_TEMP": str(self.temp),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
        self.log += done.stdout.decode("utf-8")
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text("utf-8")
        if "id" in step:
            lines = files["GITHUB_OUTPUT"].read_text("utf-8").splitlines()
            assert all(re.match(r"[\w-]+=", line) for line in lines), lines
            self.outputs[step["id"]] = dict(line.split("=", 1) for line in lines)
        assert files["GITHUB_ENV"].read_text("utf-8") == "", "no step of ours changes the variables of others"
        return done.returncode


def clone(folder: Path) -> Path:
    """Return a git repository with what pip and pre-commit need of this one, in one commit."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed here")
    litter = shutil.ignore_patterns("__pycache__", "*_cache")
    folder.mkdir(parents=True)
    for name in ("harness", "reference", "assignment_template", "student_template"):
        shutil.copytree(ROOT / name, folder / name, ignore=litter)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, folder)
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    """Make a git repository of a folder, with one commit of all that is in it."""
    author = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", *words], cwd=folder, check=True, env=without_git())


def without_git() -> dict[str, str]:
    """Return the environment without what a hook of git would set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
