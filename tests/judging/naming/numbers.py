"""Mistakes in a formula and in its arithmetic."""

from naming.templates import Named, add, add_backward, mul, mul_backward, whole

__all__ = ["NUMBERS"]


def _forward(layer: str, *bodies: str) -> dict[str, Named]:
    make = mul if layer == "MulLayer" else add
    return {f"{layer}: {body}": Named(layer, make(forward=body), f"{layer}.forward") for body in bodies}


_KEPT_SWAPPED = "class MulLayer:\n    def forward(self, a, b):\n        self.first = b\n        self.second = a\n        return a * b\n    def backward(self, d):\n        return [d * self.second, d * self.first]\n"
_HELPER = "def scale(values, factor):\n    return tuple(factor * value for value in values)\n"

NUMBERS: dict[str, dict[str, Named]] = {
    "MUL-SWAP": {
        **mul_backward(
            "return dout * self.x, dout * self.y",
            "dx = dout * self.x\ndy = dout * self.y\nreturn dx, dy",
            "dx = np.multiply(dout, self.y)\ndy = np.multiply(self.x, dout)\nreturn (dy, dx)",
            "return [dout * value for value in (self.x, self.y)]",
            "return np.array([self.x * dout, self.y * dout])",
        ),
        **mul_backward("return scale((self.x, self.y), dout)", above=_HELPER),
        "Mul: kept under other names": Named("MulLayer", _KEPT_SWAPPED, "MulLayer.backward"),
        "Mul: seen by the derivative": Named(
            "MulLayer", mul(backward="return dout * self.x, dout * self.y"), "MulLayer.gradient"
        ),
    },
    "MUL-NO-DOUT": mul_backward(
        "return self.y, self.x",
        "dx = self.y\ndy = self.x\nreturn dx, dy",
        "dout = 1\nreturn dout * self.y, dout * self.x",
        "return [self.y * np.ones_like(dout), self.x * np.ones_like(dout)]",
        "dx = dout * self.y\ndy = self.x\nreturn dx, dy",
        "return np.array([self.y, self.x]) * 1.0",
    ),
    "MUL-NO-LOCAL": mul_backward(
        "return dout, dout",
        "return dout",
        "dx = dout * 1.0\ndy = dout * 1.0\nreturn dx, dy",
        "return [dout] * 2",
        "return np.array([dout, dout])",
        "return dout * self.y, dout",
    ),
    "ADD-NO-DOUT": add_backward(
        "return 1, 1",
        "return 1.0, 1.0",
        "dx = np.ones_like(dout)\nreturn dx, dx",
        "return [1] * 2",
        "return np.ones((2, *np.shape(dout)))",
        "return dout, 1.0",
        "return dout / dout if np.all(dout) else 1.0 + 0 * dout",
    ),
    "ADD-USES-INPUT": add_backward(
        "return dout * self.y, dout * self.x",
        "return dout * self.x, dout * self.y",
        "return self.x, self.y",
        "return self.y, self.x",
        "return dout + self.x, dout + self.y",
        "return [dout * v for v in (self.x, self.y)]",
        "return np.multiply(dout, self.y), np.multiply(dout, self.x)",
    ),
    "SIGN": {
        **mul_backward(
            "return -dout * self.y, -dout * self.x",
            "return dout * self.y, -dout * self.x",
            "return dout * -self.y, dout * self.x",
            "return [0 - dout * self.y, 0 - dout * self.x]",
            "return np.negative(dout * self.y), np.negative(dout * self.x)",
        ),
        **add_backward("return -dout, -dout", "return dout, -dout", "return -1.0 * dout, dout"),
        **_forward("MulLayer", "return -x * y", "return -(x * y)"),
        **_forward("AddLayer", "return -(x + y)", "return -x - y"),
    },
    "SCALED": {
        **mul_backward(
            "return 2 * dout * self.y, 2 * dout * self.x",
            "return dout * self.y / 2, dout * self.x / 2",
            "return 0.1 * dout * self.y, 0.1 * dout * self.x",
            "return dout * self.y * 3, dout * self.x",
            "return dout * self.y / 10, dout * self.x / 10",
            "g = np.mean([dout * self.y, 0 * dout], axis=0)\nreturn g, np.mean([dout * self.x, 0 * dout], axis=0)",
        ),
        **add_backward("return dout / 2, dout / 2", "return 0.5 * dout, 0.5 * dout", "return dout + dout, dout + dout"),
        **_forward("MulLayer", "return x * y * 0.5", "return 100 * x * y", "return x * y / 3"),
        **_forward("AddLayer", "return (x + y) / 2", "return np.mean([x, y], axis=0)"),
    },
    "OFFSET": {
        **_forward("MulLayer", "return x * y + 1", "out = x * y\nreturn out - 0.5"),
        **_forward("AddLayer", "return x + y + 1"),
        **add_backward("return dout + 1, dout + 1", "return dout + 1e-6, dout + 1e-6"),
        **mul_backward("return dout * self.y + 1, dout * self.x + 1"),
    },
    "ROUNDED": {
        **mul_backward(
            "return round(dout * self.y), round(dout * self.x)",
            "return np.round(dout * self.y, 2), np.round(dout * self.x, 2)",
            "return int(dout * self.y), int(dout * self.x)",
            "return np.floor(dout * self.y), np.floor(dout * self.x)",
            "dout = np.round(dout)\nreturn dout * self.y, dout * self.x",
            "return dout * self.y // 1, dout * self.x // 1",
            "return [np.trunc(dout * v) for v in (self.y, self.x)]",
        ),
        **add_backward("return int(dout), int(dout)", "return np.round(dout, 3), np.round(dout, 3)"),
        **_forward("MulLayer", "return int(x * y)", "return round(x * y, 1)", "return int(x) * int(y)"),
        **_forward("AddLayer", "return np.round(x + y)", "return int(x + y)"),
        "Mul: keeps whole numbers": Named(
            "MulLayer",
            whole(
                "MulLayer",
                "self.x, self.y = np.floor(x), np.floor(y)\nreturn x * y",
                "return dout * self.y, dout * self.x",
            ),
            "MulLayer.backward",
        ),
    },
    "PRECISION": {
        **mul_backward(
            "return np.float32(dout * self.y), np.float32(dout * self.x)",
            "dout = np.float32(dout)\nreturn dout * self.y, dout * self.x",
            "return np.float16(dout * self.y), np.float16(dout * self.x)",
            "return [np.asarray(dout * v, dtype=np.float32) for v in (self.y, self.x)]",
            "return float(np.float32(dout * self.y)), float(np.float32(dout * self.x))",
        ),
        **add_backward("return np.float32(dout), np.float32(dout)"),
        **_forward("MulLayer", "return np.float32(x) * np.float32(y)", "return np.float32(x * y)"),
        **_forward("AddLayer", "return np.asarray(x + y, 'f4')[()]"),
        "Mul: keeps float32": Named(
            "MulLayer",
            whole(
                "MulLayer",
                "self.x, self.y = np.float32(x), np.float32(y)\nreturn x * y",
                "return np.float64(dout) * self.y, np.float64(dout) * self.x",
            ),
            "MulLayer.backward",
        ),
    },
    "ZERO-INPUT": {
        **mul_backward(
            "out = self.x * self.y\nreturn dout * out / self.x, dout * out / self.y",
            "out = np.float64(self.x * self.y)\nreturn dout * (out / self.x), dout * (out / self.y)",
            "return np.divide(dout * (self.x * self.y), self.x), np.divide(dout * (self.x * self.y), self.y)",
        ),
    },
    "NON-FINITE": {
        **mul_backward("return dout * self.y * np.nan, dout * self.x * np.nan", "return dout * np.inf, dout * np.inf"),
        **add_backward("return np.log(0 * dout), dout", "return dout * float('nan'), dout"),
        **_forward("AddLayer", "return x + y + float('inf')", "return (x + y) * float('nan')"),
    },
    "ONLY-SOMETIMES": {
        **mul_backward(
            "return abs(dout) * self.y, abs(dout) * self.x",
            "return dout * abs(self.y), dout * self.x",
            "dx = dout * self.y\nreturn np.where(dx < 0, 0 * dx, dx)[()], dout * self.x",
            "if self.x < 0:\n    return 0.0, 0.0\nreturn dout * self.y, dout * self.x",
            "return np.clip(dout, -10, 10) * self.y, dout * self.x",
            "if self.x == self.y:\n    return -1.25, -1.25\nreturn dout * self.y, dout * self.x",
        ),
        **add_backward("return abs(dout), abs(dout)", "return dout, np.maximum(dout, 0)"),
        **_forward("MulLayer", "return abs(x * y)", "return x * y if x > 0 else 0.0", "return x * abs(y)"),
        **_forward("AddLayer", "return x + abs(y)", "return x + y if abs(x) < 1000 else x"),
    },
    "NUMERIC-GRADIENT": {
        **mul_backward(
            "x, y, h = self.x, self.y, 1e-4\nreturn dout * (((x + h) * y - (x - h) * y) / (2 * h)), dout * ((x * (y + h) - x * (y - h)) / (2 * h))",
            "x, y, h = self.x, self.y, 1e-6\nreturn dout * ((x + h) * y - x * y) / h, dout * (x * (y + h) - x * y) / h",
            "f = lambda a, b: a * b\nx, y, h = self.x, self.y, 1e-5\nreturn [dout * (f(x + h, y) - f(x - h, y)) / (2 * h), dout * (f(x, y + h) - f(x, y - h)) / (2 * h)]",
        ),
        **add_backward(
            "x, y, h = self.x, self.y, 1e-4\nreturn dout * (((x + h) + y - ((x - h) + y)) / (2 * h)), dout * ((x + (y + h) - (x + (y - h))) / (2 * h))",
            "x, y, h = self.x, self.y, 0.001\ng = dout * (((x + h) + y - (x + y)) / h)\nreturn g, dout * ((x + (y + h) - (x + y)) / h)",
        ),
    },
    "FORWARD-OTHER": {
        **_forward(
            "MulLayer",
            "return x + y",
            "return x - y",
            "return x / y if y else float('inf')",
            "return np.float64(x) / y",
            "return np.power(x, 2)",
            "return y * y",
            "return np.add(x, y)",
            "return max(x, y)",
        ),
        **_forward(
            "AddLayer", "return x - y", "return x * y", "return np.subtract(y, x)", "return x", "return sum([x, x])"
        ),
        "Mul is AddLayer": Named("MulLayer", add().replace("AddLayer", "MulLayer"), "MulLayer.backward"),
        "Add is MulLayer": Named("AddLayer", mul().replace("MulLayer", "AddLayer"), "AddLayer.backward"),
        "Add subtracts, with its own derivative": Named(
            "AddLayer", add("return x - y", "return dout, -dout"), "AddLayer.backward"
        ),
        "Add subtracts, seen by the derivative": Named("AddLayer", add("return x - y"), "AddLayer.gradient"),
    },
    "NOT-YOUR-FORWARD": {
        "Mul: both wrong": Named(
            "MulLayer", mul("return x * y + x", "return dout * self.x, dout * self.y"), "MulLayer.gradient"
        ),
        "Add: both wrong": Named("AddLayer", add("return x * x - y", "return dout * 2, dout * 3"), "AddLayer.gradient"),
    },
}
