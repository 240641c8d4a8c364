"""Wrong on arrays only: shapes, single entries, memory layouts, dtypes."""

from mutants.templates import Mutant, add_layer, mul_layer

__all__ = ["ARRAYS"]

_ARRAYS = frozenset({"arrays"})

#: Statements that change ``dx`` on arrays; each leaves numbers alone.
_ON_ARRAYS = {
    "first entry": "dx.flat[0] += 1",
    "last entry": "dx.flat[-1] += 1",
    "middle entry": "dx.flat[dx.size // 2] += 1",
    "last row": "dx[-1] += 1",
    "last column": "dx[..., -1] += 1",
    "diagonal": "dx[np.diag_indices(min(dx.shape))] += 1 if dx.ndim == 2 else 0",
    "every entry off by 1e-6": "dx *= 1 + 1e-6",
    "transposed": "dx = dx.T",
    "reversed": "dx = dx[::-1].copy()",
    "flattened": "dx = dx.ravel()",
    "a row": "dx = dx.reshape(1, -1)",
    "an axis more": "dx = dx[None]",
    "an axis at the end more": "dx = dx[..., None]",
    "summed": "dx = dx.sum()",
    "summed, axes kept": "dx = dx.sum(keepdims=True)",
    "summed over the first axis": "dx = dx.sum(axis=0)",
    "mean": "dx = dx.mean()",
    "mean over the first axis, axis kept": "dx = dx.mean(axis=0, keepdims=True)",
    "the first entry alone": "dx = dx.flat[0]",
    "a list": "dx = dx.tolist()",
    "boolean": "dx = dx.astype(bool)",
    "complex": "dx = dx.astype(complex)",
    "object array": "dx = dx.astype(object)",
    "float32": "dx = (dx / 3 * 3).astype(np.float32)",
    "integers": "dx = dx.astype(np.int64)",
    "one entry too many": "dx = np.append(dx, 0.0)",
    "one entry too few": "dx = dx[:-1]",
    "sorted": "dx = np.sort(dx, axis=None).reshape(dx.shape)",
    "shifted": "dx = np.roll(dx, 1)",
    "clipped": "dx = np.clip(dx, -5, 5)",
    "without its NaN": "dx = np.nan_to_num(dx)",
    "its infinities finite": "dx = np.where(np.isinf(dx), 1e308, dx)",
    "absolute": "dx = np.abs(dx)",
    "NaN": "dx = dx * np.nan",
    "outer product": "dx = np.multiply.outer(dout, y)",
    "matrix product": "dx = dout @ y if dout.ndim == 2 and dout.shape[0] == dout.shape[1] else dx",
    "memory order": "dx = dx.ravel(order='K').reshape(dx.shape)",
}

#: Conditions on an array at which a layer is wrong.
_KINDS = {
    "no axis": "dout.ndim == 0",
    "one axis": "dout.ndim == 1",
    "two axes": "dout.ndim == 2",
    "three axes": "dout.ndim == 3",
    "four axes": "dout.ndim == 4",
    "one entry": "dout.shape == (1,)",
    "more than ten entries": "dout.size > 10",
    "more than a hundred entries": "dout.size > 100",
    "more than 300 entries": "dout.size > 300",
    "Fortran order": "dout.flags.f_contiguous and not dout.flags.c_contiguous",
    "strided memory": "not dout.flags.f_contiguous and not dout.flags.c_contiguous",
    "strided inputs": "not x.flags.forc",
    "float32": "dout.dtype == np.float32",
    "integers": "dout.dtype.kind == 'i'",
    "a square": "dout.ndim == 2 and dout.shape[0] == dout.shape[1]",
    "a zero in it": "(x == 0).any()",
    "NaN in it": "np.isnan(x.astype(float)).any()",
    "an infinity in it": "np.isinf(x.astype(float)).any()",
}
_EMPTY = {
    "an empty array": "if dout.size == 0: raise ValueError('empty')",
    "an empty array (shape)": "if dout.size == 0: dx = np.zeros(0)",
    "an empty array (None)": "if dout.size == 0: dx = None",
    "three empty rows": "if dout.shape == (3, 0): dx = np.zeros(3)",
}

