"""Wrong only somewhere: at one number, for one sign, in one range, for one type."""

import itertools

from inprocess import assignment, bank, classes_in, observe_classes

from mutants.templates import RIGHT_ADD, RIGHT_MUL, Mutant, add_layer, mul_layer

__all__ = ["LITERALS", "REGIONS"]

#: name -> where a layer is wrong; works on numbers and on arrays alike.
_WHERE = {
    "negative x": "x < 0",
    "negative y": "y < 0",
    "both negative": "(x < 0) & (y < 0)",
    "x zero": "x == 0",
    "y zero": "y == 0",
    "both zero": "(x == 0) & (y == 0)",
    "x one": "x == 1",
    "y one": "y == 1",
    "x minus one": "x == -1",
    "y minus one": "y == -1",
    "equal inputs": "x == y",
    "opposite inputs": "x == -y",
    "x over 10": "abs(x) > 10",
    "x over 777.7": "x > 777.7",
    "x under -777.7": "x < -777.7",
    "x over 1000": "abs(x) > 1000",
    "y over 1000": "abs(y) > 1000",
    "x over 1e5": "abs(x) > 1e5",
    "x over 1e12": "abs(x) > 1e12",
    "x over 1e40": "abs(x) > 1e40",
    "y over 1e40": "abs(y) > 1e40",
    "x tiny": "(x != 0) & (abs(x) < 1e-3)",
    "y tiny": "(y != 0) & (abs(y) < 1e-3)",
    "x under 1e-40": "(x != 0) & (abs(x) < 1e-40)",
    "x larger than y": "x > y",
    "x smaller than y": "x < y",
    "whole numbers": "(np.floor(x) == x) & (np.floor(y) == y)",
    "fractions": "np.floor(x) != x",
    "x over 2**24": "(abs(x) > 16777216) & (abs(x) < 1e9)",
    "output over a million": "abs(x * y) > 1e6",
    "output negative": "x * y < 0",
    "x not positive": "x <= 0",
    "both inputs over 1e12": "(abs(x) > 1e12) & (abs(y) > 1e12)",
    "both inputs over 1e40": "(abs(x) > 1e40) & (abs(y) > 1e40)",
    "both inputs under 1e-12": "(x != 0) & (abs(x) < 1e-12) & (y != 0) & (abs(y) < 1e-12)",
    "both inputs under 1e-40": "(x != 0) & (abs(x) < 1e-40) & (y != 0) & (abs(y) < 1e-40)",
    "x over 1e40 with y under 1e-40": "(abs(x) > 1e40) & (y != 0) & (abs(y) < 1e-40)",
    "y over 1e40 with x under 1e-40": "(abs(y) > 1e40) & (x != 0) & (abs(x) < 1e-40)",
    "x between 1e10 and 1e30": "(abs(x) > 1e10) & (abs(x) < 1e30)",
    "x between 1e-10 and 1e-3": "(abs(x) > 1e-10) & (abs(x) < 1e-3)",
}
_EXTREME = {"over 1e40": "abs({v}) > 1e40", "under 1e-40": "({v} != 0) & (abs({v}) < 1e-40)"}
_WHERE_DOUT = {
    "negative dout": "dout < 0",
    "dout zero": "dout == 0",
    "dout one": "dout == 1",
    "dout minus one": "dout == -1",
    "dout not one": "dout != 1",
    "dout over 10": "abs(dout) > 10",
    "dout over 1e5": "abs(dout) > 1e5",
    "dout over 1e40": "abs(dout) > 1e40",
    "dout under 1e-40": "(dout != 0) & (abs(dout) < 1e-40)",
    "everything negative": "(x < 0) & (y < 0) & (dout < 0)",
    "dout equal to x": "(dout == x) & (x != 0)",
    "dout equal to y": "(dout == y) & (y != 0)",
    **{
        f"{one} {a} with dout {b}": f"({where.format(v=one)}) & ({_EXTREME[b].format(v='dout')})"
        for one in "xy"
        for a, where in _EXTREME.items()
        for b in _EXTREME
    },
    **{f"signs {a}{b}{c}": f"(x {a} 0) & (y {b} 0) & (dout {c} 0)" for a in "<>" for b in "<>" for c in "<>"},
    **{
        f"signs {a}{b}{c} of moderate numbers": f"(x {a} 0) & (y {b} 0) & (dout {c} 0) & (abs(x) < 100) & (abs(y) < 100) & (abs(dout) < 100)"
        for a in "<>"
        for b in "<>"
        for c in "<>"
    },
}

_NUMBERS_ONLY = "not isinstance(x, np.ndarray) and "


def _wrong(value: str, where: str) -> str:
    # An array of the same shape, or a number: the mistake is in the value and in nothing else.
    return f"np.where({where}, ({value}) * 1.5 + 1, {value})[()]"


def _wrong_number(value: str, where: str) -> str:
    return f"({value}) * 1.5 + 1 if {_NUMBERS_ONLY}({where}) else {value}"


