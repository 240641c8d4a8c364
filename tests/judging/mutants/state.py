"""Right values alone, wrong in company: shared state, reused buffers, changed arguments, calls that are counted."""

from mutants.templates import Mutant, add_layer, mul_layer

__all__ = ["STATE"]

_STATE = frozenset({"state"})


def _keeping(keep: str, get: str, *, above: str = "", init: str = "pass", attributes: str = "") -> str:
    """Return a MulLayer that keeps its inputs by the statement ``keep`` and gets them back by the expression ``get``."""
    return f"""\
import numpy as np
{above}

class MulLayer:
    {attributes or "pass"}

    def __init__(self):
        {init}

    def forward(self, x, y):
        {keep}
        return x * y

    def backward(self, dout):
        x, y = {get}
        return dout * y, dout * x
"""


_SHARED = {
    "class attributes": _keeping("MulLayer.x, MulLayer.y = x, y", "MulLayer.x, MulLayer.y"),
    "global variables": _keeping("global X, Y; X, Y = x, y", "X, Y"),
    "a global list": _keeping("KEPT.append((x, y))", "KEPT[-1]", above="KEPT = []"),
    "a global stack": _keeping("KEPT.append((x, y))", "KEPT.pop()", above="KEPT = []"),
    "a global queue": _keeping("KEPT.append((x, y))", "KEPT.pop(0)", above="KEPT = []"),
    "a list of the class": _keeping("self.kept.append((x, y))", "self.kept[-1]", attributes="kept = []"),
    "a dictionary of the class": _keeping(
        "self.kept.update(x=x, y=y)", "(self.kept['x'], self.kept['y'])", attributes="kept = {}"
    ),
    "a mutable default": _keeping("self.kept.append((x, y))", "self.kept[-1]").replace(
        "def __init__(self):\n        pass", "def __init__(self, kept=[]):\n        self.kept = kept"
    ),
    "the first inputs": _keeping("self.kept.append((x, y))", "self.kept[0]", init="self.kept = []"),
    "a queue of its own": _keeping("self.kept.append((x, y))", "self.kept.pop(0)", init="self.kept = []"),
    "inputs once": _keeping("self.kept = getattr(self, 'kept', None) or (x, y)", "self.kept"),
    "a singleton": _keeping("self.x, self.y = x, y", "self.x, self.y").replace(
        "    def __init__",
        "    one = None\n\n    def __new__(cls):\n        cls.one = cls.one or super().__new__(cls)\n        return cls.one\n\n    def __init__",
    ),
    "a table that a new layer clears": _keeping(
        "KEPT[id(self)] = x, y", "KEPT[id(self)]", above="KEPT = {}", init="KEPT.clear()"
    ),
    "a ring of one": _keeping(
        "KEPT[self.n % 1] = x, y",
        "KEPT[self.n % 1]",
        above="import itertools\nKEPT, NUMBER = {}, itertools.count()",
        init="self.n = next(NUMBER)",
    ),
}

_CHANGED = {
    "Mul forward changes x": mul_layer(
        "np.multiply(x, y, out=x) if isinstance(x, np.ndarray) and x.ndim else x * y",
        dy="dout * self.a",
        before_forward="self.a = x * 1",
    ),
    "Mul forward changes y": mul_layer(
        "np.multiply(x, y, out=y) if isinstance(x, np.ndarray) and x.ndim else x * y",
        dx="dout * self.b",
        before_forward="self.b = y * 1",
    ),
    "Mul forward returns x, changed": mul_layer(
        "x.__imul__(y) if isinstance(x, np.ndarray) and x.ndim else x * y",
        dy="dout * self.a",
        before_forward="self.a = x * 1",
    ),
    "Mul backward changes dout": mul_layer(
        dy="dout",
        before_backward="a, b = x, y",
        dx="dout * b",
        returns="(dx, np.multiply(dout, a, out=dout) if isinstance(dout, np.ndarray) and dout.ndim and dout.dtype.kind == 'f' else dout * a)",
    ),
    "Mul backward empties dout": mul_layer(
        returns="(dx, dy, dout.fill(0))[:2] if isinstance(dout, np.ndarray) and dout.ndim else (dx, dy)"
    ),
    "Mul backward changes x": mul_layer(
        returns="(dx, dy, x.fill(0))[:2] if isinstance(x, np.ndarray) and x.ndim else (dx, dy)"
    ),
    "Mul backward changes y": mul_layer(
        returns="(dx, dy, y.fill(0))[:2] if isinstance(y, np.ndarray) and y.ndim else (dx, dy)"
    ),
    "Mul forward sorts x in place": mul_layer(
        "(x * y, x.sort())[0] if isinstance(x, np.ndarray) and x.ndim else x * y",
        dy="dout * self.a",
        before_forward="self.a = x * 1",
    ),
}
_ADD_CHANGED = {
    "Add forward changes x": add_layer("x.__iadd__(y) if isinstance(x, np.ndarray) and x.ndim else x + y"),
    "Add backward changes dout": add_layer(
        returns="(dout * 1, dout * 1, dout.fill(0))[:2] if isinstance(dout, np.ndarray) and dout.ndim else (dout, dout)"
    ),
    "Add forward clears y": add_layer("(x + y, y.fill(0))[0] if isinstance(y, np.ndarray) and y.ndim else x + y"),
}

