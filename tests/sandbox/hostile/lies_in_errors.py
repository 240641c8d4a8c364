"""Raises errors whose lines and names are not what they should be."""


class Evil:
    def __str__(self):
        raise SystemExit


beside_the_classes = [0]
beside_the_classes.append(1)
raise SyntaxError("x", ("<submission>", -5, 1, "x"))
raise SyntaxError("x", ("<submission>", "seven", 1, "x"))
raise SyntaxError("x", ("<submission>", 10 ** 30, 1, "x"))
raise ModuleNotFoundError("x", name=Evil())
beside_the_classes.append(2)
settings = dict(enough=len(beside_the_classes))


class MulLayer(RightMul):
    def forward(self, x, y):
        settings["enough"]
        raise SyntaxError("x", ("<submission>", -5, 1, "x"))


class AddLayer(RightAdd):
    def forward(self, x, y):
        settings["enough"]
        return x + y
