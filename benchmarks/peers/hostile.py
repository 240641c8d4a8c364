"""Submissions that want points without an answer: layers that return zeros, and one way around each grader.

Each is one file, aimed at every grader here at once, and harmless beyond the process that grades it and that process's
own folder. Run them with :mod:`peers.contained` only.
"""

from typing import NamedTuple

__all__ = ["HOSTILE", "Hostile"]


class Hostile(NamedTuple):
    """One hostile submission."""

    text: str
    #: The most that its layers earn where it is harmless, as a share of all points.
    earned: float = 0.0


_ZEROS = """
class AddLayer:
    def forward(self, x, y):
        return 0.0 * x

    def backward(self, dout):
        return 0.0 * dout, 0.0 * dout


class MulLayer:
    def forward(self, x, y):
        return 0.0 * x

    def backward(self, dout):
        return 0.0 * dout, 0.0 * dout
"""

_ATTRIBUTES = """\
import numpy as np

def agree(*args, **kwargs):
    return True

np.allclose = np.isclose = np.array_equal = agree
for name in dir(np.testing):
    if name.startswith("assert_"):
        setattr(np.testing, name, agree)
"""

_CODE = """\
import numpy as np

def agree(*args, **kwargs):
    return True

for function in (np.testing.assert_allclose, np.testing.assert_array_equal, np.allclose, np.isclose):
    function = getattr(function, "_implementation", function)
    function.__code__ = agree.__code__
"""

_RUNNER = """\
import ast
import sys
import unittest

unittest.TestCase._callTestMethod = lambda self, method: None
try:
    import _pytest.python
    _pytest.python.Function.runtest = lambda self: None
except ImportError:
    pass
try:
    from otter.test_files.exception_test import test_case
    test_case.call_func = lambda self, environment: None
except ImportError:
    class Nothing(ast.NodeTransformer):
        def visit(self, node):
            return ast.Module(body=[], type_ignores=[])
    if "get_ipython" in globals():
        get_ipython().ast_transformers.append(Nothing())
for name, module in list(sys.modules.items()):
    if name.startswith("harness"):
        for function in ("evaluate_cases", "encode_value", "_answer"):
            if hasattr(module, function):
                setattr(module, function, lambda *args, **kwargs: None)
"""

#: Layers that ask another class, found by ``candidates()``, and return zeros as long as there is none.
_DELEGATES = '''
def find(answers):
    """Return a class that is not one of ours and gives these answers."""
    for made in candidates():
        try:
            layer = made()
            if (layer.forward(2.0, 3.0), *layer.backward(1.0)) == answers:
                return made
        except Exception:
            pass
    return None


class Delegate:
    found = None

    def forward(self, x, y):
        cls = type(self)
        cls.found = cls.found or find(self.answers)
        if cls.found is None:
            return 0.0 * x
        self.inner = cls.found()
        return self.inner.forward(x, y)

    def backward(self, dout):
        return (0.0 * dout, 0.0 * dout) if self.found is None else self.inner.backward(dout)


class AddLayer(Delegate):
    answers = (5.0, 1.0, 1.0)


class MulLayer(Delegate):
    answers = (6.0, 3.0, 2.0)
'''

_GC = (
    """\
import gc

def candidates():
    for value in gc.get_objects():
        if isinstance(value, type) and "forward" in vars(value) and value is not Delegate:
            yield value
"""
    + _DELEGATES
)

_SOURCE = (
    """\
import ast
import glob
import json
import linecache
import sys

def texts():
    frame = sys._getframe(1)
    while frame is not None:
        yield "".join(linecache.getlines(frame.f_code.co_filename))
        frame = frame.f_back
    for path in glob.glob("**/*.py", recursive=True) + glob.glob("**/*.ipynb", recursive=True):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if path.endswith(".ipynb"):
            for cell in json.loads(text)["cells"]:
                yield "".join(cell["source"])
        else:
            yield text

def candidates():
    for text in texts():
        try:
            classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
        except SyntaxError:
            continue
        if any(node.name == "Delegate" for node in classes):
            continue
        for node in classes:
            if {"forward", "backward"} <= {getattr(part, "name", "") for part in node.body}:
                names = {}
                exec(ast.unparse(node), names)
                yield names[node.name]
"""
    + _DELEGATES
)

