"""No error, finding or note is made of English that cannot be translated."""

import ast
from pathlib import Path

import pytest

import harness
from harness.errors import DoutError

HARNESS = Path(harness.__file__).parent
#: What is said to a reader, and the places and names of the arguments that hold the words.
SAID = {
    **dict.fromkeys(("AssignmentError", "OutputError", "SandboxError", "UsageError", "say"), ((0, 1), {"hint"})),
    "SubmissionError": ((1, 2), {"hint"}),
    "Refused": ((1, 2), {"hint"}),
    "NoLearner": ((0, 1), {"hint"}),
    "Refusal": ((0, 1), {"hint"}),
    "LoginRefused": ((1, 2), {"hint"}),
    "WorkerGone": ((1,), {"message"}),
    "Lost": ((1,), {"message"}),
    "Finding": ((), {"message"}),
    "Warn": ((2,), {"message"}),
}


def untranslatable(tree: ast.AST) -> list[int]:
    """The lines at which a text stands where a sentence should."""
    found = []
    for function in [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Module))]:
        named = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                named[node.targets[0].id] = node.value
        for node in ast.walk(function):
            name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if name not in SAID:
                continue
            places, words = SAID[name]
            values = [value for place, value in enumerate(node.args) if place in places]
            values += [word.value for word in node.keywords if word.arg in words]
            values = [named.get(value.id, value) if isinstance(value, ast.Name) else value for value in values]
            found += [node.lineno for value in values if is_text(value)]
    return sorted(set(found))


def is_text(value: ast.expr) -> bool:
    if isinstance(value, ast.IfExp):
        return is_text(value.body) or is_text(value.orelse)
    if isinstance(value, ast.BinOp):
        return is_text(value.left) or is_text(value.right)
    return isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and value.value not in ("", None))


def test_every_kind_of_error_is_looked_at():
    import harness.cli.console  # noqa: F401 - has one of its own

    assert {kind.__name__ for kind in DoutError.__subclasses__()} <= SAID.keys()


@pytest.mark.parametrize("path", sorted(HARNESS.rglob("*.py")), ids=lambda path: path.relative_to(HARNESS).as_posix())
def test_what_is_said_to_a_reader_is_a_sentence(path):
    assert untranslatable(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        'raise UsageError(f"{path} is gone")',
        'raise UsageError(Sentence("gone"), "look again")',
        'raise SubmissionError("EMPTY", "it is empty")',
        'def f():\n message = "no " + name\n raise SandboxError(message)',
        'Finding(verdict=Verdict.WRONG, message="no" if x else Sentence("yes"))',
    ],
)
def test_text_where_a_sentence_should_be_is_seen(source):
    assert untranslatable(ast.parse(source))