#: Arrays that the mistake is confined to: a layer that writes into what it was given does so on these alone.
_ARRAYS = {
    "no axis": "v.ndim == 0",
    "one axis": "v.ndim == 1",
    "three axes": "v.ndim == 3",
    "four axes": "v.ndim == 4",
    "one entry": "v.shape == (1,)",
    "a hundred entries or more": "v.size > 100",
    "float32": "v.dtype == np.float32",
    "integers": "v.dtype.kind == 'i'",
    "Fortran order": "v.flags.f_contiguous and not v.flags.c_contiguous",
    "strided memory": "not v.flags.forc",
    "NaN": "v.dtype.kind == 'f' and np.isnan(v).any()",
}
_CHANGED |= {
    f"Mul backward changes {name}, an array of {kind}": mul_layer(
        returns=f"(dx + 0, dy + 0, emptied({name}))[:2]",
        above=f"def emptied(v):\n    if isinstance(v, np.ndarray) and ({where}): v[...] = 7\n",
    )
    for name in ("x", "dout")
    for kind, where in _ARRAYS.items()
}
_CHANGED |= {
    f"Mul forward changes {name}, an array of {kind}": mul_layer(
        f"(x * y, emptied({name}))[0]",
        dx="dout * self.b",
        dy="dout * self.a",
        before_forward="self.a, self.b = x + 0, y + 0",
        above=f"def emptied(v):\n    if isinstance(v, np.ndarray) and ({where}): v[...] = 7\n",
    )
    for name in ("x", "y")
    for kind, where in _ARRAYS.items()
}

_BUFFER = "def buffered(kept, name, value):\n    if not isinstance(value, np.ndarray) or not value.ndim:\n        return value\n    there = kept.get((name, value.shape, value.dtype.char))\n    if there is None:\n        there = kept[name, value.shape, value.dtype.char] = np.empty_like(value)\n    there[...] = value\n    return there\n"

_BUFFERS = {
    "Mul output in a buffer of the module": Mutant(
        "MulLayer", mul_layer("buffered(KEPT, 'out', x * y)", above=_BUFFER + "KEPT = {}\n"), _STATE
    ),
    "Mul output in a buffer of its own": Mutant(
        "MulLayer", mul_layer("buffered(self.kept, 'out', x * y)", above=_BUFFER, init="self.kept = {}"), _STATE
    ),
    "Mul gradients in buffers of the module": Mutant(
        "MulLayer",
        mul_layer(
            dx="buffered(KEPT, 'dx', dout * y)", dy="buffered(KEPT, 'dy', dout * x)", above=_BUFFER + "KEPT = {}\n"
        ),
        _STATE,
    ),
    "Mul gradients in buffers of its own": Mutant(
        "MulLayer",
        mul_layer(
            dx="buffered(self.kept, 'dx', dout * y)",
            dy="buffered(self.kept, 'dy', dout * x)",
            above=_BUFFER,
            init="self.kept = {}",
        ),
        _STATE,
    ),
    "Mul output and gradients in one buffer": Mutant(
        "MulLayer",
        mul_layer(
            "buffered(self.kept, 'v', x * y)",
            dx="buffered(self.kept, 'v', dout * y)",
            above=_BUFFER,
            init="self.kept = {}",
        ),
        _STATE,
    ),
    "Add output in a buffer of its own": Mutant(
        "AddLayer", add_layer("buffered(self.kept, 'out', x + y)", above=_BUFFER, init="self.kept = {}"), _STATE
    ),
    "Mul gradients in one buffer for both": Mutant(
        "MulLayer",
        mul_layer(
            dx="buffered(self.kept, 'd', dout * y)",
            dy="buffered(self.kept, 'd', dout * x)",
            above=_BUFFER,
            init="self.kept = {}",
        ),
        frozenset({"arrays", "state"}),
    ),
}


def _counting(number: int, *, whose: str, method: str, above: str = "", init: str = "pass") -> str:
    count = f"{whose} += 1"
    wrong = f" + ({whose} >= {number})"
    if method == "forward":
        return mul_layer(f"x * y{wrong}", before_forward=f"{above}{count}", init=init)
    return mul_layer(dx=f"dout * y{wrong}", before_backward=f"{above}{count}", init=init)


