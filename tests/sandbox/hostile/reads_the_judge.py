"""Imports the reference layers and the judging parts of the product."""
import importlib

root = os.path.dirname(os.path.dirname(sys.modules["harness"].__file__))


def judge(name):
    sys.path.insert(0, root)
    for known in [known for known in sys.modules if known.split(".")[0] == "reference"]:
        del sys.modules[known]
    return importlib.import_module(name)


for name in ("reference", "reference.layers", "harness.assignment", "harness.grader", "harness.checks", "harness.cases",
             "harness.gradients.compare"):
    attempt(judge, name)