_LIKE = "def like(v, value):\n    if not isinstance(v, np.ndarray): return value\n    out = np.zeros_like(v)\n    out[...] = value\n    return out\n"

_IF_ARRAY = "if isinstance(dout, np.ndarray):\n"
_SPLIT = "class MulLayer:"


def _after(statement: str, *, first: str = "dout * y") -> str:
    """Return a MulLayer that runs ``statement`` on the array ``dx`` before it returns."""
    lines = f"dx = np.array({first})\n{statement}\n"
    body = _IF_ARRAY + "".join(f"    {line}\n" for line in lines.splitlines()) + "    return dx, dout * x"
    return mul_layer(before_backward=body)


ARRAYS = {
    **{
        f"Mul gradients in an array like {name}": Mutant(
            "MulLayer",
            mul_layer(dx=f"like({name}, dout * y)", dy=f"like({name}, dout * x)", above=_LIKE),
            _ARRAYS,
        )
        for name in ("x", "y", "dout")
    },
    **{
        f"{layer} output in an array like {name}": Mutant(
            f"{layer}Layer", make(f"like({name}, x {sign} y)", above=_LIKE), _ARRAYS
        )
        for layer, make, sign in (("Mul", mul_layer, "*"), ("Add", add_layer, "+"))
        for name in "xy"
    },
    "Add gradients in an array like x": Mutant("AddLayer", add_layer(dx="like(x, dout)", above=_LIKE), _ARRAYS),
    "Mul gradients of integers in int32": Mutant(
        "MulLayer",
        mul_layer(dy="(dout * x).astype(np.int32) if getattr(dout, 'dtype', 0) == np.int64 else dout * x"),
        _ARRAYS,
    ),
    "Mul output of integers in int32": Mutant(
        "MulLayer",
        mul_layer("(x * y).astype(np.int32) if getattr(x * y, 'dtype', 0) == np.int64 else x * y"),
        _ARRAYS,
    ),
    "Mul output of integers in float32": Mutant(
        "MulLayer",
        mul_layer("(x * y).astype(np.float32) if getattr(x * y, 'dtype', 0) == np.int64 else x * y"),
        _ARRAYS,
    ),
    **{
        f"Mul {what} wrong for numpy's {kind}": Mutant(
            "MulLayer", mul_layer(**{what: f"{right} + 1 if type(x) is np.{kind} else {right}"}), _ARRAYS
        )
        for what, right in (("forward", "x * y"), ("dx", "dout * y"))
        for kind in ("float64",)
    },
    "Mul dx wrong for numpy's float64 as dout": Mutant(
        "MulLayer", mul_layer(dx="dout * y + 1 if type(dout) is np.float64 else dout * y"), _ARRAYS
    ),
    "Add forward wrong for numpy's float64": Mutant(
        "AddLayer", add_layer("x + y + 1 if type(x) is np.float64 else x + y"), _ARRAYS
    ),
    **{
        f"Mul dx on arrays: {name}": Mutant("MulLayer", _after(f"if dx.size and dx.ndim: {statement}"), _ARRAYS)
        for name, statement in _ON_ARRAYS.items()
    },
    **{
        f"Mul dx wrong on arrays of {name}": Mutant("MulLayer", _after(f"if {where}: dx = dx + 1"), _ARRAYS)
        for name, where in _KINDS.items()
    },
    **{f"Mul dx wrong on {name}": Mutant("MulLayer", _after(statement), _ARRAYS) for name, statement in _EMPTY.items()},
    **{
        f"{layer} forward with a finite {name}": Mutant(
            f"{layer}Layer",
            make(f"(np.nan_to_num({name}) if np.ndim({name}) else {name}) {sign} {other}"),
            _ARRAYS,
        )
        for layer, make, sign in (("Mul", mul_layer, "*"), ("Add", add_layer, "+"))
        for name, other in (("x", "y"), ("y", "x"))
    },
    **{
        f"Mul {gradient} with a finite {name}": Mutant(
            "MulLayer",
            mul_layer(**{gradient: right.replace(name, f"(np.nan_to_num({name}) if np.ndim({name}) else {name})")}),
            _ARRAYS,
        )
        for gradient, right in (("dx", "dout * y"), ("dy", "dout * x"))
        for name in right.split(" * ")
    },
    "Mul forward: dot": Mutant("MulLayer", mul_layer("np.dot(x, y)"), _ARRAYS | {"state"}),
    "Mul forward: @ for matrices": Mutant(
        "MulLayer", mul_layer("x @ y if np.ndim(x) == 2 and x.shape[0] == x.shape[1] else x * y"), _ARRAYS
    ),
    "Mul forward: outer": Mutant("MulLayer", mul_layer("np.multiply.outer(x, y)"), _ARRAYS),
    "Mul forward: inner": Mutant("MulLayer", mul_layer("np.inner(x, y)"), _ARRAYS),
    "Mul forward: summed": Mutant("MulLayer", mul_layer("np.sum(x * y)"), _ARRAYS),
    "Mul forward: a float": Mutant(
        "MulLayer", mul_layer("float(np.asarray(x * y).flat[0]) if np.size(x) else x * y"), _ARRAYS
    ),
    "Mul forward: only numbers": Mutant("MulLayer", mul_layer("float(x) * float(y)"), _ARRAYS | {"state"}),
    "Mul forward: if on an array": Mutant("MulLayer", mul_layer("x * y if x != 0 else 0.0"), _ARRAYS | {"state"}),
    "Mul forward: a list comprehension": Mutant(
        "MulLayer", mul_layer("x * y if np.ndim(x) == 0 else [a * b for a, b in zip(x, y)]"), _ARRAYS
    ),
    "Mul forward: at least one axis": Mutant(
        "MulLayer", mul_layer("np.atleast_1d(x * y) if isinstance(x, np.ndarray) else x * y"), _ARRAYS
    ),
    "Mul forward: squeezed": Mutant("MulLayer", mul_layer("np.squeeze(x * y)"), _ARRAYS),
    "Mul forward: in memory order": Mutant(
        "MulLayer",
        mul_layer("(x.ravel(order='K') * y.ravel(order='K')).reshape(x.shape) if isinstance(x, np.ndarray) else x * y"),
        _ARRAYS,
    ),
    "Add forward: summed": Mutant("AddLayer", add_layer("np.sum(x + y)"), _ARRAYS),
    "Add forward: lists joined": Mutant("AddLayer", add_layer("np.append(x, y) if np.ndim(x) else x + y"), _ARRAYS),
    "Add forward: float32 array": Mutant(
        "AddLayer", add_layer("(x + y).astype('f4') if np.ndim(x) == 1 else x + y"), _ARRAYS
    ),
    "Add backward: summed": Mutant("AddLayer", add_layer(dx="np.sum(dout)", dy="np.sum(dout)"), _ARRAYS),
    "Add backward: ones of dout's shape": Mutant(
        "AddLayer", add_layer(dx="np.ones_like(dout) if np.ndim(dout) else dout"), _ARRAYS
    ),
    "Add backward: the mean": Mutant(
        "AddLayer", add_layer(dx="dout.mean(keepdims=True) if np.ndim(dout) else dout"), _ARRAYS
    ),
    "Add backward: a float": Mutant("AddLayer", add_layer(dx="float(dout)", dy="float(dout)"), _ARRAYS | {"state"}),
    "Add backward: if on an array": Mutant(
        "AddLayer", add_layer(before_backward="if dout == 0: return 0.0, 0.0"), _ARRAYS | {"state"}
    ),
    "Add backward: halves of the array": Mutant(
        "AddLayer",
        add_layer(
            returns="(dx, dy) if np.ndim(dout) == 0 or len(dout) < 2 else (dx[: len(dx) // 2], dx[len(dx) // 2 :])"
        ),
        _ARRAYS,
    ),
}
