"""Nothing, too much, or something that is no number; errors; classes and methods that are not there."""

from naming.templates import Named, add, add_backward, mul, mul_backward

__all__ = ["RETURNED"]


def _forward(*bodies: str) -> dict[str, Named]:
    found = {f"Mul: {body}": Named("MulLayer", mul(forward=body), "MulLayer.forward") for body in bodies}
    return found | {
        f"Add: {body}": Named("AddLayer", add(forward=body.replace("x * y", "(x + y)")), "AddLayer.forward")
        for body in bodies
    }


def _arrays(*backwards: str, **more: str) -> dict[str, Named]:
    return {
        f"Mul on arrays: {body}": Named("MulLayer", mul(backward=body, **more), "MulLayer.arrays") for body in backwards
    }


def _arrays_forward(*bodies: str) -> dict[str, Named]:
    return {f"Mul on arrays: {body}": Named("MulLayer", mul(forward=body), "MulLayer.arrays") for body in bodies}


def _source(text: str, check: str = "MulLayer.forward") -> Named:
    return Named("MulLayer", text, check)


RETURNED: dict[str, dict[str, Named]] = {
    "ONE-GRADIENT": mul_backward(
        "return dout * self.y",
        "return (dout * self.y,)",
        "return [dout * self.x]",
        "dx = dout * self.y\ndy = dout * self.x\nreturn dx",
        "return dout * self.y + dout * self.x",
    ),
    "EXTRA-GRADIENTS": {
        **mul_backward(
            "return dout * self.y, dout * self.x, dout", "return [dout] * 4", "return dout, dout, dout, dout, dout"
        ),
        **add_backward("return dout, dout, dout"),
    },
    "NO-RETURN": {
        **mul_backward(
            "dx = dout * self.y\ndy = dout * self.x",
            "print(dout * self.y, dout * self.x)",
            "pass",
            "self.dx, self.dy = dout * self.y, dout * self.x",
            "return print((dout * self.y, dout * self.x))",
        ),
        **_forward("print(x * y)", "out = x * y", "out = x * y\nprint('out =', out)", "return None"),
    },
    "WRONG-TYPE": {
        **mul_backward(
            "return {'dx': dout * self.y, 'dy': dout * self.x}",
            "return str(dout * self.y), str(dout * self.x)",
            "return [dout * self.y], [dout * self.x]",
            "return complex(dout * self.y), complex(dout * self.x)",
            "return (v for v in (dout * self.y, dout * self.x))",
        ),
        **_forward("return [x * y]", "return str(x * y)", "return {'out': x * y}", "return x * y,"),
    },
    "NOT-IMPLEMENTED": {
        **mul_backward("raise NotImplementedError", "raise NotImplementedError('later')"),
        **_forward("raise NotImplementedError()"),
        "Mul: no backward": _source(
            "class MulLayer:\n    def forward(self, x, y):\n        return x * y\n", "MulLayer.backward"
        ),
    },
    "METHOD-NAME": {
        f"Mul: {name}": _source(mul().replace("def backward", f"def {name}"), "MulLayer.backward")
        for name in ("backword", "Backward", "back_ward", "backwards")
    }
    | {
        f"Mul: {name}": _source(mul().replace("def forward", f"def {name}"))
        for name in ("foward", "Forward", "forwards")
    },
    "CLASS-MISSING": {
        "Mul: nothing": _source("x = 1\n"),
        "Mul: a function": _source("def MulLayer(x, y):\n    return x * y\n"),
        "Mul: another name": _source(mul().replace("MulLayer", "Affine")),
    },
    "IMPORT-FAILED": {
        "Mul: a base class that is not there": _source(
            "from common.layers import Layer\n" + mul().replace("class MulLayer:", "class MulLayer(Layer):")
        ),
        "Mul: a decorator that is not there": _source(
            "from course.tools import graded\n" + mul().replace("class MulLayer:", "@graded\nclass MulLayer:")
        ),
    },
    "NOT-PARSABLE": {
        "Mul: a bracket missing": _source("y = 1\n" + mul().replace("return x * y", "return (x * y")),
        "Mul: a colon missing": _source(
            "y = 1\n" + mul().replace("def backward(self, dout):", "def backward(self, dout)")
        ),
        "Mul: no indentation": _source("y = 1\n" + mul().replace("        return x * y", "      return x * y")),
    },
    "PYTHON2": {
        "Mul: print": _source("y = 1\n" + mul(forward="print 'out', x * y\nreturn x * y")),
    },
    "CONSTRUCTOR": {
        "Mul: wants a size": _source(mul(init="pass").replace("__init__(self)", "__init__(self, size)")),
        "Mul: wants inputs": _source(mul(init="pass").replace("__init__(self)", "__init__(self, x, y)")),
        "Mul: raises": _source(mul(init="self.x = undefined")),
    },
    "ARITY": {
        "Mul: without self": _source(mul().replace("(self, x, y)", "(x, y)")),
        "Mul: one argument": _source(mul().replace("forward(self, x, y)", "forward(self, x)")),
        "Mul: backward wants two": _source(
            mul().replace("backward(self, dout)", "backward(self, dout, lr)"), "MulLayer.backward"
        ),
        "Mul: backward wants none": _source(
            mul().replace("backward(self, dout)", "backward(self)"), "MulLayer.backward"
        ),
    },
    "RECURSION": {
        **mul_backward("return self.backward(dout)", "return self.backward(dout * self.y), 0"),
        **_forward("return self.forward(x, y)"),
    },
    "MATRIX-PRODUCT": {
        **_arrays_forward("return np.dot(x, y)", "return x @ y if np.ndim(x) else x * y", "return np.inner(x, y)"),
        **_arrays(
            "return np.dot(dout, self.y), np.dot(self.x, dout)",
            "return np.dot(dout, self.y.T if np.ndim(dout) else self.y), dout * self.x",
        ),
        "Mul: @ on numbers": Named("MulLayer", mul("return x @ y"), "MulLayer.forward"),
        "Mul: matmul on numbers": Named("MulLayer", mul("return np.matmul(x, y)"), "MulLayer.forward"),
    },
    "SCALAR-ONLY": {
        **_arrays_forward(
            "return float(x) * float(y)",
            "if x == 0:\n    return 0.0 * y\nreturn x * y",
            "import math\nreturn math.prod([float(x), float(y)])",
        ),
        **_arrays(
            "return float(dout) * self.y, float(dout) * self.x",
            "return (dout * self.y, dout * self.x) if dout > 0 or dout <= 0 else (dout, dout)",
        ),
        "Add on arrays": Named(
            "AddLayer", add(backward="if dout == 0:\n    return 0.0, 0.0\nreturn dout, dout"), "AddLayer.arrays"
        ),
    },
    "SHAPE": {
        **_arrays(
            "return np.sum(dout * self.y), np.sum(dout * self.x)",
            "return (dout * self.y).sum() if np.ndim(dout) else dout * self.y, dout * self.x",
            "return np.sum(dout * self.y, axis=0), dout * self.x",
            "return np.mean(dout * self.y), np.mean(dout * self.x)",
            "return np.transpose(dout * self.y), np.transpose(dout * self.x)",
            "return np.ravel(dout * self.y) if np.ndim(dout) else dout * self.y, dout * self.x",
            "return np.reshape(dout * self.y, (1, -1)) if np.ndim(dout) else dout * self.y, dout * self.x",
        ),
        **_arrays_forward("return np.sum(x * y)", "return (x * y).mean() if np.ndim(x) else x * y"),
        "Add on arrays: joined": Named(
            "AddLayer", add("return np.concatenate([x, y]) if np.ndim(x) else x + y"), "AddLayer.arrays"
        ),
        "Add on arrays: list of both": Named(
            "AddLayer", add("return np.append(x, y) if np.ndim(x) else x + y"), "AddLayer.arrays"
        ),
    },
}