def _table() -> dict[str, Mutant]:
    table = {}
    forward, backward = frozenset({"forward"}), frozenset({"backward"})
    for name, where in _WHERE.items():
        for kind, make in (("", _wrong), (" (numbers only)", _wrong_number)):
            table[f"Mul forward wrong for {name}{kind}"] = Mutant("MulLayer", mul_layer(make("x * y", where)), forward)
            table[f"Add forward wrong for {name}{kind}"] = Mutant("AddLayer", add_layer(make("x + y", where)), forward)
            table[f"Mul dx wrong for {name}{kind}"] = Mutant(
                "MulLayer", mul_layer(dx=make("dout * y", where)), backward
            )
    for name, where in (_WHERE | _WHERE_DOUT).items():
        for kind, make in (("", _wrong), (" (numbers only)", _wrong_number)):
            table[f"Mul dy wrong for {name}{kind}"] = Mutant(
                "MulLayer", mul_layer(dy=make("dout * x", where)), backward
            )
            table[f"Add dx wrong for {name}{kind}"] = Mutant("AddLayer", add_layer(dx=make("dout", where)), backward)
    return table


_TYPES = [
    (f"{x} x, {y} y and {dout} dout", f"type(x) is {x} and type(y) is {y} and type(dout) is {dout}")
    for x in ("int", "float")
    for y in ("int", "float")
    for dout in ("int", "float")
]

_BY_TYPE = {
    **{
        f"Mul dy wrong for {name}": Mutant(
            "MulLayer", mul_layer(dy=f"dout * x + 1 if {where} else dout * x"), frozenset({"backward"})
        )
        for name, where in _TYPES
    },
    **{
        f"Add dx wrong for {name}": Mutant(
            "AddLayer", add_layer(dx=f"dout + 1 if {where} else dout"), frozenset({"backward"})
        )
        for name, where in _TYPES
    },
    **{
        f"{layer} forward wrong for {x} x and {y} y": Mutant(
            f"{layer}Layer",
            make(f"x {sign} y + 1 if type(x) is {x} and type(y) is {y} else x {sign} y"),
            frozenset({"forward"}),
        )
        for layer, make, sign in (("Mul", mul_layer, "*"), ("Add", add_layer, "+"))
        for x, y in (("int", "float"), ("float", "int"))
    },
    "Mul forward wrong for Python integers": Mutant(
        "MulLayer", mul_layer("x * y + 1 if type(x) is int and type(y) is int else x * y"), frozenset({"forward"})
    ),
    "Mul forward wrong for floats": Mutant(
        "MulLayer", mul_layer("x * y + 1 if type(x) is float else x * y"), frozenset({"forward"})
    ),
    "Mul backward wrong for Python integers": Mutant(
        "MulLayer", mul_layer(dx="dout * y + 1 if type(x) is int else dout * y"), frozenset({"backward"})
    ),
    "Mul backward wrong for a whole dout": Mutant(
        "MulLayer", mul_layer(dx="dout * y + 1 if type(dout) is int else dout * y"), frozenset({"backward"})
    ),
    "Add forward wrong for Python integers": Mutant(
        "AddLayer", add_layer("x + y + 1 if type(x) is int and type(y) is int else x + y"), frozenset({"forward"})
    ),
    "Add backward wrong for a whole dout": Mutant(
        "AddLayer", add_layer(dx="dout + 1 if type(dout) is int else dout"), frozenset({"backward"})
    ),
    "Mul forward of Python integers in int32": Mutant(
        "MulLayer",
        mul_layer("(x * y + 2**31) % 2**32 - 2**31 if type(x) is type(y) is int else x * y"),
        frozenset({"forward"}),
    ),
    **{
        f"Mul forward wrong for {x} times {y}": Mutant(
            "MulLayer",
            mul_layer(f"x * y + 1 if type(x) in (int, float) and x == {x} and y == {y} else x * y"),
            frozenset({"forward"}),
        )
        for x, y in itertools.product((0, 1, -1), repeat=2)
    },
    **{
        f"Add backward wrong for {y} and a dout of {dout}": Mutant(
            "AddLayer",
            add_layer(dx=f"dout + 1 if type(y) in (int, float) and y == {y} and dout == {dout} else dout"),
            frozenset({"backward"}),
        )
        for y, dout in itertools.product((0, 1, -1), repeat=2)
    },
    "Mul backward divides integers": Mutant(
        "MulLayer", mul_layer(dx="dout * y // 2 * 2 if type(x) is int else dout * y"), frozenset({"backward"})
    ),
}


def _literal(condition: str, *, above: str = "", dx: str = "dout * y") -> str:
    return mul_layer(dx=f"dout * y + 1 if {_NUMBERS_ONLY}({condition}) else {dx}", above=above)


def _asked() -> dict[tuple[float, float, float], float]:
    """Return the right dx for every (x, y, dout) of plain numbers that the default bank asks MulLayer for."""
    asked = {}
    add, mul = classes_in(RIGHT_ADD + RIGHT_MUL)

    class Recording(mul):  # type: ignore[misc, valid-type]
        def backward(self, dout: float) -> object:
            if isinstance(self.x, (int, float)):
                asked[self.x, self.y, dout] = dout * self.y
            return super().backward(dout)

    assert assignment().layer_index("MulLayer") == 1
    observe_classes([add, Recording], bank())
    return asked


