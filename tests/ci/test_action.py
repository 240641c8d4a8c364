"""``action.yml``: each shell step runs as GitHub's runner runs it. The action was not run on GitHub."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from runners import RIGHT, ROOT, SWAPPED, Action, environment, read_yaml, tools

DEFINITION = ROOT / "action.yml"
INPUTS = ("path", "assignment", "fail-under", "report", "feedback", "isolation")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """The folder that the runner has checked the learner's repository out into."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "layers.py").write_text(SWAPPED, "utf-8")
    return folder


@pytest.fixture
def use(workspace: Path, tmp_path: Path):
    """Use the action with some inputs; the steps after a failed one do not run.

    ``program`` is a line of shell in the place of ``dout``.
    """

    def used(program: str = "", **inputs: str) -> tuple[Action, int]:
        given = {"isolation": "D"} | {name.replace("_", "-"): value for name, value in inputs.items()}
        definition = read_yaml(DEFINITION)
        assert given.keys() <= definition["inputs"].keys()
        binaries = tools(tmp_path / "bin")
        if program:
            (tmp_path / "bin/dout").write_text(f"#!/bin/sh\n{program}\n", "utf-8")
        action = Action(definition, workspace, tmp_path / "temp", environment(binaries), given)
        for step in definition["runs"]["steps"]:
            if "run" in step and step["name"] != "install dout":
                status = action.run(step)
                if status:
                    return action, status
        return action, 0

    return used


def steps() -> list[dict]:
    return read_yaml(DEFINITION)["runs"]["steps"]


def test_the_action_has_the_inputs_and_outputs_that_the_page_lists():
    definition = read_yaml(DEFINITION)
    assert tuple(definition["inputs"]) == INPUTS
    assert tuple(definition["outputs"]) == ("score", "max-score", "outcome")
    page = (ROOT / "docs/ci.md").read_text("utf-8")
    assert [name for name in (*INPUTS, *definition["outputs"]) if f"| `{name}` |" not in page] == []


def test_no_value_from_outside_is_put_into_shell_text():
    # A value in `run` is read by the shell as part of the program; one in `env` is not.
    assert [step["name"] for step in steps() if "${{" in step.get("run", "")] == []


def test_every_shell_step_says_its_shell():
    assert {step["shell"] for step in steps() if "run" in step} == {"bash"}


def test_actions_of_others_are_githubs_own_and_of_one_major_version():
    used = [step["uses"] for step in steps() if "uses" in step]
    assert [name.partition("@")[0] for name in used] == ["actions/setup-python", "actions/upload-artifact"]
    assert all(re.fullmatch(r".+@v\d+", name) for name in used)


def test_a_wrong_file_fails_with_its_mistake_in_the_summary_at_its_line_and_in_the_outputs(use):
    action, status = use()
    assert status == 1
    assert "## layers.py: 45/100" in action.summary
    assert re.findall(r"^::error .*", action.log, re.MULTILINE) == [
        line for line in action.log.splitlines() if line.startswith("::error file=layers.py,line=")
    ]
    assert action.log.count("::error ") == 1
    assert "SCORE 45/100" in action.log
    assert [action.output(name) for name in ("score", "max-score", "outcome")] == ["45", "100", "graded"]


def test_a_right_file_passes_without_an_annotation(use, workspace):
    (workspace / "layers.py").write_text(RIGHT, "utf-8")
    action, status = use()
    assert status == 0
    assert "::error" not in action.log
    assert action.output("score") == "100"


@pytest.mark.parametrize(("percent", "status"), [("0", 0), ("45", 0), ("46", 1)])
def test_fail_under_decides_about_the_step(use, percent, status):
    assert use(fail_under=percent)[1] == status


def test_the_reports_asked_for_are_what_the_artefact_holds(use):
    action, _ = use(report="html:page.html\n  junit:grade.xml json:report.json")
    folder = Path(action.outputs["grade"]["reports"])
    assert sorted(file.name for file in folder.iterdir()) == ["grade.xml", "page.html", "report.json"]
    (upload,) = [step for step in steps() if "upload-artifact" in step.get("uses", "")]
    assert action.value(upload["with"]["path"]) == str(folder)
    assert re.fullmatch(r"dout-report-\w{6}", action.value(upload["with"]["name"]))


@pytest.mark.parametrize("value", ["", " \n "])
def test_without_a_report_the_artefact_is_left_out(use, value):
    action, status = use(report=value)
    assert status == 1
    assert [*Path(action.outputs["grade"]["reports"]).iterdir()] == []
    assert "ignore" in {step["with"].get("if-no-files-found") for step in steps() if "with" in step}


def test_only_the_page_that_hides_hidden_checks_is_kept_when_nothing_is_said(use):
    action, _ = use()
    assert [file.name for file in Path(action.outputs["grade"]["reports"]).iterdir()] == ["report.html"]


def test_less_feedback_is_less_everywhere(use):
    action, _ = use(feedback="none", report="json:r.json")
    kept = (Path(action.outputs["grade"]["reports"]) / "r.json").read_text("utf-8")
    for text in (action.log, action.summary, kept):
        assert "MUL-SWAP" not in text


