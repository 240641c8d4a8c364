"""Files in the manner of real ones: two layers, and what stands around or is odd about them, with the expected grade."""

from typing import NamedTuple

__all__ = ["ADD", "AROUND", "MUL", "NAMES", "ODD_LAYERS", "Expected"]

ADD = """
class AddLayer:
    def __init__(self):
        pass

    def forward(self, x, y):
        out = x + y
        return out

    def backward(self, dout):
        dx = dout * 1
        dy = dout * 1
        return dx, dy
"""
MUL = """
class MulLayer:
    def __init__(self):
        self.x = None
        self.y = None

    def forward(self, x, y):
        self.x = x
        self.y = y
        return x * y

    def backward(self, dout):
        dx = dout * self.y
        dy = dout * self.x
        return dx, dy
"""
_OTHER_LAYER = """
class Layer{n}:
    def forward(self, x, y={n}):
        self.mask = x <= 0
        return x * {n}

    def backward(self, dout):
        return dout[self.mask]
"""

#: Text before and after two right layers, and the codes of the notes. All of these earn 100 points.
AROUND = {
    "the book's own package": ("from common.layers import *\nimport sys, os\nsys.path.append(os.pardir)\n", "", ["IMPORT-FAILED"]),
    "colab, keras and torch": (
        "from google.colab import drive\nimport keras\nimport torch.nn as nn\ndrive.mount('/content/drive')\n", "",
        ["IMPORT-FAILED", "IMPORT-FAILED", "IMPORT-FAILED", "STATEMENT-FAILED"],
    ),
    "prints of 1.2 MB": ("for i in range(20000):\n    print('epoch', i, '=' * 50)\n", "", []),
    "a main guard": ("", "if __name__ == '__main__':\n    raise SystemExit(1)\n", []),
    "input at import": ("name = input('name: ')\n", "", ["STATEMENT-FAILED"]),
    "a training loop of minutes": ("", "while True:\n    MulLayer().forward(2, 3)\n", ["TOP-LEVEL-STOPPED"]),
    "sleep at import": ("import time\ntime.sleep(300)\n", "", ["TOP-LEVEL-STOPPED"]),
    "a thousand lines of other layers": ("".join(_OTHER_LAYER.format(n=n) for n in range(130)), "", []),
    "a name that is used again": ("", "MulLayer = MulLayer()\nprint(MulLayer.forward(2, 3))\n", []),
    "errors of numpy raised": ("import numpy as np\nnp.seterr(all='raise')\n", "", []),
    "warnings as errors": ("import warnings\nwarnings.simplefilter('error')\n", "", []),
    "sys.exit at the top": ("import sys\nsys.exit()\n", "", ["STATEMENT-FAILED"]),
    "os._exit at the end": ("", "import os\nos._exit(0)\n", ["TOP-LEVEL-STOPPED"]),
    "example code that breaks": ("", "print(mul_apple.forward(100, 2))\n", ["STATEMENT-FAILED"]),
    "code that does not parse": ("", "def train(\nprint 'done'\n", ["NOT-PARSABLE", "PYTHON2"]),
    "an unfinished string at the end": ("", "print('done)\n", ["NOT-PARSABLE"]),
    "an older version above": (MUL.replace("dout * self.y", "dout * self.x"), "", []),
    "functions and globals": ("x = 100\ndout = None\ndef forward(x):\n    return x\n", "", []),
    "a failing assertion": ("", "assert MulLayer().forward(2, 3) == 7, 'oops'\n", ["STATEMENT-FAILED"]),
    "endless recursion": ("def f():\n    return f()\nf()\n", "", ["STATEMENT-FAILED"]),
    "a random seed": ("import random\nrandom.seed(0)\nimport numpy as np\nnp.random.seed(0)\n", "", []),
}  # fmt: skip

#: Class names, what they are found as, and the notes. Both layers earn every point.
NAMES = {
    "Addlayer": ("AddLayer", "Addlayer"),
    "add_layer": ("AddLayer", "add_layer"),
    "ADDLAYER": ("AddLayer", "ADDLAYER"),
    "Add": ("AddLayer", "Add"),
    "mul_layer": ("MulLayer", "mul_layer"),
    "Mullayer": ("MulLayer", "Mullayer"),
    "MultiplyLayer": ("MulLayer", "MultiplyLayer"),
    "MulGate": ("MulLayer", "MulGate"),
}


