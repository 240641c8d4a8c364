"""``ci/gitlab.yml``: its lines run as GitLab's runner runs them. It was not run on GitLab."""

import json
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from runners import RIGHT, ROOT, SWAPPED, clone, environment, read_yaml, tools

TEMPLATE = ROOT / "ci/gitlab.yml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder that the runner has cloned the learner's repository into."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "layers.py").write_text(SWAPPED, "utf-8")
    return folder


@pytest.fixture
def run(project: Path, tmp_path: Path):
    """Run one of the job's lists of lines, with some variables set otherwise."""

    def called(key: str, **changed: str) -> "subprocess.CompletedProcess[str]":
        template = read_yaml(TEMPLATE)
        variables = template["variables"] | {"DOUT_ISOLATION": "D"} | changed
        return subprocess.run(
            # What the runner makes of a list of lines for bash.
            ["bash", "-eo", "pipefail", "-c", "\n".join(template["dout-grade"][key])],
            cwd=project,
            env=environment(tools(tmp_path / "bin"), CI_PROJECT_DIR=str(project), **variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )

    return called


def artifacts() -> dict:
    return read_yaml(TEMPLATE)["dout-grade"]["artifacts"]


def test_a_wrong_file_fails_and_leaves_each_artefact_that_the_job_names(run, project):
    done = run("script")
    assert done.returncode == 1
    assert "SCORE 45/100" in done.stdout
    assert artifacts()["when"] == "always"
    reports = artifacts()["reports"]
    assert ET.parse(project / reports["junit"]).getroot().find("testsuite").get("failures") == "2"
    (remark,) = json.loads((project / reports["codequality"]).read_text("utf-8"))
    assert (remark["check_name"], remark["location"]["path"]) == ("MUL-SWAP", "layers.py")
    (page,) = artifacts()["paths"]
    assert (project / page).read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_remark_is_at_the_path_in_the_repository(run, project):
    (project / "homework").mkdir()
    (project / "layers.py").rename(project / "homework/layers.py")
    run("script", DOUT_PATH="homework/layers.py")
    (remark,) = json.loads((project / artifacts()["reports"]["codequality"]).read_text("utf-8"))
    assert remark["location"]["path"] == "homework/layers.py"


def test_a_right_file_passes(run, project):
    (project / "layers.py").write_text(RIGHT, "utf-8")
    assert run("script").returncode == 0


@pytest.mark.parametrize(("percent", "status"), [("45", 0), ("46", 1)])
def test_the_score_to_reach_is_a_variable(run, percent, status):
    assert run("script", DOUT_FAIL_UNDER=percent).returncode == status


@pytest.mark.parametrize("value", ['"; touch pwned #', "$(touch pwned)"])
@pytest.mark.parametrize("name", [name for name in read_yaml(TEMPLATE)["variables"] if name != "DOUT_REPOSITORY"])
def test_no_variable_is_read_as_a_command(run, project, name, value):
    assert run("script", **{name: value}).returncode == 2
    assert not (project / "pwned").exists()


def test_the_job_says_what_to_set_when_it_does_not_know_where_dout_is(run):
    done = run("before_script")
    assert (done.returncode, done.stdout) == (2, "Set the variable DOUT_REPOSITORY to where dout is.\n")


def test_dout_is_installed_from_its_repository_and_nothing_of_the_learners_is_imported(run, project, tmp_path):
    pytest.importorskip("hatchling", reason="hatchling is not installed here")
    (project / "pip.py").write_text("open('pwned', 'w')\n", "utf-8")
    # The line as it is; what it needs of a package index is there already. (pip takes 0 for "no isolation".)
    settings = {"PIP_TARGET": str(tmp_path / "site"), "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    # A requirement with an address needs a host in it.
    repository = f"file://localhost{clone(tmp_path / 'dout')}"
    done = run("before_script", DOUT_REPOSITORY=repository, **settings)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "site/harness/cli/grade.py").is_file()
    assert not (project / "pwned").exists()