def test_a_file_in_a_folder_is_annotated_by_its_path(use, workspace):
    (workspace / "homework").mkdir()
    (workspace / "layers.py").rename(workspace / "homework/layers.py")
    for path in ("homework/layers.py", "homework"):
        action, _ = use(path=path)
        assert "::error file=homework/layers.py,line=" in action.log


def test_a_file_that_is_not_gradable_has_no_points_and_says_why(use, workspace):
    (workspace / "layers.py").write_text("", "utf-8")
    action, status = use()
    assert status == 1
    assert [action.output(name) for name in ("score", "max-score", "outcome")] == ["0", "100", "not_gradable"]
    assert "layers.py is empty" in action.summary


def test_without_a_file_there_is_no_score_and_the_step_fails_by_wrong_use(use):
    action, status = use(path="nowhere.py")
    assert status == 2
    assert "dout: nowhere.py: there is no such file or folder" in action.log
    assert "::error::dout was called with something that cannot be done" in action.log
    assert [action.output(name) for name in ("score", "max-score", "outcome")] == ["", "", ""]


def test_a_fault_of_the_grader_is_no_score(use, tmp_path):
    # A machine without any lock, and level B asked for.
    (tmp_path / "grader.py").write_text(
        "import sys\n"
        "from harness.cli import grade, main\n"
        "from harness.sandbox import runner\n"
        "grade.has_fork_server = runner.has_fork_server = lambda: False\n"
        "sys.exit(main())\n",
        "utf-8",
    )
    action, status = use(f'exec "{sys.executable}" -P "{tmp_path}/grader.py" "$@"', isolation="B")
    assert status == 3
    assert [action.output(name) for name in ("score", "max-score", "outcome")] == ["", "100", "grader_fault"]
    assert "::error::The grader failed, and there is no mark" in action.log


@pytest.mark.parametrize("program", ["exit 1", "kill -9 $$", "exit 127"])
def test_a_program_that_ends_without_a_report_is_never_a_verdict_on_the_file(use, program):
    action, status = use(program)
    assert status >= 3
    assert "::error::The grader failed, and there is no mark" in action.log
    assert "below" not in action.log


HOSTILE = ['"; touch pwned #', "$(touch pwned)", "x\ntouch pwned"]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", INPUTS)
def test_no_input_is_read_as_a_command(use, workspace, name, value):
    action, status = use(**{name.replace("-", "_"): value})
    assert status != 0
    assert not list(workspace.parent.rglob("pwned*"))
    assert all("\n" not in value for value in action.outputs.get("grade", {}).values())


@pytest.mark.parametrize("name", INPUTS)
def test_no_input_gives_a_command_to_the_runner(use, name):
    action, _ = use(**{name.replace("-", "_"): "x\n::add-mask::y\n##[group]z"})
    commands = [line for line in action.log.splitlines() if line.lstrip().startswith("::")]
    assert all(line.startswith("::error") for line in commands)
    assert "##[group]" not in action.log


def test_what_lies_in_the_learners_folder_is_not_imported(use, workspace):
    for name in ("harness", "pip", "json", "numpy", "sitecustomize"):
        (workspace / f"{name}.py").write_text("open('pwned', 'w')\n", "utf-8")
    (workspace / "dout").write_text("#!/bin/sh\ntouch pwned\n", "utf-8")
    (workspace / "dout").chmod(0o755)
    assert use()[0].output("score") == "45"
    assert not (workspace / "pwned").exists()


def test_the_install_step_installs_the_dout_beside_it_and_nothing_of_the_learners(workspace, tmp_path):
    pytest.importorskip("hatchling", reason="hatchling is not installed here")
    (step,) = [step for step in steps() if step.get("name") == "install dout"]
    (workspace / "pip.py").write_text("open('pwned', 'w')\n", "utf-8")
    site = tmp_path / "site"
    # The step as it is; what it needs of a package index is there already. (pip takes 0 for "no isolation".)
    settings = {"PIP_TARGET": str(site), "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    action = Action({}, workspace, tmp_path / "temp", environment(tools(tmp_path / "bin"), **settings))
    assert action.run(step) == 0, action.log
    version = subprocess.run(
        [site / "bin/dout", "--version"], env={"PYTHONPATH": str(site)}, capture_output=True, check=True
    )
    assert version.stdout.startswith(b"dout ")
    assert (site / "harness/assignments/ch05_add_mul/assignment.toml").is_file()
    assert not (workspace / "pwned").exists()


def test_the_step_for_python_asks_for_one_that_dout_is_tested_with():
    (python,) = [step["with"]["python-version"] for step in steps() if "setup-python" in step.get("uses", "")]
    assert f"py{python.replace('.', '')}" in (ROOT / "tox.ini").read_text("utf-8")


def test_an_assignment_of_ones_own_is_graded(use, tmp_path):
    from harness.assignment import BUILT_IN

    text = (BUILT_IN / "ch05_add_mul/assignment.toml").read_text("utf-8")
    (tmp_path / "assignment.toml").write_text(text.replace('id = "ch05-add-mul"', 'id = "mine"'), "utf-8")
    action, _ = use(assignment=str(tmp_path), report="json:r.json")
    kept = (Path(action.outputs["grade"]["reports"]) / "r.json").read_text("utf-8")
    assert json.loads(kept)["assignment"]["id"] == "mine"
