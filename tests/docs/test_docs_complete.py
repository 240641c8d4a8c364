"""What the code offers is documented, and what is documented is there."""

import argparse
import ast
import contextlib
import re
import subprocess
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

import msgspec
import pytest
from consoles import environment
from pages import PAGES, ROOT, code_words, fences, page_id, prose
from tables import TABLES, modules, with_table

from harness import assignment, pytest_plugin
from harness.checks import CHECKS
from harness.cli import main
from harness.feedback import Feedback
from harness.records import Level, Outcome, Report, Verdict
from harness.render import FORMATS
from harness.sandbox.launch import ALL_LOCKS

DOCS = ROOT / "docs"
HARNESS = ROOT / "harness"
TOX = (ROOT / "tox.ini").read_text(encoding="utf-8")


def words(page: str) -> set[str]:
    return code_words(DOCS / page)


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading."""
    lines = [line for _, line in prose(DOCS / page)]
    start = next(number for number, line in enumerate(lines) if re.fullmatch(rf"#+ {re.escape(heading)}", line))
    table: list[str] = []
    for line in lines[start + 1 :]:
        if line.startswith("|"):
            table.append(line)
        elif table:
            break
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table[2:]]


def first_words(page: str, heading: str) -> list[str]:
    """Return what stands in backticks in the first cell of each row."""
    return [word for row in rows(page, heading) for word in re.findall(r"`([^`]+)`", row[0])]


# The command line.


def command_line() -> argparse.ArgumentParser:
    """Return the parser that ``dout`` uses, caught where it is used: what it is called in the code is no matter."""
    caught: list[argparse.ArgumentParser] = []

    def parse(self: argparse.ArgumentParser, *_: object) -> NoReturn:
        caught.append(self)
        raise SystemExit(0)

    with mock.patch.object(argparse.ArgumentParser, "parse_args", parse), contextlib.suppress(SystemExit):
        main([])
    return caught[0]


def command_parsers() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    waiting = [("dout", command_line())]
    while waiting:
        name, parser = waiting.pop()
        yield name, parser
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                waiting += [(f"{name} {command}", below) for command, below in action.choices.items()]


COMMANDS = dict(command_parsers())


#: Commands that only hold others.
GROUPS = {"dout assignment", "dout bundle", "dout service"}


def options() -> Iterator[str]:
    for parser in COMMANDS.values():
        for action in parser._actions:
            yield from action.option_strings


@pytest.mark.parametrize("option", sorted(set(options())))
def test_every_option_of_the_command_line_is_documented(option: str) -> None:
    assert any(word.split()[-1 if word.startswith("dout") else 0] == option for word in words("command-line.md"))


@pytest.mark.parametrize("command", sorted(name for name in COMMANDS if name.count(" ") and name not in GROUPS))
def test_every_command_has_a_section(command: str) -> None:
    assert f"## {command}" in [line for _, line in prose(DOCS / "command-line.md")]


@pytest.mark.parametrize("choice", sorted(FORMATS))
def test_every_format_is_documented(choice: str) -> None:
    assert f"--format {choice}" in words("command-line.md")


def test_the_table_of_formats_is_the_code() -> None:
    assert first_words("formats.md", "Formats")[: len(FORMATS)] == list(FORMATS)


# pytest.


class Recorder:
    """Takes the place of pytest's parser and notes what is added."""

    def __init__(self) -> None:
        self.options: dict[str, dict[str, Any]] = {}
        self.ini: list[str] = []

    def getgroup(self, name: str, description: str) -> "Recorder":
        return self

    def addoption(self, name: str, **attributes: Any) -> None:
        self.options[name] = attributes

    def addini(self, name: str, *_: Any, **__: Any) -> None:
        self.ini.append(name)


RECORDER = Recorder()
pytest_plugin.pytest_addoption(RECORDER)  # type: ignore[arg-type]


@pytest.mark.parametrize("option", sorted(RECORDER.options))
def test_every_option_of_the_plugin_is_documented(option: str) -> None:
    assert option in {word.partition("=")[0] for word in first_words("pytest.md", "Options")}


@pytest.mark.parametrize("choice", sorted(Feedback))
def test_every_level_of_feedback_is_documented(choice: str) -> None:
    assert choice in RECORDER.options["--grade-feedback"]["choices"]
    assert f"--grade-feedback={choice}" in words("pytest.md")


