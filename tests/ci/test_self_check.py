"""The workflow that ``dout init`` writes for a learner: a self-check by the action of ``action.yml``."""

import re
from pathlib import Path

import pytest
from runners import RIGHT, ROOT, SWAPPED, Action, environment, read_yaml, tools

from harness.template import template_directory

WORKFLOW = template_directory("student_template") / ".github/workflows/grade.yml"


def job() -> dict:
    return read_yaml(WORKFLOW)["jobs"]["grade"]


def test_it_runs_on_push_with_pinned_actions_and_no_secret():
    flow, text = read_yaml(WORKFLOW), WORKFLOW.read_text("utf-8")
    assert flow["on"] == ["push"]
    assert flow["permissions"] == {"contents": "read"}
    assert "secrets." not in text
    assert "self-check" in text
    assert [step["name"] for step in job()["steps"] if "${{" in step.get("run", "")] == []
    *others, own = [step["uses"] for step in job()["steps"] if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", name) for name in others)
    # The action lies where the step before has checked dout out.
    (checkout,) = [step["with"] for step in job()["steps"] if "repository" in step.get("with", {})]
    assert own == f"./{checkout['path']}"
    assert checkout["repository"] == "${{ vars.DOUT_REPOSITORY }}"


def test_it_gives_the_action_only_inputs_that_there_are():
    (given,) = [step["with"] for step in job()["steps"] if step.get("uses", "").startswith("./")]
    assert given.keys() <= read_yaml(ROOT / "action.yml")["inputs"].keys()


def whole_job(unit: Path, temp: Path, **variables: str) -> tuple[Action, int]:
    """Run the shell steps of the job, and where the action is used those of the action."""
    env = environment(tools(temp / "bin"))
    flow = Action({}, unit, temp / "flow", env, variables=variables)
    for step in job()["steps"]:
        if "run" in step:
            status = flow.run(step)
            if status:
                return flow, status
        elif step["uses"].startswith("./"):
            definition = read_yaml(ROOT / "action.yml")
            action = Action(definition, unit, temp / "action", env, step["with"], summary=flow.summary, log=flow.log)
            for inner in definition["runs"]["steps"]:
                if "run" in inner and inner["name"] != "install dout":
                    status = action.run(inner)
                    if status:
                        return action, status
            return action, 0
    pytest.fail("the action is not used")


@pytest.mark.parametrize(("text", "status", "score"), [(SWAPPED, 1, "45/100"), (RIGHT, 0, "100/100")])
def test_the_summary_says_that_it_is_no_mark_and_then_shows_the_score(tmp_path, text, status, score):
    unit = tmp_path / "unit"
    unit.mkdir()
    (unit / "layers.py").write_text(text, "utf-8")
    done, found = whole_job(unit, tmp_path, DOUT_REPOSITORY="owner/dout")
    assert found == status
    assert done.summary.startswith("This is a self-check. It is not a mark.\n")
    assert f"## layers.py: {score}" in done.summary


def test_it_says_what_to_set_when_it_does_not_know_where_dout_is(tmp_path):
    done, status = whole_job(tmp_path, tmp_path)
    assert status == 1
    assert "::error::Set the repository variable DOUT_REPOSITORY first" in done.log
    assert "DOUT_REPOSITORY = " in WORKFLOW.read_text("utf-8")