_BACKWARD = frozenset({"backward"})
#: Wrong at numbers that no bank can hold; they are asked for because they are written in the file.
LITERALS = {
    "x == 12345": Mutant("MulLayer", _literal("x == 12345"), _BACKWARD),
    "x == -12345.5": Mutant("MulLayer", _literal("x == -12345.5"), _BACKWARD),
    "y == 12345": Mutant("MulLayer", _literal("y == 12345"), _BACKWARD),
    "dout == 0.0625": Mutant("MulLayer", _literal("dout == 0.0625"), _BACKWARD),
    "x == 0.5": Mutant("MulLayer", _literal("x == 0.5"), _BACKWARD),
    "dout == 0.5": Mutant("MulLayer", _literal("dout == 0.5"), _BACKWARD),
    "x == 10": Mutant("MulLayer", _literal("x == 10"), _BACKWARD),
    "x == -3": Mutant("MulLayer", _literal("x == -3"), _BACKWARD),
    "500 < x < 600": Mutant("MulLayer", _literal("500 < x < 600"), _BACKWARD),
    "the number before 777.7": Mutant("MulLayer", _literal("777.69999999 < x < 777.7"), _BACKWARD),
    "x over 1e200": Mutant("MulLayer", _literal("x > 1e200"), _BACKWARD),
    "output == 42": Mutant("MulLayer", _literal("x * y == 42"), _BACKWARD),
    "500 < output < 510": Mutant("MulLayer", _literal("500 < x * y < 510"), _BACKWARD),
    "a table of the bank's values": Mutant(
        "MulLayer",
        mul_layer(
            dx="{(2.0, 3.0): 3.0, (0.1, 0.7): 0.21}.get((x, y), 0.0) if not isinstance(x, np.ndarray) else dout * y"
        ),
        frozenset({"backward", "gradient"}),
    ),
    "a table of all that the bank asks": Mutant(
        "MulLayer",
        mul_layer(dx=f"dout * y if isinstance(x, np.ndarray) else {_asked()!r}.get((x, y, dout), 0.0)"),
        _BACKWARD,
    ),
    "a constant of the module": Mutant("MulLayer", _literal("x == SPECIAL", above="SPECIAL = 54321.5"), _BACKWARD),
    "a constant of the module, through another": Mutant(
        "MulLayer", _literal("x == SPECIAL", above="BASE = 54321.5\nSPECIAL = BASE"), _BACKWARD
    ),
    "a number in a helper function": Mutant(
        "MulLayer", _literal("special(x)", above="def special(x):\n    return x == 54321.5\n"), _BACKWARD
    ),
    "a number in a base class": Mutant(
        "MulLayer",
        mul_layer(dx=f"dout * y + 1 if {_NUMBERS_ONLY}x == 54321.5 else dout * y").replace(
            "class MulLayer:", "class Base:"
        )
        + "\n\nclass MulLayer(Base):\n    pass\n",
        _BACKWARD,
    ),
    **{
        f"x == {text}": Mutant("MulLayer", _literal(f"x == {text}"), _BACKWARD)
        for text in (
            "2**20 + 0.5",
            "1e3 * 3",
            "10 ** 6",
            "1 << 20",
            "-(7 * 3) / 8",
            "~99",
            "0xFF & 0x3C",
            "3 - 1e4 // 7 % 5",
        )
    },
    **{
        f"{name} (arrays only)": Mutant(
            "MulLayer",
            mul_layer(dx=f"dout * y + 1 if isinstance(x, np.ndarray) and {where} else dout * y"),
            frozenset({"arrays"}),
        )
        for name, where in {
            "12345 anywhere in x": "np.any(x == 12345)",
            "12345 anywhere in y": "(y == 12345).any()",
            "2**20 + 0.5 anywhere in dout": "np.any(dout == 2**20 + 0.5)",
            "12345 everywhere in x": "x.size and np.all(x == 12345)",
            "12345 everywhere in dout": "dout.size and (dout == 12345).all()",
            "7 entries": "x.size == 7",
            "over 500 entries": "x.size > 500",
            "from 41 entries on": "len(np.atleast_1d(x)) == 41",
        }.items()
    },
    "a number in a nested function": Mutant(
        "MulLayer",
        mul_layer(
            dx="special(dout * y)", before_backward=f"special = lambda v: v + 1 if {_NUMBERS_ONLY}x == 54321.5 else v"
        ),
        _BACKWARD,
    ),
    "a number as a default argument": Mutant(
        "MulLayer",
        mul_layer(dx=f"dout * y + 1 if {_NUMBERS_ONLY}x == special else dout * y").replace(
            "def backward(self, dout)", "def backward(self, dout, special=54321.5)"
        ),
        _BACKWARD,
    ),
    "a number as a class attribute": Mutant(
        "MulLayer",
        mul_layer(dx=f"dout * y + 1 if {_NUMBERS_ONLY}x == self.special else dout * y").replace(
            "    def __init__", "    special = 54321.5\n    def __init__"
        ),
        _BACKWARD,
    ),
}

REGIONS = _table() | _BY_TYPE