@pytest.mark.parametrize("name", RECORDER.ini)
def test_every_ini_option_is_documented(name: str) -> None:
    assert name in words("pytest.md")


# The report.


def test_the_table_of_outcomes_is_the_code() -> None:
    assert first_words("report.md", "Outcomes") == list(Outcome)


def test_the_table_of_verdicts_is_the_code() -> None:
    assert first_words("report.md", "Verdicts") == list(Verdict)


def fields(kind: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, type in words) of every field of a record."""
    for field in msgspec.structs.fields(kind):
        name = f"{path}{field.encode_name}"
        parts = typing.get_args(field.type) if isinstance(field.type, types.UnionType) else (field.type,)
        plain = [part for part in parts if part is not types.NoneType]
        text, inner, end = in_words(plain[0])
        nullable = len(plain) < len(parts) or plain[0] is Any
        structure = not nullable and inner is not None and not end
        if not structure:
            yield name, f"{text} or null" if nullable else text
        if inner is not None:
            yield from fields(inner, f"{name}{end}.")


def in_words(kind: Any) -> tuple[str, Any, str]:
    """Return the words for a type, the record within it, and what a path to that one ends in."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return "object", kind, ""
    origin = typing.get_origin(kind)
    if origin in (list, tuple):
        of = typing.get_args(kind)[0]
        record = isinstance(of, type) and issubclass(of, msgspec.Struct)
        return (
            {str: "array of strings", int: "array of integers"}.get(of, "array of objects"),
            of if record else None,
            "[]",
        )
    if origin is dict:
        return "object", None, ""
    if kind is Any:
        return "value", None, ""
    names = {str: "string", int: "integer", float: "number"}
    return next(word for base, word in names.items() if issubclass(kind, base)), None, ""


def test_the_table_of_fields_is_the_record() -> None:
    documented = [(re.findall(r"`([^`]+)`", name)[0], kind) for name, kind, _ in rows("report.md", "Fields")]
    assert documented == list(fields(Report))


def codes() -> set[str]:
    """Return every code of a refusal or a note that is written in the code."""
    found: set[str] = set()
    for path in HARNESS.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            values: list[ast.expr] = []
            if isinstance(node, ast.Call):
                called = getattr(node.func, "id", "")
                values = [word.value for word in node.keywords if word.arg == "code"]
                values += node.args[:1] if called in {"SubmissionError", "Problem"} else []
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in {
                "code",
                "SELF_CHECK",
                "TOP_LEVEL_STOPPED",
            }:
                values = [node.value]
            for value in values:
                found |= {
                    part.value
                    for part in ast.walk(value)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                }
    return {code for code in found if re.fullmatch(r"[A-Z][A-Z0-9-]+", code)}


def test_every_code_is_found_in_the_code() -> None:
    some = {"EMPTY", "PYTHON2", "NOT-PARSABLE", "CLASS-NAME", "IMPORT-FAILED", "SELF-CHECK", "ZIP-BOMB", "MORE"}
    assert some <= codes()


def test_the_tables_of_codes_are_the_code() -> None:
    documented = {*first_words("report.md", "Not gradable"), *first_words("report.md", "Notes")}
    assert documented == codes()


