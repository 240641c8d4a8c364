"""Every command on a page prints what the page shows, and every other block is what it says it is."""

import difflib
import importlib.util
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from consoles import CONSOLES, agrees, environment, parsed, prepare, run_block
from pages import Fence, fences
from update import updated

from harness.assignment import read_assignment

AFTER_A_WANTED_CHANGE = "after a wanted change run: python tests/docs/update.py"


def ids(blocks: list[Fence]) -> list[str]:
    return [block.id for block in blocks]


@pytest.mark.parametrize("block", CONSOLES, ids=ids(CONSOLES))
def test_the_commands_print_what_the_page_shows(block: Fence, tmp_path: Path) -> None:
    if "xdist" in block.attributes and importlib.util.find_spec("xdist") is None:
        pytest.skip("pytest-xdist is not installed here")
    for command, actual in run_block(block, tmp_path):
        expected = command.expected
        if block.attributes.get("level") and f"isolation level {block.attributes['level']}:" not in actual[0]:
            pytest.skip(f"this machine does not reach level {block.attributes['level']}")
        if not agrees(expected, actual):
            difference = difflib.unified_diff(expected, actual, "on the page", "printed", lineterm="")
            pytest.fail("\n".join([f"$ {command.text}", *difference, AFTER_A_WANTED_CHANGE]), pytrace=False)


PYTHON = [block for block in fences("python") if "file" not in block.attributes]


@pytest.mark.parametrize("block", PYTHON, ids=ids(PYTHON))
def test_the_python_on_the_page_runs(block: Fence, tmp_path: Path) -> None:
    prepare(block, tmp_path / "work")
    done = subprocess.run(
        [sys.executable, "-c", block.text],
        cwd=tmp_path / "work",
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


TOML = fences("toml")


@pytest.mark.parametrize("block", TOML, ids=ids(TOML))
def test_the_toml_on_the_page_is_right(block: Fence, tmp_path: Path) -> None:
    data = tomllib.loads(block.text)
    if "layer" in data:
        path = tmp_path / "assignment.toml"
        path.write_text(block.text, encoding="utf-8")
        assert read_assignment(path).id == data["id"]


JSON = fences("json")


@pytest.mark.parametrize("block", JSON, ids=ids(JSON))
def test_the_json_on_the_page_is_json(block: Fence) -> None:
    assert json.loads(block.text)


#: Needs a network and minutes; test_docs_readme.py looks at what can be looked at.
NOT_RUN = {
    "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/pytest --grade=examples/seed.py",
    "python3 -m venv .venv && .venv/bin/pip install tox && .venv/bin/tox",
}


def test_no_command_is_on_a_page_without_being_run() -> None:
    assert {line for block in fences("sh") for line in block.text.split("\n")} <= NOT_RUN
    hidden = [block.id for block in CONSOLES if not parsed(block)]
    assert hidden == []


def test_every_block_is_of_a_kind_that_is_looked_at_or_cannot_be() -> None:
    looked_at = {"console", "python", "toml", "json", "sh"}
    # Another system's shell, another service's files: the pages say that they were not run. Text is drawings and files.
    cannot_be = {"powershell", "yaml", "text"}
    others = {block.id: block.language for block in fences() if block.language not in looked_at | cannot_be}
    assert others == {}


# The comparison itself.

COMPARISONS = {
    "the same lines": (["a", "b"], ["a", "b"], True),
    "another line": (["a", "b"], ["a", "c"], False),
    "a line too few": (["a", "b"], ["a"], False),
    "a line too many": (["a"], ["a", "b"], False),
    "nothing expected, nothing printed": ([], [], True),
    "nothing expected, something printed": ([], ["a"], False),
    "an elision of two lines": (["a", "...", "d"], ["a", "b", "c", "d"], True),
    "an elision of no line": (["a", "...", "d"], ["a", "d"], True),
    "an elision that does not end as shown": (["a", "...", "d"], ["a", "b", "c"], False),
    "an elision at the start": (["...", "d"], ["b", "d"], True),
    "an elision at the end": (["a", "..."], ["a", "b"], True),
    "pieces in another order": (["...", "b", "...", "a", "..."], ["a", "b"], False),
    "signs that a pattern would read": (["(a|b)*"], ["aab"], False),
    "another duration": (["== 1 passed in 0.51s =="], ["=== 1 passed in 12.34s ==="], True),
    "another number of passed tests": (["== 1 passed in 0.51s =="], ["== 2 passed in 0.51s =="], False),
    "another isolation level": (["seed 1, isolation A"], ["seed 1, isolation C"], True),
    "other locks": (['  "uid",', '  "rlimits"'], ['  "userns",', '  "landlock",', '  "rlimits"'], True),
    "no locks": (["[", '  "uid"', "]"], ["[", "]"], False),
    "what only a weak machine says": (["SCORE 1/1"], ["SCORE 1/1", "Isolation D: the file could reach more"], True),
}


@pytest.mark.parametrize(("expected", "actual", "same"), COMPARISONS.values(), ids=COMPARISONS)
def test_outputs_are_compared_line_by_line(expected: list[str], actual: list[str], same: bool) -> None:
    assert agrees(expected, actual) is same


def test_updating_keeps_what_still_agrees() -> None:
    assert updated(["a", "...", "in 0.51s"], ["a", "b", "in 0.60s"]) == ["a", "...", "in 0.51s"]


def test_updating_keeps_elisions_where_lines_changed() -> None:
    old = ["first", "was", "last", "...", "end"]
    assert updated(old, ["first", "is", "last", "new", "end"]) == ["first", "is", "last", "...", "end"]


def test_updating_says_when_a_piece_is_gone() -> None:
    with pytest.raises(LookupError, match="first"):
        updated(["...", "first", "..."], ["other"])
