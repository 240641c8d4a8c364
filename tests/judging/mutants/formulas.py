"""Wrong formulas: what is computed is another function of x, y and dout."""

from mutants.templates import Mutant, add_layer, mul_layer

__all__ = ["FORMULAS"]

#: A wrong backward is not the derivative of the right forward, and a wrong forward has another derivative.
_BACKWARD = frozenset({"backward", "gradient"})
_FORWARD = frozenset({"forward", "gradient"})
#: But a constant offset, a rounding away from whole numbers, or one sign only changes nothing along whole numbers.
_SAME_DERIVATIVE = {
    "absolute x",
    "output divided by the input",
    "whole numbers of a division",
    "an offset of 1e-300",
    "product with an offset",
    "floor of the product",
    "difference of squares",
    "sum with an offset",
    "joined as text",
}

_MUL_BACKWARD = {
    "swapped": ("dout * x", "dout * y"),
    "without dout": ("y", "x"),
    "dout squared": ("dout**2 * y", "dout**2 * x"),
    "absolute dout": ("abs(dout) * y", "abs(dout) * x"),
    "absolute y": ("dout * abs(y)", "dout * x"),
    "absolute x": ("dout * y", "dout * abs(x)"),
    "sign lost": ("-dout * y", "-dout * x"),
    "one sign lost": ("dout * y", "-dout * x"),
    "dout added": ("dout + y", "dout + x"),
    "dout alone": ("dout", "dout"),
    "output instead of the other input": ("dout * x * y", "dout * x * y"),
    "both gradients the first": ("dout * y", "dout * y"),
    "both gradients the second": ("dout * x", "dout * x"),
    "the sum": ("dout * (x + y)", "dout * (x + y)"),
    "divided by the other input": ("dout / (y + 1e-300)", "dout / (x + 1e-300)"),
    "output divided by the input": ("dout * (x * y) / x", "dout * (x * y) / y"),
    "whole numbers of a division": ("dout * y // 1", "dout * x // 1"),
    "doubled": ("2 * dout * y", "2 * dout * x"),
    "halved": ("dout * y / 2", "dout * x / 2"),
    "square root of a square": ("dout * (y * y) ** 0.5", "dout * (x * x) ** 0.5"),
    "power": ("dout * y * x ** (y - 1)", "dout * x"),
    "larger input": ("dout * np.maximum(x, y)", "dout * np.minimum(x, y)"),
    "zero": ("dout * 0", "dout * 0"),
    "one constant": ("dout * 3.0", "dout * 2.0"),
    "dout only once": ("dout * y", "x"),
    "sign of dout": ("np.sign(dout) * y", "np.sign(dout) * x"),
    "clipped dout": ("np.clip(dout, -1, 1) * y", "np.clip(dout, -1, 1) * x"),
    "relu of the product": ("np.maximum(dout * y, 0)", "np.maximum(dout * x, 0)"),
    "an offset of 1e-6": ("dout * y + 1e-6", "dout * x + 1e-6"),
    "an offset of 1e-300": ("dout * y + 1e-300", "dout * x + 1e-300"),
}

_MUL_FORWARD = {
    "sum": "x + y",
    "difference": "x - y",
    "quotient": "x / (y + 1e-300)",
    "power": "np.power(np.abs(x), y)",
    "square": "x * x",
    "product with an offset": "x * y + 1",
    "absolute product": "abs(x * y)",
    "first input": "x + 0 * y",
    "second input": "y + 0 * x",
    "product of half the numbers": "x * y * 0.5",
    "floor of the product": "np.floor(x * y)",
    "difference of squares": "((x + y) ** 2 - (x - y) ** 2) / 4",
}

_ADD_FORWARD = {
    "difference": "x - y",
    "product": "x * y",
    "absolute values": "abs(x) + abs(y)",
    "sum with an offset": "x + y + 1",
    "mean": "(x + y) / 2",
    "first input twice": "x + x",
    "second input twice": "y + y",
    "hypotenuse": "np.hypot(x, y)",
    "larger input": "np.maximum(x, y)",
    "joined as text": "str(x) + str(y)",
}

_ADD_BACKWARD = {
    "doubled": ("dout * 2", "dout * 2"),
    "halved": ("dout / 2", "dout / 2"),
    "sign lost": ("-dout", "-dout"),
    "one sign lost": ("dout", "-dout"),
    "without dout": ("1", "1"),
    "zero": ("dout * 0", "dout * 0"),
    "dout squared": ("dout * dout", "dout * dout"),
    "absolute dout": ("abs(dout)", "abs(dout)"),
    "the inputs": ("x", "y"),
    "MulLayer's": ("dout * y", "dout * x"),
    "only the first": ("dout", "dout * 0"),
    "dout plus an input": ("dout + x", "dout + y"),
    "clipped": ("np.clip(dout, -1, 1)", "np.clip(dout, -1, 1)"),
    "an offset of 1e-6": ("dout + 1e-6", "dout + 1e-6"),
}


def _caught_by(name: str, checks: frozenset[str]) -> frozenset[str]:
    return checks - {"gradient"} if name in _SAME_DERIVATIVE else checks


def _table() -> dict[str, Mutant]:
    table = {}
    for layer, make, forwards, backwards in (
        ("MulLayer", mul_layer, _MUL_FORWARD, _MUL_BACKWARD),
        ("AddLayer", add_layer, _ADD_FORWARD, _ADD_BACKWARD),
    ):
        for name, text in forwards.items():
            table[f"{layer} forward: {name}"] = Mutant(layer, make(text), _caught_by(name, _FORWARD))
        for name, (dx, dy) in backwards.items():
            table[f"{layer} backward: {name}"] = Mutant(layer, make(dx=dx, dy=dy), _caught_by(name, _BACKWARD))
    return table


FORMULAS = _table() | {
    "Mul is a whole other layer": Mutant(
        "MulLayer",
        "class MulLayer:\n    def forward(self, x, y):\n        return x + y\n    def backward(self, dout):\n        return dout, dout\n",
        frozenset({"forward", "backward"}),
    ),
    "Add is a whole other layer": Mutant(
        "AddLayer",
        add_layer("x * y", "dout * y", "dout * x"),
        frozenset({"forward", "backward"}),
    ),
    "Mul differentiates by the book's h inside backward": Mutant(
        "MulLayer",
        mul_layer(
            dx="dout * (((x + h) * y - (x - h) * y) / (2 * h))",
            dy="dout * ((x * (y + h) - x * (y - h)) / (2 * h))",
            before_backward="h = 1e-4",
        ),
        _BACKWARD,
    ),
    "Add differentiates by the book's h inside backward": Mutant(
        "AddLayer",
        add_layer(
            dx="dout * (((x + h) + y - ((x - h) + y)) / (2 * h))",
            dy="dout * ((x + (y + h) - (x + (y - h))) / (2 * h))",
            before_backward="h = 1e-4",
        ),
        _BACKWARD,
    ),
}
