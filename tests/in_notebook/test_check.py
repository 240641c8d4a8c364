"""`harness.check` on live classes, without a kernel."""

import json
import signal
import subprocess
import sys
import threading
from importlib.resources import files

import pytest

import harness
from harness.render import render


def right():
    class AddLayer:
        def forward(self, x, y):
            return x + y

        def backward(self, dout):
            return dout, dout

    class MulLayer:
        def forward(self, x, y):
            self.x, self.y = x, y
            return x * y

        def backward(self, dout):
            return dout * self.y, dout * self.x

    return AddLayer, MulLayer


def mul(forward=None, backward=None):
    """Return a MulLayer with a method replaced."""
    _, layer = right()
    if forward:
        layer.forward = forward
    if backward:
        layer.backward = backward
    return layer


def result(shown, check):
    return next(one for one in shown.report.checks if one.id == check)


def test_right_layers_earn_every_point():
    add, multiply = right()
    assert harness.check(add, multiply).score == 100
    assert harness.check(multiply, add).score == 100


def test_one_class_is_judged_by_its_own_checks_only():
    add, _ = right()
    shown = harness.check(add)
    assert {one.layer for one in shown.report.checks} == {"AddLayer"}
    assert shown.report.max_score == shown.score == sum(one.max_score for one in shown.report.checks)
    assert [one.max_score for one in shown.report.layers] == [shown.score, 0, 0]


def test_it_says_that_it_is_a_self_check():
    assert "SELF-CHECK - not a mark of record" in repr(harness.check(right()[0]))


def test_a_mistake_is_named_and_the_learners_line_shown():
    shown = harness.check(mul(backward=lambda self, dout: (dout * self.x, dout * self.y)))
    assert result(shown, "MulLayer.backward").code == "MUL-SWAP"


class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.x, dout * self.y  # the first one


First = MulLayer


class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.x, dout * self.y  # the second one


@pytest.mark.parametrize(("layer", "line"), [(First, "# the first one"), (MulLayer, "# the second one")])
def test_the_line_is_shown_where_the_source_is_known(layer, line):
    excerpt = result(harness.check(layer), "MulLayer.backward").excerpt
    assert excerpt is not None
    assert any(line in one for one in excerpt.lines)


def test_no_line_is_shown_where_the_source_is_not_known():
    made = {}
    exec("class AddLayer:\n    def forward(self, x, y): return x - y\n", made)
    found = result(harness.check(made["AddLayer"]), "AddLayer.forward")
    assert (found.line, found.excerpt) == (None, None)


def test_what_a_layer_raises_is_a_finding():
    def forward(self, x, y):
        raise RuntimeError("on purpose")

    found = result(harness.check(mul(forward)), "MulLayer.forward")
    assert found.verdict == "raised"
    assert "on purpose" in found.message


def test_a_layer_that_leaves_the_program_is_a_finding():
    found = result(harness.check(mul(lambda self, x, y: sys.exit(0))), "MulLayer.forward")
    assert found.verdict == "raised"


def test_a_constructor_that_raises_is_a_finding():
    class AddLayer:
        def __init__(self, size):
            self.size = size

        def forward(self, x, y):
            return x + y

        def backward(self, dout):
            return dout, dout

    shown = harness.check(AddLayer)
    assert shown.score == 0
    assert result(shown, "AddLayer.forward").verdict != "passed"


def test_a_recursion_without_end_is_a_finding():
    def forward(self, x, y):
        return self.forward(x, y)

    assert result(harness.check(mul(forward)), "MulLayer.forward").verdict == "raised"


def test_a_missing_method_is_a_finding():
    class MulLayer:
        def forward(self, x, y):
            return x * y

        def backword(self, dout):
            return dout

    assert "backword" in result(harness.check(MulLayer), "MulLayer.backward").message


def test_what_a_layer_prints_is_not_shown_but_known(capsys):
    def backward(self, dout):
        print(dout * self.y, dout * self.x)

    shown = harness.check(mul(backward=backward))
    assert capsys.readouterr() == ("", "")
    assert result(shown, "MulLayer.backward").code == "NO-RETURN"


def test_a_warning_of_a_layer_is_no_error():
    def forward(self, x, y):
        import warnings

        warnings.warn("careful", stacklevel=1)
        self.x, self.y = x, y
        return x * y

    assert harness.check(mul(forward)).score == 45


def test_ctrl_c_comes_through():
    def forward(self, x, y):
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        harness.check(mul(forward))


def test_ctrl_c_ends_a_loop_without_end():
    reached = threading.Event()

    def forward(self, x, y):
        reached.set()
        while True:
            pass

    def press():
        reached.wait(60)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        harness.check(mul(forward))
    presser.join()


def test_standard_output_is_its_own_again_after_ctrl_c():
    before = sys.stdout, sys.stderr

    def forward(self, x, y):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        harness.check(mul(forward))
    assert (sys.stdout, sys.stderr) == before


def test_another_spelling_is_graded_with_a_note():
    _, layer = right()
    layer.__name__ = "Mul_Layer"
    shown = harness.check(layer)
    assert shown.score == 45
    assert "CLASS-NAME" in {warn.code for warn in shown.report.warnings}


def test_an_object_in_place_of_a_class_is_told():
    with pytest.raises(TypeError, match=r"without brackets after it: harness.check\(MulLayer\)"):
        harness.check(right()[1]())


def test_nothing_to_check_is_told():
    with pytest.raises(TypeError, match=r"harness.check\(AddLayer, MulLayer\)"):
        harness.check()


def test_a_class_that_is_no_layer_is_told():
    class Relu:
        pass

    with pytest.raises(ValueError, match="Relu is no layer of ch05-add-mul: name it AddLayer or MulLayer"):
        harness.check(Relu)


def test_it_speaks_korean():
    assert "공식 점수가 아닙니다" in repr(harness.check(right()[0], lang="ko"))


def test_the_same_classes_give_the_same_report():
    shown = [repr(harness.check(*right())) for _ in range(2)]
    assert shown[0] == shown[1]


def test_importing_harness_stays_light():
    code = "import sys, harness; print(sorted({'numpy', 'msgspec', 'IPython', 'argparse'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_there_is_nothing_else_to_be_had():
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        harness.chekc  # noqa: B018 - looking is the test


def test_the_report_is_one_of_the_schema_and_has_no_isolation():
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    schema = json.loads(files("harness").joinpath("report.schema.json").read_text("utf-8"))
    for layers in ([MulLayer], right()):
        report = json.loads(render(harness.check(*layers).report, "json"))
        assert report["isolation"] is None
        jsonschema.validate(report, schema)
        with pytest.raises(jsonschema.ValidationError):
            # Only a self-check is graded without a process of its own.
            jsonschema.validate(report | {"warnings": []}, schema)


@pytest.mark.parametrize("form", ["text", "html", "markdown", "gradescope"])
def test_a_report_without_isolation_says_where_the_layers_ran(form):
    told = " ".join(render(harness.check(*right()).report, form).split())
    assert "SELF-CHECK - not a mark of record: your layers ran in your own notebook." in told
    assert "isolation" not in told.lower()


def test_what_is_refused_is_told_in_the_language_asked_for():
    with pytest.raises(TypeError, match="뒤에 괄호 없이 클래스 자체를 주세요"):
        harness.check(right()[1](), lang="ko")