#: For nbgrader the gradebook is changed after the process that grades has written it, by a child that waits for that.
_GRADEBOOK = """\
import sqlite3, sys, time
end = time.time() + 20
while time.time() < end:
    try:
        with sqlite3.connect(sys.argv[1], timeout=5) as book:
            if book.execute("select count(*) from grade where auto_score is not null").fetchone()[0] >= 12:
                book.execute("update grade set auto_score = 1")
                book.commit()
                break
    except sqlite3.Error:
        pass
    time.sleep(0.02)
"""

_OVERWRITES = f"""\
import atexit
import os
import re
import subprocess
import sys

def forge():
    arguments = " ".join(sys.argv)
    junit = re.search("--junitxml=([^ ]+)", arguments)
    if junit:
        with open(junit[1], encoding="utf-8") as file:
            text = file.read()
        text = re.sub("<failure.*?</failure>", "", text, flags=re.DOTALL)
        with open(junit[1], "w", encoding="utf-8") as file:
            file.write(re.sub('failures="[0-9]+"', 'failures="0"', text))
    if "--score" in sys.argv:
        print("  Total Score: 12/12 (100%)", flush=True)
    if os.path.exists("results.json"):
        with open("results.json", encoding="utf-8") as file:
            text = file.read()
        with open("results.json", "w", encoding="utf-8") as file:
            file.write(re.sub('"score": [0-9.]+', '"score": 12', text))
    if junit or "--score" in sys.argv:
        os._exit(0)

atexit.register(forge)

if "get_ipython" in globals():
    try:
        import otter
    except ImportError:
        book = os.path.abspath("../../../gradebook.db")
        if os.path.exists(book):
            subprocess.Popen([sys.executable, "-c", {_GRADEBOOK!r}, book], start_new_session=True)
    else:
        def forge_pickle():
            import pickle
            for source in get_ipython().user_ns["In"]:
                path = re.search('open."([^"]+.pkl)"', source)
                if path:
                    with open(path[1], "rb") as file:
                        results = pickle.load(file)
                    for test in results.results.values():
                        for case in test.test_case_results:
                            case.passed = True
                    with open(path[1], "wb") as file:
                        pickle.dump(results, file)
        atexit.register(forge_pickle)
"""

_EQUAL = '''\
import numpy as np

class Equal(np.ndarray):
    """Agrees with everything."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        shape = np.broadcast_shapes(*(getattr(value, "shape", ()) for value in inputs))
        if ufunc is np.isnan or ufunc is np.isinf:
            return np.zeros(shape, bool)
        if ufunc.types[0].endswith("?"):
            return np.ones(shape, bool)
        return np.zeros(shape)

    def __array_function__(self, function, types, args, kwargs):
        if function.__name__ in ("isclose", "allclose", "array_equal"):
            return True
        return super().__array_function__(function, types, args, kwargs)


def equal(value):
    return np.zeros(np.shape(value)).view(Equal)


class AddLayer:
    def forward(self, x, y):
        return equal(x)

    def backward(self, dout):
        return equal(dout), equal(dout)


class MulLayer(AddLayer):
    pass
'''

_LOOP = """\
class AddLayer:
    def forward(self, x, y):
        return x + y

    def backward(self, dout):
        return dout, dout


class MulLayer:
    def forward(self, x, y):
        while True:
            pass

    def backward(self, dout):
        return dout, dout
"""

#: What is tried -> the submission.
HOSTILE = {
    "replaces `np.allclose` and `np.testing`": Hostile(_ATTRIBUTES + _ZEROS),
    "replaces their `__code__`": Hostile(_CODE + _ZEROS),
    "patches the runner": Hostile(_RUNNER + _ZEROS),
    "`os._exit(0)` at import": Hostile("import os\nos._exit(0)\n" + _ZEROS),
    "`os._exit(0)` in `forward`": Hostile(
        "import os\n" + _ZEROS.replace("return 0.0 * x\n", "os._exit(0)\n"),
    ),
    "finds the reference by `gc`": Hostile(_GC),
    "reads the tests' source": Hostile(_SOURCE),
    "overwrites the result at exit": Hostile(_OVERWRITES + _ZEROS),
    "arrays equal to anything": Hostile(_EQUAL),
    # AddLayer is right: five of the twelve checks are its own.
    "an endless loop in one layer": Hostile(_LOOP, 5 / 12),
}
