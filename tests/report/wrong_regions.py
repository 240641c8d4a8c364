"""Layers that are wrong in a part of their inputs only, and the simplest inputs of that part."""

from submissions import ADD, mul

__all__ = ["ARRAYS", "REGIONS", "forward_only", "number_only", "numbers"]

RIGHT_BODY = "return dout * self.y, dout * self.x"


def number_only(condition: str, wrong: str = "return dout * self.x, dout * self.y") -> str:
    """Return two layers of which Mul's backward is wrong where ``condition`` holds, and right for arrays."""
    return ADD + mul(
        backward=f"if not hasattr(self.x, 'shape') and ({condition}): {wrong}\n        {RIGHT_BODY}",
    )


def forward_only(condition: str, wrong: str) -> str:
    return ADD + mul(
        forward=f"import numpy as np; self.x = x; self.y = y\n        if {condition}: {wrong}\n        return x * y"
    )


def numbers(example):
    return (*example.inputs.values(), example.dout)


#: Source, and the inputs and upstream gradient to be shown.
REGIONS = {
    "over a thousand": (number_only("self.x > 10 ** 3"), (1001, 3, 1)),
    "over a thousand that is written so": (number_only("self.x > 1000"), (1001, 3, 1)),
    "a single number": (number_only("self.x == 12345"), (12345, 3, 1)),
    "a negative input": (number_only("self.x < 0"), (-2, 3, 1)),
    "two negative inputs": (number_only("self.x < 0 and self.y < 0"), (-2, -3, 1)),
    "a negative upstream gradient": (number_only("dout < 0"), (2, 3, -1)),
    "a large upstream gradient": (number_only("dout > 10 ** 3"), (2, 3, 1001)),
    "equal inputs": (number_only("self.x == self.y", "return dout, dout"), (3, 3, 1)),
    "opposite inputs": (number_only("self.x == -self.y"), (3, -3, 1)),
    "three signs": (number_only("self.x > 0 > self.y and dout < 0"), (2, -3, -1)),
    "an input of zero": (
        ADD + mul("self.x = x; self.y = y; return x * y", "o = self.x * self.y * dout; return o / self.x, o / self.y"),
        (0, 3, 1),
    ),
    "a fraction": (number_only("self.x % 1", "return 0.0, 0.0"), (0.5, 3, 1)),
    "Python integers": (number_only("isinstance(self.x, int)"), (2, 3, 1)),
    "numbers that are large together": (number_only("abs(self.x * self.y) > 10 ** 6"), None),
}


#: Source, and the array x to be shown.
ARRAYS = {
    "arrays as such": (forward_only("hasattr(x, 'shape')", "return float(x[0]) * y"), [2.0, 5.0]),
    "the last entry": (forward_only("np.ndim(x) and np.size(x)", "r = x * y; r[..., -1] = 0; return r"), [2.0, 5.0]),
    "two axes": (forward_only("np.ndim(x) == 2", "return x @ y.T"), [[2.0], [5.0]]),
    "a negative entry": (forward_only("np.ndim(x)", "return abs(x) * y"), [2.0, -2.0]),
    "an infinite entry": (forward_only("np.ndim(x)", "return np.nan_to_num(x * y)"), None),
    "an entry over a hundred": (forward_only("np.ndim(x)", "return np.where(abs(x) > 10 ** 2, 0, x) * y"), [101.0]),
    "more than a hundred entries": (
        forward_only("np.size(x) > 10 ** 2", "return x * y + 1"),
        {"shape": [6, 17], "entry": [0, 0], "value": 2.0},
    ),
    "integers": (forward_only("np.ndim(x) and x.dtype.kind == 'i'", "return x * y + 1"), [2, 5]),
    "Fortran order": (
        forward_only("np.ndim(x) == 2 and not x.flags.c_contiguous and x.flags.f_contiguous", "return x * y + 1"),
        [[2.0, 5.0], [8.0, 11.0]],
    ),
    "an empty array": (forward_only("np.ndim(x) and not np.size(x)", "return 0.0"), []),
}
