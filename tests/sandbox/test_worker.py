"""The learner's statements run one by one, in a module of their own, and the classes that they made are found."""

import builtins
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.sandbox import worker
from harness.sandbox.protocol import (
    FORWARD,
    FRAME,
    MAX_FRAME,
    NEW,
    Answer,
    Done,
    Fault,
    FromWorker,
    Load,
    Loaded,
    Parsed,
    Problem,
    Run,
    Source,
    Step,
    ToWorker,
    decode_from_worker,
    frame,
)
from harness.sandbox.source import read_program
from harness.sandbox.worker import Namespace


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The worker has a process to itself: what it changes there is put back here."""
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    for name in ("exit", "quit"):
        monkeypatch.setattr(builtins, name, getattr(builtins, name))
    monkeypatch.setitem(sys.modules, worker.MODULE_NAME, sys)
    with warnings.catch_warnings():
        yield


def run(text: str, *, definitions_only: bool = False) -> tuple[Namespace, list[Problem]]:
    namespace = Namespace()
    problems = namespace.run(read_program([Source(text, 1)]), definitions_only=definitions_only)
    return namespace, problems


def variables(text: str, **named: bool) -> dict[str, Any]:
    return vars(run(text, **named)[0].module)


def test_a_statement_that_fails_leaves_the_others_alone() -> None:
    namespace, problems = run("a = 1\nb = undefined\nc = a + 1\n")
    assert namespace.module.c == 2
    assert problems == [Problem("STATEMENT-FAILED", 2, "NameError: name 'undefined' is not defined")]


def test_a_module_that_is_missing_is_named() -> None:
    _, problems = run("import keras_core_missing.layers\nfrom no_such_module import *\nfrom math import no_such_name\n")
    assert [(problem.code, problem.line) for problem in problems] == [("IMPORT-FAILED", line) for line in (1, 2, 3)]
    assert problems[0].message == "the module 'keras_core_missing' is not available in grading"
    assert "no_such_name" in problems[2].message


def test_the_line_of_a_failure_is_the_innermost_one_of_the_file() -> None:
    _, problems = run("def f():\n    import json\n    return json.loads('x')\n\nf()\n")
    assert problems[0].line == 3


@pytest.mark.parametrize("error", ["SystemExit(0)", "KeyboardInterrupt", "GeneratorExit", "BaseException('x')"])
def test_nothing_that_a_statement_raises_ends_the_run(error: str) -> None:
    namespace, problems = run(f"raise {error}\na = 1\n")
    assert namespace.module.a == 1
    assert problems[0].code == "STATEMENT-FAILED"


def test_what_only_the_compiler_refuses_is_a_problem_with_its_line() -> None:
    _, problems = run("a = 1\nreturn a\n")
    assert problems == [Problem("STATEMENT-FAILED", 2, "SyntaxError: 'return' outside function")]


def test_a_future_import_holds_for_the_statements_after_it() -> None:
    found = variables("def f(x: undefined): pass\n") | variables(
        "from __future__ import annotations\ndef f(x: undefined): pass\n"
    )
    assert found["f"].__annotations__ == {"x": "undefined"}


def test_an_unknown_future_import_is_a_problem() -> None:
    _, problems = run("from __future__ import braces\n")
    assert problems[0].message == "SyntaxError: not a chance"


def test_code_under_the_main_guard_does_not_run() -> None:
    assert "a" not in variables('if __name__ == "__main__":\n    a = 1\n')


def test_the_module_knows_its_name_and_is_importable() -> None:
    assert variables("import submission, sys\nsame = sys.modules[__name__] is submission\n")["same"] is True


def test_definitions_alone_can_be_run() -> None:
    found = variables(
        "import math\nprint('x')\na = f()\nb = 2\ndef g(): pass\nwhile True: pass\nclass A: pass\n",
        definitions_only=True,
    )
    assert {"math", "b", "g", "A"} <= found.keys()
    assert "a" not in found


def test_a_class_whose_name_is_reused_is_still_found() -> None:
    namespace, _ = run("class MulLayer: pass\nMulLayer = MulLayer()\n")
    assert [made.__name__ for made in namespace.classes().values()] == ["MulLayer"]


def test_the_last_class_of_a_name_counts() -> None:
    namespace, _ = run("class A:\n    x = 1\nclass A:\n    x = 2\n")
    assert vars(namespace.classes()["A"])["x"] == 2


def test_an_alias_of_an_own_class_is_found_and_a_foreign_class_is_not() -> None:
    namespace, _ = run("from fractions import Fraction\nfrom typing import *\nclass A: pass\nAddLayer = A\n")
    assert set(namespace.classes()) == {"A", "AddLayer"}


def test_a_class_that_could_not_be_made_is_not_found() -> None:
    namespace, problems = run("class A(undefined): pass\n")
    assert namespace.classes() == {}
    assert problems[0].line == 1


def test_things_that_resist_being_looked_at_hide_only_themselves() -> None:
    namespace, problems = run(
        """\
