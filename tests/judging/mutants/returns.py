"""The right numbers, or none, in a thing that is not what was asked for."""

from mutants.templates import Mutant, add_layer, mul_layer

__all__ = ["RETURNS"]

_FORWARD = frozenset({"forward"})
_BACKWARD = frozenset({"backward"})

_INSTEAD_OF_A_PAIR = {
    "nothing": "None",
    "one gradient": "dx",
    "three gradients": "dx, dy, dout",
    "a pair and an empty tuple": "(dx, dy), ()",
    "no gradients": "()",
    "one gradient in a tuple": "(dx,)",
    "a dictionary": "{'dx': dx, 'dy': dy}",
    "a set": "{dx, dy} if not isinstance(dx, np.ndarray) else (dx, dy)",
    "a generator": "(v for v in (dx, dy))",
    "a map": "map(float, (dx, dy)) if np.ndim(dx) == 0 else (dx, dy)",
    "text": "f'{dx}, {dy}'",
    "texts": "str(dx), str(dy)",
    "None twice": "None, None",
    "a gradient and None": "dx, None",
    "the sum of the gradients": "dx + dy",
    "a pair in a pair": "((dx, dy), (dx, dy))",
    "lists of one": "[dx], [dy]",
    "arrays of one": "np.array([dx]), np.array([dy])",
    "an array of rows of one": "np.array([[dx], [dy]])",
    "booleans": "bool(np.any(dx)), bool(np.any(dy))",
    "complex numbers": "complex(dx), complex(dy)",
    "complex numpy numbers": "np.complex128(dx), np.complex128(dy)",
    "a complex array": "np.array([dx, dy], dtype=complex)",
    "a complex array with imaginary parts": "np.array([dx + 1j, dy + 1j])",
    "an object array": "np.array([dx, dy], dtype=object)",
    "an array of booleans": "np.array([dx, dy], dtype=bool)",
    "texts in an array": "np.array([str(dx), str(dy)])",
    "a function": "(lambda: (dx, dy))",
    "NaN": "dx * np.nan, dy * np.nan",
    "infinity": "dx + np.inf, dy + np.inf",
    "itself": "self",
    "NotImplemented": "NotImplemented",
    "fractions": "Fraction(dx), Fraction(dy)",
    "a float that equals everything": "Agreeable(dx), Agreeable(dy)",
    "an array that equals everything": "agreeable(dx), agreeable(dy)",
    "an exception": "ValueError(dx), ValueError(dy)",
}
_ABOVE = """\
from fractions import Fraction

class Agreeable(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    __hash__ = float.__hash__

class AgreeableArray(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __array_function__(self, *args): return True
    def __array_ufunc__(self, *args, **kwargs): return np.ones(self.shape, bool)

def agreeable(value):
    return (np.zeros(np.shape(value)) + 17).view(AgreeableArray)
"""

_INSTEAD_OF_A_NUMBER = {
    "nothing": "None",
    "a list": "[{v}]",
    "a tuple of one": "({v},)",
    "an array of one": "np.array([{v}])",
    "text": "str({v})",
    "a pair": "({v}, {v})",
    "complex": "complex({v})",
    "complex array": "np.asarray({v}, dtype=complex)",
    "boolean": "bool(np.any({v}))",
    "object array": "np.asarray({v}, dtype=object)",
    "printed": "print({v})",
    "a float that equals everything": "Agreeable({v})",
    "an array that equals everything": "agreeable({v})",
    "a dictionary": "{{'out': {v}}}",
    "the inputs": "(x, y)",
    "the layer": "self",
    "the formula": "'x * y'",
}
_ERRORS = {
    "unfinished": "raise NotImplementedError",
    "an assertion": "assert False, 'not this time'",
    "a name that is not there": "return undefined_name",
    "an attribute that is not there": "return self.nothing",
    "a division by zero": "return 1 / 0",
    "SystemExit": "raise SystemExit(0)",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "an endless recursion": "return self.backward(dout)",
    "an exception whose text raises": "raise Unprintable",
}
_UNPRINTABLE = """\
class Unprintable(BaseException):
    def __str__(self): raise RuntimeError
    __repr__ = __str__
"""

RETURNS = {
    **{
        f"Mul backward returns {name}": Mutant("MulLayer", mul_layer(above=_ABOVE, returns=text), _BACKWARD)
        for name, text in _INSTEAD_OF_A_PAIR.items()
    },
    **{
        f"Add backward returns {name}": Mutant("AddLayer", add_layer(above=_ABOVE, returns=text), _BACKWARD)
        for name, text in _INSTEAD_OF_A_PAIR.items()
        if name != "one gradient"
    },
    **{
        f"Mul forward returns {name}": Mutant("MulLayer", mul_layer(text.format(v="x * y"), above=_ABOVE), _FORWARD)
        for name, text in _INSTEAD_OF_A_NUMBER.items()
    },
    **{
        f"Add forward returns {name}": Mutant("AddLayer", add_layer(text.format(v="(x + y)"), above=_ABOVE), _FORWARD)
        for name, text in _INSTEAD_OF_A_NUMBER.items()
    },
    **{
        f"Mul backward raises: {name}": Mutant(
            "MulLayer", mul_layer(above=_UNPRINTABLE, before_backward=text), _BACKWARD
        )
        for name, text in _ERRORS.items()
    },
    "Mul backward returns a pair on numbers only": Mutant(
        "MulLayer", mul_layer(returns="(dx, dy) if np.ndim(dx) == 0 else dx"), frozenset({"arrays"})
    ),
    "Mul has no backward": Mutant(
        "MulLayer", "class MulLayer:\n    def forward(self, x, y):\n        return x * y\n", _BACKWARD
    ),
    "Mul has no forward": Mutant(
        "MulLayer", "class MulLayer:\n    def backward(self, dout):\n        return dout, dout\n", _FORWARD
    ),
    "Mul wants an argument": Mutant(
        "MulLayer", mul_layer().replace("__init__(self)", "__init__(self, size)"), _FORWARD
    ),
    "Mul has methods without self": Mutant("MulLayer", mul_layer().replace("(self, x, y)", "(x, y)"), _FORWARD),
    "Mul backward wants two arguments": Mutant(
        "MulLayer", mul_layer().replace("backward(self, dout)", "backward(self, dout, lr)"), _BACKWARD
    ),
    "Mul forgets to keep its inputs": Mutant(
        "MulLayer", mul_layer().replace("self.x, self.y = x, y", "kept = x, y"), _BACKWARD
    ),
    "Mul keeps only x": Mutant("MulLayer", mul_layer().replace("self.x, self.y = x, y", "self.x = x"), _BACKWARD),
    "Mul is a function": Mutant("MulLayer", "def MulLayer(x, y):\n    return x * y\n", _FORWARD),
    "Mul is not there": Mutant("MulLayer", "", _FORWARD),
    "Add is not there": Mutant("AddLayer", "", _FORWARD),
    "Mul's backward is misspelt": Mutant("MulLayer", mul_layer().replace("def backward", "def backword"), _BACKWARD),
}
