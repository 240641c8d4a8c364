"""Right layers in the many ways that learners write them; each must get full marks on every bank."""

__all__ = ["ADD_VARIANTS", "MUL_VARIANTS"]

_FORWARD = """
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y
"""
_BACKWARD = """
    def backward(self, dout):
        return dout * self.y, dout * self.x
"""


def _mul(returns: str, *, forward: str = "x * y", above: str = "") -> str:
    return f"""
import numpy as np
{above}
class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return {forward}

    def backward(self, dout):
        dx, dy = dout * self.y, dout * self.x
        return {returns}
"""


def _mul_keeping(keep: str, x: str, y: str, *, init: str = "pass", after: str = "pass", above: str = "") -> str:
    return f"""
import numpy as np
{above}
class MulLayer:
    def __init__(self):
        {init}

    def forward(self, x, y):
        {keep}
        return x * y

    def backward(self, dout):
        dx, dy = dout * {y}, dout * {x}
        {after}
        return dx, dy
"""


MUL_VARIANTS = {
    "the book's": """
class MulLayer:
    def __init__(self):
        self.x = None
        self.y = None

    def forward(self, x, y):
        self.x = x
        self.y = y
        out = x * y

        return out

    def backward(self, dout):
        dx = dout * self.y # x와 y를 바꾼다.
        dy = dout * self.x

        return dx, dy
""",
    "a tuple in brackets": _mul("(dx, dy)"),
    "a list": _mul("[dx, dy]"),
    "a named tuple": _mul(
        "Gradients(dx, dy)", above="from collections import namedtuple\nGradients = namedtuple('Gradients', 'dx dy')"
    ),
    "a typed named tuple": _mul(
        "Gradients(dx, dy)",
        above="from typing import Any, NamedTuple\nclass Gradients(NamedTuple):\n    dx: Any\n    dy: Any\n",
    ),
    "an array of two rows": _mul("np.array([dx, dy])"),
    "stacked arrays": _mul("np.stack([dx, dy])"),
    "a tuple of a list": _mul("tuple([dx, dy])"),
    "a sliced list": _mul("[dx, dy, dout][:2]"),
    "a subclass of tuple": _mul("Pair((dx, dy))", above="class Pair(tuple): pass"),
    "a subclass of list returned": _mul("Pair((dx, dy))", above="class Pair(list): pass"),
    "printing bytes": _mul("dx, dy", forward="(sys.stdout.buffer.write(b'x'), x * y)[1]", above="import sys"),
    "a lock": """
import threading
lock = threading.Lock()
class MulLayer:
    def __init__(self):
        self.kept = threading.local()
    def forward(self, x, y):
        with lock:
            self.kept.x, self.kept.y = x, y
            return x * y
    def backward(self, dout):
        return dout * self.kept.y, dout * self.kept.x
""",
    "np.multiply": _mul("np.multiply(dout, self.y), np.multiply(dout, self.x)", forward="np.multiply(x, y)"),
    "operator.mul": _mul(
        "operator.mul(dout, self.y), operator.mul(dout, self.x)", forward="operator.mul(x, y)", above="import operator"
    ),
    "math.prod": _mul(
        "math.prod((dout, self.y)), math.prod((dout, self.x))", forward="math.prod([x, y])", above="import math"
    ),
    "functools.reduce": _mul(
        "dx, dy", forward="reduce(lambda a, b: a * b, (x, y))", above="from functools import reduce"
    ),
    "np.prod over a new axis": _mul(
        "dx, dy", forward="np.prod(np.stack([np.asarray(x, float), np.asarray(y, float)]), axis=0)"
    ),
    "np.einsum": _mul(
        "np.einsum('...,...->...', dout, self.y), np.einsum('...,...->...', dout, self.x)",
        forward="np.einsum('...,...->...', x, y)",
    ),
    "*= on a copy": _mul(
        "dx, dy",
        forward="product(x, y)",
        above="def product(x, y):\n    out = np.array(x, dtype=float)\n    out *= y\n    return out\n",
    ),
    "out= on a new array": _mul("dx, dy", forward="np.multiply(x, y, out=np.empty(np.shape(x)))"),
    "the other order": _mul("self.y * dout, self.x * dout", forward="y * x"),
    "arrays of shape ()": _mul("np.asarray(dx), np.asarray(dy)", forward="np.asarray(x * y)"),
    "np.float64 numbers": _mul("np.float64(dx), np.float64(dy)", forward="np.float64(x * y)"),
    "floats for numbers": _mul("dx, dy", forward="float(x) * float(y) if np.ndim(x) == 0 else x * y"),
    "integers where they are whole": _mul(
        "dx, dy",
        forward="int(x * y) if isinstance(x * y, float) and (x * y).is_integer() and abs(x * y) < 1e15 else x * y",
    ),
    "float64 for float32": _mul(
        "np.asarray(dx, dtype=np.float64), dy", forward="np.asarray(x, dtype=float) * np.asarray(y, dtype=float)"
    ),
    "the product of longdoubles, rounded": _mul(
        "np.float64(1) * (np.longdouble(1) * dout * self.y).astype(float), dy",
        forward="(np.longdouble(1) * x * y).astype(float)",
    ),
    "np.vectorize": _mul(
        "dx, dy", forward="times(x, y)", above="times = np.vectorize(lambda a, b: a * b, otypes=[float])\n"
    ),
    "a loop over the entries": _mul(
        "dx, dy",
        forward="product(x, y)",
        above="""
def product(x, y):
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    out = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        out[place] = x[place] * y[place]
    return out
""",
    ),
    "exact products of fractions": _mul(
        "dx, dy",
        forward="float(Fraction(x) * Fraction(y)) if np.ndim(x) == 0 and not isinstance(x, np.ndarray) else x * y",
        above="from fractions import Fraction",
    ),
    "the reciprocal of a reciprocal": _mul(
        "over(dout, self.y), dy",
        above="""
def over(a, b):
    safe = np.where((np.asarray(b) == 0) | ~np.isfinite(b), 1.0, b)
    return np.where((np.asarray(b) == 0) | ~np.isfinite(b), a * b, a / (1 / safe))[()]
""",
    ),
    "one ulp off": _mul("dx * (1 + 2**-52), dy * (1 - 2**-53)", forward="x * y * (1 + 2**-52)"),
    "a sum of halves": _mul("dx / 2 + dx / 2, dy / 2 + dy / 2", forward="x * (y / 2) + x * (y / 2)"),
    "times one": _mul("dout * self.y * 1.0, 1 * dout * self.x", forward="1.0 * x * y + 0"),
    "transposed twice": _mul("dx, dy", forward="(np.asarray(x).T * np.asarray(y).T).T"),
    "flattened and back": _mul("dx, dy", forward="(np.ravel(x) * np.ravel(y)).reshape(np.shape(x))"),
    "Fortran order out": _mul("np.asarray(dx, order='F'), dy", forward="np.asarray(x * y, order='F')"),
    "views, not contiguous": _mul("np.stack([dx, dx], axis=-1)[..., 0], dy"),
    "read-only results": _mul("np.broadcast_to(dx, np.shape(dx)), dy"),
    "an ndarray subclass": _mul(
        "dx, dy", forward="np.asarray(x * y).view(Tensor)", above="class Tensor(np.ndarray): pass\n"
    ),
    "a masked array without a mask": _mul("dx, dy", forward="np.ma.masked_array(x * y)"),
    "class numbers": _mul("dx, dy", forward="x * y * self.scale").replace(
        "    def forward", "    scale = 1\n    def forward", 1
    ),
    "np.asarray kept": _mul_keeping("self.x, self.y = np.asarray(x), np.asarray(y)", "self.x", "self.y"),
    "copies kept": _mul_keeping(
        "self.x, self.y = copy.copy(x), copy.deepcopy(y)", "self.x", "self.y", above="import copy"
    ),
    "a tuple kept": _mul_keeping("self.cache = (x, y)", "self.cache[0]", "self.cache[1]", init="self.cache = None"),
    "a list kept": _mul_keeping("self.cache = [x, y]", "self.cache[0]", "self.cache[1]"),
    "a dictionary kept": _mul_keeping(
        "self.cache = {'x': x, 'y': y}", "self.cache['x']", "self.cache['y']", init="self.cache = {}"
    ),
    "a dictionary updated": _mul_keeping(
        "self.cache.update(x=x, y=y)", "self.cache['x']", "self.cache['y']", init="self.cache = {}"
    ),
    "a list refilled": _mul_keeping("self.cache[:] = [x, y]", "self.cache[0]", "self.cache[1]", init="self.cache = []"),
    "a stack of its own": _mul_keeping(
        "self.cache.append((x, y))",
        "self.cache[-1][0]",
        "self.cache[-1][1]",
        init="self.cache = []",
        after="self.cache.pop()",
    ),
    "a namespace kept": _mul_keeping(
        "self.kept = SimpleNamespace(x=x, y=y)", "self.kept.x", "self.kept.y", above="from types import SimpleNamespace"
    ),
    "a closure kept": _mul_keeping("self.kept = lambda: (x, y)", "self.kept()[0]", "self.kept()[1]"),
    "functions kept": _mul_keeping(
        "self.kept = {'x': lambda: x, 'y': lambda: y}", "self.kept['x']()", "self.kept['y']()"
    ),
    "dropped after backward": _mul_keeping("self.x, self.y = x, y", "self.x", "self.y", after="self.x = self.y = None"),
    "deleted after backward": _mul_keeping("self.x, self.y = x, y", "self.x", "self.y", after="del self.x, self.y"),
    "its own copy worked on": _mul_keeping(
        "self.x, self.y = np.array(x, dtype=float), np.array(y, dtype=float)",
        "1",
        "self.y",
        after="dy = self.x.__imul__(dout)",
    ),
    "the output kept too": _mul_keeping("self.x, self.y, self.out = x, y, x * y", "self.x", "self.y"),
    "gradients kept too": _mul_keeping("self.x, self.y = x, y", "self.x", "self.y", after="self.dx, self.dy = dx, dy"),
    "private names": _mul_keeping("self.__x, self.__y = x, y", "self.__x", "self.__y"),
    "kept by instance in the class": _mul_keeping(
        "self.kept[self] = (x, y)", "self.kept[self][0]", "self.kept[self][1]", above="import weakref"
    ).replace("    def __init__", "    kept = weakref.WeakKeyDictionary()\n    def __init__", 1),
    "slots": "class MulLayer:\n    __slots__ = ('x', 'y')\n" + _FORWARD + _BACKWARD,
    "a dataclass": "from dataclasses import dataclass\nfrom typing import Any\n@dataclass\nclass MulLayer:\n    x: Any = None\n    y: Any = None\n"
    + _FORWARD
    + _BACKWARD,
    "a dataclass with slots": "from dataclasses import dataclass\n@dataclass(slots=True)\nclass MulLayer:\n    x: object = None\n    y: object = None\n"
    + _FORWARD
    + _BACKWARD,
    "properties": """
class MulLayer:
    def __init__(self):
        self._inputs = (None, None)

    @property
    def x(self):
        return self._inputs[0]

    @property
    def y(self):
        return self._inputs[1]
"""
    + _FORWARD.replace("self.x, self.y", "self._inputs")
    + _BACKWARD,
    "a base class": "class Layer:\n    def __init__(self):\n        self.x = self.y = None\n\nclass MulLayer(Layer):\n"
    + _FORWARD
    + _BACKWARD,
    "an abstract base class": """
from abc import ABC, abstractmethod
class Layer(ABC):
    @abstractmethod
    def forward(self, *args): ...
    @abstractmethod
    def backward(self, dout): ...
class MulLayer(Layer):
"""
    + _FORWARD
    + _BACKWARD,
    "methods inherited": "class Times:\n" + _FORWARD + _BACKWARD + "\nclass MulLayer(Times):\n    pass\n",
    "methods from a mixin": "class Forward:\n"
    + _FORWARD
    + "\nclass Backward:\n"
    + _BACKWARD
    + "\nclass MulLayer(Forward, Backward):\n    pass\n",
    "a metaclass": "class Meta(type):\n    pass\nclass MulLayer(metaclass=Meta):\n" + _FORWARD + _BACKWARD,
    "other parameter names": "class MulLayer:\n    def forward(self, a, b):\n        self.a, self.b = a, b\n        return a * b\n    def backward(self, d_out):\n        return d_out * self.b, d_out * self.a\n",
    "Korean names": "class MulLayer:\n    '''곱셈 계층'''\n    def forward(자신, 사과, 개수):\n        # 두 입력을 기억한다\n        자신.사과, 자신.개수 = 사과, 개수\n        return 사과 * 개수\n    def backward(자신, 미분):\n        return 미분 * 자신.개수, 미분 * 자신.사과\n",
    "*args": "class MulLayer:\n    def forward(self, *args):\n        self.args = args\n        return args[0] * args[1]\n    def backward(self, *douts):\n        return tuple(douts[0] * v for v in self.args[::-1])\n",
    "defaults": "class MulLayer:\n    def __init__(self, x=None, y=None, name='mul', **options):\n        self.x, self.y = x, y\n    def forward(self, x, y=1):\n        self.x, self.y = x, y\n        return x * y\n    def backward(self, dout=1):\n        return dout * self.y, dout * self.x\n",
    "positional only": "class MulLayer:\n    def forward(self, x, y, /):\n        self.x, self.y = x, y\n        return x * y\n    def backward(self, dout, /):\n        return dout * self.y, dout * self.x\n",
    "type hints": "from __future__ import annotations\nimport numpy as np\nimport numpy.typing as npt\nclass MulLayer:\n    x: npt.NDArray[np.float64] | float\n    def forward(self, x: npt.NDArray[np.float64], y: UnknownName) -> float:\n        self.x, self.y = x, y\n        return x * y\n    def backward(self, dout: float) -> tuple[float, float]:\n        return dout * self.y, dout * self.x\n",
    "lambdas": "class MulLayer:\n    forward = lambda self, x, y: setattr(self, 'kept', (x, y)) or x * y\n    backward = lambda self, dout: (dout * self.kept[1], dout * self.kept[0])\n",
    "decorated methods": """
from functools import wraps
def logged(method):
    @wraps(method)
    def inner(*args, **kwargs):
        print('calling', method.__name__)
        return method(*args, **kwargs)
    return inner
class MulLayer:
    @logged
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y
    @logged
    def backward(self, dout):
        return dout * self.y, dout * self.x
""",
    "a decorated class": "def registered(cls):\n    LAYERS.append(cls)\n    return cls\nLAYERS = []\n@registered\nclass MulLayer:\n"
    + _FORWARD
    + _BACKWARD,
    "methods put in later": "class MulLayer:\n    pass\ndef forward(self, x, y):\n    self.x, self.y = x, y\n    return x * y\ndef backward(self, dout):\n    return dout * self.y, dout * self.x\nMulLayer.forward = forward\nMulLayer.backward = backward\n",
    "made by type()": "def forward(self, x, y):\n    self.x, self.y = x, y\n    return x * y\nMulLayer = type('MulLayer', (), {'forward': forward, 'backward': lambda self, dout: (dout * self.y, dout * self.x)})\n",
    "defined twice, the last one right": "class MulLayer:\n    def forward(self, x, y):\n        return x + y\nclass MulLayer:\n"
    + _FORWARD
    + _BACKWARD,
    "a subclass of list": "class MulLayer(list):\n    def forward(self, x, y):\n        self[:] = [x, y]\n        return x * y\n    def backward(self, dout):\n        return dout * self[1], dout * self[0]\n",
    "an empty layer is false": "class MulLayer:\n    def __len__(self):\n        return 0\n    def __eq__(self, other):\n        return True\n    __hash__ = None\n"
    + _FORWARD
    + _BACKWARD,
    "assertions on what arrives": "import numpy as np\nclass MulLayer:\n    def forward(self, x, y):\n        assert np.shape(x) == np.shape(y)\n        self.x, self.y = x, y\n        return x * y\n    def backward(self, dout):\n        assert np.shape(dout) == np.shape(self.x)\n        return dout * self.y, dout * self.x\n",
    "local derivatives by name": "class MulLayer:\n    def forward(self, x, y):\n        self.local = {'x': y, 'y': x}\n        return x * y\n    def backward(self, dout):\n        return [dout * self.local[name] for name in ('x', 'y')]\n",
    "numbers in a docstring": 'class MulLayer:\n    """곱셈: 100 * 4 = 400, 671.0"""\n    VERSION = 1.5\n    TESTED = [2, 3, 650, 1e100, -0.25]\n'
    + _FORWARD
    + _BACKWARD,
    "np.errstate": "import numpy as np\nclass MulLayer:\n    def forward(self, x, y):\n        self.x, self.y = x, y\n        with np.errstate(all='ignore'):\n            return np.multiply(x, y)\n    def backward(self, dout):\n        return dout * self.y, dout * self.x\n",
    "a match statement": """
class MulLayer:
    def forward(self, x, y):
        match (x, y):
            case (a, b):
                self.x, self.y = a, b
                return a * b
    def backward(self, dout):
        return dout * self.y, dout * self.x
""",
    "assignment expressions": "class MulLayer:\n    def forward(self, x, y):\n        return (kept := (x, y))[0] * kept[1] if not setattr(self, 'kept', (x, y)) else None\n"
    "    def backward(self, dout):\n        return (d := dout) * self.kept[1], d * self.kept[0]\n",
    "a partial method": """
from functools import partialmethod
class MulLayer:
    def local(self, dout, names):
        return tuple(dout * self.kept[name] for name in names)
    def forward(self, x, y):
        self.kept = {'x': x, 'y': y}
        return x * y
    backward = partialmethod(local, names='yx')
""",
    "a descriptor": """
class Input:
    def __set_name__(self, owner, name):
        self.name = '_' + name
    def __get__(self, layer, owner=None):
        return getattr(layer, self.name)
    def __set__(self, layer, value):
        setattr(layer, self.name, value)
class MulLayer:
    x, y = Input(), Input()
"""
    + _FORWARD
    + _BACKWARD,
    "a frozen dataclass": "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass MulLayer:\n    x: object = None\n    y: object = None\n"
    + _FORWARD.replace("self.x, self.y = x, y", "object.__setattr__(self, 'x', x); object.__setattr__(self, 'y', y)")
    + _BACKWARD,
    "a subclass of dict": "class MulLayer(dict):\n    def forward(self, x, y):\n        self.update(x=x, y=y)\n        return x * y\n    def backward(self, dout):\n        return dout * self['y'], dout * self['x']\n",
    "__getattr__": """
class MulLayer:
    def __getattr__(self, name):
        if name == 'local':
            self.local = {}
            return self.local
        raise AttributeError(name)
    def forward(self, x, y):
        self.local['x'], self.local['y'] = y, x
        return x * y
    def backward(self, dout):
        return dout * self.local['x'], dout * self.local['y']
""",
    "methods put into each layer": """
class MulLayer:
    def __init__(self):
        self.backward = self.gradients
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y
    def gradients(self, dout):
        return dout * self.y, dout * self.x
""",
    "backward made by forward": """
class MulLayer:
    def forward(self, x, y):
        self.backward = lambda dout: (dout * y, dout * x)
        return x * y
""",
    "a generic class": "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass MulLayer(Generic[T]):\n"
    + _FORWARD
    + _BACKWARD,
    "single dispatch": """
from functools import singledispatch
import numpy as np
@singledispatch
def times(a, b):
    return a * b
@times.register
def _(a: np.ndarray, b):
    return np.multiply(a, b)
class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return times(x, y)
    def backward(self, dout):
        return times(dout, self.y), times(dout, self.x)
""",
    "the quotient by a reciprocal": _mul(
        "over(dout, self.y), over(dout, self.x)",
        forward="over(x, y)",
        above="""
def over(a, b):
    with np.errstate(all='ignore'):
        inverse = np.divide(1.0, b)
        return np.where((np.asarray(b) != 0) & np.isfinite(b) & np.isfinite(inverse), np.divide(a, inverse), a * b)[()]
""",
    ),
    "an array like the output": _mul(
        "filled(dx), filled(dy)",
        forward="filled(x * y)",
        above="def filled(value):\n    out = np.zeros_like(value)\n    out[...] = value\n    return out\n",
    ),
    "np.frompyfunc": _mul(
        "dx, dy",
        forward="np.asarray(times(x, y), dtype=float)",
        above="times = np.frompyfunc(lambda a, b: a * b, 2, 1)\n",
    ),
    "a structured array kept": _mul_keeping(
        "self.kept = np.empty(np.shape(x), [('x', float), ('y', float)]); self.kept['x'], self.kept['y'] = x, y",
        "self.kept['x']",
        "self.kept['y']",
    ),
    "branches by type": _mul(
        "dx, dy",
        forward="x * y if isinstance(x, (int, float)) else (np.multiply(x, y) if x.shape else x.dtype.type(x) * y)",
    ),
    "printing": _mul("dx, dy", forward="(print('x', x, 'y', y), x * y)[1]"),
}