class Expected(NamedTuple):
    """What the grade of a file has to be."""

    source: str
    score: float
    #: Verdicts other than ``passed`` and ``blocked``.
    verdicts: dict[str, str]
    #: A sentence that the report says.
    says: str = ""


ODD_LAYERS = {
    "dout alone from Add": Expected(ADD.replace("return dx, dy", "return dout") + MUL, 100, {}),
    "a list": Expected((ADD + MUL).replace("return dx, dy", "return [dx, dy]"), 100, {}),
    "a named tuple": Expected(
        "from collections import namedtuple\nG = namedtuple('G', 'dx dy')\n"
        + (ADD + MUL).replace("return dx, dy", "return G(dx, dy)"), 100, {}),
    "an array of two": Expected(
        "import numpy as np\n" + (ADD + MUL).replace("return dx, dy", "return np.array([dx, dy])"), 100, {}),
    "other parameter names": Expected((ADD + MUL).replace("dout", "d_out").replace("x, y)", "a, b)")
        .replace("x + y", "a + b").replace("self.x = x\n        self.y = y\n        return x * y",
        "self.x = a\n        self.y = b\n        return a * b").replace("dx, dy", "dx, dy"), 100, {}),
    "a cache that is dropped": Expected(
        ADD + MUL.replace("return dx, dy", "self.x = self.y = None\n        return dx, dy"), 100, {}),
    "layers that print": Expected((ADD + MUL).replace("dx =", "print('backward', dout)\n        dx ="), 100, {}),
    "a base class of one's own": Expected(
        "class Layer:\n    def __call__(self, *a):\n        return self.forward(*a)\n"
        + (ADD + MUL).replace("Layer:", "Layer(Layer):"), 100, {}),
    "inside if and try": Expected(
        "if True:\n" + ADD.replace("\n", "\n    ") + "\ntry:\n" + MUL.replace("\n", "\n    ") + "\nexcept Exception:\n    pass\n", 100, {}),
    "a decorator": Expected("def layer(c):\n    return c\n" + (ADD + MUL).replace("class", "@layer\nclass"), 100, {}),
    "annotations of the future": Expected(
        "from __future__ import annotations\n" + (ADD + MUL).replace("(self, x, y)", "(self, x: Tensor, y: Tensor) -> Tensor"), 100, {}),
    "dataclasses": Expected(
        ADD + "from dataclasses import dataclass\n@dataclass\n" + MUL.replace(
            "    def __init__(self):\n        self.x = None\n        self.y = None\n", "    x: float = 0\n    y: float = 0\n"), 100, {}),
    "tabs": Expected((ADD + MUL).replace("    ", "\t"), 100, {}),
    "one layer only": Expected(ADD, 30, {"MulLayer.forward": "contract"}, "there is no class MulLayer in this file"),
    "a base class that is missing": Expected(
        ADD + MUL.replace("MulLayer:", "MulLayer(nn.Module):"), 30, {"MulLayer.forward": "contract"}, "MulLayer could not be made"),
    "a function instead of a class": Expected(
        ADD + "def MulLayer(x, y):\n    return x * y\n", 30, {"MulLayer.forward": "contract"}, "is a function, but a class was expected"),
    "a constructor with an argument": Expected(
        ADD + MUL.replace("__init__(self)", "__init__(self, x)"), 30, {"MulLayer.forward": "raised"}, "makes a layer without arguments"),
    "backword": Expected(
        ADD + MUL.replace("backward", "backword"), 45, {"MulLayer.backward": "contract"}, "found 'backword', expected 'backward'"),
    "back_ward": Expected(
        ADD + MUL.replace("backward", "back_ward"), 45, {"MulLayer.backward": "contract"}, "found 'back_ward', expected 'backward'"),
    "foward": Expected(
        ADD + MUL.replace("forward", "foward"), 30, {"MulLayer.forward": "contract"}, "found 'foward', expected 'forward'"),
    "two look-alikes": Expected(
        ADD + MUL.replace("MulLayer", "MulGate") + MUL.replace("MulLayer", "MultiplyLayer"), 30,
        {"MulLayer.forward": "contract"}, "could each be MulLayer"),
    "rounded as the book's apples allow": Expected(
        ADD + MUL.replace("return x * y", "return round(x * y)"), 55, {"MulLayer.forward": "wrong"}),
}  # fmt: skip