def test_the_report_that_the_page_shows_is_of_the_schema(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = msgspec.json.decode((HARNESS / "report.schema.json").read_bytes())
    done = subprocess.run(
        ["dout", "grade", str(ROOT / "examples" / "swapped.py"), "--format", "json"],
        env=environment(tmp_path),
        capture_output=True,
        check=False,
    )
    jsonschema.validate(msgspec.json.decode(done.stdout), schema)


# The assignment.


def keys(kind: Any, path: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        if field.name == "sha256":
            continue  # computed, never written
        yield f"{path}{field.name}"
        is_part = typing.get_origin(field.type) in (tuple, types.UnionType)
        inner = typing.get_args(field.type)[0] if is_part else field.type
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            yield from keys(inner, f"{path}{field.name}.")


def test_the_table_of_keys_is_the_record() -> None:
    assert sorted(first_words_of_first_cells("assignments.md", "Keys")) == sorted(keys(assignment.Assignment))


def first_words_of_first_cells(page: str, heading: str) -> list[str]:
    return [re.findall(r"`([^`]+)`", row[0])[0] for row in rows(page, heading)]


def test_the_table_of_kinds_is_the_code() -> None:
    assert first_words("judging.md", "The checks") == list(CHECKS)


# Isolation.


def test_the_table_of_levels_is_the_code() -> None:
    assert [row[0] for row in rows("security-model.md", "Levels")] == list(Level)


def test_the_table_of_locks_is_the_code() -> None:
    assert set(first_words("security-model.md", "Locks")) == ALL_LOCKS


def test_what_the_doctor_is_quoted_with_is_what_it_says() -> None:
    said = " ".join(
        part.value
        for path in HARNESS.rglob("*.py")
        for part in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )
    quoted = [row[0].removesuffix(" ...") for row in rows("troubleshooting.md", "First, ask the doctor")]
    assert [phrase for phrase in quoted if phrase not in said] == []


# Modules.


@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_tables_made_from_code_are_up_to_date(name: str) -> None:
    made = [page for page in PAGES if f"<!-- table: {name} -->" in page.read_text(encoding="utf-8")]
    assert made != []
    for page in made:
        text = page.read_text(encoding="utf-8")
        assert with_table(text, name) == text, f"{page_id(page)}: run: python tests/docs/update.py"


def test_every_module_says_in_a_sentence_what_it_is_for() -> None:
    table = (DOCS / "architecture.md").read_text(encoding="utf-8")
    for path in modules():
        assert re.search(rf"\| `{path.relative_to(ROOT).as_posix()}` \| \S.*[.?] \|", table), path


# The other way: what the pages speak of is there.


@pytest.mark.parametrize("page", PAGES, ids=map(page_id, PAGES))
def test_commands_that_the_page_speaks_of_are_there(page: Path) -> None:
    typed = {
        line.removeprefix("$ ")
        for block in fences("console")
        for line in block.text.split("\n")
        if block.page == page and line.startswith("$ ")
    }
    for text in code_words(page) | typed:
        for command in re.findall(r"(?:^|&& )dout ((?:assignment |bundle |service )?[a-z]+)", text):
            assert f"dout {command}" in COMMANDS, text
        for env in re.findall(r"^tox -e (\w+)", text):
            assert env in {"py311", "py312", "py313"} or f"[testenv:{env}]" in TOX, text


#: Options of other programs: pytest's own, pip's, xdist's, ruff's.
OTHERS_OPTIONS = {"--collect-only", "--deselect", "--junitxml", "--lf", "--noconftest", "--strict"}


@pytest.mark.parametrize("page", PAGES, ids=map(page_id, PAGES))
def test_options_that_the_page_speaks_of_are_there(page: Path) -> None:
    known = {*options(), *RECORDER.options, *OTHERS_OPTIONS}
    spoken = {option for word in code_words(page) for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", word)}
    assert spoken - known == set()


@pytest.mark.parametrize("page", PAGES, ids=map(page_id, PAGES))
def test_files_that_the_page_speaks_of_are_there(page: Path) -> None:
    places = (
        "harness/",
        "reference/",
        "tests/",
        "examples/",
        "benchmarks/",
        "docs/",
        "student_template/",
        ".ci/",
        "ci/",
    )
    spoken = {word.partition("::")[0] for word in code_words(page) if word.startswith(places) and " " not in word}
    assert {name for name in spoken if not (ROOT / name).exists()} == set()


PROMISES = re.compile(
    r"\b(?:will be|is planned|are planned|planned for|coming soon|in the future|future version|later version|roadmap|"
    r"next release|not yet|todo|tbd|work in progress)\b",
    re.IGNORECASE,
)
#: Rows that are made from the code, where a plan is a plan of what to grade.
MADE = "| `harness/"


@pytest.mark.parametrize("page", PAGES, ids=map(page_id, PAGES))
def test_the_page_promises_nothing(page: Path) -> None:
    assert [line for _, line in prose(page) if PROMISES.search(line) and not line.startswith(MADE)] == []


@pytest.mark.parametrize("page", PAGES, ids=map(page_id, PAGES))
def test_the_page_names_no_folder_of_a_single_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"(?<![\w.<>/])/(?:home|root|work|Users|opt)/\S*", text) == []