def _add(returns: str, *, forward: str = "x + y", above: str = "") -> str:
    return f"""
import numpy as np
{above}
class AddLayer:
    def forward(self, x, y):
        return {forward}

    def backward(self, dout):
        return {returns}
"""


ADD_VARIANTS = {
    "the book's": """
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
""",
    "dout alone": _add("dout"),
    "dout twice": _add("dout, dout"),
    "a list": _add("[dout, dout]"),
    "a repeated tuple": _add("(dout,) * 2"),
    "a repeated list": _add("[dout] * 2"),
    "a named tuple": _add(
        "Gradients(dout, dout)",
        above="from collections import namedtuple\nGradients = namedtuple('Gradients', 'dx dy')",
    ),
    "an array of two rows": _add("np.array([dout, dout])"),
    "np.stack": _add("np.stack((dout, dout))"),
    "np.tile": _add("np.tile(dout, (2,) + (1,) * np.ndim(dout))"),
    "a copy alone": _add("np.array(dout)"),
    "times one": _add("dout * 1.0, 1 * dout"),
    "dout alone, times one": _add("dout * 1.0"),
    "times ones": _add("dout * np.ones_like(dout), dout * np.ones(np.shape(dout))"),
    "plus nothing": _add("dout + 0, 0.0 + dout", forward="0 + x + y"),
    "copies": _add("np.copy(dout), np.array(dout)"),
    "np.add": _add("dout, dout", forward="np.add(x, y)"),
    "operator.add": _add("dout, dout", forward="operator.add(x, y)", above="import operator"),
    "sum of the pair": _add("dout, dout", forward="sum([x, y])"),
    "sum of the arguments": _add("dout, dout")
    .replace("(self, x, y)", "(self, *inputs)")
    .replace("x + y", "sum(inputs)"),
    "np.sum over a new axis": _add("dout, dout", forward="np.sum(np.stack([x, y]), axis=0)"),
    "np.sum of a list": _add("dout, dout", forward="np.sum([x, y], axis=0)"),
    "math.fsum": _add(
        "dout, dout",
        forward="math.fsum((x, y)) if np.ndim(x) == 0 and not isinstance(x, np.ndarray) else x + y",
        above="import math",
    ),
    "np.einsum": _add("dout, dout", forward="np.einsum('i...->...', np.stack([x, y]))"),
    "dot with ones": _add("dout, dout", forward="np.add.reduce([x, y])"),
    "+= on a copy": _add(
        "dout, dout",
        forward="total(x, y)",
        above="def total(x, y):\n    out = np.array(x, dtype=float)\n    out += y\n    return out\n",
    ),
    "minus the negative": _add("dout, -(-dout)", forward="x - -y"),
    "twice the mean": _add("dout, dout", forward="2 * (x / 2 + y / 2)"),
    "float64": _add("np.asarray(dout, dtype=np.float64), dout", forward="np.asarray(x, float) + np.asarray(y, float)"),
    "longdouble, rounded": _add("dout, dout", forward="np.asarray(np.longdouble(1) * x + y).astype(float)"),
    "exact sums of fractions": _add(
        "dout, dout",
        forward="float(Fraction(x) + Fraction(y)) if not isinstance(x, np.ndarray) else x + y",
        above="from fractions import Fraction",
    ),
    "halves of a doubled dout": _add("(dout * 2) / 2, (dout / 2) * 2"),
    "arrays of shape ()": _add("np.asarray(dout), np.asarray(dout)", forward="np.asarray(x + y)"),
    "one ulp off": _add("dout * (1 + 2**-52)", forward="(x + y) * (1 + 2**-52)"),
    "static methods": "class AddLayer:\n    @staticmethod\n    def forward(x, y):\n        return x + y\n    @staticmethod\n    def backward(dout):\n        return dout, dout\n",
    "class methods": "class AddLayer:\n    @classmethod\n    def forward(cls, x, y):\n        return x + y\n    @classmethod\n    def backward(cls, dout):\n        return dout, dout\n",
    "shapes kept": "import numpy as np\nclass AddLayer:\n    def forward(self, x, y):\n        self.shape = np.shape(x)\n        return x + y\n    def backward(self, dout):\n        return np.broadcast_to(dout, self.shape), np.reshape(dout, self.shape)\n",
    "inputs kept": "class AddLayer:\n    def forward(self, x, y):\n        self.x, self.y = x, y\n        return x + y\n    def backward(self, dout):\n        return dout, dout\n",
    "local derivatives": "class AddLayer:\n    dx = dy = 1\n    def forward(self, x, y):\n        return x + y\n    def backward(self, dout):\n        return dout * self.dx, dout * self.dy\n",
    "slots": "class AddLayer:\n    __slots__ = ()\n    def forward(self, x, y):\n        return x + y\n    def backward(self, dout):\n        return dout, dout\n",
    "Korean names": "class AddLayer:\n    def forward(self, 가, 나):\n        return 가 + 나\n    def backward(self, 미분):\n        return 미분, 미분\n",
    "a generator unpacked": _add("(*(dout for _ in range(2)),)"),
    "an array like dout": _add("np.zeros_like(dout) + dout, np.full(np.shape(dout), dout)"),
    "np.broadcast_arrays": _add("tuple(np.broadcast_arrays(dout, dout))"),
    "a dataclass": "from dataclasses import dataclass\n@dataclass\nclass AddLayer:\n    out: object = None\n    def forward(self, x, y):\n        self.out = x + y\n        return self.out\n    def backward(self, dout):\n        return dout, dout\n",
    "properties": "class AddLayer:\n    @property\n    def forward(self):\n        return lambda x, y: x + y\n    @property\n    def backward(self):\n        return lambda dout: (dout, dout)\n",
    "lambdas": "class AddLayer:\n    forward = lambda self, x, y: x + y\n    backward = lambda self, dout: (dout,) * 2\n",
    "decorated methods": "from functools import wraps\ndef counted(method):\n    @wraps(method)\n    def inner(self, *args):\n        inner.calls += 1\n        return method(self, *args)\n    inner.calls = 0\n    return inner\nclass AddLayer:\n    @counted\n    def forward(self, x, y):\n        return x + y\n    @counted\n    def backward(self, dout):\n        return dout, dout\n",
    "a base class of both": "class Layer:\n    def __call__(self, *args):\n        return self.forward(*args)\nclass AddLayer(Layer):\n    def forward(self, x, y):\n        return x + y\n    def backward(self, dout):\n        return dout, dout\n",
    "a string that is not returned": _add("dout, dout", forward="[f'{x} + {y}', x + y][-1]"),
}
