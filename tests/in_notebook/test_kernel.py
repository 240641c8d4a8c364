"""A real notebook in a real kernel."""

import pytest
from right_layers import RIGHT
from right_layers import SWAPPED as LAYERS

nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")


class Notebook:
    """A kernel that runs one cell after the other."""

    def __init__(self, client) -> None:
        self._client = client

    def run(self, source: str, *, error: bool = False):
        """Return the outputs of a cell."""
        cell = nbformat.v4.new_code_cell(source)
        self._client.nb.cells.append(cell)
        self._client.allow_errors = error
        self._client.execute_cell(cell, len(self._client.nb.cells) - 1)
        return cell.outputs

    def report(self, source: str) -> dict[str, str]:
        """Return the last output of a cell in its formats."""
        return self.run(source)[-1]["data"]

    def text(self, source: str) -> str:
        """Return what a cell printed."""
        return "".join(output.get("text", "") for output in self.run(source))


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        # A kernel keeps a history of what was typed.
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        yield from started()


def started():
    client = nbclient.NotebookClient(nbformat.v4.new_notebook(), timeout=120, kernel_name="python3")
    with client.setup_kernel():
        made = Notebook(client)
        made.run("import os\nos.environ['DOUT_LANG'] = 'en'\n%load_ext harness")
        yield made


def test_a_cell_is_graded_in_the_sandbox_and_shown_richly(notebook):
    data = notebook.report("%%grade\n" + RIGHT)
    assert "SCORE 100/100" in data["text/plain"]
    assert "isolation" in data["text/plain"]
    assert data["text/html"].startswith('<div class="dout-report"')
    assert data["text/markdown"].startswith("## this cell: 100/100")


def test_the_cell_is_run_as_usual_after_it_was_graded(notebook):
    notebook.run("%%grade\n" + RIGHT)
    assert notebook.text("print(MulLayer().forward(2, 3))") == "6\n"


def test_the_line_of_a_mistake_is_the_line_in_the_cell(notebook):
    text = notebook.report("%%grade\n" + LAYERS)["text/plain"]
    line = ("%%grade\n" + LAYERS).split("\n").index("        return dout * self.x, dout * self.y") + 1
    assert f"this cell:{line}" in text
    assert "MUL-SWAP" in text


def test_options_stand_behind_the_command(notebook):
    text = notebook.report("%%grade --lang ko --seed 20261123\n" + RIGHT)["text/plain"]
    assert "이 셀" in text


@pytest.mark.parametrize(
    ("line", "said"),
    [("--langue ko", "--langue"), ("--assignment ch99", "no assignment 'ch99'"), ("--seed x", "'x'"), ("'", "quot")],
)
def test_wrong_options_are_one_line(notebook, line, said):
    (output,) = notebook.run(f"%%grade {line}\nx = 1", error=True)
    assert output["output_type"] == "stream"
    assert said in output["text"]
    assert "Traceback" not in output["text"]


def test_a_cell_that_is_no_python_is_told_and_not_run(notebook):
    data = notebook.report("%%grade\nclass MulLayer(:")
    assert "NOT GRADABLE" in data["text/plain"]


def test_an_empty_cell_is_told(notebook):
    assert "is empty" in notebook.report("%%grade\n\n")["text/plain"]


def test_other_commands_in_the_cell_are_no_mistakes(notebook):
    data = notebook.report(
        "%%grade\n%matplotlib_is_not_here = 1\n".replace("%matplotlib_is_not_here = 1", "%pwd") + RIGHT
    )
    assert "SCORE 100/100" in data["text/plain"]


def test_a_loop_in_a_cell_costs_its_check_and_not_the_kernel(notebook):
    text = notebook.report("%%grade\n" + RIGHT.replace("return x * y", "\n        while True: pass"))["text/plain"]
    assert "TIMEOUT" in text
    assert notebook.text("print(1 + 1)") == "2\n"


def test_live_classes_are_checked_with_the_lines_of_their_cells(notebook):
    notebook.run(LAYERS)
    data = notebook.report("import harness\nharness.check(MulLayer, AddLayer)")
    assert "SELF-CHECK" in data["text/plain"]
    assert "MUL-SWAP" in data["text/plain"]
    assert "return dout * self.x, dout * self.y" in data["text/plain"]
    assert data["text/html"].startswith('<div class="dout-report"')
    assert "text/markdown" in data


def test_classes_of_two_cells_are_checked_together(notebook):
    first, second = RIGHT.split("\n\n\n")
    notebook.run(first)
    notebook.run(second)
    assert "SCORE 100/100" in notebook.report("import harness\nharness.check(MulLayer, AddLayer)")["text/plain"]


def test_no_name_of_ours_is_in_the_notebook_that_was_not_asked_for(notebook):
    notebook.run("dout = 1.0")
    notebook.run("%reload_ext harness")
    assert notebook.text("print(dout)") == "1.0\n"


def test_interrupting_the_kernel_ends_a_loop_in_a_live_class(notebook):
    notebook.run(
        "class MulLayer:\n    def forward(self, x, y):\n        print('here', file=started, flush=True)\n        while True: pass\n    def backward(self, dout): return dout, dout"
    )
    # The layer's own output is captured; a pipe tells that it runs.
    notebook.run("import os, signal, threading\nreader, writer = os.pipe()\nstarted = os.fdopen(writer, 'w')")
    notebook.run(
        "def interrupt():\n    os.read(reader, 1)\n    os.kill(os.getpid(), signal.SIGINT)\n"
        "threading.Thread(target=interrupt, daemon=True).start()"
    )
    outputs = notebook.run("import harness\nharness.check(MulLayer)", error=True)
    assert outputs[-1]["output_type"] == "error"
    assert outputs[-1]["ename"] == "KeyboardInterrupt"
    assert notebook.text("print(1 + 1)") == "2\n"