class Meta(type):
    @property
    def __module__(cls):
        raise SystemExit

class Hidden(metaclass=Meta): pass

class Proxy:
    @property
    def __class__(self):
        raise RuntimeError

proxy = Proxy()
globals()[7] = Proxy
class A: pass
"""
    )
    assert problems == []
    assert {"Proxy", "A"} <= namespace.classes().keys()
    assert "Hidden" not in namespace.classes()


def test_of_what_is_printed_the_beginning_is_kept_until_it_is_taken() -> None:
    stream = worker.Silent()
    for _ in range(100):
        stream.write("12345")
    assert stream.take() == "12345" * 40
    assert stream.take() == ""


def test_a_text_that_lies_about_its_parts_is_kept_as_it_is() -> None:
    class Lying(str):  # noqa: SLOT000 - as a learner would write it
        def __getitem__(self, place: object) -> str:
            raise RuntimeError

        def __len__(self) -> int:
            return 0

    stream = worker.Silent()
    stream.write(Lying("6.0"))
    assert stream.take() == "6.0"


def test_printing_goes_nowhere_and_looks_like_a_stream() -> None:
    stream = worker.Silent()
    assert stream.write("five!") == 5
    assert stream.writable()
    assert stream.encoding == "utf-8"
    print("x", file=stream, flush=True)
    with pytest.raises(TypeError, match="must be str, not bytes"):
        stream.write(b"x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "sys.stdout.reconfigure(encoding='utf-8')",
        "sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8')",
        "sys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding='utf-8')",
        "sys.stdout.buffer.write(b'x' * 10)",
        "sys.stdout = codecs.getwriter('utf-8')(sys.stdout.buffer)",
    ],
)
def test_what_files_do_to_a_console_of_another_encoding_works(text: str) -> None:
    sys.stdout = stream = worker.Silent()
    _, problems = run(f"import codecs, io, sys\n{text}\nprint('안녕', flush=True)\n")
    assert problems == []
    assert stream.take() in ("", "안녕\n")


# Conversations


class HungUp(Exception):
    pass


def conversation(*requests: ToWorker) -> list[FromWorker]:
    """All that the worker says to these requests."""
    waiting, said = list(requests), list[FromWorker]()

    def receive() -> ToWorker:
        if not waiting:
            raise HungUp
        return waiting.pop(0)

    with pytest.raises(HungUp):
        worker.serve(receive, said.append)
    return said


def load(text: str) -> Load:
    return Load([Source(text, 1)], False)


LAYER = "class A:\n    def forward(self, x):\n        return x + 1\n"


def test_a_conversation_loads_and_evaluates() -> None:
    case = [Step(NEW, 0, [0]), Step(FORWARD, 0, [2])]
    said = conversation(load(LAYER), Run(["A", None, "B"], [0], [case]))
    assert [type(message) for message in said] == [Parsed, Loaded, Answer, Done]
    assert said[2] == Answer(0, 1, False, [3])


def test_a_file_that_ends_itself_is_told_of_that() -> None:
    for name in ("exit", "quit"):
        delattr(builtins, name)
    _, loaded, *_ = conversation(load("exit(3)\nquit()\n"))
    assert isinstance(loaded, Loaded)
    assert [problem.message for problem in loaded.problems] == ["SystemExit: 3", "SystemExit"]


def test_a_class_that_is_not_there_is_a_fault() -> None:
    said = conversation(load(LAYER), Run([None], [0], [[Step(NEW, 0, [0]), Step(FORWARD, 0, [2])]]))
    assert isinstance(said[2], Fault)
    assert said[2].step == 0


def test_a_class_is_described_by_its_public_names_with_the_methods_of_a_layer_first() -> None:
    text = "class A:\n" + "".join(f"    a{n:03} = 1\n" for n in range(200)) + "    def forward(self): pass\n"
    loaded = conversation(load(text))[1]
    assert isinstance(loaded, Loaded)
    assert loaded.classes[0].methods[:2] == ["forward", "a000"]
    assert len(loaded.classes[0].methods) == 100


@pytest.mark.parametrize("names", ["['x', 7, None]", "1 / 0", "['\\ud800']", "['m' * 1000]"])
def test_a_class_with_odd_attributes_can_be_described_or_is_left_out(names: str) -> None:
    text = (
        f"class Meta(type):\n    def __dir__(cls):\n        return {names}\n\nclass Odd(metaclass=Meta): pass\n" + LAYER
    )
    message = conversation(load(text))[1]
    assert isinstance(message, Loaded)
    assert "A" in [item.name for item in message.classes]
    assert decode_from_worker(frame(message)[FRAME.size :]) == message


def test_what_the_parser_saw_is_said_before_the_first_statement_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "namespace_ran", False, raising=False)
    text = "class A: pass\nimport sys\nsys.modules['harness.sandbox.worker'].namespace_ran = True\n"
    order = []

    def send(message: FromWorker) -> None:
        order.append((type(message), worker.namespace_ran))  # type: ignore[attr-defined]

    with pytest.raises(StopIteration):
        worker.serve(iter([load(text)]).__next__, send)
    assert order == [(Parsed, False), (Loaded, True)]


def test_a_thousand_failures_are_told_in_part() -> None:
    loaded = conversation(load("undefined\n" * 1000))[1]
    assert isinstance(loaded, Loaded)
    assert len(loaded.problems) == 50


def test_input_at_the_top_level_meets_the_end_of_its_file() -> None:
    loaded = conversation(load("name = input()\n" + LAYER))[1]
    assert isinstance(loaded, Loaded)
    assert loaded.problems[0].message.startswith("EOFError")


def test_warnings_are_no_errors_in_a_layer_whatever_the_file_says() -> None:
    text = (
        "import warnings\nwarnings.simplefilter('error')\nclass A:\n    def forward(self, x):\n"
        "        warnings.warn('x')\n        return x\n"
    )
    said = conversation(load(text), Run(["A"], [0], [[Step(NEW, 0, [0]), Step(FORWARD, 0, [2])]]))
    assert isinstance(said[2], Answer)


# Descriptors


class Ended(Exception):
    pass


def over_pipes(data: bytes, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """What ``serve_on`` writes when it reads ``data`` and then the end."""

    def end(status: int) -> None:
        raise Ended(status)

    monkeypatch.setattr(worker.os, "_exit", end)
    incoming, feeder = os.pipe()
    drain, outgoing = os.pipe()
    os.write(feeder, data)
    os.close(feeder)
    try:
        with pytest.raises(Ended, match="0"):
            worker.serve_on(incoming, outgoing)
    finally:
        os.close(outgoing)
        os.close(incoming)
        with open(drain, "rb") as file:
            said = file.read()
    return said


@pytest.mark.parametrize("cut", [0, 1, 3, 10], ids=["whole", "in the body", "a byte more", "far"])
def test_a_grader_that_hangs_up_ends_the_worker(cut: int, monkeypatch: pytest.MonkeyPatch) -> None:
    request = frame(load(LAYER))
    said = over_pipes(request[: len(request) - cut], monkeypatch)
    assert bool(said) is (cut == 0)


def test_messages_go_out_as_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    said = over_pipes(frame(load(LAYER)), monkeypatch)
    length = FRAME.unpack_from(said)[0]
    assert isinstance(decode_from_worker(said[FRAME.size : FRAME.size + length]), Parsed)


def test_a_long_message_is_written_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    pieces: Callable[[int, Any], int] = lambda descriptor, data: written.write(bytes(data[:7]))  # noqa: E731
    monkeypatch.setattr(worker.os, "write", pieces)
    worker.tell(1, Fault(0, 1, "E", "x" * 100, None))
    assert written.getvalue() == frame(Fault(0, 1, "E", "x" * 100, None))
    assert len(written.getvalue()) < MAX_FRAME