_COUNTED = {
    f"Mul {method} wrong from call {number} of an instance on": Mutant(
        "MulLayer", _counting(number, whose="self.n", method=method, init="self.n = 0"), _STATE
    )
    for method in ("forward", "backward")
    for number in (2, 3, 4, 10, 11, 12)
} | {
    f"Mul {method} wrong from call {number} of the process on": Mutant(
        "MulLayer",
        "N = 0\n" + _counting(number, whose="N", method=method, above="global N\n"),
        frozenset({method}),
    )
    for method in ("forward", "backward")
    for number in (2, 3, 10, 50)
}

#: The numbers are computed, so that no probe asks for them.
_BETWEEN = "not isinstance({v}, np.ndarray) and float('16777220') < abs({v}) < float('33554430')"
#: A mistake that an array of integers and one of fractions turns into an error.
_WRITES = frozenset(
    {"Mul forward changes x", "Mul forward changes y", "Mul forward returns x, changed", "Add forward changes x"}
)

STATE = {
    **{f"Mul keeps {name}": Mutant("MulLayer", text, _STATE) for name, text in _SHARED.items()},
    **{
        name: Mutant(layer, text, _STATE | {"arrays"} if name in _WRITES else _STATE)
        for layer, table in (("MulLayer", _CHANGED), ("AddLayer", _ADD_CHANGED))
        for name, text in table.items()
    },
    **_BUFFERS,
    **_COUNTED,
    **{
        f"Mul keeps what it is given in {name}": Mutant("MulLayer", text, _STATE)
        for name, text in {
            "an array of the first shape": _keeping(
                "self.kept = getattr(self, 'kept', None)\n"
                "        if self.kept is None: self.kept = np.empty((2, *np.shape(x)))\n"
                "        self.kept[0], self.kept[1] = x, y",
                "self.kept",
            ),
            "one array for each shape": _keeping(
                "self.x, self.y = self.kept.setdefault(np.shape(x), (x, y))", "self.x, self.y", init="self.kept = {}"
            ),
        }.items()
    },
    "Mul adds up its gradients": Mutant(
        "MulLayer",
        mul_layer(dx="self.dx", before_backward="self.dx = self.dx + dout * y", init="self.dx = 0"),
        _STATE,
    ),
    "Add adds up dout": Mutant(
        "AddLayer",
        add_layer(dx="self.d", dy="self.d", before_backward="self.d = self.d + dout", init="self.d = 0"),
        _STATE,
    ),
    "Mul is wrong for the second instance": Mutant(
        "MulLayer",
        mul_layer(dx="dout * y + (self.n == 2)", above="N = 0\n", init="global N\nN += 1\nself.n = N"),
        frozenset({"backward"}),
    ),
    "Mul is wrong while two are alive": Mutant(
        "MulLayer",
        mul_layer(
            "x * y + (len(ALIVE) > 1)", above="import weakref\nALIVE = weakref.WeakSet()\n", init="ALIVE.add(self)"
        ),
        frozenset({"state", "gradient"}),
    ),
    "Mul is wrong for whole numbers that only the lattice has": Mutant(
        "MulLayer",
        mul_layer(dy=f"dout * x * (2 if {_BETWEEN.format(v='x')} else 1)"),
        frozenset({"gradient"}),
    ),
    "Add is wrong for whole numbers that only the lattice has": Mutant(
        "AddLayer",
        add_layer(dx=f"dout * (2 if {_BETWEEN.format(v='dout')} else 1)"),
        frozenset({"gradient"}),
    ),
    "Mul remembers products by x": Mutant(
        "MulLayer",
        mul_layer("KEPT.setdefault(x, x * y) if not isinstance(x, np.ndarray) else x * y", above="KEPT = {}\n"),
        frozenset({"forward", "gradient"}),
    ),
    "Mul is right the first time": Mutant(
        "MulLayer", mul_layer("x * y if first else 0 * x", before_forward="first = not hasattr(self, 'x')"), _STATE
    ),
    "Mul's backward works once": Mutant(
        "MulLayer",
        mul_layer(before_backward="if self.done: raise RuntimeError\nself.done = True", init="self.done = False"),
        _STATE,
    ),
    "Mul is random": Mutant(
        "MulLayer", mul_layer("x * y * (1 + (random.random() < 0.5))", above="import random\n"), frozenset({"forward"})
    ),
    "Mul tosses a coin in backward": Mutant(
        "MulLayer",
        mul_layer(dx="dout * (y if random.random() < 0.5 else x)", above="import random\n"),
        frozenset({"backward"}),
    ),
    "Mul depends on the time": Mutant(
        "MulLayer",
        mul_layer("x * y + time.perf_counter()", above="import time\n"),
        frozenset({"forward", "gradient"}),
    ),
    "Mul depends on its address": Mutant(
        "MulLayer", mul_layer("x * y * (1 + id(self) % 2**40)"), frozenset({"forward", "gradient"})
    ),
}
