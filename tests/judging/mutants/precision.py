"""The right formula at a wrong precision: scaled a little, rounded, or through a smaller type."""

from mutants.templates import Mutant, add_layer, mul_layer

__all__ = ["PRECISION"]

_BACKWARD = frozenset({"backward"})
_FORWARD = frozenset({"forward"})

#: name -> what becomes of a value v that was right
_ROUNDED = {
    "scaled by 1 + 1e-6": "{v} * (1 + 1e-6)",
    "scaled by 1 - 1e-6": "{v} * (1 - 1e-6)",
    "scaled by 1 + 1e-9": "{v} * (1 + 1e-9)",
    "scaled by 1 - 1e-9": "{v} * (1 - 1e-9)",
    "scaled by 1 + 1e-12": "{v} * (1 + 1e-12)",
    "scaled by 1 + 2e-15": "{v} * (1 + 2e-15)",
    "8 ulp too large": "{v} + 8 * np.spacing(np.float64(1) * ({v}))",
    "5 ulp too large": "{v} + 5 * np.spacing(np.float64(1) * ({v}))",
    "5 ulp too near to zero": "{v} - 5 * np.spacing(np.float64(1) * ({v}))",
    "rounded": "np.round({v})",
    "rounded to 2 places": "np.round({v}, 2)",
    "rounded to 10 places": "np.round({v}, 10)",
    "cut off": "np.trunc({v})",
    "through float32": "np.float64(1) * np.float32({v})",
    "as float32": "np.float32({v})",
    "as float16": "np.float16({v})",
    "as an integer": "np.asarray({v}).astype(np.int64)",
}

#: name -> what becomes of an input before the formula
_CAST = {
    "x in float32": "x = np.float32(x)",
    "y in float32": "y = np.float32(y)",
    "dout in float32": "dout = np.float32(dout)",
    "dout in float16": "dout = np.float16(dout)",
    "dout rounded to 6 places": "dout = np.round(dout, 6)",
    "dout a whole number": "dout = np.floor(dout)",
}

PRECISION = {
    **{
        f"Mul gradients {name}": Mutant(
            "MulLayer", mul_layer(dx=text.format(v="dout * y"), dy=text.format(v="dout * x")), _BACKWARD
        )
        for name, text in _ROUNDED.items()
    },
    **{
        f"Mul output {name}": Mutant("MulLayer", mul_layer(text.format(v="x * y")), _FORWARD)
        for name, text in _ROUNDED.items()
    },
    **{
        f"Add gradients {name}": Mutant(
            "AddLayer", add_layer(dx=text.format(v="dout"), dy=text.format(v="dout")), _BACKWARD
        )
        for name, text in _ROUNDED.items()
    },
    **{
        f"Add output {name}": Mutant("AddLayer", add_layer(text.format(v="(x + y)")), _FORWARD)
        for name, text in _ROUNDED.items()
    },
    **{
        f"Mul backward with {name}": Mutant("MulLayer", mul_layer(before_backward=text), _BACKWARD)
        for name, text in _CAST.items()
    },
    "Add backward with dout in float32": Mutant(
        "AddLayer", add_layer(before_backward=_CAST["dout in float32"]), _BACKWARD
    ),
    "Add backward with dout a whole number": Mutant(
        "AddLayer", add_layer(before_backward=_CAST["dout a whole number"]), _BACKWARD
    ),
    "Mul forward in float32": Mutant("MulLayer", mul_layer("np.float32(x) * np.float32(y)"), _FORWARD),
    "Mul keeps its inputs in float32": Mutant(
        "MulLayer",
        mul_layer(
            dx="dout * self.b", dy="dout * self.a", before_forward="self.a, self.b = np.float32(x), np.float32(y)"
        ),
        _BACKWARD,
    ),
    "Add keeps dout in float32 for arrays": Mutant(
        "AddLayer",
        add_layer(before_backward="if isinstance(dout, np.ndarray): dout = dout.astype(np.float32)"),
        frozenset({"arrays"}),
    ),
    "Mul takes dout in float32 for arrays": Mutant(
        "MulLayer",
        mul_layer(before_backward="if isinstance(dout, np.ndarray): dout = dout.astype(np.float32)"),
        frozenset({"arrays"}),
    ),
    "Add forward in float32 for arrays": Mutant(
        "AddLayer",
        add_layer("np.float32(x) + np.float32(y) if isinstance(x, np.ndarray) else x + y"),
        frozenset({"arrays"}),
    ),
    "Add takes dout in float16 for small arrays": Mutant(
        "AddLayer",
        add_layer(
            before_backward="if isinstance(dout, np.ndarray) and dout.size < 30 and dout.dtype.kind == 'f': dout = dout.astype('f2')"
        ),
        frozenset({"arrays"}),
    ),
}
