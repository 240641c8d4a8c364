"""What a layer keeps, and what it changes."""

from naming.templates import Named, add, mul, whole

__all__ = ["MEMORY"]

_RIGHT = "return dout * y, dout * x"


def _keeping(keep: str, get: str, check: str = "state", **more: str) -> Named:
    source = whole("MulLayer", f"{keep}\nreturn x * y", f"x, y = {get}\n{_RIGHT}", **more)
    return Named("MulLayer", source, f"MulLayer.{check}")


MEMORY: dict[str, dict[str, Named]] = {
    "STATE-SHARED": {
        "class attributes": _keeping("MulLayer.x, MulLayer.y = x, y", "MulLayer.x, MulLayer.y"),
        "class attributes through type": _keeping("type(self).kept = (x, y)", "self.kept"),
        "globals": _keeping("global X, Y\nX, Y = x, y", "X, Y"),
        "a dictionary of the module": _keeping("KEPT['in'] = (x, y)", "KEPT['in']", above="KEPT = {}"),
        "a list of the class": _keeping("self.kept.append((x, y))", "self.kept[-1]", inside="kept = []"),
        "a list of the class, emptied": _keeping("self.kept[:] = [x, y]", "self.kept", inside="kept = []"),
        "one of them in the class": _keeping("self.x, MulLayer.y = x, y", "self.x, MulLayer.y"),
        "a stack of the module": _keeping("KEPT.append((x, y))", "KEPT.pop()", above="KEPT = []"),
    },
    "STATE-STALE": {
        "the first of a list": _keeping("self.kept.append((x, y))", "self.kept[0]", init="self.kept = []"),
        "a queue": _keeping("self.kept.append((x, y))", "self.kept.pop(0)", init="self.kept = []"),
        "only once": _keeping("if self.kept is None:\n    self.kept = (x, y)", "self.kept", init="self.kept = None"),
        "hasattr": _keeping("if not hasattr(self, 'x'):\n    self.x, self.y = x, y", "self.x, self.y"),
        "setdefault": _keeping("self.d.setdefault('in', (x, y))", "self.d['in']", init="self.d = {}"),
    },
    "STATE-ACCUMULATES": {
        "+=": Named(
            "MulLayer",
            mul(
                backward="self.dx += dout * self.y\nself.dy += dout * self.x\nreturn self.dx + 0, self.dy + 0",
                init="self.dx = self.dy = 0",
            ),
            "MulLayer.state",
        ),
        "one of them": Named(
            "MulLayer",
            mul(backward="self.dx = self.dx + dout * self.y\nreturn self.dx, dout * self.x", init="self.dx = 0"),
            "MulLayer.state",
        ),
        "Add": Named(
            "AddLayer",
            add(backward="self.d = self.d + dout\nreturn self.d, self.d", init="self.d = 0.0"),
            "AddLayer.state",
        ),
        "a list": Named(
            "AddLayer",
            add(backward="self.all.append(dout)\ng = sum(self.all)\nreturn g, g", init="self.all = []"),
            "AddLayer.state",
        ),
        "in the class": Named(
            "AddLayer",
            add(
                backward="AddLayer.d = AddLayer.d + (dout if np.ndim(dout) == 0 else 0)\nreturn AddLayer.d, AddLayer.d",
                inside="d = 0.0",
            ),
            "AddLayer.backward",
        ),
    },
    "STATE-MISSING": {
        "forward keeps nothing": Named(
            "MulLayer", whole("MulLayer", "return x * y", "return dout * self.y, dout * self.x"), "MulLayer.backward"
        ),
        "only x": Named(
            "MulLayer",
            whole("MulLayer", "self.x = x\nreturn x * y", "return dout * self.y, dout * self.x"),
            "MulLayer.backward",
        ),
        "None from the constructor": Named(
            "MulLayer",
            whole(
                "MulLayer", "return x * y", "return dout * self.y, dout * self.x", init="self.x = None\nself.y = None"
            ),
            "MulLayer.backward",
        ),
        "local variables": Named(
            "MulLayer",
            whole("MulLayer", "self_x, self_y = x, y\nreturn x * y", "return dout * self.y, dout * self.x"),
            "MulLayer.backward",
        ),
        "names of forward": Named(
            "MulLayer", whole("MulLayer", "return x * y", "return dout * y, dout * x"), "MulLayer.backward"
        ),
        "an empty cache": Named(
            "MulLayer",
            whole("MulLayer", "return x * y", "x, y = self.cache\nreturn dout * y, dout * x", init="self.cache = None"),
            "MulLayer.backward",
        ),
        "misspelt": Named(
            "MulLayer",
            whole("MulLayer", "self.x, self.Y = x, y\nreturn x * y", "return dout * self.y, dout * self.x"),
            "MulLayer.backward",
        ),
    },
    "OUTPUT-REUSED": {
        "a buffer": Named(
            "MulLayer",
            mul(
                "if np.ndim(x):\n    if self.out is None or self.out.shape != x.shape or self.out.dtype != (x * y).dtype:\n        self.out = np.empty_like(x * y)\n    self.out[...] = x * y\n    return self.out\nreturn x * y",
                init="self.out = None",
            ),
            "MulLayer.state",
        ),
        "gradients in place": Named(
            "AddLayer",
            add(
                backward="if np.ndim(dout):\n    if self.d is None or self.d.shape != dout.shape:\n        self.d = np.zeros(dout.shape, dout.dtype)\n    self.d[...] = dout\n    return self.d, self.d\nreturn dout, dout",
                init="self.d = None",
            ),
            "AddLayer.state",
        ),
    },
    "INPLACE-INPUT": {
        "x *= y": Named("MulLayer", mul("x *= y\nreturn x", "return dout * self.y, dout * self.x"), "MulLayer.state"),
        "x *= y, seen on arrays": Named("MulLayer", mul("x *= y\nreturn x"), "MulLayer.arrays"),
        "x += y": Named("AddLayer", add("x += y\nreturn x"), "AddLayer.state"),
        "np.add into y": Named(
            "AddLayer", add("return np.add(x, y, out=y) if np.ndim(y) else x + y"), "AddLayer.state"
        ),
        "kept after": Named(
            "MulLayer",
            whole("MulLayer", "x *= y\nself.x, self.y = x, y\nreturn x", "return dout * self.y, dout * self.x"),
            "MulLayer.backward",
        ),
        "backward empties": Named(
            "MulLayer",
            mul(backward="dx, dy = dout * self.y, dout * self.x\nif np.ndim(dx):\n    self.x[...] = 0\nreturn dx, dy"),
            "MulLayer.state",
        ),
    },
    "INPLACE-DOUT": {
        "fill": Named(
            "AddLayer",
            add(backward="d = dout * 1\nif np.ndim(dout):\n    dout[...] = 0\nreturn d, d"),
            "AddLayer.state",
        ),
        "*=, by itself": Named(
            "MulLayer", mul(backward="dy = dout * self.x\ndout *= self.y\nreturn dout, dy"), "MulLayer.state"
        ),
        "*=, then used": Named(
            "MulLayer", mul(backward="dout *= self.y\nreturn dout, dout * self.x"), "MulLayer.backward"
        ),
    },
}
